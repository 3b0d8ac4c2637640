import numpy as np
import pytest

from dataset.idmap import IGNORE
from dataset.records import Instance, Sample
from render.frames.plate import LabelledPhoto, behind, crediting, fitted

RED, BLUE = (255, 0, 0), (0, 0, 255)


def backdrop(height: int, width: int) -> LabelledPhoto:
    """A blue photo with one labelled square of 4 x 4 in its middle."""
    ids = np.zeros((height, width), np.uint16)
    ids[height // 2 - 2 : height // 2 + 2, width // 2 - 2 : width // 2 + 2] = 7
    image = np.full((height, width, 3), BLUE, np.uint8)
    cat = Instance("cat", 7, (0, 0, 1, 1), 16)
    return LabelledPhoto(
        image, ids, Sample("p1", "real", "p.jpg", "p.png", (height, width), (cat,), "holiday", "CC-BY-4.0")
    )


def render(width_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A red render that covers the first columns of 16, with one labelled object there."""
    alpha = np.zeros((16, 16))
    alpha[:, :width_px] = 1
    ids = np.zeros((16, 16), np.uint16)
    ids[:4, : min(width_px, 4)] = 1
    return np.full((16, 16, 3), RED, np.uint8), alpha, ids


@pytest.mark.parametrize(("covered", "left"), [(0, 16), (8, 8), (9, 4), (16, 0)])
def test_of_a_photo_s_object_the_uncovered_part_is_labelled(covered: int, left: int) -> None:
    image, joined, found = behind(backdrop(16, 16), *render(covered))
    assert [instance.area_px for instance in found] == ([left] if left else [])
    assert sum(instance.category == "cat" for instance in found) == bool(left)
    assert (joined == int(joined.max())).sum() == (left or 16)
    assert (image[:, :covered] == RED).all()
    assert (image[:, covered:] == BLUE).all()


@pytest.mark.parametrize(("covered", "ignored", "left"), [(0, 4 * 16, 12), (5, 2 * 16, 12), (16, 0, 0)])
def test_what_a_photo_ignores_stays_so_where_the_photo_shows(covered: int, ignored: int, left: int) -> None:
    photo = backdrop(16, 16)
    photo.ids[:, 3:7] = IGNORE  # a column of the square too
    _, joined, found = behind(photo, *render(covered))
    assert (joined == IGNORE).sum() == (joined[:, max(covered, 3) : 7] == IGNORE).sum() == ignored
    assert [instance.area_px for instance in found] == ([left] if left else [])


def test_a_render_s_object_covers_what_a_photo_ignores() -> None:
    photo = backdrop(16, 16)
    photo.ids[:] = IGNORE
    _, joined, found = behind(photo, *render(4))
    assert (joined[:4, :4] == 1).all()
    assert (joined[4:, :4] == 0).all()  # rendered, but no object
    assert (joined[:, 4:] == IGNORE).all()
    assert found == ()


def test_a_half_transparent_pixel_is_half_photo_and_keeps_the_render_s_label() -> None:
    image, alpha, ids = render(4)
    mixed, joined, _ = behind(backdrop(16, 16), image, alpha * 0.5 + 0.01, ids)
    assert np.abs(mixed[0, 0].astype(int) - (189, 0, 186)).max() <= 1  # half of the light is 188 of 255 levels
    assert joined[0, 0] == 1


@pytest.mark.parametrize("shape", [(16, 32), (32, 16), (64, 64), (8, 24)])
def test_a_photo_of_another_shape_is_cut_about_its_middle_and_not_squeezed(shape: tuple[int, int]) -> None:
    _, ids = fitted(backdrop(*shape), (16, 16))
    rows, columns = np.nonzero(ids)
    assert np.ptp(rows) == np.ptp(columns) == pytest.approx(4 * 16 / min(shape) - 1, abs=1)
    assert abs(rows.mean() - 7.5) <= 1
    assert abs(columns.mean() - 7.5) <= 1


def test_the_photo_behind_a_render_is_credited() -> None:
    photo = backdrop(16, 16).sample
    render = Sample("r", "render", "r.png", "r.ids.png", (16, 16), (), "boards", "CC0-1.0 AND MIT", assets=("board",))
    credited = crediting(render, photo, photo.instances)
    assert credited.assets == ("board", "photo:p1")
    assert credited.licence == "CC-BY-4.0 AND CC0-1.0 AND MIT"
    assert credited.instances == photo.instances

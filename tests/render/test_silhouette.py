import itertools
from pathlib import Path

import numpy as np
import pytest

from render.blender.shot import Shot
from render.blender.silhouette import Silhouette, Triangles, silhouette
from render.blender.spans import Cutout
from render.catalog import path_of, read_catalog
from render.frames.frame import instances_of
from render.geometry import at_picture, looking
from render.plan import Plan, make_scenes
from render.spec import AssetSource, Camera, Quality
from tests.render.asking import Blender

ASSETS = Path(__file__).parents[2] / "assets"
SIZE_HW = (48, 64)
CAMERA = Camera((1.0, 2.0, 3.0), looking(np.array([1.0, 2.0, -0.5]), 30.0), 60.0)
STRAY_PX = 2  # whose centres lie on an outline so exactly that Blender and we may see them differently


def corner(column: float, row: float, depth: float) -> np.ndarray:
    """Return the world point that lands at a place of the picture, in pixels."""
    height, width = SIZE_HW
    return np.array(at_picture(CAMERA, column / width * 2 - 1, (height - 2 * row) / width, depth))


def quad(x0: float, y0: float, x1: float, y1: float, depth: float = 1.0) -> np.ndarray:
    a, b, c, d = (corner(x, y, depth) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    return np.array([[a, b, c], [a, c, d]])


def solid(corners: np.ndarray) -> Triangles:
    return Triangles(corners, np.zeros((len(corners), 3, 2)), np.full(len(corners), -1))


def seen(corners: np.ndarray) -> Silhouette:
    return silhouette(solid(corners), CAMERA, SIZE_HW)


@pytest.mark.parametrize(
    ("corners", "area", "box"),
    [
        pytest.param((9.9, 9.9, 30.1, 20.1), 200, (10, 10, 30, 20), id="whole inside"),
        pytest.param((-20.1, 9.9, 20.1, 20.1), 400, (0, 10, 20, 20), id="half of it left of the picture still counts"),
        pytest.param((10.6, 10.6, 12.4, 12.4), 1, (11, 11, 12, 12), id="small: the one pixel whose centre it covers"),
        pytest.param((10.6, 10.6, 11.4, 30), 0, None, id="a thread between pixel centres"),
        pytest.param((-1000, -1000, 1000, 1000), 9 * 64 * 48, (0, 0, 64, 48), id="more than three pictures: cut there"),
        pytest.param((500, 10, 600, 20), 0, None, id="beyond three pictures"),
        pytest.param((70, 10, 80, 20), 100, None, id="beside the picture"),
    ],
)
def test_the_silhouette_of_a_rectangle_is_the_pixels_whose_centres_it_covers(
    corners: tuple[float, ...], area: int, box: tuple[int, ...] | None
) -> None:
    assert seen(quad(*corners)) == Silhouette(area, box)


def test_overlapping_triangles_count_once_and_neighbours_leave_no_gap() -> None:
    fan = [corner(30 + 15 * np.cos(a), 24 + 15 * np.sin(a), 1.0 + 0.2 * np.sin(3 * a)) for a in np.arange(0, 6.3, 0.1)]
    disc = np.array([[corner(30, 24, 1.0), *pair] for pair in itertools.pairwise(fan)])
    found = seen(disc)
    assert abs(found.area_px - np.pi * 15**2) < 8
    assert seen(np.concatenate([disc, disc[::-1, ::-1]])) == found


def test_nothing_and_what_is_behind_the_camera_cover_no_pixel() -> None:
    assert seen(np.zeros((0, 3, 3))) == Silhouette(0, None)
    assert seen(quad(10, 10, 30, 20, -1.0)) == Silhouette(0, None)


@pytest.mark.parametrize("turn", [0, 1, 2])
@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        pytest.param([(20.2, 20.3), (44.2, 20.3)], [(31.0, -4.5)], id="one corner behind"),
        pytest.param([(31.2, 20.3)], [(22.5, -4.5), (40.5, 0.0)], id="two corners behind"),
    ],
)
def test_a_triangle_that_reaches_behind_the_camera_goes_on_without_end(
    ahead: list[tuple[float, float]], behind: list[tuple[float, float]], turn: int
) -> None:
    """The lines from what is behind to what is ahead go on in the picture, away from where the former would land."""
    triangle = [corner(*place, 1.0) for place in ahead] + [corner(*place, -0.1) for place in behind]
    far = [np.array(end) + 99 * (np.array(end) - start) for end in ahead for start in behind]
    outline = [corner(*place, 1.0) for place in (*ahead, *far[::-1])]
    expected = np.array([[outline[0], *pair] for pair in itertools.pairwise(outline[1:])])
    found = seen(np.roll(np.array(triangle), turn, axis=0)[None])
    assert found.area_px > 1000
    assert abs(found.area_px - seen(expected).area_px) <= 2


@pytest.mark.parametrize(
    ("repeats", "first", "last", "strips"),
    [
        pytest.param(True, 0.0, 2.0, [(0.0, 0.25), (0.5, 0.75)], id="twice over the card"),
        pytest.param(False, -0.5, 1.0, [(0.0, 2 / 3)], id="once, its edge goes on"),
    ],
)
def test_the_holes_of_a_texture_are_holes_of_the_silhouette_true_to_perspective(
    repeats: bool, first: float, last: float, strips: list[tuple[float, float]]
) -> None:
    """A card seen aslant. The left half of its texture is solid; its coordinates run from first to last."""
    corners = np.array([corner(10.1, 40.3, 1.0), corner(40.2, 30.1, 3.0), np.zeros(3), corner(10.1, 4.2, 1.0)])
    corners[2] = corners[1] + corners[3] - corners[0]
    uv = np.array([[first, 0], [last, 0], [last, 1], [first, 1]])
    alpha = np.repeat((np.arange(64) < 32)[None].astype(np.float32), 4, axis=0)
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    card = Triangles(corners[halves], uv[halves], np.zeros(2, np.intp), (Cutout(alpha, 0.5, repeats),))
    expected = seen(np.concatenate([strip(corners, *ends) for ends in strips]))
    assert expected.area_px > 200
    assert abs(silhouette(card, CAMERA, SIZE_HW).area_px - expected.area_px) <= 3


def strip(corners: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return what of a card lies between two shares of its width."""
    a, b, c, d = corners
    foot, head = (lambda s: a + (b - a) * s), (lambda s: d + (c - d) * s)
    return np.array([[foot(start), foot(end), head(end)], [foot(start), head(end), head(start)]])


def whole(shot: Shot) -> dict[int, float]:
    return {i.index: i.visible_fraction for i in instances_of(shot, dict.fromkeys(shot.assets.values(), "thing"))}


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "scenes"), [("balloon", 4), ("domino", 3), ("boards", 2)])
def test_the_visible_fraction_is_that_of_each_object_rendered_alone(blender: Blender, recipe: str, scenes: int) -> None:
    sources = {
        a.id: AssetSource(str(path_of(ASSETS, a)), a.category, a.labelled, a.scale, a.up) for a in read_catalog(ASSETS)
    }
    for scene in make_scenes(Plan(recipe, 11, scenes, (96, 112), Quality(1, denoise=False)), ASSETS):
        shot, alone = blender.shoot_alone(scene, sources)
        claimed = whole(shot)
        assert claimed
        for index, fraction in claimed.items():
            area = alone[index].sum()
            assert abs(shot.alone[index].area_px - area) <= STRAY_PX
            assert abs(fraction - (shot.ids == index).sum() / area) <= max(0.02, STRAY_PX / area)

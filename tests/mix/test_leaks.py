import dataclasses
import functools
import json

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dataset.idmap import png_bytes
from dataset.leaks import read_leaks
from dataset.records import REAL, RENDER, Sample, each_sample, write_manifest
from mix.copies.alignment import agreement
from mix.copies.plants import PLANTS
from mix.copies.sight import mirror, sight_of
from mix.leaks import Leaks, main
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.seeds import rng_for

SETTINGS = Leaks(seed=1, stop=True, agreement=0.85, candidates=10, most_photos=100, planted=1)


def photo(number):
    """Return a picture of coloured clouds and sharp stones, another for each number."""
    return drawn(number).copy()


@functools.cache
def drawn(number, size_hw=(240, 320)):
    rng = rng_for(number, "photo")
    noise = rng.normal(size=(*size_hw, 3))
    clouds = gaussian_filter(noise, (12, 12, 0)) * 12 + gaussian_filter(noise, (2, 2, 0)) * 1.5
    image = ((clouds - clouds.min()) / np.ptp(clouds) * 200 + 20).astype(np.uint8)
    for _ in range(25):
        corner = (int(rng.integers(size_hw[1])), int(rng.integers(size_hw[0])))
        box = (corner, tuple(map(int, rng.integers(8, 40, 2))), float(rng.uniform(0, 90)))
        cv2.fillPoly(image, [cv2.boxPoints(box).astype(np.int32)], tuple(map(int, rng.integers(0, 230, 3))))
    return image


@dataclasses.dataclass
class SetUp:
    """A set-up's folder, as it is after the split."""

    root: object

    def write(self, part, images, domain=REAL):
        """Write the manifest of a part. images: id -> pixels."""
        folder = self.root / part
        for name, image in images.items():
            write_bytes(folder / f"{name}.png", png_bytes(image))
        samples = [Sample(name, domain, f"{name}.png", "m", (1, 1), (), "set", "CC0-1.0") for name in images]
        write_manifest(folder / "samples.jsonl", samples)

    def search(self, folds=None, **changed):
        """Run the stage; return what it wrote for the stages after it. folds: their file."""
        parts = (self.root / part / "samples.jsonl" for part in ("train", "val", "test"))
        out, report = self.root / "leaks.json", self.root / "reports/leaks.json"
        others = self.root / "more_val", self.root / "sources"
        main(dataclasses.replace(SETTINGS, **changed), *parts, *others, out, report, folds)
        return read_leaks(out)


@pytest.fixture
def set_up(tmp_path):
    made = SetUp(tmp_path)
    made.write("train", {f"train{n}": photo(n) for n in range(6)})
    made.write("val", {f"val{n}": photo(20 + n) for n in range(2)})
    made.write("test", {f"test{n}": photo(30 + n) for n in range(2)})
    return made


def told(found):
    return [(hit.measured.part, hit.measured.id, hit.trained.part, hit.trained.id, hit.mirrored) for hit in found.hits]


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTS)
def test_a_copy_among_the_photos_of_test_is_found(set_up, kind):
    copies = {f"test{n}": PLANTS[kind](photo(n), rng_for(n, kind)) for n in range(3)}
    set_up.write("test", copies | {"own": photo(40)})
    found = set_up.search(stop=False)
    turned = kind == "mirror image"
    assert told(found) == [("test", f"test{n}", "train", f"train{n}", turned) for n in range(3)]


@pytest.mark.slow
def test_photos_of_different_things_are_no_leak(set_up):
    found = set_up.search(planted=2)
    assert found.hits == ()
    assert found.planted.false_alarms == 0
    assert found.searched == {"train": 6, "val": 2, "test": 2}


@pytest.mark.slow
def test_the_run_stops_with_both_names_the_number_and_the_next_step(set_up):
    set_up.write("val", {"again": photo(2), "turned": photo(3)[:, ::-1].copy()})
    said = "^val: the photo again shows the same as train2 of train, and 1 more such pair, .*split.keep_together.*"
    with pytest.raises(InputError, match=said):
        set_up.search()
    assert len(read_leaks(set_up.root / "leaks.json").hits) == 2  # all are there to be looked at


@pytest.mark.slow
def test_a_copy_of_a_real_photo_of_a_further_source_is_found(set_up):
    set_up.write("sources/more", {"extra": photo(50)})
    set_up.write("test", {"leak": photo(50)[10:, 10:]})
    assert told(set_up.search(stop=False)) == [("test", "leak", "more", "extra", False)]


@pytest.mark.slow
def test_further_validation_sets_are_searched_too(set_up):
    set_up.write("newest", {"again": photo(2)})
    (set_up.root / "more_val").mkdir()
    samples = each_sample(set_up.root / "newest/samples.jsonl")
    moved = [dataclasses.replace(sample, image=f"../newest/{sample.image}") for sample in samples]
    write_manifest(set_up.root / "more_val/newest.jsonl", moved)
    assert told(set_up.search(stop=False)) == [("more_val.newest", "again", "train", "train2", False)]


@pytest.mark.slow
def test_a_run_that_stops_leaves_a_page_of_the_pairs(set_up):
    set_up.write("val", {"<b>again": photo(2)})
    with pytest.raises(InputError, match=r"leaks\.html shows them"):
        set_up.search()
    text = (set_up.root / "reports/leaks.html").read_text(encoding="utf-8")
    assert text.count('<img src="data:image/jpeg;base64,') == 2
    assert "<b>again" not in text
    assert "val: &lt;b&gt;again" in text


@pytest.mark.slow
def test_renders_of_a_further_source_are_not_searched(set_up):
    set_up.write("sources/made", {"render": photo(30)}, RENDER)
    assert set_up.search().hits == ()


@pytest.mark.slow
def test_of_many_photos_copies_are_still_found_by_their_hashes(set_up):
    set_up.write("test", {"leak": PLANTS["recompression"](photo(4), rng_for(1, "any"))})
    assert told(set_up.search(stop=False, most_photos=0)) == [("test", "leak", "train", "train4", False)]


@pytest.mark.slow
def test_both_files_say_the_same_and_name_images_that_are_there(set_up):
    set_up.write("val", {"again": photo(2)})
    found = set_up.search(stop=False)
    report = set_up.root / "reports/leaks.json"
    assert set(json.loads(report.read_text(encoding="utf-8"))) == {"planted", "hits", "searched"}
    for path, record in ((set_up.root / "leaks.json", found), (report, read_leaks(report))):
        [hit] = record.hits
        assert all((path.parent / one.image).is_file() for one in (hit.measured, hit.trained))


@pytest.mark.slow
def test_the_same_photos_give_the_same_bytes(set_up):
    set_up.write("val", {"again": photo(2)})
    set_up.search(stop=False)
    first = (set_up.root / "leaks.json").read_bytes()
    set_up.search(stop=False)
    assert (set_up.root / "leaks.json").read_bytes() == first


@pytest.mark.slow
def test_planted_copies_are_found(set_up):
    planted = set_up.search(planted=6).planted
    assert (planted.found, planted.photos, set(planted.found_per_kind)) == (1.0, 6, set(PLANTS))


@pytest.mark.slow
def test_pictures_of_one_colour_are_nobody_s_copy(set_up):
    set_up.write("train", {"grey": np.full((60, 80, 3), 128, np.uint8), "white": np.full((60, 80, 3), 255, np.uint8)})
    assert set_up.search().hits == ()


def with_board(x):
    """Return one wall with a board at x: the same camera at another moment."""
    wall, board = photo(1), photo(99)[:120, :120]
    wall[60:180, x : x + 120] = board
    return wall


def test_one_object_moved_before_one_wall_is_no_copy():
    one, other = sight_of(with_board(20)), sight_of(with_board(170))
    assert agreement(one, other).agreement < SETTINGS.agreement
    assert agreement(one, one).agreement == 1


def test_one_object_before_two_walls_is_no_copy():
    other = photo(2)
    other[60:180, 20:140] = photo(99)[:120, :120]
    assert agreement(sight_of(with_board(20)), sight_of(other)).agreement < SETTINGS.agreement


def test_the_mirror_image_of_a_sight_is_the_sight_of_the_mirror_image():
    image = photo(5)
    one, other = mirror(sight_of(image)), sight_of(np.ascontiguousarray(image[:, ::-1]))
    np.testing.assert_array_equal(one.grey, other.grey)
    np.testing.assert_array_equal(one.descriptors, other.descriptors)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"agreement": 0.0}, "agreement is 0.0, wanted above 0", id="everything agrees"),
        pytest.param({"agreement": 1.1}, "agreement is 1.1, wanted above 0", id="more than all"),
        pytest.param({"candidates": 0}, "candidates is 0, wanted at least 1", id="nothing to compare"),
        pytest.param({"planted": 0}, "planted is 0, wanted at least 1", id="nothing planted"),
        pytest.param({"most_photos": -1}, "most_photos is -1, wanted at least 0", id="fewer than none"),
    ],
)
def test_a_search_that_cannot_be_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **changed)

"""A folder of photos alone is read as what it is, and never in place of labels."""

import pytest

from dataset.formats.listed import Defects
from dataset.known_formats import read_set
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import ONE, build

FILES = ("a.jpg", "monday/cam 1/b.png", "monday/c.tif", "._d.jpg")


def test_every_photo_below_the_folder_is_there_and_not_labelled(tmp_path):
    found = read_set(build(tmp_path / "new", FILES, {}, {"notes.txt": "x"}), Defects())
    assert [photo.file.name for photo in found.photos] == ["a.jpg", "c.tif", "b.png"]
    assert not any(photo.labelled for photo in found.photos)
    assert found.categories == ()
    assert found.assumed == (
        "read as photos without labels",
        "found no labels of any format, though 1 files may hold some ('notes.txt')",
    )


def test_labels_of_any_format_come_first_and_nothing_is_said_of_bare_photos(tmp_path):
    found = read_set(build(tmp_path, ("images/a.jpg",), {"masks/a.png": ONE}), Defects())
    assert found.assumed[0] == "read as images and masks"
    assert not any("passed over" in each for each in found.assumed)


def test_ingest_asks_what_photos_without_labels_mean(tmp_path):
    root = build(tmp_path / "new", FILES, {})
    with pytest.raises(InputError, match="has no label; add it, or, if nothing is to be seen in such photos"):
        main(Ingest(), root, tmp_path / "out")


def test_two_photos_of_one_name_may_be_a_photo_and_its_mask(tmp_path):
    with pytest.raises(InputError, match=r"a\.jpg and .*a\.png have one name"):
        read_set(build(tmp_path, ("pictures/a.jpg", "truth/a.png"), {}), Defects())

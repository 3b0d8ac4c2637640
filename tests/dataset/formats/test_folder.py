"""Masks become instances, and a set's own words become tags."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.formats.folder import read_described, read_plain
from dataset.formats.listed import tags_of
from dataset.formats.mask_files import MaskFile
from pipeline.errors import InputError


def mask_file(tmp_path: Path, *rows: str) -> MaskFile:
    path = tmp_path / "mask.png"
    Image.fromarray(np.array([[int(digit) for digit in row] for row in rows], np.uint8)).save(path)
    return MaskFile(path, {1: "board", 3: "hand"})


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param(("000", "000"), [], id="nothing"),
        pytest.param(("110", "001"), ["board"], id="pieces that touch at a corner are one"),
        pytest.param(("101", "000"), ["board", "board"], id="specks of one pixel are kept"),
        pytest.param(("133", "100"), ["board", "hand"], id="categories that touch are two"),
    ],
)
def test_each_connected_piece_of_a_category_is_an_instance(tmp_path, rows, names):
    ids, found = mask_file(tmp_path, *rows).draw((2, 3))
    assert found == names
    assert sorted(set(ids.ravel().tolist()) - {0}) == list(range(1, len(names) + 1))
    assert ((ids > 0) == np.array([[digit != "0" for digit in row] for row in rows])).all()


def test_a_value_that_is_no_category_is_named(tmp_path):
    with pytest.raises(InputError, match=r"mask\.png: found the value 2, wanted 0 or one of 1 \(board\), 3 \(hand\)"):
        mask_file(tmp_path, "012").draw((1, 3))


def test_tags_are_the_scalars_of_an_entry_as_text():
    entry = {"camera": "cam01", "burst": 7, "blurred": True, "share": 0.5, "none": None, "list": [1], "file": "a"}
    assert tags_of(entry, {"file"}) == {"camera": "cam01", "burst": "7", "blurred": "true", "share": "0.5"}


ENTRY = {"file": "images/a.jpg", "mask": "masks/a.png"}
META = {"name": "toys", "licence": "CC0-1.0", "classes": {"2": "hand", "1": "board"}, "images": [ENTRY]}


def write_meta(root: Path, **changes: object) -> Path:
    (root / "meta.json").write_text(json.dumps(META | changes), encoding="utf-8")
    return root


def test_an_entry_may_state_its_own_source_and_licence(tmp_path):
    own = ENTRY | {"source": "flickr", "licence": "CC-BY-4.0"}
    found = read_described(write_meta(tmp_path, images=[ENTRY, own]))
    assert found.categories == ("board", "hand")
    assert [(photo.source, photo.licence) for photo in found.photos] == [("toys", "CC0-1.0"), ("flickr", "CC-BY-4.0")]


def test_a_set_that_states_no_licence_says_so(tmp_path):
    assert read_described(write_meta(tmp_path, licence=None)).photos[0].licence == "none stated"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"images": None}, "no list 'images'", id="no images"),
        pytest.param({"classes": {"board": 1}}, "classes is", id="names and numbers swapped"),
        pytest.param({"classes": {"0": "board"}}, "classes is", id="background as a category"),
        pytest.param({"images": [{"file": "a.jpg"}]}, r"images\[0\]: 'mask' is None", id="no mask named"),
        pytest.param({"images": [ENTRY | {"file": "../a.jpg"}]}, "leaves", id="a path out of the folder"),
    ],
)
def test_a_faulty_meta_json_is_named(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_described(write_meta(tmp_path, **changes))


def plain(root: Path, images: list[str], masks: list[str]) -> Path:
    for folder, names in (("images", images), ("masks", masks)):
        (root / folder).mkdir()
        for name in names:
            (root / folder / name).touch()
    return root


def test_without_a_list_of_categories_the_folder_names_the_only_one(tmp_path):
    root = tmp_path / "cups"
    root.mkdir()
    found = read_plain(plain(root, ["b.png", "a.JPG", "Thumbs.db"], ["a.png", "b.png"]))
    assert found.categories == ("cups",)
    assert [photo.file.name for photo in found.photos] == ["a.JPG", "b.png"]


def test_a_photo_without_a_mask_is_unlabelled(tmp_path):
    found = read_plain(plain(tmp_path, ["a.jpg", "b.jpg"], ["b.png"]))
    assert [(photo.file.name, photo.labelled) for photo in found.photos] == [("a.jpg", False), ("b.jpg", True)]


def test_a_mask_without_a_photo_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"b\.png: found no photo"):
        read_plain(plain(tmp_path, ["a.jpg"], ["a.png", "b.png"]))

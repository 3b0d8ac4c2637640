"""A folder is read as what it is, and each format leaves the folders of the others alone."""

import json

import pytest

from dataset.formats.listed import Defects
from dataset.known_formats import FORMATS, read_set
from tests.fuzz import trees

FOLDERS = {
    "described": trees.described,
    "bop": trees.bop,
    "panoptic": trees.panoptic,
    "supervisely": trees.supervisely,
    "labelme": trees.labelme,
    "voc": trees.voc,
    "cvat": trees.cvat,
    "datumaro": trees.datumaro,
    "label_studio": trees.label_studio,
    "yolo": trees.yolo,
    "masks": trees.coloured,
    "coco": trees.coco,
    "webdataset": trees.tars,
    "photos": lambda folder: trees.write_bytes(folder / "monday" / "a.png", trees.picture()),
}
ALSO = {"described": {"masks"}}  # it is images and masks, of which meta.json says more


@pytest.mark.parametrize(("name", "build"), FOLDERS.items(), ids=FOLDERS)
def test_a_folder_is_known_by_its_own_format_alone(tmp_path, name, build):
    build(tmp_path)
    found = {each for each, kind in FORMATS.items() if not kind.bare and kind.find(tmp_path) is not None}
    assert found - {name} == ALSO.get(name, set())
    defects = Defects()
    assert read_set(tmp_path, defects).assumed[0] == f"read as {FORMATS[name].title}"
    assert not defects.found


def test_meta_json_with_the_names_of_mask_values_is_no_datumaro(tmp_path):
    trees.described(tmp_path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    text = json.dumps(
        {"licence": "CC0-1.0", "categories": {"1": "cup"}} | {k: v for k, v in meta.items() if k == "images"}
    )
    (tmp_path / "meta.json").write_text(text)
    assert FORMATS["datumaro"].find(tmp_path) is None
    assert not [said for said in read_set(tmp_path, Defects()).assumed if "passed over" in said]


def test_every_format_is_among_the_folders():
    assert set(FOLDERS) == set(FORMATS)

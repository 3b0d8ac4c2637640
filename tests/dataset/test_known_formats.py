"""A folder is read as what it is, and each format leaves the folders of the others alone."""

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


def test_every_format_is_among_the_folders():
    assert set(FOLDERS) == set(FORMATS)

"""A folder that was written in one format is taken for no other."""

import pytest

from dataset.formats.listed import Defects
from dataset.known_formats import read_set


@pytest.mark.parametrize(
    ("style", "title"),
    [
        pytest.param("coco", "COCO", id="COCO"),
        pytest.param("cvat", "CVAT for images", id="CVAT"),
        pytest.param("datumaro", "Datumaro", id="Datumaro"),
        pytest.param("label_studio", "Label Studio", id="Label Studio"),
        pytest.param("labelme", "LabelMe", id="LabelMe"),
        pytest.param("supervisely", "Supervisely", id="Supervisely"),
        pytest.param("voc", "Pascal VOC", id="Pascal VOC"),
        pytest.param("yolo", "YOLO", id="YOLO"),
        pytest.param("png", "masks with meta.json", id="PNG"),
        pytest.param("bop", "BOP", id="BOP"),
        pytest.param("webdataset", "webdataset", id="webdataset"),
    ],
)
def test_a_set_is_known_for_what_it_was_written_as(pictures, tmp_path, style, title):
    said = read_set(pictures.export(style, tmp_path / "out"), Defects()).assumed
    assert said[0] == f"read as {title}"
    assert not any("passed over" in words for words in said) or style == "png"  # which is plain images and masks too

"""A hole that a tool wrote as one more polygon is none to COCO: it is taken as one where the area says so."""

import json

import pytest
from PIL import Image

from dataset.formats.coco import read_coco

OUTER, INNER, APART = [2, 2, 22, 2, 22, 22, 2, 22], [6, 6, 16, 6, 16, 16, 6, 16], [30, 2, 34, 2, 34, 6, 30, 6]
FILLED = "1 objects have a ring in a ring, which COCO fills"


@pytest.mark.parametrize(
    ("polygons", "area", "pixels", "said"),
    [
        ([OUTER, INNER], 300, 300, "1 objects have holes: a ring in a ring, and the area of what is left"),
        ([INNER, OUTER, APART], 318, 316, "1 objects have holes: a ring in a ring, and the area of what is left"),
        ([OUTER, INNER], 400, 400, FILLED),
        ([OUTER, INNER], None, 400, FILLED),
        ([OUTER, APART], 416, 416, None),
    ],
    ids=["a hole", "a hole and a piece", "filled by its area", "no area", "two pieces"],
)
def test_a_ring_in_a_ring_is_a_hole_where_the_area_says_so(tmp_path, polygons, area, pixels, said):
    Image.new("RGB", (40, 24)).save(tmp_path / "a.png")
    row = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": polygons, "area": area}
    value = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [row]}
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(value | {"categories": [{"id": 1, "name": "ring"}]}), encoding="utf-8")
    found = read_coco(path)
    assert found.assumed == ((said,) if said else ())
    assert (found.photos[0].label.draw((24, 40))[0] == 1).sum() == pixels

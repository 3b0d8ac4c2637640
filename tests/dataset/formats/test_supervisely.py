"""Projects of Supervisely become the masks that were drawn, and leave as projects that its SDK reads."""

import base64
import io
import json
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dataset.export import FORMATS
from dataset.formats.listed import NO_PHOTO, OUTSIDE, UNKNOWN_NAME, Defects
from dataset.formats.supervisely import find_supervisely, read_supervisely
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.trips import check_trip

HEIGHT, WIDTH = 40, 60
RING = np.ones((9, 12), bool)
RING[3:6, 4:8], RING[0, 0] = False, False
CLASSES = [
    {"id": 1, "title": "mug", "shape": "any", "color": "#FF0000", "geometry_config": {}},
    {"id": 2, "title": "plate", "shape": "bitmap", "color": "#00FF00"},
    {"id": 3, "title": "eye", "shape": "point", "color": "#0000FF"},
]


def packed(mask: np.ndarray, pack: bool = True) -> str:
    """As the SDK writes a mask: two colours, the first of them transparent, packed."""
    picture, buffer = Image.fromarray(mask.astype(np.uint8)), io.BytesIO()
    picture.putpalette([0, 0, 0, 255, 255, 255])
    picture.save(buffer, "PNG", transparency=0)
    data = zlib.compress(buffer.getvalue()) if pack else buffer.getvalue()
    return base64.b64encode(data).decode()


def figure(kind: str, title: str = "mug", **parts: object) -> dict[str, object]:
    known = {"id": 7, "classId": 1, "labelerLogin": "ada", "createdAt": "2021-01-01T00:00:00.000Z", "tags": []}
    return known | {"classTitle": title, "geometryType": kind} | parts


def bitmap(mask: np.ndarray, x: int, y: int, title: str = "mug", **more: object) -> dict[str, object]:
    return figure("bitmap", title, bitmap={"data": packed(mask), "origin": [x, y]}, **more)


def polygon(exterior: list[list[float]], *interior: list[list[float]], **more: object) -> dict[str, object]:
    return figure("polygon", points={"exterior": exterior, "interior": list(interior)}, **more)


def write(root: Path, name: str, *objects: dict[str, object], dataset: str = "ds1", **changes: object) -> Path:
    """Write one photo of a project and its file."""
    (root / dataset / "img").mkdir(parents=True, exist_ok=True)
    (root / dataset / "ann").mkdir(exist_ok=True)
    (root / "meta.json").write_text(json.dumps({"classes": CLASSES, "tags": []}), encoding="utf-8")
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(root / dataset / "img" / name)
    value = {"description": "", "tags": [], "size": {"height": HEIGHT, "width": WIDTH}, "objects": list(objects)}
    (root / dataset / "ann" / f"{name}.json").write_text(json.dumps(value | changes), encoding="utf-8")
    return root


def drawn(root: Path) -> tuple[np.ndarray, list[str]]:
    """Return what the labels of the first photo look like."""
    return read_supervisely(root).photos[0].label.draw((HEIGHT, WIDTH))


def box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


SQUARE = [[5, 5], [14, 5], [14, 19], [5, 19]]


@pytest.mark.parametrize("pack", [pytest.param(True, id="packed"), pytest.param(False, id="a bare PNG")])
def test_a_bitmap_comes_back_to_the_pixel_with_its_hole(tmp_path, pack):
    mask = figure("bitmap", bitmap={"data": packed(RING, pack), "origin": [7, 3]})
    ids, names = drawn(write(tmp_path, "a.jpg", mask, bitmap(np.ones((2, 2)), 30, 30, "plate")))
    assert names == ["mug", "plate"]
    assert (ids[3:12, 7:19] == RING).all()
    assert ((ids == 2) == box(30, 30, 32, 32)).all()
    assert (ids == 1).sum() == RING.sum()


def test_a_bitmap_of_the_sdk_is_read(tmp_path):
    """The text is the example in the SDK's own documentation: a ring of 3 x 3 pixels."""
    text = (
        "eJzrDPBz5+WS4mJgYOD19HAJAtLMIMwIInOeqf8BUmwBPiGuQPr///9Lb86/C2QxlgT5BTM4PLuRBuTwebo4hlTMSa44sKHhISMDuxpTYrr0"
        "3F6gDIOnq5/LOqeEJgDM5ht6"
    )
    ids, _ = drawn(write(tmp_path, "a.jpg", figure("bitmap", bitmap={"data": text, "origin": [10, 20]})))
    assert ((ids == 1) == (box(10, 20, 13, 23) & ~box(11, 21, 12, 22))).all()


def test_a_polygon_with_a_hole_lies_within_half_a_pixel_of_the_sdks(tmp_path):
    """The SDK fills pixels whose middles lie on the line as well."""
    exterior, hole = [[10, 8], [45, 8], [45, 35], [10, 35]], [[20, 15], [30, 15], [30, 25], [20, 25]]
    ids, _ = drawn(write(tmp_path, "a.jpg", polygon(exterior, hole)))
    theirs = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(theirs, [np.array(exterior)], 1)
    cv2.fillPoly(theirs, [np.array(hole)], 0)
    assert not ((ids == 1) & cv2.erode(1 - theirs, np.ones((3, 3))).astype(bool)).any()
    assert (ids == 1)[cv2.erode(theirs, np.ones((3, 3))).astype(bool)].all()
    assert (ids == 1).sum() == 35 * 27 - 10 * 10


def test_a_polygon_in_the_outermost_pixels_reaches_the_border(tmp_path):
    ids, _ = drawn(write(tmp_path, "a.jpg", polygon([[0, 0], [59, 0], [59, 39], [0, 39]])))
    assert (ids == 1).all()


def test_corners_with_fractions_are_places(tmp_path):
    ids, _ = drawn(write(tmp_path, "a.jpg", polygon([[5.25, 5], [15.25, 5], [15.25, 20.25], [5.25, 20.25]])))
    assert ((ids == 1) == box(5, 5, 15, 20)).all()


def test_figures_of_one_instance_and_the_parts_of_a_multipolygon_are_one_object(tmp_path):
    one = [bitmap(RING, 2, 2, instance="x"), polygon(SQUARE, instance="x"), bitmap(RING, 20, 2, "plate", instance="x")]
    parts = [{"exterior": [[x, 30], [x + 5, 30], [x + 5, 35], [x, 35]], "interior": []} for x in (2, 40)]
    found = read_supervisely(write(tmp_path, "a.jpg", *one, figure("multipolygon", parts=parts)))
    ids, names = found.photos[0].label.draw((HEIGHT, WIDTH))
    assert names == ["mug", "plate", "mug"]
    assert (ids == 3)[31:34, 3:6].all()
    assert (ids == 3)[31:34, 41:44].all()


def test_an_old_export_takes_the_kind_of_its_class_and_names_files_by_stem(tmp_path):
    old = {"classTitle": "plate", "bitmap": {"data": packed(RING), "origin": [7, 3]}, "points": None}
    write(tmp_path, "a.jpg", old)
    (tmp_path / "ds1" / "ann" / "a.jpg.json").rename(tmp_path / "ds1" / "ann" / "a.json")
    ids, names = drawn(tmp_path)
    assert names == ["plate"]
    assert ids.sum() == RING.sum()


def test_datasets_and_tags_are_tags_and_nested_datasets_are_read(tmp_path):
    tags = [{"name": "night", "value": None}, {"name": "shelf", "value": 3}, {"name": "licence", "value": "CC0-1.0"}]
    write(tmp_path, "a.jpg", polygon(SQUARE), tags=tags)
    write(tmp_path, "b.jpg", dataset="ds1/datasets/inner")
    (tmp_path / "ds2" / "img").mkdir(parents=True)
    (tmp_path / "ds2" / "ann").mkdir()
    found = read_supervisely(tmp_path)
    assert found.categories == ("mug", "plate")
    assert [(one.file.name, one.labelled, one.licence, one.tags) for one in found.photos] == [
        ("a.jpg", True, "CC0-1.0", {"dataset": "ds1", "night": "true", "shelf": "3"}),
        ("b.jpg", False, "none stated", {"dataset": "ds1/inner"}),
    ]


def test_two_photos_of_one_name_in_two_datasets_are_called_after_these(tmp_path):
    write(tmp_path, "a.jpg", polygon(SQUARE))
    write(tmp_path, "a.jpg", polygon(SQUARE), dataset="ds2")
    defects = Defects()
    assert [photo.id for photo in read_set(tmp_path, defects).photos] == ["ds1_a", "ds2_a"]
    assert not defects.found


def test_points_and_rectangles_are_left_out_by_name(tmp_path):
    point = figure("point", "eye", points={"exterior": [[3, 3]], "interior": []})
    around = figure("rectangle", points={"exterior": [[5, 5], [14, 19]], "interior": []})
    found = read_supervisely(write(tmp_path, "a.jpg", polygon(SQUARE), point, around))
    assert found.assumed == (
        "left out: 1 of the kind 'point', which is no mask",
        "left out: 1 of the kind 'rectangle', which is no mask",
    )


def test_a_rectangle_in_the_place_of_a_mask_spoils_its_photo(tmp_path):
    write(tmp_path, "a.jpg", polygon(SQUARE))
    write(tmp_path, "b.jpg", figure("rectangle", points={"exterior": [[5, 5], [14, 19]], "interior": []}))
    defects = Defects()
    read_supervisely(tmp_path, defects)
    (defect,) = defects.found
    assert defect.photo == tmp_path / "ds1" / "img" / "b.jpg"
    assert "objects[0]: the rectangle of 'mug' is no mask" in defect.text


BOMB = base64.b64encode(zlib.compress(bytes(10**7))).decode()
CUT = base64.b64encode(base64.b64decode(packed(RING))[:-9]).decode()


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        pytest.param(polygon(SQUARE, classTitle="cat"), UNKNOWN_NAME, "its class is 'cat'", id="an unknown class"),
        pytest.param(bitmap(RING, 55, 3), OUTSIDE, "leaves its picture", id="a bitmap over the border"),
        pytest.param(figure("bitmap"), None, r"objects\[0\]: found no bitmap", id="no bitmap"),
        pytest.param(figure("bitmap", bitmap={"data": BOMB, "origin": [0, 0]}), None, "cut off or larger", id="a bomb"),
        pytest.param(figure("bitmap", bitmap={"data": CUT, "origin": [0, 0]}), None, "cut off or larger", id="cut off"),
        pytest.param(figure("bitmap", bitmap={"data": "x", "origin": [0, 0]}), None, "is not base64", id="no base64"),
        pytest.param(figure("bitmap", bitmap={"data": "aaaa", "origin": [0, 0]}), None, "as an image", id="no PNG"),
        pytest.param(polygon([[1, 1], [2, 2]]), None, "wanted x, y of three points", id="too few points"),
        pytest.param(polygon([[1, 1, 1]]), None, r"objects\.0\.points\.exterior\.0", id="a point of three numbers"),
        pytest.param(
            polygon([[5, 5], [500, 5], [9, 9]]), OUTSIDE, "its outline goes from x 5.5 to 500.5", id="outside"
        ),
    ],
)
def test_a_figure_that_cannot_be_read_spoils_its_photo_alone(tmp_path, shape, kind, message):
    write(tmp_path, "a.jpg", shape)
    write(tmp_path, "b.jpg", polygon(SQUARE))
    defects = Defects()
    for photo in read_supervisely(tmp_path, defects).photos:
        with defects.gathering("drawn", photo.file):
            photo.label.draw((HEIGHT, WIDTH))
    (defect,) = defects.found
    assert defect.photo == tmp_path / "ds1" / "img" / "a.jpg"
    assert kind in (None, defect.kind)
    with pytest.raises(InputError, match=message):
        raise InputError(defect.text)


def test_a_file_without_a_photo_is_told_of_and_a_photo_without_a_file_is_not_labelled(tmp_path):
    write(tmp_path, "a.jpg", polygon(SQUARE))
    write(tmp_path, "b.jpg", polygon(SQUARE))
    (tmp_path / "ds1" / "img" / "a.jpg").rename(tmp_path / "ds1" / "img" / "c.jpg")
    defects = Defects()
    found = read_supervisely(tmp_path, defects)
    assert [defect.kind for defect in defects.found] == [NO_PHOTO]
    assert [(photo.file.name, photo.labelled) for photo in found.photos] == [("b.jpg", True), ("c.jpg", False)]


@pytest.mark.parametrize("style", sorted(FORMATS.keys() - {"bop", "supervisely"}))
def test_a_folder_of_another_format_is_none_of_supervisely(pictures, tmp_path, style):
    assert find_supervisely(pictures.export(style, tmp_path / "out")) is None


def test_what_is_written_is_read_back_to_the_pixel_with_its_licence_and_tags(pictures, tmp_path):
    found = read_set(pictures.export("supervisely", tmp_path / "out"), Defects())
    assert found.categories == ("mug", "plate")
    check_trip(pictures, found)
    photos = {photo.tags["sample_id"]: photo for photo in found.photos}
    for sample in pictures.samples:
        photo = photos[sample.id]
        assert (photo.source, photo.licence) == (sample.source, sample.licence)
        assert photo.tags.items() >= sample.tags.items()


def test_what_is_written_is_what_the_sdk_decodes(pictures, tmp_path):
    """The SDK unpacks a bitmap, decodes it with OpenCV and takes its fourth channel."""
    out = pictures.export("supervisely", tmp_path / "out")
    value = json.loads((out / "ds0" / "ann" / "scene-1.png.json").read_text(encoding="utf-8"))
    for item, written in zip(pictures.samples[0].instances, value["objects"], strict=True):
        pixels = np.frombuffer(zlib.decompress(base64.b64decode(written["bitmap"]["data"])), np.uint8)
        mask = cv2.imdecode(pixels, cv2.IMREAD_UNCHANGED)[:, :, 3] > 0
        x0, y0, x1, y1 = item.box
        assert written["bitmap"]["origin"] == [x0, y0]
        assert (mask == (pictures.ids[0][y0:y1, x0:x1] == item.index)).all()

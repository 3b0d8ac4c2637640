"""Files of LabelMe become the masks that were drawn, and leave as files that LabelMe reads."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.export import FORMATS
from dataset.formats.labelme import find_labelme, read_labelme
from dataset.formats.listed import CLASH, NO_PHOTO, OTHER_SIZE, Defects
from dataset.idmap import IGNORE
from dataset.known_formats import read_set
from pipeline.errors import InputError

HEIGHT, WIDTH = 40, 60
RING = np.ones((9, 12), bool)  # a hole, and a corner that is not set
RING[3:6, 4:8], RING[0, 0] = False, False


def png(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def polygon(label: str, *points: list[float], **more: object) -> dict[str, object]:
    """As LabelMe 5 writes a polygon."""
    words = {"label": label, "points": list(points), "group_id": None, "description": "", "shape_type": "polygon"}
    return words | {"flags": {}, "mask": None} | more


def square(label: str, x0: float, y0: float, x1: float, y1: float, **more: object) -> dict[str, object]:
    return polygon(label, [x0, y0], [x1, y0], [x1, y1], [x0, y1], **more)


def brush(label: str, x: int, y: int, mask: np.ndarray, **more: object) -> dict[str, object]:
    """As LabelMe 5 writes a mask: its points are the first and the last pixel."""
    height, width = mask.shape
    first, last = [float(x), float(y)], [float(x + width - 1), float(y + height - 1)]
    return polygon(label, first, last, shape_type="mask") | {"mask": png(mask.astype(np.uint8))} | more


MUG = square("mug", 5, 5, 15, 20)


def write(folder: Path, name: str, *shapes: dict[str, object], **changes: object) -> Path:
    """Write one file of LabelMe with its photo beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(pixels).save(folder / f"{name}.jpg")
    value = {"version": "5.4.1", "flags": {}, "shapes": list(shapes), "imagePath": f"{name}.jpg", "imageData": None}
    value |= {"imageHeight": HEIGHT, "imageWidth": WIDTH}
    (folder / f"{name}.json").write_text(json.dumps(value | changes), encoding="utf-8")
    return folder


def drawn(root: Path) -> tuple[np.ndarray, list[str]]:
    """Return what the labels of the first photo look like."""
    return read_labelme(root).photos[0].label.draw((HEIGHT, WIDTH))


def box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_a_polygon_fills_the_pixels_inside_its_line(tmp_path):
    ids, names = drawn(write(tmp_path, "a", MUG))
    assert names == ["mug"]
    assert ((ids == 1) == box(5, 5, 15, 20)).all()


def test_a_mask_comes_back_to_the_pixel_with_its_hole(tmp_path):
    ids, _ = drawn(write(tmp_path, "a", brush("mug", 7, 3, RING)))
    assert (ids[3:12, 7:19] == RING).all()
    assert ids.sum() == RING.sum()


def test_a_circle_is_filled_and_ends_where_the_picture_does(tmp_path):
    circle = polygon("mug", [20, 3], [20, 13], shape_type="circle")
    ids, _ = drawn(write(tmp_path, "a", circle, MUG | {"label": "plate"}))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    distance = np.hypot(columns - 20, rows - 3)
    seen = (ids == 1) | box(5, 5, 15, 20)
    assert seen[distance < 9.4].all()
    assert not (ids == 1)[distance > 10.6].any()


def test_shapes_of_one_label_and_group_are_one_object(tmp_path):
    pieces = [square("mug", 2, 2, 6, 6, group_id=3), brush("mug", 20, 10, RING, group_id=3)]
    others = [square("plate", 40, 2, 44, 6, group_id=3), square("mug", 40, 20, 44, 26)]
    ids, names = drawn(write(tmp_path, "a", *pieces, *others))
    assert names == ["mug", "plate", "mug"]
    assert [(ids == k).sum() for k in (1, 2, 3)] == [16 + RING.sum(), 16, 24]


def test_polygons_of_one_group_are_one_object_in_two_pieces(tmp_path):
    ids, names = drawn(write(tmp_path, "a", *(square("mug", x, 2, x + 4, 6, group_id=0) for x in (2, 20))))
    assert names == ["mug"]
    assert ((ids == 1) == box(2, 2, 6, 6) | box(20, 2, 24, 6)).all()


def test_what_is_labelled_ignore_is_neither_object_nor_background(tmp_path):
    found = read_labelme(write(tmp_path, "a", MUG, square("__ignore__", 30, 5, 40, 9)))
    ids, names = found.photos[0].label.draw((HEIGHT, WIDTH))
    assert (found.categories, names) == (("mug",), ["mug"])
    assert ((ids == IGNORE) == box(30, 5, 40, 9)).all()


def test_a_file_of_an_old_version_holds_polygons_and_no_size(tmp_path):
    shape = {"label": "mug", "points": MUG["points"], "line_color": None, "fill_color": None}
    write(tmp_path, "a", shape, version="3.0.0", imageHeight=None, imageWidth=None)
    assert ((drawn(tmp_path)[0] == 1) == box(5, 5, 15, 20)).all()


def test_rectangles_are_masks_beside_other_shapes_and_it_is_said(tmp_path):
    rectangle = polygon("plate", [40, 30], [30, 25], shape_type="rectangle")
    found = read_labelme(write(tmp_path, "a", MUG, rectangle))
    ids, _ = found.photos[0].label.draw((HEIGHT, WIDTH))
    assert ((ids == 2) == box(30, 25, 40, 30)).all()
    assert found.assumed == ("1 rectangles are taken as masks",)


def test_a_set_of_rectangles_alone_is_one_of_boxes(tmp_path):
    with pytest.raises(InputError, match="found 1 rectangles and no other area, which is a set of boxes"):
        read_labelme(write(tmp_path, "a", polygon("mug", [1, 1], [9, 9], shape_type="rectangle")))


def test_points_and_lines_are_left_out_by_name(tmp_path):
    line, point = polygon("edge", [1, 1], [9, 9], shape_type="line"), polygon("eye", [3, 3], shape_type="point")
    found = read_labelme(write(tmp_path, "a", MUG, line, point, point))
    assert found.categories == ("mug",)
    assert found.assumed == (
        "left out: 1 of the kind 'line', which is no mask",
        "left out: 2 of the kind 'point', which is no mask",
    )


def test_a_point_in_the_place_of_a_mask_spoils_its_photo(tmp_path):
    write(tmp_path, "a", MUG)
    write(tmp_path, "b", polygon("mug", [3, 3], shape_type="point"))
    defects = Defects()
    read_labelme(tmp_path, defects)
    (defect,) = defects.found
    assert defect.photo == tmp_path / "b.jpg"
    assert "shapes[0]: the point of 'mug' is no mask" in defect.text


def test_a_file_without_shapes_shows_nothing_and_a_photo_without_a_file_is_not_labelled(tmp_path):
    for name, shapes in (("a", [MUG]), ("b", []), ("c", [])):
        write(tmp_path, name, *shapes)
    (tmp_path / "c.json").unlink()
    found = read_labelme(tmp_path)
    assert {photo.file.stem: photo.labelled for photo in found.photos} == {"a": True, "b": True, "c": False}
    assert found.assumed == ("1 files without shapes are photos that show nothing",)


def test_flags_licence_and_source_of_a_photo_are_kept(tmp_path):
    write(tmp_path, "a", MUG, flags={"blurred": True, "night": False}, licence="CC0-1.0", source="kitchen", camera="c1")
    (photo,) = read_labelme(tmp_path).photos
    assert (photo.licence, photo.source) == ("CC0-1.0", "kitchen")
    assert photo.tags == {"blurred": "true", "camera": "c1", "night": "false"}


@pytest.mark.parametrize(
    ("photo", "labels", "path"),
    [
        pytest.param("a.jpg", "a.json", "a.jpg", id="beside it"),
        pytest.param("images/a.jpg", "json/a.json", "..\\images\\a.jpg", id="in images/, with backslashes"),
        pytest.param("images/a.jpg", "annotations/a.json", "../images/a.jpg", id="in images/, labels in annotations/"),
        pytest.param("images/a.jpg", "labels/a.json", "C:\\Users\\ada\\photos\\a.jpg", id="a path of another machine"),
        pytest.param("train/a.jpg", "train/a.json", "a.jpg", id="one folder down"),
        pytest.param("a.JPG", "a.json", "IMG_1.JPG", id="renamed together with its file"),
        pytest.param("Tasse für Öl 1.jpg", "a.json", "Tasse für Öl 1.jpg", id="spaces and umlauts"),
    ],
)
def test_the_photo_is_found(tmp_path, photo, labels, path):
    write(tmp_path / "made", "a", MUG, imagePath=path)
    for name, place in (("a.jpg", photo), ("a.json", labels)):
        (tmp_path / "in" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / name).rename(tmp_path / "in" / place)
    assert find_labelme(tmp_path / "in") == tmp_path / "in"
    assert [one.file for one in read_labelme(tmp_path / "in").photos] == [tmp_path / "in" / photo]


def test_a_photo_that_lies_inside_the_file_alone_is_asked_for(tmp_path):
    write(tmp_path, "a", MUG, imageData=base64.b64encode(b"jpeg").decode())
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"only as a copy inside the file \(imageData\); bring it there"):
        read_set(tmp_path, Defects())


OTHER_POINTS = brush("mug", 5, 3, RING, points=[[5, 3], [9, 9]])
LARGE = brush("mug", 0, 0, np.ones((50, 80), bool))


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        pytest.param(MUG | {"points": [[1, 1], [2, 2]]}, None, "wanted x, y of three points", id="too few points"),
        pytest.param(MUG | {"points": [[1, 1, 5]]}, None, r"shapes\.0\.points\.0 is", id="a point of three numbers"),
        pytest.param(MUG | {"label": ""}, None, "its label is ''", id="no label"),
        pytest.param(MUG | {"label": "_background_"}, None, "cut holes out of the object", id="background"),
        pytest.param(brush("mug", 55, 3, RING), None, "leaves its picture", id="a mask over the border"),
        pytest.param(brush("mug", 5, 3, RING) | {"mask": "?"}, None, "shapes.0.: its mask", id="no base64"),
        pytest.param(brush("mug", 5, 3, RING) | {"mask": None}, None, "wanted a mask", id="no mask"),
        pytest.param(OTHER_POINTS, OTHER_SIZE, "wanted those from x 5 to 9", id="points of another mask"),
        pytest.param(LARGE, OTHER_SIZE, "has 80 x 50 pixels, its picture 60 x 40", id="a mask larger than its picture"),
        pytest.param(MUG | {"shape_type": "circle"}, None, "a circle of 4 points, wanted 2", id="a circle of four"),
        pytest.param(square("mug", 5, 5, 500, 20), None, "its outline goes from x 5 to 500", id="outside"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_read_spoils_its_photo_alone(tmp_path, shape, kind, message):
    write(tmp_path, "a", shape)
    write(tmp_path, "b", MUG)
    defects = Defects()
    found = read_labelme(tmp_path, defects)
    for photo in found.photos:
        with defects.gathering("drawn", photo.file):
            photo.label.draw((HEIGHT, WIDTH))
    (defect,) = defects.found
    assert defect.photo == tmp_path / "a.jpg"
    assert kind in (None, defect.kind)
    with pytest.raises(InputError, match=message):
        raise InputError(defect.text)


def test_a_broken_file_spoils_the_photo_of_its_name(tmp_path):
    write(tmp_path, "a", MUG)
    write(tmp_path, "b", MUG)
    (tmp_path / "b.json").write_text('{"shapes": [', encoding="utf-8")
    defects = Defects()
    assert [photo.file.stem for photo in read_labelme(tmp_path, defects).photos] == ["a"]
    assert [defect.photo for defect in defects.found] == [tmp_path / "b.jpg"]


def test_two_files_of_one_photo_are_told_of(tmp_path):
    write(tmp_path, "a", MUG)
    write(tmp_path, "b", MUG, imagePath="a.jpg")
    defects = Defects()
    read_labelme(tmp_path, defects)
    assert [(defect.kind, defect.photo) for defect in defects.found] == [(CLASH, tmp_path / "a.jpg")]


def test_a_file_whose_photo_is_gone_is_told_of(tmp_path):
    write(tmp_path, "a", MUG)
    write(tmp_path, "b", MUG)
    (tmp_path / "b.jpg").unlink()
    defects = Defects()
    read_labelme(tmp_path, defects)
    assert [defect.kind for defect in defects.found] == [NO_PHOTO]


def test_other_json_files_are_none_of_labelme(tmp_path):
    (tmp_path / "a.json").write_text('{"images": [], "annotations": [], "categories": []}', encoding="utf-8")
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    assert find_labelme(tmp_path) is None


@pytest.mark.parametrize("style", sorted(FORMATS.keys() - {"bop", "labelme"}))
def test_a_folder_of_another_format_is_none_of_labelme(pictures, tmp_path, style):
    assert find_labelme(pictures.export(style, tmp_path / "out")) is None


def test_what_is_written_is_read_back_to_the_pixel(pictures, tmp_path):
    pictures.ignoring(0, 3)
    found = read_set(pictures.export("labelme", tmp_path / "out"), Defects())
    photos = {photo.tags["sample_id"]: photo for photo in found.photos}
    for sample, ids in zip(pictures.samples, pictures.ids, strict=True):
        photo = photos[sample.id]
        read, names = photo.label.draw((1, 1))
        assert (read == ids).all()
        assert names == [item.category for item in sample.instances]
        assert (photo.source, photo.licence, photo.labelled) == (sample.source, sample.licence, True)
        assert photo.tags.items() >= sample.tags.items()
        assert photo.file.read_bytes() == (pictures.manifest.parent / sample.image).read_bytes()

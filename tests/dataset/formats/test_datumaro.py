"""What Datumaro writes is read to the pixel, and what is written for it comes back, ignored regions too."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as rle_tools

from dataset.formats.datumaro import find_datumaro, read_datumaro
from dataset.formats.listed import Defects
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.trips import check_trip

RING = np.zeros((20, 30), bool)  # a hole, and a second piece
RING[2:12, 3:15], RING[5:8, 6:10], RING[18, 28] = True, False, True
MASK = {"id": 0, "type": "mask", "attributes": {"occluded": True}, "group": 0, "label_id": 0, "z_order": 1,
        "rle": {"counts": "n1::0000II17OI17OI17OI17600000000d8GgG", "size": [20, 30]}}  # fmt: skip  # of datumaro 1.13
POLYGON = {"id": 0, "type": "polygon", "attributes": {}, "group": 0, "label_id": 1, "z_order": 0,
           "points": [2.0, 1.0, 6.0, 1.0, 6.0, 4.0, 2.0, 4.0]}  # fmt: skip
LABELS = ("mug", "plate", "eye")


def item(*annotations: object, **more: object) -> dict[str, object]:
    image = {"path": "kitchen_a b.jpg", "size": [20, 30]}
    return {"id": "kitchen/a b", "annotations": list(annotations), "attr": {"camera": "c1"}, "image": image} | more


def write_datumaro(root: Path, *items: object, subset: str = "train", labels: tuple[str, ...] = LABELS) -> Path:
    """Write a file of a subset, and the photo of the usual item, as Datumaro does."""
    (root / "images" / subset).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (30, 20)).save(root / "images" / subset / "kitchen_a b.jpg")
    entries = [{"name": name, "parent": "", "attributes": []} for name in labels]
    (root / "annotations").mkdir(exist_ok=True)
    path = root / "annotations" / f"{subset}.json"
    categories = {"label": {"labels": entries, "label_groups": [], "attributes": []}}
    value = {"dm_format_version": "1.0", "media_type": 2, "infos": {}, "categories": categories, "items": list(items)}
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def drawn(root: Path, *annotations: object) -> tuple[np.ndarray, list[str]]:
    return read_datumaro(write_datumaro(root, item(*annotations))).photos[0].label.draw((20, 30))


def test_masks_and_polygons_are_read_to_the_pixel(tmp_path):
    ids, names = drawn(tmp_path, POLYGON, MASK)
    assert names == ["plate", "mug"]
    square = np.zeros((20, 30), bool)
    square[1:4, 2:6] = True
    assert ((ids == 2) == RING).all()  # its z_order is the higher one
    assert ((ids == 1) == (square & ~RING)).all()


def test_an_item_gives_its_photo_with_tags_licence_and_source(tmp_path):
    said = {"camera": "c1", "licence": "CC0-1.0", "source": "kitchen"}
    whole = {"id": 0, "type": "label", "attributes": {}, "group": 0, "label_id": 2}
    found = read_datumaro(write_datumaro(tmp_path, item(MASK, whole, attr=said)))
    (photo,) = found.photos
    assert found.categories == LABELS
    assert photo.file == tmp_path / "images" / "train" / "kitchen_a b.jpg"
    assert (photo.licence, photo.source, photo.labelled) == ("CC0-1.0", "kitchen", True)
    assert photo.tags == {"camera": "c1", "eye": "true"}


def test_masks_of_a_group_are_one_object_and_ellipses_are_masks(tmp_path):
    parts = [POLYGON | {"group": 3}, MASK | {"group": 3, "label_id": 1}]
    ellipse = {"id": 0, "type": "ellipse", "group": 0, "label_id": 0, "points": [18.0, 10.0, 28.0, 16.0], "z_order": 0}
    ids, names = drawn(tmp_path, *parts, ellipse)
    assert names == ["plate", "mug"]
    assert (ids == 1).sum() == (RING.sum() + 12 - RING[1:4, 2:6].sum())
    assert (ids == 2).sum() == pytest.approx(np.pi * 5 * 3, abs=3)


def test_what_is_no_mask_is_told_with_its_count(tmp_path):
    others = [
        {"type": "bbox", "label_id": 2, "bbox": [1.0, 1.0, 5.0, 5.0]},
        {"type": "bbox", "label_id": 0, "bbox": [3.0, 2.0, 26.0, 17.0]},  # around the mask
        {"type": "caption", "caption": "a mug", "group": 0},
        {"type": "points", "label_id": 2, "points": [1.0, 1.0], "visibility": [2]},
        {"type": "polyline", "label_id": 2, "points": [1.0, 1.0, 5.0, 5.0]},
    ]
    found = read_datumaro(write_datumaro(tmp_path, item(MASK, *others)))
    counts = (("bbox", 2), ("caption", 1), ("points", 1), ("polyline", 1))
    assert found.assumed == tuple(f"left out: {count} of the kind {kind!r}, which is no mask" for kind, count in counts)


CROWD = MASK | {"attributes": {"is_crowd": True}}


@pytest.mark.parametrize(
    ("annotations", "names", "ignored"),
    [
        pytest.param([CROWD, POLYGON], ["mug", "plate"], 0, id="a category of crowds alone has objects"),
        pytest.param([CROWD, POLYGON | {"label_id": 0}], ["mug"], 1, id="one that has others has regions to ignore"),
        pytest.param([MASK | {"attributes": {"is_crowd": True, "ignored": True}}], [], 1, id="ours are always ignored"),
    ],
)
def test_crowds_are_ignored_where_their_category_has_single_objects(tmp_path, annotations, names, ignored):
    found = read_datumaro(write_datumaro(tmp_path, item(*annotations)))
    ids, drawn_names = found.photos[0].label.draw((20, 30))
    assert drawn_names == names
    assert (ids == 65535).any() == bool(ignored)
    assert found.assumed == ((f"{ignored} crowd annotations are regions to ignore",) if ignored else ())


def test_several_files_are_one_set_whose_subset_is_a_tag(tmp_path):
    write_datumaro(tmp_path, item(MASK))
    write_datumaro(tmp_path, item(POLYGON, image={"path": "b.jpg"}), subset="val", labels=("eye", "plate"))
    Image.new("RGB", (30, 20)).save(tmp_path / "images" / "val" / "b.jpg")
    found = read_set(tmp_path, Defects())
    assert found.categories == LABELS
    assert [photo.tags["subset"] for photo in found.photos] == ["train", "val"]
    assert found.photos[1].label.draw((20, 30))[1] == ["plate"]
    assert found.assumed[0] == "read as Datumaro"


@pytest.mark.parametrize(
    ("path", "more"),
    [
        pytest.param("images/train/kitchen_a b.jpg", {}, id="in the subset's folder"),
        pytest.param("images/train/kitchen/a b.png", {"image": {}}, id="by its id"),
        pytest.param("kitchen_a b.jpg", {}, id="beside"),
    ],
)
def test_a_photo_is_found_where_tools_put_it(tmp_path, path, more):
    file = write_datumaro(tmp_path, item(MASK, **more))
    (tmp_path / "images" / "train" / "kitchen_a b.jpg").unlink()
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    assert read_datumaro(file).photos[0].file == tmp_path / path


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        pytest.param(MASK | {"label_id": 9}, "label_id is 9, wanted one of 3 labels", id="no such label"),
        pytest.param(MASK | {"label_id": None}, "has no label", id="no label"),
        pytest.param(MASK | {"rle": None}, "its rle is None, wanted counts and size", id="no rle"),
        pytest.param(MASK | {"rle": {"counts": "a", "size": [0, 9]}}, "is 9 x 0 pixels", id="no size"),
        pytest.param(MASK | {"z_order": "top"}, "its type, group or z_order is wrong", id="a layer that is no number"),
        pytest.param({"type": "ellipse", "label_id": 0, "points": [1, 2, 3]}, "wanted four numbers", id="no ellipse"),
        pytest.param(
            {"type": "bbox", "label_id": 0, "bbox": [20, 1, 5, 5]}, "the bbox of 'mug' is no mask", id="a box"
        ),
        pytest.param({"label_id": 0}, "its type, group or z_order is wrong", id="no type"),
    ],
)
def test_an_annotation_that_is_wrong_is_a_defect_of_its_photo(tmp_path, annotation, message):
    defects = Defects()
    found = read_datumaro(write_datumaro(tmp_path, item(MASK, annotation)), defects)
    assert [defect.photo for defect in defects.found] == [found.photos[0].file]
    assert message in defects.found[0].text


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param(item(image={"path": "c.jpg"}), "'c.jpg' is neither in", id="no such photo"),
        pytest.param(item(image={"path": "../../c.jpg"}), "is neither in", id="out of the folder"),
        pytest.param(
            item(image=None, point_cloud={}), "image is None, wanted the path of a picture", id="a point cloud"
        ),
        pytest.param(item(annotations=[3]), r"annotations is \[3\], wanted a list", id="no annotations"),
        pytest.param(7, r"items\[0\] is 7, wanted an item", id="no item"),
    ],
)
def test_an_item_that_is_wrong_is_named(tmp_path, entry, message):
    with pytest.raises(InputError, match=message):
        read_datumaro(write_datumaro(tmp_path, entry))


def test_a_mask_of_another_size_than_its_photo_is_a_defect_when_it_is_drawn(tmp_path):
    found = read_datumaro(write_datumaro(tmp_path, item(MASK, image={"path": "kitchen_a b.jpg", "size": [21, 30]})))
    with pytest.raises(InputError, match=r"its RLE has the size \[20, 30\], its image \[21, 30\]"):
        found.photos[0].label.draw((20, 30))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("annotations/a.json", {"images": [], "annotations": [], "categories": [{"id": 1}]}, id="COCO"),
        pytest.param("a.json", [{"id": 1, "data": {}, "annotations": []}], id="Label Studio"),
        pytest.param("a.json", {"shapes": [], "imagePath": "a.jpg"}, id="LabelMe"),
        pytest.param("meta.json", {"classes": {"1": "mug"}, "images": []}, id="masks with meta.json"),
    ],
)
def test_another_tools_folder_is_not_taken_for_it(tmp_path, name, value):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    assert find_datumaro(tmp_path) is None


def test_everything_that_is_written_comes_back_to_the_pixel_with_what_is_ignored(pictures, tmp_path):
    found = read_set(pictures.ignoring(1, 2).export("datumaro", tmp_path / "out"), Defects())
    assert found.categories == ("mug", "plate")
    assert [photo.licence for photo in found.photos] == [sample.licence for sample in pictures.samples]
    check_trip(pictures, found)
    for photo, ids in zip(found.photos, pictures.ids, strict=True):
        assert ((photo.label.draw(ids.shape)[0] == 65535) == (ids == 65535)).all()


def test_masks_are_written_as_pycocotools_unpacks_them(pictures, tmp_path):
    out = pictures.export("datumaro", tmp_path / "out")
    value = json.loads((out / "annotations" / "default.json").read_text(encoding="utf-8"))
    for entry, sample, ids in zip(value["items"], pictures.samples, pictures.ids, strict=True):
        assert (out / "images" / "default" / entry["image"]["path"]).is_file()
        for mask, one in zip(entry["annotations"], sample.instances, strict=True):
            assert ["mug", "plate"][mask["label_id"]] == one.category
            assert (rle_tools.decode(mask["rle"]).astype(bool) == (ids == one.index)).all()

"""Photos and labels as tools and cameras really write them: taken as they are meant, or refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import read_ids, read_image
from dataset.records import Sample, read_manifest
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError

WIDE, HIGH = 64, 48
BOX = (10, 10, 30, 20)  # x0, y0, x1, y1 of the object, 200 pixels


def photo(path: Path, box: tuple[int, int, int, int] = BOX, size_wh: tuple[int, int] = (WIDE, HIGH), turn: int = 1):
    """Write a grey photo of one red object; turn: its EXIF orientation, the pixels being stored as given."""
    pixels = np.full((size_wh[1], size_wh[0], 3), 120, np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = (230, 20, 20)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    image.getexif()[274] = turn
    image.save(path, exif=image.getexif(), quality=95)


def mask(path: Path, box: tuple[int, int, int, int] = BOX, size_wh: tuple[int, int] = (WIDE, HIGH)) -> None:
    """Write the mask of the object."""
    values = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    values[box[1] : box[3], box[0] : box[2]] = 1
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def polygon(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    return [[x0, y0, x1, y0, x1, y1, x0, y1]]


def brush(x0: int, y0: int, x1: int, y1: int) -> dict[str, Any]:
    """Return the object as uncompressed RLE."""
    values = np.zeros((HIGH, WIDE), bool)
    values[y0:y1, x0:x1] = True
    flat = values.ravel(order="F")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat]).astype(int))).tolist()
    return {"size": [HIGH, WIDE], "counts": np.diff([0, *edges, flat.size]).tolist()}


def coco(path: Path, *segmentations: Any, name: str = "a.jpg", **more: Any) -> None:
    """Write a COCO file of one photo; more: of every annotation."""
    rows = [
        {"id": n, "image_id": 1, "category_id": 1, "segmentation": s} | more for n, s in enumerate(segmentations, 1)
    ]
    image = {"id": 1, "file_name": name, "width": WIDE, "height": HIGH}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"images": [image], "annotations": rows, "categories": [{"id": 1, "name": "mug"}]}), encoding="utf-8"
    )


def taken(root: Path) -> Sample:
    """Return the one sample of a set; check that its labels are the red object, to the pixel."""
    out = root.parent / "out"
    main(Ingest(), root, out)
    (sample,) = read_manifest(out / "samples.jsonl")
    image, ids = read_image(out / sample.image).astype(int), read_ids(out / sample.ids)
    red = image[..., 0] - image[..., 1] > 100
    assert ((ids > 0) == red).mean() > 0.99  # JPEG blurs an edge
    return sample


@pytest.mark.parametrize("mark", [1, True, "1"])
def test_brush_labels_are_single_objects_though_marked_as_crowds(tmp_path: Path, mark: Any):
    photo(tmp_path / "set/a.jpg")
    coco(tmp_path / "set/annotations.json", brush(*BOX), iscrowd=mark)
    assert [item.area_px for item in taken(tmp_path / "set").instances] == [200]


@pytest.mark.parametrize("mark", [0, False, "0", "", None])
def test_what_is_no_crowd_may_be_said_in_any_way(tmp_path: Path, mark: Any):
    photo(tmp_path / "set/a.jpg")
    coco(tmp_path / "set/annotations.json", polygon(*BOX), iscrowd=mark)
    assert [item.area_px for item in taken(tmp_path / "set").instances] == [200]


def test_a_photo_that_would_lose_all_its_labels_is_refused(tmp_path: Path):
    for name in "ab":
        photo(tmp_path / f"set/{name}.jpg")
    coco(tmp_path / "set/annotations.json", polygon(*BOX))
    found = json.loads((tmp_path / "set/annotations.json").read_text())
    found["images"].append(found["images"][0] | {"id": 2, "file_name": "b.jpg"})
    found["annotations"].append(found["annotations"][0] | {"id": 2, "image_id": 2, "iscrowd": 1})
    (tmp_path / "set/annotations.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match=r"annotation 2 is marked iscrowd, and its photo has no other label"):
        main(Ingest(), tmp_path / "set", tmp_path / "out")


def test_outlines_on_the_upright_photo_may_come_with_the_stored_size(tmp_path: Path):
    photo(tmp_path / "set/a.jpg", (40, 18, 60, 38), turn=6)  # upright 48 wide, 64 high: x 10 to 30, y 40 to 60
    coco(tmp_path / "set/annotations.json", polygon(10, 40, 30, 60))
    assert taken(tmp_path / "set").size_hw == (64, 48)


def test_outlines_on_the_stored_photo_are_turned_with_it(tmp_path: Path):
    photo(tmp_path / "set/a.jpg", (40, 18, 60, 38), turn=6)
    coco(tmp_path / "set/annotations.json", polygon(40, 18, 60, 38))
    assert taken(tmp_path / "set").size_hw == (64, 48)


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        pytest.param((100, 100, 130, 120), "from x 100 to 130 and y 100 to 120, on a picture of 64 x 48", id="outside"),
        pytest.param((10, 10, 30, 60), "y 10 to 60, on a picture of 64 x 48 pixels", id="half of it outside"),
        pytest.param((-9, 10, 30, 20), "from x -9 to 30", id="on the left"),
    ],
)
def test_an_outline_that_leaves_its_picture_is_refused(tmp_path: Path, outline, words: str):
    photo(tmp_path / "set/a.jpg")
    coco(tmp_path / "set/annotations.json", polygon(*outline))
    with pytest.raises(InputError, match=words):
        main(Ingest(), tmp_path / "set", tmp_path / "out")


def test_a_hand_that_slipped_over_the_edge_is_no_matter(tmp_path: Path):
    photo(tmp_path / "set/a.jpg", (0, 0, 64, 20))
    coco(tmp_path / "set/annotations.json", polygon(-2, -1, 66.5, 20))
    assert taken(tmp_path / "set").instances[0].area_px == 64 * 20


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_turned_tiff_is_stood_up_once(tmp_path: Path, turn: int):
    upright = (10, 5, 30, 15)
    size = (48, 64) if turn in {6, 8} else (WIDE, HIGH)
    stored = {1: upright, 3: (34, 33, 54, 43), 6: (5, 18, 15, 38), 8: (49, 10, 59, 30)}[turn]
    photo(tmp_path / "set/images/a.tif", stored, turn=turn)
    mask(tmp_path / "set/masks/a.png", upright, size)
    assert taken(tmp_path / "set").size_hw == size[::-1]


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_photo_of_more_than_8_bits_is_refused_and_not_cut_off(tmp_path: Path, kind: type):
    mask(tmp_path / "set/masks/a.png")
    (tmp_path / "set/images").mkdir()
    Image.fromarray(np.full((HIGH, WIDE), 0.5 if kind is np.float32 else 4000, kind)).save(
        tmp_path / "set/images/a.tif"
    )
    with pytest.raises(InputError, match="wanted 8 bits a channel; save it again"):
        main(Ingest(), tmp_path / "set", tmp_path / "out")


@pytest.mark.parametrize(
    ("written", "lies"),
    [
        pytest.param("images\\a.jpg", "images/a.jpg", id="backslashes"),
        pytest.param("..\\..\\media\\upload\\4\\a.jpg", "a.jpg", id="a path of another machine"),
        pytest.param("/home/x/a.jpg", "images/a.jpg", id="from the root"),
        pytest.param("Capture%20d%C3%A9cran.jpg", "images/Capture d\u00e9cran.jpg", id="percent signs"),
        pytest.param("caf\u00e9.jpg", "cafe\u0301.jpg", id="another form of Unicode"),
    ],
)
def test_a_photo_is_found_by_the_name_that_a_tool_gave_it(tmp_path: Path, written: str, lies: str):
    photo(tmp_path / "set" / lies)
    coco(tmp_path / "set/annotations.json", polygon(*BOX), name=written)
    assert [item.area_px for item in taken(tmp_path / "set").instances] == [200]


@pytest.mark.parametrize(
    ("labels", "lies"),
    [
        pytest.param("annotations/instances_default.json", "images/a.jpg", id="CVAT"),
        pytest.param("annotations/instances_train2017.json", "train2017/a.jpg", id="COCO"),
        pytest.param("train/_annotations.coco.json", "train/a.jpg", id="Roboflow"),
    ],
)
def test_folders_are_taken_as_tools_lay_them_out(tmp_path: Path, labels: str, lies: str):
    photo(tmp_path / "set" / lies)
    coco(tmp_path / "set" / labels, polygon(*BOX))
    assert [item.area_px for item in taken(tmp_path / "set").instances] == [200]


def test_two_coco_files_are_one_set_and_either_may_be_named_alone(tmp_path: Path):
    for split in ("train", "valid"):
        photo(tmp_path / f"set/{split}/{split}.jpg")
        coco(tmp_path / f"set/{split}/_annotations.coco.json", polygon(*BOX), name=f"{split}.jpg")
    main(Ingest(), tmp_path / "set", tmp_path / "out")
    both = read_manifest(tmp_path / "out/samples.jsonl")
    assert [(sample.id, sample.tags["subset"]) for sample in both] == [("train", "train"), ("valid", "val")]
    assert taken(tmp_path / "set/valid").id == "valid"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            lambda r: mask(r / "masks/a.tif"), r"a\.png is a mask of the same photo; take one", id="two masks"
        ),
        pytest.param(
            lambda r: (r / "images/b.HEIC").write_bytes(b"x"), r"b\.HEIC: HEIC is not read here \(1 such", id="HEIC"
        ),
        pytest.param(
            lambda r: (mask(r / "masks/a.jpg"), (r / "masks/a.png").unlink()), "is a JPEG, which changes", id="JPEG"
        ),
    ],
)
def test_what_would_be_lost_or_changed_is_one_line(tmp_path: Path, spoil, message: str):
    photo(tmp_path / "set/images/a.png")
    mask(tmp_path / "set/masks/a.png")
    spoil(tmp_path / "set")
    with pytest.raises(InputError, match=message):
        main(Ingest(), tmp_path / "set", tmp_path / "out")


def test_the_droppings_of_a_mac_are_passed_over(tmp_path: Path):
    photo(tmp_path / "set/images/a.png")
    mask(tmp_path / "set/masks/a.png")
    for name in ("images/._a.png", "masks/._a.png", "images/.DS_Store"):
        (tmp_path / "set" / name).write_bytes(b"\0\5\26\7")
    assert taken(tmp_path / "set").id == "a"

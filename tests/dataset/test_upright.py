"""Photos that EXIF turns: their labels lie on them as the labels of the whole set do."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import read_ids
from dataset.records import read_manifest
from dataset.upright import turned
from mix.check_set import check_set
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError

TURN = 6  # the camera was turned to the left
WIDE, SQUARE = (48, 64), (40, 40)  # (height, width) as stored
OBJECT = (slice(4, 14), slice(6, 30))  # rows and columns


def photo(path: Path, stored_hw: tuple[int, int], orientation: int = TURN) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.full((*stored_hw, 3), 90, np.uint8)).save(path, exif=exif)


def mask(size_hw: tuple[int, int]) -> np.ndarray:
    drawn = np.zeros(size_hw, np.uint8)
    drawn[OBJECT] = 1
    return drawn


def masks(root: Path, **drawn_hw: tuple[int, int]) -> Path:
    """A set of turned photos: `wide...` and `square...` by their size, with masks of these sizes."""
    for name, size in drawn_hw.items():
        photo(root / f"images/{name}.jpg", WIDE if name.startswith("wide") else SQUARE)
        (root / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask(size)).save(root / f"masks/{name}.png")
    return root


def outlines(root: Path, **far_xy: tuple[int, int]) -> Path:
    """A set of turned wide photos whose file states their stored size, each with a box from (5, 5) to this corner."""
    images, rows = [], []
    for number, (name, (x, y)) in enumerate(far_xy.items(), 1):
        photo(root / f"images/{name}.jpg", WIDE)
        images.append({"id": number, "file_name": f"{name}.jpg", "height": WIDE[0], "width": WIDE[1]})
        box = [[5, 5, x, 5, x, y, 5, y]]
        rows.append({"id": number, "image_id": number, "category_id": 1, "segmentation": box})
    value = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "mug"}]}
    (root / "instances.json").write_text(json.dumps(value), encoding="utf-8")
    return root


def ids_by_name(out: Path) -> dict[str, np.ndarray]:
    return {sample.id: read_ids(out / sample.ids) for sample in read_manifest(out / "samples.jsonl")}


@pytest.mark.parametrize(
    ("others", "way"),
    [
        pytest.param({"wide": WIDE}, "stored", id="as stored"),
        pytest.param({"wide": WIDE[::-1]}, "seen", id="as seen"),
        pytest.param({}, "seen", id="alone"),
    ],
)
def test_a_square_mask_lies_as_the_others_of_its_set(tmp_path, capsys, others, way):
    root = masks(tmp_path / "set", square=SQUARE, **others)
    main(Ingest(), root, tmp_path / "out")
    found = ids_by_name(tmp_path / "out")["square"]
    assert (found == (mask(SQUARE) if way == "seen" else turned(mask(SQUARE), TURN))).all()
    why = "as the others lie" if others else "and nothing says which is meant"
    said = f"labels of photos that EXIF turns: {1 + len(others)} as {way}, of which 1 fit both ways, {why}"
    assert said in capsys.readouterr().err
    assert said in check_set(Ingest(), root, root).assumed


@pytest.mark.parametrize(
    ("sure", "box_xy"),
    [
        pytest.param((40, 60), (5, 5, 20, 30), id="as seen"),  # below the stored picture
        pytest.param((60, 40), (18, 5, 43, 20), id="as stored"),  # right of the one that is seen
    ],
)
def test_an_outline_that_fits_both_ways_lies_as_the_others_of_its_set(tmp_path, sure, box_xy):
    main(Ingest(), outlines(tmp_path / "set", sure=sure, both=(20, 30)), tmp_path / "out")
    (box,) = [
        sample.instances[0].box for sample in read_manifest(tmp_path / "out/samples.jsonl") if sample.id == "both"
    ]
    assert box == box_xy


def test_where_the_others_lie_in_both_ways_nobody_can_tell(tmp_path):
    root = masks(tmp_path / "set", square=SQUARE, wide_1=WIDE, wide_2=WIDE[::-1])
    said = "square.jpg: EXIF turns it, and its labels fit both ways; those of wide_2.jpg lie on the photo as it is seen"
    with pytest.raises(InputError, match=said):
        main(Ingest(), root, tmp_path / "out")
    main(Ingest(defects="leave out"), root, tmp_path / "left")
    assert sorted(ids_by_name(tmp_path / "left")) == ["wide_1", "wide_2"]
    assert not list((tmp_path / "left/images").glob("square*"))

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import IGNORE, png_bytes, read_ids, write_ids
from dataset.records import Sample, write_manifest
from measure.rivals import rivals_in
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_json
from tests.train.boards import board

BOARD = ("board",)


@pytest.fixture
def test(tmp_path: Path) -> tuple[Path, list[Sample]]:
    """Write two test photos."""
    samples = [board(tmp_path / "split", f"t{n}", group=f"g{n}") for n in range(2)]
    write_manifest(tmp_path / "split/test.jsonl", samples)
    return tmp_path / "split/test.jsonl", samples


def write_masks(own: Path, test: Path, samples: list[Sample], value: int = 255, shift: int = 0) -> None:
    for sample in samples:
        found = (read_ids(test.parent / sample.ids) > 0).astype(np.uint8) * value
        write_bytes(own / "masks" / f"{sample.id}.png", png_bytes(np.roll(found, shift, axis=1)))


def test_masks_of_any_value_are_the_one_category(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_masks(tmp_path / "rivals/exact", *test)
    write_masks(tmp_path / "rivals/shifted", *test, value=7, shift=6)
    exact, shifted = rivals_in(tmp_path / "rivals", *test, BOARD)
    assert (exact.name, exact.iou, shifted.name) == ("exact", 1.0, "shifted")
    assert shifted.iou == pytest.approx(18 / 30)  # squares of 24, six columns beside each other
    assert [(photo.id, photo.group) for photo in exact.photos] == [("t0", "g0"), ("t1", "g1")]


def test_values_of_several_categories_go_by_their_names(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_masks(tmp_path / "rivals/exact", *test, value=2)
    write_json(tmp_path / "rivals/exact/categories.json", ["hand", "board"])
    (scores,) = rivals_in(tmp_path / "rivals", *test, ("board", "hand"))
    assert scores.iou_per_category == {"board": 1.0, "hand": 1.0}  # no hand is there, and none was said


def test_what_is_said_of_ignored_pixels_counts_neither_for_nor_against_a_rival(tmp_path: Path, test):
    manifest, samples = test
    write_masks(tmp_path / "rivals/eager", *test)
    for sample in samples:
        ids = read_ids(manifest.parent / sample.ids)
        mask = (ids > 0).astype(np.uint8)
        mask[:, :3] = 1
        ids[:, :3] = IGNORE
        write_ids(manifest.parent / sample.ids, ids)
        write_bytes(tmp_path / "rivals/eager/masks" / f"{sample.id}.png", png_bytes(mask))
    (scores,) = rivals_in(tmp_path / "rivals", *test, BOARD)
    assert scores.iou == 1.0


def coco(samples: list[Sample], **more: object) -> dict[str, object]:
    """Return a COCO file of the photos' own outlines: every square of a photo."""
    boxes = [sample.instances[0].box for sample in samples]
    return {
        "categories": [{"id": 9, "name": "board"}],
        "images": [
            {"id": n, "file_name": f"anywhere/{sample.id}.jpg", "height": 56, "width": 80}
            for n, sample in enumerate(samples)
        ],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 9, "segmentation": [[x0, y0, x1, y0, x1, y1, x0, y1]]} | more
            for n, (x0, y0, x1, y1) in enumerate(boxes)
        ],
    }


def test_a_coco_file_needs_no_photos(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_json(tmp_path / "rivals/other/any.json", coco(test[1]))
    (scores,) = rivals_in(tmp_path / "rivals", *test, BOARD)
    assert scores.iou == 1.0


def test_a_photo_in_which_nothing_was_found_counts(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_json(tmp_path / "rivals/other/any.json", coco(test[1]) | {"annotations": []})
    (scores,) = rivals_in(tmp_path / "rivals", *test, BOARD)
    assert scores.iou == 0.0


def test_without_a_folder_there_is_no_rival(tmp_path: Path, test: tuple[Path, list[Sample]]):
    assert rivals_in(tmp_path / "rivals", *test, BOARD) == []


def no_mask(own: Path, test: Path, samples: list[Sample]) -> None:
    write_masks(own, test, samples[:1])


def other_size(own: Path, test: Path, samples: list[Sample]) -> None:
    write_masks(own, test, samples)
    write_bytes(own / "masks/t1.png", png_bytes(np.zeros((28, 40), np.uint8)))


def other_name(own: Path, test: Path, samples: list[Sample]) -> None:  # noqa: ARG001 - one signature for all
    own.mkdir(parents=True)
    (own / "any.json").write_text(json.dumps(coco(samples)).replace('"board"', '"boards"'))


def crowd(own: Path, test: Path, samples: list[Sample]) -> None:  # noqa: ARG001
    found = coco(samples)
    found["annotations"] += [found["annotations"][0] | {"id": 9, "iscrowd": 1}]
    write_json(own / "any.json", found)


def nothing(own: Path, test: Path, samples: list[Sample]) -> None:  # noqa: ARG001
    own.mkdir(parents=True)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        pytest.param(no_mask, r"has no prediction for the test photo t1 \(1 such photos\)", id="a photo left out"),
        pytest.param(other_size, r"t1 is \(28, 40\) pixels \(height, width\), the photo is \(56, 80\)", id="size"),
        pytest.param(other_name, r"has the category \'boards\', the set-up has board; rename it", id="category"),
        pytest.param(crowd, "1 annotations are marked iscrowd", id="crowds"),
        pytest.param(nothing, r"found neither masks/ nor a COCO file; see rivals/README\.md", id="nothing"),
    ],
)
def test_what_cannot_be_scored_is_one_line(tmp_path: Path, test: tuple[Path, list[Sample]], write, message: str):
    write(tmp_path / "rivals/other", *test)
    with pytest.raises(InputError, match=message):
        rivals_in(tmp_path / "rivals", *test, BOARD)


def test_a_mask_that_is_a_jpeg_is_one_line(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_masks(tmp_path / "rivals/other", *test)
    Image.fromarray(np.zeros((56, 80), np.uint8)).save(tmp_path / "rivals/other/masks/t0.png", "JPEG")
    with pytest.raises(InputError, match="is a JPEG, which changes the values of a mask"):
        rivals_in(tmp_path / "rivals", *test, BOARD)


def test_a_value_that_is_no_category_is_one_line(tmp_path: Path, test: tuple[Path, list[Sample]]):
    write_masks(tmp_path / "rivals/other", *test, value=3)
    with pytest.raises(InputError, match=r"found the value 3, wanted 0 or one of 1 \(board\), 2 \(hand\)"):
        rivals_in(tmp_path / "rivals", *test, ("board", "hand"))

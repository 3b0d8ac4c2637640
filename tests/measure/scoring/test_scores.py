import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from measure.scoring.photo import score_photo
from measure.scoring.scores import (
    FOREGROUND,
    PhotoScore,
    Pixels,
    Scores,
    count,
    from_json,
    pooled,
    read_scores,
    to_json,
    write_scores,
)
from pipeline.errors import InputError
from tests.measure.scoring.things import photo_of, sure_of


def square(top: int, left: int, side: int, value: int = 1) -> np.ndarray:
    """Return a (20, 20) category map with one square."""
    photo = np.zeros((20, 20), np.uint8)
    photo[top : top + side, left : left + side] = value
    return photo


@pytest.mark.parametrize(
    ("predicted", "truth", "expected"),
    [
        pytest.param(square(0, 0, 4), square(0, 0, 4), Pixels(16, 16), id="the same square"),
        pytest.param(square(0, 0, 4), square(0, 2, 4), Pixels(8, 24), id="shifted by half"),
        pytest.param(square(0, 0, 4), square(10, 10, 4), Pixels(0, 32), id="apart"),
        pytest.param(square(0, 0, 0), square(0, 0, 0), Pixels(0, 0), id="nothing there, nothing found"),
    ],
)
def test_squares_overlap_as_geometry_says(predicted, truth, expected):
    assert count(predicted, truth, ["board"]) == {"board": expected, FOREGROUND: expected}


def test_the_wrong_category_is_foreground_all_the_same():
    found = count(square(0, 0, 4, value=2), square(0, 0, 4, value=1), ["board", "tile"])
    assert found == {"board": Pixels(0, 16), "tile": Pixels(0, 16), FOREGROUND: Pixels(16, 16)}


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match=r"\(20, 20\).*\(5, 5\)"):
        count(square(0, 0, 1), np.zeros((5, 5), np.uint8), ["board"])


def photo(name: str, intersection: int, union: int) -> PhotoScore:
    pixels = Pixels(intersection, union)
    return PhotoScore(name, "g", {"board": pixels, FOREGROUND: pixels})


def test_pooling_adds_pixels_and_does_not_average_photos():
    photos = [photo("large", 90, 100), photo("small", 0, 100)]
    assert pooled(photos).iou == 0.45
    assert pooled([*photos, photo("empty", 0, 0)]).iou == 0.45


def test_a_photo_with_nothing_to_find_and_nothing_found_is_perfect():
    assert photo("empty", 0, 0).iou == 1.0
    assert pooled([]).iou == 1.0


SCORES = Scores("val", 0.5, 1, 14, 480, (photo("a", 9, 12), photo("b", 0, 0)))


def test_a_scores_file_comes_back_as_it_was(tmp_path: Path):
    write_scores(tmp_path / "val.json", SCORES)
    assert read_scores(tmp_path / "val.json") == SCORES


def detailed(name: str) -> PhotoScore:
    ids, instances = photo_of([(5, 5, 10, "board"), (20, 60, 20, "tile")])
    found = score_photo(sure_of((ids > 0).astype(np.uint8)), ids, instances, ("board", "tile"))
    return dataclasses.replace(found, id=name, group="g")


def test_details_weights_schedule_and_name_come_back_as_they_were(tmp_path: Path):
    weights = {"photos": 0.5, "renders": 0.5}
    scores = Scores(
        "held", 0.5, 1, 14, 480, (detailed("a"), detailed("ä")), "renders first", weights, "0.5 renders first"
    )
    write_scores(tmp_path / "held.json", scores)
    assert read_scores(tmp_path / "held.json") == scores
    assert from_json(json.loads(json.dumps(to_json(scores), indent=2))) == scores


def test_a_scores_file_has_one_line_a_photo(tmp_path: Path):
    write_scores(tmp_path / "val.json", dataclasses.replace(SCORES, photos=(detailed("a"), detailed("b"))))
    head, *photos, end = (tmp_path / "val.json").read_text().splitlines()
    assert (head.startswith('{"split": "val"'), [json.loads(line.rstrip(","))["id"] for line in photos], end) == (
        True,
        ["a", "b"],
        "]}",
    )


def test_a_file_from_before_there_were_candidates_is_read_too(tmp_path: Path):
    value = {key: item for key, item in to_json(SCORES).items() if key not in {"schedule", "weights", "name"}}
    (tmp_path / "val.json").write_text(json.dumps(value))
    assert read_scores(tmp_path / "val.json") == dataclasses.replace(SCORES, name="0.5")


def test_a_scores_file_carries_the_derived_numbers():
    value = to_json(SCORES)
    assert (value["iou"], value["iou_per_category"], value["photos"][1]["iou"]) == (0.75, {"board": 0.75}, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"photos": [{"id": "a", "group": "", "pixels": 3}]}',
        '{"photos": [{"id": "a", "group": "", "pixels": {}, "details": {}}]}',
    ],
)
def test_another_json_file_is_refused_by_name(tmp_path: Path, text: str):
    (tmp_path / "val.json").write_text(text)
    with pytest.raises(InputError, match=r"val\.json: not a scores file"):
        read_scores(tmp_path / "val.json")

import dataclasses
import json

import numpy as np
import pytest

from measure.scoring.photo import score_photo
from measure.scoring.records import PhotoScore, Scores, TrueObject
from measure.scoring.summary import SIZES, VISIBLE, kind_of, summary
from tests.measure.scoring.things import CATEGORIES, photo_of, random_photo, sure_of


def run_of(photos: list[PhotoScore], seed: int = 1) -> Scores:
    named = tuple(dataclasses.replace(photo, id=f"p{k}") for k, photo in enumerate(photos))
    return Scores("val", 0.5, seed, 1, 1, named, name="0.5")


def runs(seeds: int, photos: int = 12) -> list[Scores]:
    """Return runs on the same photos of squares, each with mistakes of its own."""
    truth = [random_photo(np.random.default_rng(k)) for k in range(photos)]
    made = []
    for seed in range(seeds):
        rng = np.random.default_rng(100 + seed)
        noisy = [(blurred(found, rng), ids, instances) for found, ids, instances in truth]
        made.append(run_of([score_photo(*photo, CATEGORIES) for photo in noisy], seed))
    return made


def blurred(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    found = probabilities * rng.uniform(0.3, 1.7, probabilities.shape).astype(np.float32)
    return found / found.sum(axis=0)


def numbers(value: object) -> list[dict]:
    """Return every {"value", "ci95"} in a summary."""
    if isinstance(value, dict):
        own = [value] if "ci95" in value else []
        return own + [found for item in value.values() for found in numbers(item)]
    return [found for item in value for found in numbers(item)] if isinstance(value, list) else []


def test_every_score_lies_in_its_interval_and_all_is_json():
    found = summary(runs(3), 300)
    json.dumps(found, allow_nan=False)
    scores = numbers(found)
    assert len(scores) > 30
    for score in scores:
        if score["ci95"]:
            assert 0 <= score["ci95"][0] <= score["value"] <= score["ci95"][1] <= 1
    assert found["run"] == "0.5"
    assert found["leaves_out"] is None


def test_recall_falls_with_the_threshold_and_is_pooled_over_photos():
    made = runs(1)
    found = summary(made, 100)
    rows = found["instances"]
    assert [row["iou"] for row in rows] == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    values = [row["recall"]["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    matches = [match for photo in made[0].photos for match in photo.details.matches.values()]
    met, there = sum(match.hits[0] for match in matches), sum(match.truth for match in matches)
    assert values[0] == pytest.approx(met / there, abs=1e-6)


def test_the_mean_over_objects_and_the_recall_agree_with_the_objects():
    made = runs(1)
    found = summary(made, 100)
    things = [thing for photo in made[0].photos for thing in photo.details.objects]
    assert sum(row["instances"] for row in found["by_size"]) == len(things)
    for row in found["by_size"]:
        own = [thing for thing in things if kind_of(thing, SIZES) == row["name"]]
        assert row["iou"]["value"] == pytest.approx(np.mean([thing.iou for thing in own]), abs=1e-5)
        assert row["recall"]["value"] == pytest.approx(np.mean([thing.iou >= 0.5 for thing in own]), abs=1e-5)


def test_a_rare_category_is_marked_and_reported_on_its_own():
    many = [(12 * (k // 6), 13 * (k % 6), 6, "board") for k in range(24)]
    photos = []
    for number in range(6):
        ids, instances = photo_of([*many, (50, 60, 9, "tile")] if number < 2 else many)
        predicted = np.where(ids == len(many) + 1, 0, ids > 0).astype(np.uint8)  # the tiles are missed
        photos.append(score_photo(sure_of(predicted), ids, instances, CATEGORIES))
    found = summary([run_of(photos, seed) for seed in (1, 2)], 100)
    board, tile = found["iou_per_category"]["board"], found["iou_per_category"]["tile"]
    assert (board["rare"], board["value"], board["photos"], board["instances"]) == (False, 1, 6, 144)
    assert (tile["rare"], tile["value"], tile["photos"], tile["instances"]) == (True, 0, 2, 2)
    assert (found["rare_iou"]["value"], found["rare_iou"]["categories"]) == (0, ["tile"])
    assert found["mean_iou"]["value"] == 0.5
    assert tile["ci95"][1] > 0.8  # two photos that both fail exclude little


def test_what_lies_in_one_group_has_no_interval():
    found = summary([run_of(list(run.photos[:1])) for run in runs(2)], 100)
    assert found["iou"]["ci95"] is None
    assert "one group" in found["leaves_out"]


def test_a_file_without_details_has_overlaps_alone():
    bare = [
        dataclasses.replace(run, photos=tuple(dataclasses.replace(photo, details=None) for photo in run.photos))
        for run in runs(2)
    ]
    found = summary(bare, 100)
    assert found["iou"] == summary(runs(2), 100)["iou"]
    assert (found["boundary_iou"], found["instances"], found["by_size"]) == (None, [], [])
    assert found["iou_per_category"]["board"]["photos"] is None


def test_scores_from_before_there_was_a_band_have_none():
    older = [dataclasses.replace(run, photos=tuple(without_band(photo) for photo in run.photos)) for run in runs(2)]
    found, known = summary(older, 100), summary(runs(2), 100)
    assert found["off_outlines_iou"] is None
    assert found["boundary_iou"] == known["boundary_iou"]
    assert known["off_outlines_iou"]["value"] >= known["iou"]["value"]


def without_band(photo):
    return dataclasses.replace(photo, details=dataclasses.replace(photo.details, off_outlines=None))


def test_a_run_that_predicts_nothing_has_no_precision_and_the_other_runs_have():
    ids, instances = photo_of([(10, 10, 20, "board")])
    right = [score_photo(sure_of((ids > 0).astype(np.uint8)), ids, instances, CATEGORIES)] * 3
    blind = [score_photo(sure_of(np.zeros(ids.shape, np.uint8)), ids, instances, CATEGORIES)] * 3
    found = summary([run_of(right, 1), run_of(right, 2), run_of(blind, 3)], 100)
    assert found["instances"][0]["precision"]["value"] == 1
    assert found["instances"][0]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    json.dumps(found, allow_nan=False)


def test_a_category_that_is_nowhere_has_no_score():
    ids, instances = photo_of([(10, 10, 20, "board")])
    photo = score_photo(sure_of((ids > 0).astype(np.uint8)), ids, instances, CATEGORIES)
    found = summary([run_of([photo, photo])], 50)
    assert found["iou_per_category"]["tile"]["value"] is None
    assert found["mean_iou"]["value"] == 1


def thing(area_share: float = 0.1, visible: float = 1.0, border: bool = False) -> TrueObject:
    return TrueObject("board", area_share, visible, border, 0.5, 0.5)


@pytest.mark.parametrize(
    ("object_", "size", "visible"),
    [
        pytest.param(thing(0.003), "small", "in full view", id="31 pixels a side in 640 x 480"),
        pytest.param(thing(0.01, visible=0.4), "medium", "mostly hidden", id="61 pixels a side, hidden"),
        pytest.param(thing(0.031, visible=0.9), "large", "partly hidden", id="98 pixels a side, a little hidden"),
        pytest.param(thing(0.5, border=True), "large", "cut by the edge", id="half the photo, cut"),
    ],
)
def test_objects_are_told_apart_by_share_of_the_photo_and_by_what_hides_them(
    object_: TrueObject, size: str, visible: str
):
    assert (kind_of(object_, SIZES), kind_of(object_, VISIBLE)) == (size, visible)

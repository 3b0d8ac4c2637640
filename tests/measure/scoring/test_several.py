"""Several categories: what the score is the mean of, and that confusing them costs in everything that chooses."""

import pytest

from measure.race.records import result_of
from measure.scoring.differences import compare, interval, overstatement
from measure.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores, scored_by, scored_on
from measure.scoring.scores import from_json, to_json

BOTH = ("mug", "plate")


def run(rows: list[dict[str, tuple[int, int]]], seed: int = 1, scored: tuple[str, ...] = BOTH) -> Scores:
    """rows: of each photo, intersection and union by category, "*" the foreground's."""
    photos = tuple(
        PhotoScore(f"p{n}", "", {name: Pixels(*pair) for name, pair in row.items()}) for n, row in enumerate(rows)
    )
    return Scores("val", 0.5, seed, 1, 1, photos, scored=scored)


RIGHT = [{"mug": (60, 64), "plate": (30, 34), FOREGROUND: (90, 96)}] * 6
SWAPPED = [{"mug": (5, 120), "plate": (4, 110), FOREGROUND: (94, 96)}] * 6  # every object is found, under another name


def test_what_confuses_categories_is_worse_though_it_finds_all_things():
    right, swapped = ([run(rows, seed) for seed in (1, 2, 3)] for rows in (RIGHT, SWAPPED))
    assert compare(right, swapped).verdict == "better"
    by_things = [[scored_by("foreground", each) for each in runs] for runs in (right, swapped)]
    assert compare(*by_things).verdict == "worse"


def test_the_score_its_interval_and_the_race_mean_the_same_number():
    first = {"mug": (1, 4), "plate": (3, 4), FOREGROUND: (8, 8)}
    found = run([first, {"mug": (1, 4), "plate": (0, 0), FOREGROUND: (1, 4)}])
    assert found.iou == result_of(found).iou == (2 / 8 + 3 / 4) / 2
    lo, hi = interval([found], 200)
    assert lo < found.iou < hi


@pytest.mark.parametrize(
    ("labelled", "scored"),
    [
        pytest.param({"plate", "mug"}, BOTH, id="all, in the order of the categories"),
        pytest.param({"plate"}, ("plate",), id="a category without a photo"),
        pytest.param({"plate", "fork"}, ("plate",), id="an instance that no category names"),
        pytest.param(set(), BOTH, id="photos of the background alone"),
    ],
)
def test_a_score_is_the_mean_over_the_categories_that_labels_show(labelled: set[str], scored: tuple[str, ...]):
    assert scored_on(labelled, BOTH) == scored


def test_a_false_pixel_of_a_category_without_a_photo_does_not_halve_the_score():
    clean = [{"mug": (60, 64), "plate": (0, 0), FOREGROUND: (60, 64)}]
    false = [{"mug": (60, 64), "plate": (0, 1), FOREGROUND: (60, 65)}]
    assert run(false, scored=("mug",)).iou == run(clean, scored=("mug",)).iou == 60 / 64


def test_a_category_that_is_photographed_and_never_found_counts_as_nothing():
    assert run([{"mug": (50, 50), "plate": (0, 40), FOREGROUND: (50, 90)}]).iou == 0.5


def test_renders_without_an_asset_of_a_category_are_compared_on_the_others():
    renders = run([{"mug": (90, 100), "plate": (0, 0), FOREGROUND: (90, 100)}])
    real = run([{"mug": (70, 100), "plate": (70, 100), FOREGROUND: (140, 200)}])
    assert overstatement(renders, real) == pytest.approx(0.2)


@pytest.mark.parametrize("hits", [[7, 3], [1, 0], [90, 33]])
def test_with_one_category_nothing_changes_to_the_last_digit(hits: list[int]):
    rows = [{"mug": (n, 97 + k), FOREGROUND: (n, 97 + k)} for k, n in enumerate(hits)]
    mean, things = ([run(rows, seed, scored) for seed in (1, 2)] for scored in (("mug",), (FOREGROUND,)))
    assert mean[0].iou == things[0].iou == sum(hits) / (97 * 2 + 1)
    assert interval(mean, 100) == interval(things, 100)
    assert result_of(mean[0]).iou == result_of(things[0]).iou


def test_a_scores_file_says_what_its_score_is_the_mean_of():
    assert from_json(to_json(run(RIGHT))) == run(RIGHT)
    older = {key: value for key, value in to_json(run(RIGHT)).items() if key != "scored"}
    assert from_json(older).scored == (FOREGROUND,)
    with pytest.raises(ValueError, match=r"the mean of \['fork'\], wanted categories of its photos"):
        from_json(to_json(run(RIGHT)) | {"scored": ["fork"]})

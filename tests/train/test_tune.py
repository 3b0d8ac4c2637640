import dataclasses

import pytest

from pipeline.errors import InputError
from pipeline.settings import build
from train.race.candidate import candidate
from train.race.decision import Standing
from train.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores
from train.tune import Tune, choose

DOMAINS = {"real": "real", "render": "render"}


def standing(ratio: float) -> Standing:
    weights = {"real": 1 - ratio, "render": ratio}
    return Standing(candidate(weights, DOMAINS), 1.0, {1: 0.5}, 0.5, (0.4, 0.6), 0.2, True, None)


def scores(hits: int) -> Scores:
    return Scores("val", 0.0, 1, 3, 9, (PhotoScore("p", "", {FOREGROUND: Pixels(hits, 1000)}),))


@pytest.mark.parametrize(
    ("hits", "best", "prefer", "name"),
    [
        pytest.param({0.0: 800, 0.5: 780, 0.8: 790}, "0.0", 0.02, "0.8", id="the best of the mixes near enough"),
        pytest.param({0.0: 800, 0.5: 780, 0.8: 770}, "0.0", 0.02, "0.0", id="no mix is near enough"),
        pytest.param({0.0: 800, 0.5: 790, 0.8: 790}, "0.0", 0.02, "0.5", id="a tie goes to fewer renders"),
        pytest.param({0.0: 800, 0.5: 820, 0.8: 810}, "0.5", 0.02, "0.5", id="a mix that is best stays"),
        pytest.param({0.0: 800, 0.8: 799}, "0.0", 0.0, "0.0", id="without a preference the best is picked"),
        pytest.param({1.0: 800, 0.5: 790}, "1.0", 0.02, "0.5", id="renders only give way too"),
    ],
)
def test_the_pick_is_the_best_or_a_mix_that_is_near(hits, best, prefer, name):
    finished = {str(ratio): [scores(value)] for ratio, value in hits.items()}
    assert choose([standing(ratio) for ratio in sorted(hits)], best, finished, prefer) == name


def test_a_mix_that_was_stopped_early_is_not_preferred():
    finished = {"0.0": [scores(800)]}
    assert choose([standing(0.0), standing(0.5)], "0.0", finished, 0.5) == "0.0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"prefer_mix": -0.1}, "tune.prefer_mix is -0.1, wanted 0 or more", id="against mixes"),
        pytest.param({"resamples": 0}, "tune.resamples is 0, wanted 1 or more", id="nothing to draw"),
        pytest.param({"runs": 0.0}, "tune.runs is 0.0, wanted more than 0", id="no budget"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    values = dataclasses.asdict(Tune(10, 0.0, None, None, None, 0)) | changes
    with pytest.raises(InputError, match=message):
        build(Tune, values, "tune", lambda _: "params.yaml")

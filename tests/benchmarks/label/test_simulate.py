import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks.label.cells import Cells, CellTraining, fitted, sure
from benchmarks.label.labelling import Simulate, deal_of, ground_of, simulated
from benchmarks.label.simulate import compare, page_of, wins_of
from benchmarks.label.verdict import area_over, false_wins, labels_for, labels_gained, win_of
from dataset.records import Sample
from label.strategies import STRATEGIES
from tests.page_reader import Reader

LABELS = (10, 20, 40)
SETTINGS = Simulate(1, ("k-centre",), 3, 4, {"floor": ("oak",)}, None, (4, 8), 4, 4, 0.3, "heap", "floor")


def rows(start: float, *steps: float, draws: int = 8, noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.array([start, *steps]) + noise * rng.normal(size=(draws, len(steps) + 1))


def test_labels_are_read_off_the_curve_of_chance():
    curve = np.array([0.2, 0.4, 0.6, 0.7])
    assert labels_for(0.5, curve, LABELS) == 15
    assert labels_for(0.1, curve, LABELS) == 0
    assert labels_for(0.9, curve, LABELS) == 40  # censored


def test_a_loss_is_told_in_the_labels_that_would_make_up_for_it():
    curve = np.array([0.6, 0.7, 0.75, 0.8])
    assert labels_gained(0.65, curve, LABELS) == pytest.approx(5)
    assert labels_gained(0.55, curve, LABELS) == pytest.approx(-5)
    assert labels_gained(0.6, curve, LABELS) == 0
    assert labels_gained(0.1, curve, LABELS) == -LABELS[-1]  # censored


def test_a_strategy_that_is_always_ahead_beats_chance_and_one_that_is_not_does_not():
    chance = rows(0.2, 0.4, 0.6, 0.7, noise=0.001)
    ahead = win_of(rows(0.2, 0.6, 0.7, 0.75), chance, LABELS, 10)
    assert ahead.beats
    assert ahead.factor == pytest.approx(2.0, abs=0.05)
    behind = win_of(rows(0.2, 0.3, 0.5, 0.7), chance, LABELS, 10)
    assert not behind.beats
    assert behind.factor < 1


def test_the_area_is_the_mean_gain_over_the_labels():
    assert area_over(rows(0, 1, 1, 1, draws=1), rows(0, 0, 0, 0, draws=1), (10, 20, 40))[0] == pytest.approx(0.875)


def test_chance_seldom_beats_chance():
    rng = np.random.default_rng(5)
    chance = 0.5 + 0.05 * rng.normal(size=(200, 4))
    assert false_wins(chance, LABELS, 20, 8, 1) <= 1
    with pytest.raises(ValueError, match="3 draws, a run takes 16"):
        false_wins(chance[:3], LABELS, 20, 8, 1)


def world(count: int = 60) -> tuple[CellTraining, list[Sample]]:
    """Return photos of two floors: on oak the object is where the first feature is high, on tiles the second."""
    rng = np.random.default_rng(1)
    features, truth = rng.normal(size=(count, 16, 3)).astype(np.float32), np.zeros((count, 16), np.float32)
    features[..., 2] = 1
    oak = np.arange(count) % 4 != 0
    truth[oak], truth[~oak] = features[oak, :, 0] > 0, features[~oak, :, 1] > 0
    vectors = np.where(oak[:, None], [[0.0, 0.0]], [[9.0, 9.0]]) + 0.1 * rng.normal(size=(count, 2))
    tags = [{"floor": "oak" if oak[at] else "tiles", "heap": str(at // 2)} for at in range(count)]
    samples = [Sample(f"{n}", "real", "a.png", "m", (9, 9), (), "s", "CC0-1.0", tags=tag) for n, tag in enumerate(tags)]
    return CellTraining(Cells(features, truth, vectors.astype(np.float32))), samples


def test_a_deal_parts_no_near_duplicates_and_starts_where_it_is_told():
    _, samples = world()
    ground = ground_of(samples, "heap", "floor", {"floor": ["oak"]})
    deal = deal_of(ground, 5, 0.3, None, 1)
    assert not set(ground.heap[deal.pool]) & set(ground.heap[deal.test])
    assert {ground.stratum[at] for at in deal.start} == {"oak"}
    assert len(set(ground.heap[deal.start])) == 5
    thin = deal_of(ground, 5, 0.3, 0.1, 1)
    assert sum(ground.stratum[at] == "tiles" for at in thin.pool) < sum(
        ground.stratum[at] == "tiles" for at in deal.pool
    )
    with pytest.raises(ValueError, match="wanted 500"):
        deal_of(ground, 500, 0.3, None, 1)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_can_be_simulated(strategy):
    training, samples = world()
    ground = ground_of(samples, "heap", "floor", {})
    found = simulated(training, ground, deal_of(ground, 4, 0.3, None, 1), strategy, (4, 8), 4)
    assert len(found) == 3
    assert all(0 <= score <= 1 for score in found)


def test_the_layer_learns_what_decides():
    rng = np.random.default_rng(2)
    cells = rng.normal(size=(2000, 2)).astype(np.float32)
    layer = fitted(cells, (cells[:, 0] > 0).astype(np.float32))
    assert ((sure(cells @ layer) > 0.5) == (cells[:, 0] > 0)).mean() > 0.98


def test_renders_count_by_their_ratio_however_many_there_are():
    training, _ = world()
    own = training.cells
    upside_down = Cells(own.features, 1 - own.truth, own.vectors)  # renders that teach the opposite
    rows, test = np.arange(20), np.arange(20, 60)
    scores = [CellTraining(own, upside_down, ratio).score(rows, test, 1) for ratio in (0.01, 0.99)]
    assert scores[0] == pytest.approx(training.score(rows, test, 1), abs=0.02)
    assert scores[1] < 0.5 * scores[0]
    twice = Cells(*(np.concatenate([part, part]) for part in (own.features, own.truth, own.vectors)))
    few, many = (CellTraining(own, renders, 0.5).layer(rows) for renders in (own, twice))
    assert np.allclose(few, many, atol=1e-4)
    with pytest.raises(ValueError, match="ratio is 0"):
        CellTraining(own, own, 0.0)


def test_a_simulation_goes_on_where_it_was_and_says_what_did_not_help(tmp_path: Path):
    training, samples = world()
    scores = compare(SETTINGS, training, samples, tmp_path, "photos")
    files = {path: path.read_text() for path in tmp_path.iterdir()}
    assert len(files) == 6
    broken = next(iter(files))
    broken.unlink()
    again = compare(SETTINGS, training, samples, tmp_path, "photos")
    assert {path: path.read_text() for path in tmp_path.iterdir()} == files
    assert all(np.array_equal(scores[name], again[name]) for name in scores)
    wins = wins_of(SETTINGS, scores, "two floors", "a layer")
    page = Reader(page_of(wins, scores, SETTINGS))
    assert wins.words("k-centre") in page.text
    assert ("No gain shown" in page.text) != wins.strategies["k-centre"].beats


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"labels": (8, 4)}, "wanted numbers above 0 that rise", id="falling"),
        pytest.param({"at": 5}, "at is 5, wanted one of labels", id="not scored"),
        pytest.param({"strategies": ("luck",)}, "strategies has 'luck'", id="no strategy"),
        pytest.param({"other": 1.5}, "other is 1.5", id="no share"),
        pytest.param({"ratio": 1.0}, "ratio is 1.0", id="no photo counts"),
    ],
)
def test_settings_that_no_simulation_can_use_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **changes)

"""Hidden labels, forecasts and what came of them: on scores that are made up, and once through real trainings."""

import dataclasses
from pathlib import Path

import pytest

from benchmarks import backtest
from benchmarks.backtest import BacktestCase, read_case, usable
from benchmarks.forecasts import labels_for, score_forecasts, seen_from, worth_forecast
from measure.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores
from measure.trials.runner import Machine
from measure.worth.backtests import (
    AdviceTest,
    Forecast,
    advice_words,
    among_best,
    backtests_of,
    held_words,
    judged,
    read_backtests,
)
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.seeds import rng_for
from tests.measure.trials.ground import SMALL, write_ground
from tests.report.chain import COSTS

PHOTOS, PIXELS = 30, 10_000


def runs(n, score, name):
    """Return two seeds that score about `score` on 30 photos."""
    found = []
    for seed in (1, 2):
        rng = rng_for(seed, name, n)
        hits = (score + rng.normal(0, 0.003) + rng.normal(0, 0.02, PHOTOS)).clip(0, 1) * PIXELS
        photos = [
            PhotoScore(str(k), str(k), {FOREGROUND: Pixels(int(hit), PIXELS), "thing": Pixels(int(hit), PIXELS)})
            for k, hit in enumerate(hits)
        ]
        found.append(Scores("val", 0.0, seed, n, 0, tuple(photos)))
    return found


def line(law, sizes, name):
    return {n: runs(n, law(n), name) for n in sizes}


def real_law(n):
    return 0.9 - 0.8 * n**-0.5


def mixed_law(n):
    return 0.9 - 0.4 * n**-0.5


SEEN, HIDDEN = (10, 20, 30, 40), (80, 160, 400)


@pytest.fixture(scope="module")
def forecasts():
    real, mixed = line(real_law, SEEN, "real"), line(mixed_law, SEEN, "mixed")
    seen = seen_from("made", 40, real, mixed, 300)
    later = line(real_law, HIDDEN, "real"), line(mixed_law, HIDDEN, "mixed")
    return [*score_forecasts(seen, *later), worth_forecast(seen, {**real, **later[0]}, mixed, 300)]


def test_where_a_law_holds_so_do_its_forecasts(forecasts):
    near = [row for row in forecasts if row.at == 80]
    assert [row.kind for row in near] == ["real labels", "labels with renders"]
    assert all(row.held for row in near)
    assert near[0].forecast == pytest.approx(real_law(80), abs=0.02)


def test_a_curve_that_may_not_be_read_so_far_is_silent_and_not_counted(forecasts):
    far = [row for row in forecasts if row.at > 80]
    assert [(row.forecast, row.ci95, row.held) for row in far] == [(None, None, None)] * 4
    assert backtests_of(forecasts, ()).n == 3


def test_the_worth_is_held_against_the_labels_that_it_took(forecasts):
    worth = forecasts[-1]
    assert (worth.kind, worth.beyond) == ("worth", False)
    assert worth.came_true == pytest.approx(4 * 40 - 40, rel=0.3)  # half the fall: four times the labels
    assert worth.held


def test_what_is_hidden_is_refused_as_something_seen():
    with pytest.raises(ValueError, match="hidden"):
        seen_from("made", 20, line(real_law, SEEN, "real"), {}, 100)


def test_labels_for_a_score_lie_between_two_sizes_or_beyond_the_last():
    real = {10: runs(10, 0.5, "a"), 40: runs(40, 0.7, "a")}
    low, high = (sum(run.iou for run in real[n]) / 2 for n in (10, 40))
    assert labels_for(real, 10, (low + high) / 2) == (pytest.approx(10), False)  # 20 is half way over log n
    assert labels_for(real, 10, low) == (0.0, False)
    assert labels_for(real, 10, 0.9) == (30.0, True)


@pytest.mark.parametrize(
    ("ci95", "came", "beyond", "held"),
    [
        pytest.param((0.5, 0.7), 0.6, False, True, id="inside"),
        pytest.param((0.5, 0.7), 0.71, False, False, id="above"),
        pytest.param((0.5, 0.7), 0.49, False, False, id="below"),
        pytest.param((5.0, None), 100.0, False, True, id="open above"),
        pytest.param((5.0, 20.0), 4.0, True, True, id="more than 4 may be 5"),
        pytest.param((5.0, 20.0), 30.0, True, False, id="more than 30 is not 20"),
        pytest.param(None, 4.0, False, None, id="silent"),
    ],
)
def test_a_forecast_holds_if_its_interval_does(ci95, came, beyond, held):
    assert judged(Forecast("a", "worth", 4, 4, 1.0, ci95, came, beyond)).held is held


def test_the_advised_step_is_held_against_the_others():
    scores = {"label": 0.7, "render": 0.8, "architecture": 0.75}
    assert [among_best(action, scores) for action in ("render", "architecture", "label")] == [True, True, False]
    assert among_best("look", scores) is None
    assert among_best("label", {"label": 0.7, "render": 0.8}) is None


def test_words_count_what_was_tried():
    row = Forecast("a", "worth", 4, 4, 1.0, (0.0, 2.0), 1.0, held=True)
    rows = [row, dataclasses.replace(row, held=False), dataclasses.replace(row, held=None)]
    found = backtests_of(rows, [AdviceTest("a", 4, "label", {}, True)])
    assert held_words(found, ["worth"]) == "Forecasts of this kind held in 1 of 2 backtests."
    assert held_words(found, ["real labels"]) == advice_words(backtests_of((), ())) == ""
    assert advice_words(found) == "The advised step was among the two best in 1 of 1 backtests."


def test_a_set_up_without_a_case_is_named(tmp_path):
    (tmp_path / "cases.yaml").write_text(
        "mugs: {seen: [4], truths: [8], ratio: 0.5, seeds: [1], steps: 9, renders: 0.5}"
    )
    assert read_case(tmp_path / "cases.yaml", "mugs") == BacktestCase((4,), (8,), 0.5, (1,), 9, 0.5)
    with pytest.raises(InputError, match="names no set-up 'cups', wanted one of mugs"):
        read_case(tmp_path / "cases.yaml", "cups")


def test_only_numbers_that_leave_labels_to_come_true_are_seen():
    case = BacktestCase((2, 4, 8), (4, 8), 0.5, (1,), 9, 0.5)
    assert usable(case, 8, Path("cases.yaml")) == [2, 4]
    assert usable(case, 7, Path("cases.yaml")) == [2]
    with pytest.raises(InputError, match="sees 2 labels or more, and the pool has 3"):
        usable(case, 3, Path("cases.yaml"))


@pytest.mark.training
@pytest.mark.slow
def test_a_backtest_that_was_killed_goes_on_and_keeps_other_sets(tmp_path, capsys):
    real = tmp_path / "data"
    (real / "photos").mkdir(parents=True)
    write_ground(real)
    (real / "categories.json").rename(real / "photos/categories.json")
    cases, out = tmp_path / "cases.yaml", tmp_path / "backtest.json"
    cases.write_text("squares: {seen: [2], truths: [4], ratio: 0.5, seeds: [1], steps: 2, renders: 0.5}")
    other = Forecast("other", "worth", 4, 4, 1.0, (0.0, 2.0), 1.0, held=True)
    write_json(out, dataclasses.asdict(backtests_of([other], [])))
    arguments = SMALL, Machine(1), COSTS, "squares", cases, real, out
    backtest.main(*arguments)
    found = read_backtests(out)
    assert {(row.set, row.kind) for row in found.forecasts} == {
        ("other", "worth"), ("squares", "real labels"), ("squares", "labels with renders"), ("squares", "worth"),
    }  # fmt: skip
    assert found.advice[0].scores.keys() == {"architecture", "label", "render"}
    trials = sorted(path.name for path in (real / "backtest").iterdir())
    text = out.read_text()
    backtest.main(*arguments)
    assert out.read_text() == text
    assert sorted(path.name for path in (real / "backtest").iterdir()) == trials
    assert "came true" in capsys.readouterr().out

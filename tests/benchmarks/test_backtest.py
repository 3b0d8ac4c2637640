"""Hidden labels, forecasts and what came of them: on scores that are made up, and once through real trainings."""

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import backtest, forecasts
from benchmarks.backtest import BacktestCase, read_case, usable
from benchmarks.forecasts import advice_test, labels_for, score_forecasts, seen_from, worth_forecast
from benchmarks.lines import LabelStudy, StudyRun, read_study, write_study
from measure.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores
from measure.trials.candidate import shares_of
from measure.trials.runner import Machine, open_trials
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
def made():
    real, mixed = line(real_law, SEEN, "real"), line(mixed_law, SEEN, "mixed")
    seen = seen_from("made", 40, real, mixed, 300)
    later = line(real_law, HIDDEN, "real"), line(mixed_law, HIDDEN, "mixed")
    return [*score_forecasts(seen, *later), worth_forecast(seen, {**real, **later[0]}, mixed, 300)]


def test_where_a_law_holds_so_do_its_forecasts(made):
    near = [row for row in made if row.at == 80]
    assert [row.kind for row in near] == ["real labels", "labels with renders"]
    assert all(row.held for row in near)
    assert near[0].forecast == pytest.approx(real_law(80), abs=0.02)


def test_a_curve_that_may_not_be_read_so_far_is_silent_and_not_counted(made):
    far = [row for row in made if row.at > 80]
    assert [(row.forecast, row.ci95, row.held) for row in far] == [(None, None, None)] * 4
    assert backtests_of(made, ()).n == 3


def test_the_worth_is_held_against_the_labels_that_it_took(made):
    worth = made[-1]
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


LABELS, TRUE = 16, 32


def study():
    """Return a recorded set: somebody with 16 labels, 16 more that are hidden, and three steps."""
    shares = [4, 8, 12, 16]
    trainings = [StudyRun(LABELS, "real", n, run) for n in shares for run in runs(n, real_law(n), "real")]
    trainings += [StudyRun(LABELS, "mixed", n, run) for n in shares for run in runs(n, mixed_law(n), "mixed")]
    trainings += [StudyRun(LABELS, "renders", n, run) for n in (50, 100) for run in runs(n, 0.8, "renders")]
    for line, score in {"label": 0.85, "render": 0.81, "architecture": 0.8}.items():
        trainings += [StudyRun(LABELS, line, LABELS, run) for run in runs(LABELS, score, line)]
    trainings += [StudyRun(TRUE, "real", TRUE, run) for run in runs(TRUE, real_law(TRUE), "real")]
    trainings += [StudyRun(TRUE, "mixed", TRUE, run) for run in runs(TRUE, mixed_law(TRUE), "mixed")]
    return LabelStudy("made", 100, 0.95, tuple(trainings))


def test_a_study_is_read_as_it_was_written_without_names(tmp_path):
    write_study(tmp_path / "made.json", study())
    found = read_study(tmp_path / "made.json")
    assert "thing" not in (tmp_path / "made.json").read_text()
    assert (found.set, found.renders, found.target, found.begun()) == ("made", 100, 0.95, [LABELS])
    for line in ("real", "mixed", "renders"):
        before, after = study().line(LABELS, line), found.line(LABELS, line)
        assert before.keys() == after.keys()
        for n, those in before.items():
            assert [(run.seed, run.iou) for run in those] == [(run.seed, run.iou) for run in after[n]]
    assert found.truths("real").keys() == {LABELS, TRUE}


def test_a_study_of_other_photos_is_refused(tmp_path):
    write_study(tmp_path / "made.json", study())
    value = json.loads((tmp_path / "made.json").read_text())
    value["groups"].pop()
    (tmp_path / "made.json").write_text(json.dumps(value))
    with pytest.raises(InputError, match=r"made.json: real of 4 does not have the pixels of 29 photos; run make back"):
        read_study(tmp_path / "made.json")


def test_forecasts_are_made_from_what_is_recorded(tmp_path, capsys):
    (tmp_path / "sets").mkdir()
    write_study(tmp_path / "sets/made.json", study())
    forecasts.main(COSTS, tmp_path / "sets", tmp_path / "backtests.json")
    found = read_backtests(tmp_path / "backtests.json")
    assert [(row.kind, row.seen, row.at) for row in found.forecasts] == [
        ("real labels", LABELS, TRUE), ("labels with renders", LABELS, TRUE), ("worth", LABELS, LABELS),
    ]  # fmt: skip
    assert found.forecasts[0].came_true == pytest.approx(real_law(TRUE), abs=0.02)
    assert found.advice[0].scores == {
        "label": pytest.approx(0.85, abs=0.02), "render": pytest.approx(0.81, abs=0.02),
        "architecture": pytest.approx(0.8, abs=0.02),
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert "one power law with a floor" in printed
    assert "the last point" in printed


def test_advice_rests_on_a_probe_of_one_seed_and_is_held_against_the_other():
    lucky, usual = runs(LABELS, 0.9, "architecture")[0], runs(LABELS, 0.7, "architecture")[1]
    others = [each for each in study().trainings if each.line != "architecture"]
    longer = [StudyRun(LABELS, "architecture", LABELS, run) for run in (lucky, usual)]
    found = advice_test(dataclasses.replace(study(), trainings=(*others, *longer)), LABELS, COSTS, 200)
    assert (found.action, found.held) == ("architecture", False)
    assert found.scores["architecture"] == pytest.approx(0.7, abs=0.02)


def test_without_a_recorded_set_the_next_step_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no .json file, wanted what make backtest records; run it first"):
        forecasts.main(COSTS, tmp_path, tmp_path / "out.json")


@pytest.mark.training
@pytest.mark.slow
def test_a_backtest_sees_the_first_labels_alone_and_one_that_was_killed_goes_on(tmp_path):
    real = tmp_path / "data"
    (real / "photos").mkdir(parents=True)
    write_ground(real)
    (real / "categories.json").rename(real / "photos/categories.json")
    cases, out = tmp_path / "cases.yaml", tmp_path / "squares.json"
    cases.write_text("squares: {seen: [2], truths: [4], ratio: 0.5, seeds: [1], steps: 2, renders: 0.5}")
    arguments = SMALL, Machine(1), "squares", cases, real, out
    backtest.main(*arguments)
    found = read_study(out)
    assert found.begun() == [2]
    assert {(t.labels, t.line, t.n) for t in found.trainings} == {
        (2, "real", 2), (2, "mixed", 2), (2, "renders", 1), (2, "renders", 2),
        (2, "render", 2), (2, "architecture", 2), (2, "label", 4), (4, "real", 4), (4, "mixed", 4),
    }  # fmt: skip
    trials = sorted(path.name for path in (real / "backtest").iterdir())
    text = out.read_text()
    backtest.main(*arguments)
    assert out.read_text() == text
    assert sorted(path.name for path in (real / "backtest").iterdir()) == trials


def test_whose_labels_are_hidden_draws_no_other_ones(tmp_path):
    case = BacktestCase((2,), (4,), 0.5, (1, 2, 3), 2, 0.5)
    store = open_trials(Machine(1), SMALL, write_ground(tmp_path), tmp_path / "split/val.jsonl",
                        tmp_path / "categories.json", tmp_path / "trials")  # fmt: skip
    bench = backtest.Bench(case, store, store)
    first = [sample.id for sample in store.pools.named("real").samples[:2]]
    for each in bench.planned(Path("cases.yaml")):
        used = {s.id for share in shares_of(each.trial, each.trials.pools) for s in share.samples}
        hidden = {s.id for s in store.pools.named("real").samples} - set(first)
        assert (each.labels == 2 and each.line != "label") == (not used & hidden), each

"""`make backtest`: hide labels that exist, write down what the page forecasts, train what it forecast, and compare.

Every training is a trial in the set-up's own folder, so that a run that was killed goes on where it was.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from benchmarks.composed import trials_in
from benchmarks.forecasts import Line, score_forecasts, seen_from, worth_forecast
from dataset.records import REAL, RENDER
from measure.curves import FEWEST, sizes_of
from measure.evidence import curve
from measure.scoring.differences import interval, score_of
from measure.scoring.records import Scores
from measure.trials.candidate import MIX, Trial, at_ratio, real_only
from measure.trials.runner import Machine, Trials
from measure.worth.advice import advise
from measure.worth.backtests import AdviceTest, Backtests, Forecast, among_best, backtests_of, read_backtests
from measure.worth.points import RESAMPLES, ScoreEstimate
from measure.worth.records import Evidence
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import Count, Record, parse_typed, read_yaml
from pipeline.stage import run_stage
from pipeline.tables import table_text
from train.settings import Fit

SHARES = (0.25, 0.5, 0.75)  # of the labels that are seen, beside all of them: the sizes of both curves
LONGER = 2  # times the steps: the third step that is carried out

Shares = Annotated[float, Field(gt=0, lt=1)]


@dataclasses.dataclass(frozen=True)
class BacktestCase(Record):
    """How one set is tested."""

    seen: tuple[Count, ...]
    truths: tuple[Count, ...]
    ratio: Shares  # of the mix
    seeds: tuple[int, ...]
    steps: Count
    renders: Shares  # share of the renders that is seen
    target: Annotated[float, Field(gt=0, le=1)] = 0.95  # that is asked for


CASES = TypeAdapter(dict[str, BacktestCase])


def read_case(path: Path, setup: str) -> BacktestCase:
    """Return how a set-up is tested; raise InputError for another kind of file, or a set-up it does not name."""
    text = json.dumps(read_yaml(path))
    found = parse_typed(text, CASES, str(path), "see benchmarks/backtests.yaml for what a case holds")
    if setup not in found:
        raise InputError(f"{path}: names no set-up {setup!r}, wanted one of {', '.join(sorted(found))}; add a line")
    return found[setup]


def usable(case: BacktestCase, total: int, path: Path) -> list[int]:
    """Return the numbers of labels to be seen that leave some of `total` to come true.

    Raises InputError where there is none, since then nothing would be tested. path: of the cases, for the message.
    """
    found = [n for n in case.seen if any(n < truth <= total for truth in case.truths)]
    if not found:
        raise InputError(
            f"{path}: sees {min(case.seen)} labels or more, and the pool has {total}, wanted some left to come true; "
            "see fewer, or take a set-up with more photos in train"
        )
    return found


@dataclasses.dataclass(frozen=True)
class Bench:
    """The trials of one set, and how it is tested."""

    setup: str
    case: BacktestCase
    trials: Trials
    longer: Trials  # the same with `LONGER` times the steps

    @property
    def renders(self) -> int:
        """Return how many renders are seen."""
        return max(1, round(self.trials.pools.count(RENDER) * self.case.renders))

    def real(self, labels: int) -> list[Trial]:
        """Return the trainings on real labels alone, one a seed."""
        return [Trial(real_only(self.trials.pools).weights, seed, n_real=labels) for seed in self.case.seeds]

    def mixed(self, labels: int, renders: int | None = None) -> list[Trial]:
        """Return the trainings of the mix, one a seed. renders: those that are seen, unless another number is given."""
        weights = at_ratio(self.case.ratio, self.trials.pools, MIX).weights
        seen = self.renders if renders is None else renders
        return [Trial(weights, seed, n_real=labels, n_render=seen) for seed in self.case.seeds]


def trained(trials: Trials, wanted: Sequence[Trial], title: str) -> list[Scores]:
    """Return the val scores of trials, trained where they are missing."""
    trials.train([(trial, 1.0) for trial in wanted], title)
    return [trials.trained(trial) for trial in wanted]


def lines_at(bench: Bench, sizes: Sequence[int], title: str) -> tuple[Line, Line]:
    """Return what real labels alone, and with renders, reach at some sizes."""
    wanted = [trial for n in sizes for trial in (*bench.real(n), *bench.mixed(n))]
    trained(bench.trials, wanted, title)
    real = {n: trained(bench.trials, bench.real(n), title) for n in sizes}
    return real, {n: trained(bench.trials, bench.mixed(n), title) for n in sizes}


def tested(bench: Bench, labels: int, costs: Costs) -> tuple[list[Forecast], AdviceTest]:
    """Return all forecasts from `labels` labels with what came of them, and the advice with its rivals."""
    real, mixed = lines_at(bench, sizes_of(labels, SHARES, FEWEST), f"{labels} labels seen")
    seen = seen_from(bench.setup, labels, real, mixed, RESAMPLES)
    evidence = evidence_of(bench, labels, real, mixed)
    advice = advise(evidence, bench.case.target, costs)  # written down before anything that is hidden is looked at
    total = bench.trials.pools.count(REAL)
    truths = [n for n in bench.case.truths if labels < n <= total]
    later_real, later_mixed = lines_at(bench, truths, "what comes true")
    forecasts = score_forecasts(seen, later_real, later_mixed)
    forecasts.append(worth_forecast(seen, {**real, **later_real}, mixed, RESAMPLES))
    after = carried_out(bench, labels)
    test = AdviceTest(bench.setup, labels, advice.action, after, among_best(advice.action, after))
    return forecasts, test


def evidence_of(bench: Bench, labels: int, real: Line, mixed: Line) -> Evidence:
    """Return what advice may use with the labels and renders that are seen."""
    shares = sizes_of(bench.renders, SHARES, 1)
    renders = {n: trained(bench.trials, bench.mixed(labels, n), "renders seen") for n in shares}
    runs = {"real": real[labels], "mixed": mixed[labels]}

    def estimate(name: str) -> ScoreEstimate:
        """Return a score with its interval."""
        return ScoreEstimate(score_of(runs[name]), *interval(runs[name], RESAMPLES))

    return Evidence(
        score=estimate("mixed"),
        n_real=labels,
        n_render=bench.renders,
        real=curve(real, "real", RESAMPLES),
        mixed=curve(mixed, "mixed", RESAMPLES),
        renders=curve(renders, "renders", RESAMPLES),
        real_only=estimate("real"),
    )


def carried_out(bench: Bench, labels: int) -> dict[str, float]:
    """Return the score after each step: twice the labels, all renders, longer training; without one that cannot be."""
    all_renders = bench.mixed(labels, bench.trials.pools.count(RENDER))
    found = {"render": score_of(trained(bench.trials, all_renders, "more renders"))}
    if 2 * labels <= bench.trials.pools.count(REAL):
        found["label"] = score_of(trained(bench.trials, bench.mixed(2 * labels), "more labels"))
    # last, since it has workers of its own
    found["architecture"] = score_of(trained(bench.longer, bench.mixed(labels), "longer"))
    return dict(sorted(found.items()))


def merged(
    before: Backtests | None, setup: str, forecasts: Sequence[Forecast], advice: Sequence[AdviceTest]
) -> Backtests:
    """Return the file with this set's rows in place of what it had of the set; sets stand by name."""
    kept = before or backtests_of((), ())
    rows = [*(row for row in kept.forecasts if row.set != setup), *forecasts]
    tests = [*(row for row in kept.advice if row.set != setup), *advice]
    return backtests_of(sorted(rows, key=lambda row: row.set), sorted(tests, key=lambda row: row.set))


def table(found: Backtests) -> str:
    """Return the forecasts as a table to print, and the shares."""
    heads = ("set", "kind", "seen", "at", "forecast", "lo", "hi", "came true", "held")
    rows = [
        (r.set, r.kind, r.seen, r.at, short(r.forecast), *map(short, r.ci95 or (None, None)),
         f"{'more than ' if r.beyond else ''}{short(r.came_true)}", {True: "yes", False: "NO", None: "silent"}[r.held])
        for r in found.forecasts
    ]  # fmt: skip
    told = f"{found.n} forecasts, held: {short(found.held)}; advice among the two best: {short(found.advice_held)}"
    return f"{table_text(heads, rows)}{told}\n"


def short(value: float | None) -> str:
    """Return a number in few digits; nothing for none."""
    return "" if value is None else f"{value:.3f}" if abs(value) < 1 else f"{value:.1f}"


def main(fit: Fit, machine: Machine, costs: Costs, setup: str, cases: Path, real: Path, out: Path) -> None:
    """Write the backtests of one set-up beside those of others, and print the table. real: the set-up's folder of data.

    Raises InputError where its pools are missing.
    """
    case = read_case(cases, setup)
    lengths = (case.steps, LONGER * case.steps)
    stores = [trials_in(real, "backtest", machine, dataclasses.replace(fit, steps=steps)) for steps in lengths]
    bench = Bench(setup, case, *stores)
    before = read_backtests(out) if out.is_file() else None
    forecasts, advice = [], []
    for labels in usable(case, stores[0].pools.count(REAL), cases):
        some, test = tested(bench, labels, costs)
        forecasts += some
        advice.append(test)
        write_json(out, dataclasses.asdict(merged(before, setup, forecasts, advice)))
    sys.stdout.write(table(merged(before, setup, forecasts, advice)))


if __name__ == "__main__":
    run_stage(main)

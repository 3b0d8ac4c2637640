"""`make backtest`: train what somebody with few labels would, then with the labels that were hidden, and record both.

What the page would have forecast, and whether it came true, is then read from the file without training
(`benchmarks.forecasts`). Every training is a trial in the set-up's own folder, so that a run that was killed goes on.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from benchmarks.composed import trials_in
from benchmarks.lines import LabelStudy, LineName, StudyRun, write_study
from dataset.records import REAL, RENDER
from measure.curves import Curves, lines_of
from measure.trials.candidate import MIX, Trial, weights_at
from measure.trials.runner import Machine, Trials
from pipeline.errors import InputError
from pipeline.reading import Count, Record, parse_typed, read_yaml
from pipeline.stage import run_stage
from train.settings import Fit

SHARES = (0.25, 0.5, 0.75)  # of the labels that are seen, beside all of them: the sizes of both curves over labels
RENDERS = (0.25,)  # the same of the renders, as in params.yaml
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


def seen_by(trials: Trials, labels: int, renders: int) -> Trials:
    """Return the trials of somebody who has the first so many labels and renders of each source; they share a store."""
    most = {REAL: labels, RENDER: renders}
    sources = tuple(
        dataclasses.replace(source, samples=source.samples[: most[source.domain]]) for source in trials.pools.sources
    )
    pools = dataclasses.replace(trials.pools, sources=sources)
    return Trials(pools, trials.ground, trials.own, trials.others, trials.workers)


@dataclasses.dataclass(frozen=True)
class Planned:
    """One training to be done: whose, of which line and size, and where it is found."""

    labels: int
    line: LineName
    n: int
    trials: Trials
    trial: Trial


@dataclasses.dataclass(frozen=True)
class Bench:
    """The trials of one set, and how it is tested."""

    case: BacktestCase
    trials: Trials
    longer: Trials  # the same with `LONGER` times the steps

    @property
    def renders(self) -> int:
        """Return how many renders are seen."""
        return max(1, round(self.trials.pools.count(RENDER) * self.case.renders))

    def curves(self, labels: int, shares: tuple[float, ...]) -> Iterator[Planned]:
        """Yield the trainings of the curves, as stage `curves` plans them. shares: of the curves over labels."""
        mine = seen_by(self.trials, labels, self.renders)
        mix = {"weights": weights_at(self.case.ratio, mine.pools), "schedule": MIX}
        lines = lines_of(Curves(shares, shares, RENDERS, self.case.seeds), mine, mix)
        names: tuple[LineName, ...] = ("real", "mixed", "renders")
        for name in names:
            for n, trial in lines[name]:
                yield Planned(labels, name, n, mine, trial)

    def steps_taken(self, labels: int) -> Iterator[Planned]:
        """Yield the trainings after each step: twice the labels, all renders, longer; without one that cannot be."""
        total, every = self.trials.pools.count(REAL), self.trials.pools.count(RENDER)
        steps: list[tuple[LineName, int, Trials]] = [
            ("render", labels, seen_by(self.trials, labels, every)),
            ("architecture", labels, seen_by(self.longer, labels, self.renders)),
        ]
        if 2 * labels <= total:
            steps.append(("label", 2 * labels, seen_by(self.trials, 2 * labels, self.renders)))
        for line, n, trials in steps:
            weights = tuple(weights_at(self.case.ratio, trials.pools).items())
            for seed in self.case.seeds:
                yield Planned(labels, line, n, trials, Trial(weights, seed))

    def planned(self, path: Path) -> list[Planned]:
        """Return all trainings. Raises InputError as `usable`."""
        total = self.trials.pools.count(REAL)
        seen = usable(self.case, total, path)
        later = [n for n in self.case.truths if n <= total and n not in seen]
        found = [each for labels in seen for each in (*self.curves(labels, SHARES), *self.steps_taken(labels))]
        return found + [each for labels in later for each in self.curves(labels, ()) if each.line != "renders"]


def trained(planned: Sequence[Planned]) -> tuple[StudyRun, ...]:
    """Return what each training scored on val, trained where it is missing."""
    for trials, some in itertools.groupby(planned, key=lambda each: each.trials):
        group = list(some)
        trials.train([(each.trial, 1.0) for each in group], f"{group[0].labels} labels, {group[-1].line}")
    return tuple(StudyRun(each.labels, each.line, each.n, each.trials.trained(each.trial)) for each in planned)


def main(fit: Fit, machine: Machine, setup: str, cases: Path, real: Path, out: Path) -> None:
    """Write the trainings of one set-up. real: its folder of data. Raises InputError where its pools are missing."""
    case = read_case(cases, setup)
    lengths = (case.steps, LONGER * case.steps)
    bench = Bench(case, *(trials_in(real, "backtest", machine, dataclasses.replace(fit, steps=n)) for n in lengths))
    write_study(out, LabelStudy(setup, bench.renders, case.target, trained(bench.planned(cases))))


if __name__ == "__main__":
    run_stage(main)

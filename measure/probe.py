"""Stage `probe`: what one change brings, by training the picked mix with that one thing changed."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from dataset.records import REAL, RENDER, RelativePath
from measure.curves import FEWEST, sizes_of
from measure.pick import Row, picked_row, plain, read_pick, score_in
from measure.scoring.differences import compare
from measure.scoring.records import Score, Scores, scored_by
from measure.trials.candidate import Trial, trials_of
from measure.trials.pools import Pools
from measure.trials.runner import Machine, Trials, open_trials
from pipeline.files import write_json
from pipeline.reading import Record, read_typed
from pipeline.settings import each_once
from pipeline.stage import run_stage
from train.settings import STRIDE, Fit

ProbeAction = Literal["architecture", "label", "render"]
LONGER, LARGER = 2, 1.5  # times the steps, and the side of the pictures
HALF = 0.5  # of the labels or the renders: what the last doubling brought


@dataclasses.dataclass(frozen=True)
class TrainingChange:
    """One thing that is done otherwise than in the picked training."""

    action: ProbeAction  # the step of the advice that it speaks of
    fit: Callable[[Fit], Fit] = lambda fit: fit
    domain: str = ""  # whose samples are halved; empty = nobody's


def longer(fit: Fit) -> Fit:
    """Return the settings with `LONGER` times the steps."""
    return dataclasses.replace(fit, steps=LONGER * fit.steps)


def larger(fit: Fit) -> Fit:
    """Return the settings with pictures `LARGER` times as large, a multiple of the stride."""
    return dataclasses.replace(fit, img_size=math.ceil(LARGER * fit.img_size / STRIDE) * STRIDE)


def other_decoder(fit: Fit) -> Fit:
    """Return the settings with a decoder that draws at twice the resolution, or with FPN where it is that one."""
    return dataclasses.replace(fit, decoder="FPN" if fit.decoder == "Unet" else "Unet")


CHANGES = {
    "longer training": TrainingChange("architecture", longer),
    "larger pictures": TrainingChange("architecture", larger),
    "another decoder": TrainingChange("architecture", other_decoder),
    "half the labels": TrainingChange("label", domain=REAL),
    "half the renders": TrainingChange("render", domain=RENDER),
}


@dataclasses.dataclass(frozen=True)
class Probe:
    """Section `probe` of params.yaml."""

    runs: float  # to spend at most, in whole trainings of today's length and size; 0 = none
    changes: tuple[str, ...]  # names of `CHANGES`, in the order in which the budget is spent
    seeds: tuple[int, ...]  # each change is trained with each
    resamples: int  # how often the bootstrap draws photos anew

    def __post_init__(self) -> None:
        """Raise ValueError for a budget below 0, a change that is not known or named twice, and without a seed."""
        if not 0 <= self.runs < math.inf:
            raise ValueError(f"runs is {self.runs}, wanted 0 or more")
        for name in self.changes:
            if name not in CHANGES:
                raise ValueError(f"changes holds {name!r}, wanted some of {', '.join(CHANGES)}")
        for name in ("changes", "seeds"):
            each_once(name, getattr(self, name))
        if not self.seeds:
            raise ValueError("seeds is empty, wanted one or more")
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")


@dataclasses.dataclass(frozen=True)
class ProbedChange(Record):
    """What one change brought on val."""

    name: str
    action: ProbeAction
    gain: float  # IoU with the change less that without; of halves that of all less that of the half
    ci95: tuple[float, float]
    times: float  # what one training costs, in whole ones of today
    trials: tuple[RelativePath, ...]


@dataclasses.dataclass(frozen=True)
class ProbeFile(Record):
    """What stage probe writes."""

    changes: tuple[ProbedChange, ...]


PROBES = TypeAdapter(ProbeFile)


def read_probes(path: Path) -> tuple[ProbedChange, ...]:
    """Return what stage probe wrote; raise InputError for another kind of file."""
    return read_typed(path, PROBES, "what changes brought", "run stage probe again").changes


def times(change: TrainingChange, fit: Fit) -> float:
    """Return what a training with a change costs, in whole ones: its steps and the pixels of its pictures."""
    other = change.fit(fit)
    return other.steps / fit.steps * (other.img_size / fit.img_size) ** 2


def affordable(settings: Probe, fit: Fit, possible: Mapping[str, Any]) -> list[str]:
    """Return the possible changes that the budget pays for, in their order; one that is too dear is passed over.

    What happens to be trained already is paid like all else, so that what is asked for follows from settings alone.
    """
    chosen, left = [], settings.runs
    for name in filter(possible.__contains__, settings.changes):
        price = times(CHANGES[name], fit) * len(settings.seeds)
        if price <= left:
            chosen.append(name)
            left -= price
    return chosen


def changed(change: TrainingChange, trial: Trial, pools: Pools) -> Trial | None:
    """Return a trial on half of a domain's samples, as curves draw them; itself if none is halved, None if none is."""
    if not change.domain:
        return trial
    total = pools.count(change.domain)
    half = sizes_of(total, (HALF,), FEWEST if change.domain == REAL else 1)[0]
    drawn = any(pools.named(name).domain == change.domain for name, _ in trial.weights)
    if not drawn or half == total:
        return None
    if change.domain == REAL:
        return dataclasses.replace(trial, draw=trial.seed, n_real=half)
    return dataclasses.replace(trial, draw=trial.seed, n_render=half)


class Prober:
    """Trains changes of the picked mix, and holds them against it."""

    def __init__(self, settings: Probe, row: Row, base: Trials, opened: Callable[[Fit], Trials], score: Score):
        self.settings, self.row, self.base, self.opened, self.score = settings, row, base, opened, score
        self.picked = self.scores(base, trials_of(row, row["trials"]))

    def scores(self, trials: Trials, some: Sequence[Trial]) -> list[Scores]:
        """Return the val scores of trials that were trained."""
        return [scored_by(self.score, trials.trained(trial)) for trial in some]

    def all(self, fit: Fit, start: Path) -> Iterator[ProbedChange]:
        """Yield what each change brings that the budget pays for. start: what paths of trials are relative to."""
        picked = trials_of(self.row, self.settings.seeds)
        wanted = {
            name: [trial for trial in (changed(CHANGES[name], each, self.base.pools) for each in picked) if trial]
            for name in self.settings.changes
        }
        possible = {name: some for name, some in wanted.items() if some}
        for name in affordable(self.settings, fit, possible):
            yield self.one(name, CHANGES[name], fit, possible[name], start)

    def one(self, name: str, change: TrainingChange, fit: Fit, some: Sequence[Trial], start: Path) -> ProbedChange:
        """Train a change, and return what it brought."""
        trials = self.base if change.fit(fit) == fit else self.opened(change.fit(fit))
        trials.train([(trial, 1.0) for trial in some], f"probe, {name}")
        pair = self.scores(trials, some), self.picked
        found = compare(*(pair[::-1] if change.domain else pair), self.settings.resamples)
        places = tuple(trials.name(trial, start) for trial in some)
        return ProbedChange(name, change.action, found.iou, found.ci95, times(change, fit), places)


def main(
    settings: Probe,
    machine: Machine,
    fit: Fit,
    pools: Path,
    val: Path,
    categories: Path,
    race: Path,
    curves: Path,
    pick: Path,
    trials: Path,
    out: Path,
) -> None:
    """Write probes.json: what each change brings that the budget pays for.

    race, curves: folders of the runs that earlier stages trained. trials: the folder for those with a change.
    """
    trials.mkdir(parents=True, exist_ok=True)

    def opened(other: Fit) -> Trials:
        """Return the trials of the set-up with other settings."""
        return open_trials(machine, other, pools, val, categories, trials, race, curves)

    chosen: Mapping[str, Any] = read_pick(pick)
    prober = Prober(settings, picked_row(chosen), opened(fit), opened, score_in(chosen))
    write_json(out, plain({"changes": [dataclasses.asdict(row) for row in prober.all(fit, out.parent)]}))


if __name__ == "__main__":
    run_stage(main)

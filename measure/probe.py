"""Stage `probe`: what one change brings, by training the picked mix with that one thing changed."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.records import REAL, RENDER, Sample
from measure.attribution.groups import ASSET, RECIPE, Group, groups_of
from measure.attribution.leave_out import renders_of, without
from measure.attribution.record import ESTIMATE, AttributionRecord, read_attribution
from measure.curves import FEWEST, sizes_of
from measure.pick import Row, picked_row, plain, read_pick, score_in
from measure.scoring.differences import compare
from measure.scoring.records import Score, Scores, scored_by
from measure.trials.candidate import Trial, trials_of
from measure.trials.pools import Pools
from measure.trials.runner import Machine, Trials, open_trials
from measure.worth.tried import Action, ProbeFile, TriedChange, UntriedChange, leaving_out
from pipeline.files import write_json
from pipeline.settings import each_once
from pipeline.stage import run_stage
from train.settings import STRIDE, Fit

LONGER, LARGER = 2, 1.5  # times the steps, and the side of the pictures
HALF = 0.5  # of the labels or the renders: what the last doubling brought


@dataclasses.dataclass(frozen=True)
class TrainingChange:
    """One thing that is done otherwise than in the picked training."""

    action: Action  # the step of the advice that it speaks of
    fit: Callable[[Fit], Fit] = lambda fit: fit
    domain: str = ""  # whose samples are halved; empty = nobody's
    group: Group | None = None  # of renders, that is left out


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
GROUPS = "groups"  # stands for a change "without ..." for each asset and recipe


@dataclasses.dataclass(frozen=True)
class Probe:
    """Section `probe` of params.yaml."""

    runs: float  # to spend at most, in whole trainings of today's length and size; 0 = none
    changes: tuple[str, ...]  # names of `CHANGES`, and `GROUPS`, in the order in which the budget is spent
    seeds: tuple[int, ...]  # each change is trained with each
    resamples: int  # how often the bootstrap draws photos anew

    def __post_init__(self) -> None:
        """Raise ValueError for a budget below 0, a change that is not known or named twice, and without a seed."""
        if not 0 <= self.runs < math.inf:
            raise ValueError(f"runs is {self.runs}, wanted 0 or more")
        for name in self.changes:
            if name not in (*CHANGES, GROUPS):
                raise ValueError(f"changes holds {name!r}, wanted some of {', '.join((*CHANGES, GROUPS))}")
        for name in ("changes", "seeds"):
            each_once(name, getattr(self, name))
        if not self.seeds:
            raise ValueError("seeds is empty, wanted one or more")
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")


def groups_to_try(found: AttributionRecord, renders: Sequence[Sample]) -> list[Group]:
    """Return the assets and recipes of these renders that attribute estimated and did not train without, worst first.

    Worst is whose absence raises the mean agreement of renders with real photos most; at a tie by kind and name.
    """
    known = {(group.kind, group.name): group for group in groups_of(renders)}
    rows = [row for row in found.groups if row.by == ESTIMATE and row.kind in {ASSET, RECIPE}]
    rows.sort(key=lambda row: (row.estimate.help * row.samples, row.kind, row.name))
    return [known[row.kind, row.name] for row in rows if (row.kind, row.name) in known]


def changes_of(settings: Probe, groups: Sequence[Group]) -> dict[str, TrainingChange]:
    """Return the changes that are wanted, in the order in which the budget is spent."""
    found: dict[str, TrainingChange] = {}
    for name in settings.changes:
        if name != GROUPS:
            found[name] = CHANGES[name]
            continue
        for group in groups:
            title, action = leaving_out(group.kind, group.name)
            found[title] = TrainingChange(action, group=group)
    return found


def times(change: TrainingChange, fit: Fit) -> float:
    """Return what a training with a change costs, in whole ones: its steps and the pixels of its pictures."""
    other = change.fit(fit)
    return other.steps / fit.steps * (other.img_size / fit.img_size) ** 2


def affordable(settings: Probe, fit: Fit, possible: Mapping[str, TrainingChange]) -> list[str]:
    """Return the possible changes that the budget pays for, in their order; one that is too dear is passed over.

    What happens to be trained already is paid like all else, so that what is asked for follows from settings alone.
    """
    chosen, left = [], settings.runs
    for name, change in possible.items():
        price = times(change, fit) * len(settings.seeds)
        if price <= left:
            chosen.append(name)
            left -= price
    return chosen


def changed(change: TrainingChange, trial: Trial, pools: Pools) -> Trial | None:
    """Return a trial without a group, or on half of a domain's samples as curves draw them; None if it has none such.

    A change of the settings alone gives the trial as it is.
    """
    if change.group:
        return without(trial, change.group, pools)
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


def untried(
    settings: Probe, changes: Mapping[str, TrainingChange], possible: Mapping[str, Any], chosen: Sequence[str]
) -> tuple[UntriedChange, ...]:
    """Return the changes that are not among those chosen, with the reason.

    changes: those wanted. possible: those of them that the pick can be trained with.
    """
    spent = f"the budget of {settings.runs:g} ended before it" if settings.runs else "probe.runs is 0"
    found = []
    for name, change in (CHANGES | dict(changes)).items():
        why = spent if name in possible else "the pick has no such samples"
        why = why if name in changes else "it is not in probe.changes"
        if name not in chosen:
            found.append(UntriedChange(name, change.action, why, name in possible or name not in changes))
    wanted = GROUPS in settings.changes
    why = "stage attribute names none to try" if wanted else "groups is not in probe.changes"
    for kind in (ASSET, RECIPE):
        if not any(change.group and change.group.kind == kind for change in changes.values()):
            found.append(UntriedChange(f"leaving {kind}s out", leaving_out(kind, "")[1], why, not wanted))
    return tuple(found)


class Prober:
    """Trains changes of the picked mix, and holds them against it."""

    def __init__(self, settings: Probe, row: Row, base: Trials, opened: Callable[[Fit], Trials], score: Score):
        self.settings, self.row, self.base, self.opened, self.score = settings, row, base, opened, score
        self.picked = self.scores(base, trials_of(row, row["trials"]))

    def scores(self, trials: Trials, some: Sequence[Trial]) -> list[Scores]:
        """Return the val scores of trials that were trained."""
        return [scored_by(self.score, trials.trained(trial)) for trial in some]

    def all(self, changes: Mapping[str, TrainingChange], fit: Fit, start: Path) -> ProbeFile:
        """Return what each change brings that the budget pays for. start: what paths of trials are relative to."""
        picked = trials_of(self.row, self.settings.seeds)
        wanted = {
            name: [trial for trial in (changed(change, each, self.base.pools) for each in picked) if trial]
            for name, change in changes.items()
        }
        possible = {name: change for name, change in changes.items() if wanted[name]}
        chosen = affordable(self.settings, fit, possible)
        rows = tuple(self.one(name, changes[name], fit, wanted[name], start) for name in chosen)
        return ProbeFile(rows, untried(self.settings, changes, possible, chosen))

    def one(self, name: str, change: TrainingChange, fit: Fit, some: Sequence[Trial], start: Path) -> TriedChange:
        """Train a change, and return what it brought."""
        trials = self.base if change.fit(fit) == fit else self.opened(change.fit(fit))
        trials.train([(trial, 1.0) for trial in some], f"probe, {name}")
        pair = self.scores(trials, some), self.picked
        found = compare(*(pair[::-1] if change.domain else pair), self.settings.resamples)
        places = tuple(trials.name(trial, start) for trial in some)
        return TriedChange(name, change.action, found.iou, found.ci95, times(change, fit), places)


def main(
    settings: Probe,
    machine: Machine,
    fit: Fit,
    pools: Path,
    val: Path,
    categories: Path,
    race: Path,
    curves: Path,
    attribution: Path,
    pick: Path,
    trials: Path,
    out: Path,
) -> None:
    """Write probes.json: what each change brings that the budget pays for.

    race, curves: folders of the runs that earlier stages trained. trials: the folder for those with a change.
    attribution: which groups of renders there are to leave out, as stage attribute wrote it.
    """
    trials.mkdir(parents=True, exist_ok=True)

    def opened(other: Fit) -> Trials:
        """Return the trials of the set-up with other settings."""
        return open_trials(machine, other, pools, val, categories, trials, race, curves)

    chosen: Mapping[str, Any] = read_pick(pick)
    row, base = picked_row(chosen), opened(fit)
    renders = [sample for _, sample in renders_of(row["weights"], base.pools)]
    changes = changes_of(settings, groups_to_try(read_attribution(attribution), renders))
    prober = Prober(settings, row, base, opened, score_in(chosen))
    write_json(out, plain(dataclasses.asdict(prober.all(changes, fit, out.parent))))


if __name__ == "__main__":
    run_stage(main)

"""Stage `attribute`: say which assets, recipes and ranges of the renders help on real photos."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from measure.attribution.groups import Group, GroupEstimate, evaluated, groups_of
from measure.attribution.leave_out import MeasuredHelp, Place, measure, renders_of, to_leave_out, without
from measure.attribution.record import empty, record, write_attribution
from measure.pick import Row, attributed_row, read_pick, score_in
from measure.scoring.records import Score, scored_by
from measure.trials.candidate import Trial, trials_of
from measure.trials.runner import Machine, Trials, open_trials
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from train.data import real_samples
from train.run import Run, load_run
from train.settings import Fit

Networks = Sequence[tuple[Run, Sequence[str]]]  # of one trial, each with the ids of the val photos that it did not see
SEED = 1  # of the choice of renders to look at


@dataclasses.dataclass(frozen=True)
class Attribute:
    """Section `attribute` of params.yaml."""

    least: int  # a group of fewer renders, or that leaves fewer outside it, is not evaluated
    most: int  # renders that the estimate uses, drawn from all
    runs: int  # trained runs of the mix, its first seeds, over which the estimate is averaged
    leave_out: int  # groups that are measured by training without them: so many trainings a seed; 0 = none
    resamples: int  # how often the bootstrap draws anew

    def __post_init__(self) -> None:
        """Raise ValueError for a number that leaves nothing to do."""
        for name, lowest in (("least", 2), ("most", 2), ("runs", 1), ("leave_out", 0), ("resamples", 2)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted {lowest} or more")


def chosen(places: Sequence[Place], most: int) -> list[Place]:
    """Return at most `most` of the renders, in the given order."""
    order = rng_for(SEED, "attribute").permutation(len(places))[:most]
    return [places[index] for index in sorted(order)]


def networks_of(known: Trials, trained: Sequence[Trial]) -> list[Networks]:
    """Return the networks of each finished trial, loaded."""
    return [[(load_run(folder), ids) for folder, ids in known.networks(trial)] for trial in trained]


def agreement_of(trials: Sequence[Networks], places: Sequence[Place], val: Path) -> NDArray[np.float64]:
    """Return (N, P): how far each render agrees with each val photo, averaged over trials.

    A photo is looked at by the network that did not train on it.
    """
    from measure.attribution.estimate import agreement, gradients_of  # here: torch takes seconds to load

    photos, found = {sample.id: sample for sample in real_samples(val)}, []
    folders = list(dict.fromkeys(folder for folder, _ in places))  # one a source
    for number, networks in enumerate(trials, 1):
        title, columns = f"attribute {number}/{len(trials)}", dict[str, NDArray[np.float64]]()
        for run, ids in networks:
            parts = [
                gradients_of(run, folder, [sample for where, sample in places if where == folder], f"{title} renders")
                for folder in folders
            ]
            own = gradients_of(run, val.parent, [photos[name] for name in ids], f"{title} val")
            columns |= dict(zip(ids, agreement(np.concatenate(parts), own).T, strict=True))
        found.append(np.stack([columns[name] for name in photos], axis=1))
    return np.asarray(np.mean(found, axis=0))


def estimate_all(
    settings: Attribute, trials: Sequence[Networks], places: Sequence[Place], val: Path
) -> tuple[list[GroupEstimate], list[Group]]:
    """Return the estimate of every group that can be evaluated, and the groups that cannot."""
    from measure.attribution.estimate import estimates  # here: torch takes seconds to load

    seen = sorted(chosen(places, settings.most), key=lambda place: place[0].as_posix())  # one source after the other
    ids = [sample.id for _, sample in seen]
    groups, passed = evaluated(groups_of([sample for _, sample in places]), ids, settings.least)
    if not groups:
        return [], passed
    photos = [(photo.id, photo.group) for photo in real_samples(val)]
    return estimates(agreement_of(trials, seen, val), groups, ids, photos, settings.resamples), passed


def measure_all(
    settings: Attribute, row: Row, trials: Trials, found: Sequence[GroupEstimate], score: Score
) -> list[MeasuredHelp]:
    """Return what the surest groups are worth, by training without them; those that leave no render are passed over."""
    full = trials_of(row, row["trials"])
    lacking = {}
    for group in to_leave_out(found, settings.leave_out):
        some = [trial for trial in (without(trial, group, trials.pools) for trial in full) if trial]
        if some:
            lacking[group] = some
    if not lacking:
        return []
    trials.train([(trial, 1.0) for some in (full, *lacking.values()) for trial in some], "attribute")
    scores = {group: [scored_by(score, trials.trained(trial)) for trial in some] for group, some in lacking.items()}
    whole = [scored_by(score, trials.trained(trial)) for trial in full]
    return measure(whole, list(lacking), scores, settings.resamples)


def main(
    settings: Attribute,
    machine: Machine,
    fit: Fit,
    pools: Path,
    val: Path,
    categories: Path,
    race: Path,
    pick: Path,
    trials: Path,
    out: Path,
) -> None:
    """Write attribution.json: for each group of renders what it is worth, in numbers and in words.

    race: the folder of the runs that stage tune trained. trials: the folder for those without a group.
    """
    trials.mkdir(parents=True, exist_ok=True)
    tuned = read_pick(pick)
    row = attributed_row(tuned)
    if row is None:
        write_attribution(out, empty())
        return
    known = open_trials(machine, fit, pools, val, categories, trials, race)
    trained = trials_of(row, sorted(map(int, row["trials"]))[: settings.runs])
    networks = networks_of(known, trained)
    found, passed = estimate_all(settings, networks, renders_of(row["weights"], known.pools), val)
    measured = measure_all(settings, row, known, found, score_in(tuned))
    write_attribution(out, record(found, measured, passed, settings.least, settings.resamples))


if __name__ == "__main__":
    run_stage(main)

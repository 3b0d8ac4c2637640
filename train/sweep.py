"""The grid of runs: which ratios and seeds there are, and the folder of each."""

import dataclasses
from pathlib import Path

from pipeline.errors import InputError
from train.scoring.scores import Scores, read_scores

Ratio = int | float  # as params.yaml writes it: DVC names the folder of 0 "0-1" and that of 0.0 "0.0-1"


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Section `sweep` of params.yaml."""

    ratios: tuple[Ratio, ...]  # renders / (renders + real) in what the network sees, each in [0, 1]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for an empty list, a value named twice, and a ratio outside [0, 1]."""
        for name, values in (("ratios", self.ratios), ("seeds", self.seeds)):
            if not values:
                raise ValueError(f"{name} is empty, wanted one value or more")
            if len(set(values)) < len(values):
                raise ValueError(f"{name} is {list(values)}, wanted each value once")
        for ratio in self.ratios:
            if not 0 <= ratio <= 1:
                raise ValueError(f"ratios holds {ratio}, wanted numbers from 0 (real only) to 1 (renders only)")


def run_name(ratio: Ratio, seed: int) -> str:
    """Return the name of a run's folder; `ratio` as params.yaml writes it."""
    return f"{ratio}-{seed}"


def ratio_in(sweep: Sweep, ratio: float) -> Ratio:
    """Return `ratio` as the sweep writes it (0.0 may stand there as 0); raise InputError if it is not in it."""
    for known in sweep.ratios:
        if known == ratio:
            return known
    raise InputError(f"params.yaml: sweep.ratios has no {ratio}, which pick.json chose: run the stage tune again")


def read_run(runs: Path, ratio: Ratio, seed: int) -> Scores:
    """Return the val scores of one run; raise InputError if the run is missing or is another one."""
    path = runs / run_name(ratio, seed) / "val.json"
    if not path.is_file():
        raise InputError(
            f"{path}: the run of ratio {ratio} and seed {seed} is missing: 'make repro' trains it, "
            "or take it out of sweep in params.yaml"
        )
    scores = read_scores(path)
    if (scores.ratio, scores.seed) != (ratio, seed):
        raise InputError(
            f"{path}: found the scores of ratio {scores.ratio} and seed {scores.seed}, wanted {ratio} and {seed}: "
            "remove the folder, then run 'make repro'"
        )
    return scores


def read_ratio(runs: Path, ratio: Ratio, sweep: Sweep) -> list[Scores]:
    """Return the val scores of every seed of one ratio, in the sweep's order. Errors as `read_run`."""
    return [read_run(runs, ratio, seed) for seed in sweep.seeds]


def read_grid(runs: Path, sweep: Sweep) -> dict[float, list[Scores]]:
    """Return the val scores of the whole sweep by rising ratio; folders of other runs are left alone."""
    return {float(ratio): read_ratio(runs, ratio, sweep) for ratio in sorted(sweep.ratios)}

"""Stage `tune`: choose the ratio by its score on real val photos, over seeds."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.files import write_json
from pipeline.stage import run_stage
from train.scoring.interval import interval, score_of
from train.scoring.scores import Scores
from train.sweep import Sweep, ratio_in, read_grid, run_name

DIGITS = 6  # scores closer than this are ties


@dataclasses.dataclass(frozen=True)
class Tune:
    """Section `tune` of params.yaml."""

    resamples: int  # how often the bootstrap draws photos and seeds anew
    prefer_mix: float  # IoU that a mix (0 < ratio < 1) may stay behind the best ratio on val and still be picked

    def __post_init__(self) -> None:
        """Raise ValueError if there is nothing to draw, or for a preference against mixes."""
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")
        if self.prefer_mix < 0:
            raise ValueError(f"prefer_mix is {self.prefer_mix}, wanted 0 or more")


def summary(ratio: float, runs: Sequence[Scores], resamples: int) -> dict[str, Any]:
    """Return ratio, mean IoU over seeds, its 95 % interval, and the IoU of each seed, rounded to `DIGITS`."""
    lo, hi = interval(runs, resamples)
    return {
        "ratio": ratio,
        "iou": round(score_of(runs), DIGITS),
        "ci95": [round(lo, DIGITS), round(hi, DIGITS)],
        "seeds": {str(run.seed): round(run.iou, DIGITS) for run in runs},
    }


def choose(grid: Mapping[float, Sequence[Scores]], settings: Tune) -> dict[str, Any]:
    """Return the pick: the ratio of the highest mean IoU and its best seed, with the table it was chosen from.

    A mix is picked in place of real only or renders only if it is less than `prefer_mix` behind. Of ratios that tie the
    smallest is taken, since it needs fewest renders; of seeds the smallest. Raises ValueError for an empty grid.
    """
    ratios = [summary(ratio, grid[ratio], settings.resamples) for ratio in sorted(grid)]
    highest = max(row["iou"] for row in ratios)
    near = [row for row in ratios if 0 < row["ratio"] < 1 and row["iou"] > highest - settings.prefer_mix]
    best = max(near or ratios, key=lambda row: (row["iou"], -row["ratio"]))
    seed = max(best["seeds"], key=lambda name: (best["seeds"][name], -int(name)))
    return {"ratio": best["ratio"], "seed": int(seed), "iou": best["iou"], "ci95": best["ci95"], "ratios": ratios}


def main(settings: Tune, sweep: Sweep, runs: Path, out: Path) -> None:
    """Write the pick of the sweep."""
    pick = choose(read_grid(runs, sweep), settings)
    write_json(out, {"run": run_name(ratio_in(sweep, pick["ratio"]), pick["seed"])} | pick)


if __name__ == "__main__":
    run_stage(main)

"""Stage `transfer`: gather scores, gap and intervals into the numbers that other tools read."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json, write_json, write_text
from pipeline.stage import run_stage
from train.scoring.interval import gain_interval, interval, pool, score_of
from train.scoring.scores import Scores, from_json
from train.sweep import Sweep, read_grid

DIGITS = 6
REAL_ONLY, RENDER_ONLY = 0.0, 1.0  # the two ends of the ratio

Grid = Mapping[float, Sequence[Scores]]  # ratio -> its runs, one a seed


@dataclasses.dataclass(frozen=True)
class Transfer:
    """Section `transfer` of params.yaml."""

    resamples: int  # how often the bootstrap draws photos and seeds anew

    def __post_init__(self) -> None:
        """Raise ValueError if there is nothing to draw."""
        if self.resamples < 1:
            raise ValueError(f"resamples is {self.resamples}, wanted 1 or more")


def rounded(value: Any) -> Any:
    """Return plain JSON with every float rounded to `DIGITS`, at any depth. Raises ValueError for NaN and infinity."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a number of the report is {value}")
    return round(value, DIGITS) if isinstance(value, float) else value


def run_row(run: Scores, resamples: int) -> dict[str, Any]:
    """Return one run as transfer.json lists it; its interval is over photos alone."""
    return {
        "ratio": run.ratio,
        "seed": run.seed,
        "n_real": run.n_real,
        "n_render": run.n_render,
        "schedule": "mix",
        "iou": run.iou,
        "iou_per_category": run.iou_per_category,
        "ci95": interval([run], resamples),
        "split": run.split,
    }


def mean_row(grid: Grid, ratio: float, resamples: int) -> dict[str, Any] | None:
    """Return the mean over seeds of one ratio with its interval over photos and seeds; None if it was not run."""
    runs = grid.get(ratio)
    return {"ratio": ratio, "iou": score_of(runs), "ci95": interval(runs, resamples)} if runs else None


def gain_row(grid: Grid, ratio: float, resamples: int) -> dict[str, Any] | None:
    """Return by how much `ratio` beats real only on the same photos, with interval; None without both, or if equal."""
    runs, base = grid.get(ratio), grid.get(REAL_ONLY)
    if not runs or not base or ratio == REAL_ONLY:
        return None
    return {"iou": score_of(runs) - score_of(base), "ci95": gain_interval(runs, base, resamples)}


def on_test(test: Grid, pick: Mapping[str, Any], resamples: int) -> dict[str, Any]:
    """Return what the test photos say: of the picked run, of all its ratio's seeds, and of both ends of the ratio.

    Raises InputError if the picked run was not scored.
    """
    runs = test.get(pick["ratio"], ())
    picked = next((run for run in runs if run.seed == pick["seed"]), None)
    if picked is None:
        raise InputError(
            f"test.json holds no run {pick['ratio']}-{pick['seed']}, which pick.json chose: run stage evaluate again"
        )
    row = run_row(picked, resamples)
    return {key: row[key] for key in ("ratio", "seed", "iou", "ci95", "iou_per_category")} | {
        "n_photos": len(picked.photos),
        "n_groups": pool([picked]).union.shape[1],
        "mean_iou": score_of(runs),
        "mean_ci95": interval(runs, resamples),
        "real_only": mean_row(test, REAL_ONLY, resamples),
        "render_only": mean_row(test, RENDER_ONLY, resamples),
        "gain": gain_row(test, pick["ratio"], resamples),
    }


def summarise(val: Grid, test: Grid, pick: Mapping[str, Any], resamples: int) -> dict[str, Any]:
    """Return transfer.json: `real_only`, `render_only`, `best` and `gap` are on val, `test` on the test photos."""
    real, render = (mean_row(val, ratio, resamples) for ratio in (REAL_ONLY, RENDER_ONLY))
    runs = [run for grid in (val, test) for ratio in sorted(grid) for run in grid[ratio]]
    found = {
        "runs": [run_row(run, resamples) for run in runs],
        "real_only": real,
        "render_only": render,
        "best": {key: pick[key] for key in ("ratio", "iou", "ci95")},
        "gap": real["iou"] - render["iou"] if real and render else None,
        "worth": None,
        "advice": None,
        "test": on_test(test, pick, resamples),
    }
    checked: dict[str, Any] = rounded(found)
    return checked


def metrics_of(transfer: Mapping[str, Any]) -> dict[str, float]:
    """Return the flat numbers for ``dvc metrics``; what was not run is left out."""
    test = transfer["test"]
    rows = {
        "val_best": transfer["best"],
        "val_real_only": transfer["real_only"],
        "val_render_only": transfer["render_only"],
        "test_picked": test,
        "test_real_only": test["real_only"],
        "test_render_only": test["render_only"],
    }
    found = {name: row["iou"] for name, row in rows.items() if row}
    found |= {"best_ratio": transfer["best"]["ratio"], "test_mean": test["mean_iou"]}
    return found | ({} if transfer["gap"] is None else {"gap": transfer["gap"]})


def curve_of(transfer: Mapping[str, Any]) -> str:
    """Return the CSV behind the curve: one line a val run, by rising ratio, with its interval over photos."""
    lines = [
        ",".join(str(value) for value in (run["ratio"], run["seed"], run["iou"], *run["ci95"]))
        for run in transfer["runs"]
        if run["split"] == "val"
    ]
    return "\n".join(["ratio,seed,iou,lo,hi", *lines]) + "\n"


def read_test(folder: Path) -> dict[float, list[Scores]]:
    """Return the test scores that `evaluate` wrote, by ratio; raise InputError for another kind of file."""
    path = folder / "test.json"
    grid: dict[float, list[Scores]] = {}
    try:
        for run in map(from_json, read_json(path)["runs"]):
            grid.setdefault(run.ratio, []).append(run)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the scores of evaluate ({error!r}); run that stage again") from error
    return grid


def main(
    settings: Transfer, sweep: Sweep, runs: Path, pick: Path, test: Path, out: Path, metrics: Path, curve: Path
) -> None:
    """Write transfer.json, the flat metrics and the curve."""
    found = summarise(read_grid(runs, sweep), read_test(test), read_json(pick), settings.resamples)
    write_json(out, found)
    write_json(metrics, metrics_of(found))
    write_text(curve, curve_of(found))


if __name__ == "__main__":
    run_stage(main)

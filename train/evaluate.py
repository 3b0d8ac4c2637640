"""Stage `evaluate`: score the picked ratio, real only and renders only on the real test photos, once."""

from pathlib import Path
from typing import Any

from dataset.records import Sample
from pipeline.errors import InputError
from pipeline.files import read_json, whole_folder, write_json
from pipeline.stage import run_stage
from train.inference.predict import judge, load_run
from train.loop.data import real_samples
from train.scoring.scores import Scores, to_json
from train.sweep import Ratio, Sweep, ratio_in, read_run, run_name

ENDS = (0, 1)  # real only and renders only, scored wherever the sweep has them


def ratios_to_score(sweep: Sweep, picked: float) -> list[Ratio]:
    """Return the picked ratio and both ends of the ratio as far as the sweep has them, rising, each once.

    Raises InputError if the sweep lacks the picked one.
    """
    return sorted({ratio_in(sweep, picked)} | {ratio for ratio in sweep.ratios if ratio in ENDS})


def refuse_leak(test: list[Sample], val: Scores, manifest: Path) -> None:
    """Raise InputError if a test photo, or one of its group, had a part in the choice of the ratio."""
    ids, groups = {photo.id for photo in val.photos}, {photo.group for photo in val.photos} - {""}
    for sample in test:
        if sample.id in ids or sample.group in groups:
            raise InputError(
                f"{manifest}: photo {sample.id} of group {sample.group!r} is in val too, where the ratio was chosen: "
                "mend the set-up's split section, then run 'make repro'"
            )


def main(sweep: Sweep, pick: Path, runs: Path, test: Path, out: Path) -> None:
    """Write test.json and the predictions of the picked run."""
    chosen: dict[str, Any] = read_json(pick)
    samples = real_samples(test)
    grid = [(ratio, seed) for ratio in ratios_to_score(sweep, chosen["ratio"]) for seed in sweep.seeds]
    for ratio, seed in grid:  # before the first prediction: a missing run, or a leak, stops at once
        refuse_leak(samples, read_run(runs, ratio, seed), test)
    with whole_folder(out) as part:
        found = []
        for ratio, seed in grid:
            name = run_name(ratio, seed)
            keep = part if name == chosen["run"] else None
            found.append(to_json(judge(load_run(runs / name), test, "test", f"test {name}", keep)))
        write_json(part / "test.json", {"photos": len(samples), "runs": found})


if __name__ == "__main__":
    run_stage(main)

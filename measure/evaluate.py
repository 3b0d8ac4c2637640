"""Stage `evaluate`: score the picked mix, real only and renders only on the real test photos, once."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset.guards import more_val_in
from dataset.records import Sample, read_manifest
from measure.pick import Row, compared, read_pick, score_in
from measure.rivals import rivals_in
from measure.scoring.evaluation import evaluate
from measure.scoring.records import scored_by
from measure.scoring.scores import Scores, read_scores, to_json
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json
from pipeline.stage import run_stage
from train.data import real_samples
from train.run import SETTINGS, load_run, read_run_settings


def refuse_leak(test: list[Sample], val: Scores, manifest: Path) -> None:
    """Raise InputError if a test photo, or one of its group, had a part in the choice of the ratio."""
    ids, groups = {photo.id for photo in val.photos}, {photo.group for photo in val.photos} - {""}
    for sample in test:
        if sample.id in ids or sample.group in groups:
            raise InputError(
                f"{manifest}: photo {sample.id} of group {sample.group!r} is in val too, where the ratio was chosen: "
                "mend the set-up's split section, then run 'make repro'"
            )


def folders_of(rows: list[Row], root: Path) -> list[tuple[str, Path]]:
    """Return candidate and folder of val scores, in that of the weights, of every run to score.

    Raises InputError before the first if one is missing.
    """
    found = [(row["name"], root / trial) for row in rows for trial in row["trials"].values()]
    for _, folder in found:
        if not (folder / "val.json").is_file():
            raise InputError(f"{folder}: the run is missing; run stage tune again")
    return found


def beside_test(home: Path, more_val: Path) -> dict[str, Path]:
    """Return split -> manifest of what the runs are scored on beside the test photos; a home of none is left out."""
    return ({"home": home} if read_manifest(home) else {}) | more_val_in(more_val)


def write_beside(out: Path, found: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write home.json, and a file in more_val/ a further validation set. found: split -> its runs."""
    for split, runs in found.items():
        photos = len(runs[0]["photos"]) if runs else 0
        write_json(out / f"{split.replace('.', '/')}.json", {"photos": photos, "runs": runs})


def main(pick: Path, race: Path, test: Path, home: Path, more_val: Path, rivals: Path, out: Path) -> None:
    """Write test.json, the predictions of the picked run, home.json, more_val/ and rivals.json.

    race: the trials, in the folder that pick.json lies in. home: manifest of photos of the places that the training
    photos are from; it may hold none. more_val: folder of the manifests of further validation sets. rivals:
    predictions of other tools (`rivals_in`).
    """
    chosen: dict[str, Any] = read_pick(pick)
    samples, beside = real_samples(test), beside_test(home, more_val)
    runs = folders_of(compared(chosen), race.parent)
    for _, folder in runs:
        refuse_leak(samples, read_scores(folder / "val.json"), test)
    categories = tuple(read_run_settings((race.parent / chosen["trial"]).parent / SETTINGS)["categories"])
    score = score_in(chosen)
    others = [scored_by(score, one) for one in rivals_in(rivals, test, samples, categories)]  # before minutes of ours
    with whole_folder(out, "test scores") as part:
        found, more = [], {split: list[dict[str, Any]]() for split in ("home", *beside)}
        for name, folder in runs:
            keep, run = part if folder == race.parent / chosen["trial"] else None, load_run(folder.parent)
            scores = evaluate(run, test, "test", f"test {name}", keep)
            found.append(to_json(scored_by(score, dataclasses.replace(scores, name=name))))
            for split, manifest in beside.items():
                scores = evaluate(run, manifest, split, f"{split} {name}", None, details=False)
                more[split].append(to_json(scored_by(score, dataclasses.replace(scores, name=name))))
        write_json(part / "test.json", {"photos": len(samples), "runs": found})
        write_beside(part, more)
        write_json(part / "rivals.json", {"photos": len(samples), "runs": [to_json(scores) for scores in others]})


if __name__ == "__main__":
    run_stage(main)

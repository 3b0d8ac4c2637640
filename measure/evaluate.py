"""Stage `evaluate`: score the picked mix, real only and renders only on the real test photos, once."""

import dataclasses
from pathlib import Path
from typing import Any

from dataset.records import Sample, read_manifest
from measure.pick import Row, compared, read_pick
from measure.rivals import rivals_in
from measure.scoring.evaluation import evaluate
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
    """Return candidate and folder of every run to score; raise InputError before the first if one is missing."""
    found = [(row["name"], root / trial) for row in rows for trial in row["trials"].values()]
    for _, folder in found:
        if not (folder / "val.json").is_file():
            raise InputError(f"{folder}: the run is missing; run stage tune again")
    return found


def main(pick: Path, race: Path, test: Path, home: Path, rivals: Path, out: Path) -> None:
    """Write test.json, the predictions of the picked run, home.json and rivals.json.

    race: the trials, in the folder that pick.json lies in. home: manifest of photos of the places that the training
    photos are from; it may hold none. rivals: predictions of other tools (`rivals_in`).
    """
    chosen: dict[str, Any] = read_pick(pick)
    samples, near = real_samples(test), read_manifest(home)
    runs = folders_of(compared(chosen), race.parent)
    for _, folder in runs:
        refuse_leak(samples, read_scores(folder / "val.json"), test)
    categories = tuple(read_run_settings(race.parent / chosen["trial"] / SETTINGS)["categories"])
    beside = rivals_in(rivals, test, samples, categories)  # before minutes of scoring our own
    with whole_folder(out, "test scores") as part:
        found, at_home = [], []
        for name, folder in runs:
            keep, run = part if folder == race.parent / chosen["trial"] else None, load_run(folder)
            scores = evaluate(run, test, "test", f"test {name}", keep)
            found.append(to_json(dataclasses.replace(scores, name=name)))
            if near:
                scores = evaluate(run, home, "home", f"home {name}", None, details=False)
                at_home.append(to_json(dataclasses.replace(scores, name=name)))
        write_json(part / "test.json", {"photos": len(samples), "runs": found})
        write_json(part / "home.json", {"photos": len(near), "runs": at_home})
        write_json(part / "rivals.json", {"photos": len(samples), "runs": [to_json(scores) for scores in beside]})


if __name__ == "__main__":
    run_stage(main)

"""The benchmark of the search for leaks: which planted copies of a set's photos it finds, and how many false alarms."""

import dataclasses
import sys
from pathlib import Path

from dataset.records import read_manifest
from mix.copies.library import PhotoFile, library_of
from mix.leaks import Leaks, photos_of, tried
from pipeline.bench import record
from pipeline.errors import InputError
from pipeline.stage import run_stage


def grouped(manifest: Path, apart: str) -> list[PhotoFile]:
    """Return the photos of a manifest, grouped by a tag: only between values of it can an alarm be a false one."""
    tags = {sample.id: sample.tags for sample in read_manifest(manifest)}
    if not any(apart in found for found in tags.values()):
        raise InputError(f"{manifest}: no photo has the tag {apart!r}; name one by which photos of one thing are told")
    return [
        dataclasses.replace(photo, group=tags[photo.id].get(apart, photo.id)) for photo in photos_of("real", manifest)
    ]


def main(settings: Leaks, photos: Path, apart: str, out: Path) -> None:
    """Write the section `leaks` of the benchmark's file. photos: of stage ingest. apart: a tag, as `grouped`."""
    library = library_of(grouped(photos / "samples.jsonl", apart), settings.most_photos)
    found = tried(library, settings)
    record(out, "leaks", dataclasses.asdict(found))
    kinds = ", ".join(f"{kind} {share:.1%}" for kind, share in found.found_per_kind.items())
    sys.stdout.write(
        f"leaks: {found.found:.1%} of the copies of {found.photos} photos found ({kinds}); "
        f"{found.false_alarms:.1%} false alarms among {len(library.photos)} photos\n"
    )


if __name__ == "__main__":
    run_stage(main)

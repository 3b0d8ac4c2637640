"""Stage `split`: divide real photos into train, val, test and further validation sets, by group."""

import contextlib
import dataclasses
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dataset.folds import FILE, write_folds
from dataset.guards import MORE_VAL, no_overlap, only_real
from dataset.idmap import read_image
from dataset.likeness import Pairs, photo_hash
from dataset.records import each_sample, manifest_file
from mix.filling import Splits, fill
from mix.folds import folds_of
from mix.frozen import check_frozen, check_rule, read_frozen
from mix.groups import NO_PAIRS, GroupedPhoto, Groups, group, known_tags, pairs_alike, pairs_seen_alike, photo_of
from mix.rules import Split
from pipeline.errors import InputError
from pipeline.files import sha256_of, way_to, whole_folder, write_text
from pipeline.progress import track
from pipeline.side_by_side import side_by_side
from pipeline.stage import run_stage


def check_photos(photos: Sequence[GroupedPhoto], settings: Split, manifest: Path) -> None:
    """Raise InputError for an id that stands there twice, and for a tag of keep_together that no photo has.

    A misspelt tag would let twins part.
    """
    (twice, count), *_ = Counter(photo.id for photo in photos).most_common(1) or [("", 0)]
    if count > 1:
        raise InputError(f"{manifest}: the sample {twice} stands there twice; run stage ingest again")
    for tag in settings.keep_together:
        if not any(tag in photo.tags for photo in photos):
            raise InputError(f"split.keep_together: no photo has the tag {tag!r}; there are: {known_tags(photos)}")


def read_groups(settings: Split, folder: Path) -> Groups:
    """Return the groups of the photos that stage ingest wrote into a folder."""
    photos, files = list[GroupedPhoto](), list[str]()
    for sample in each_sample(folder / "samples.jsonl"):
        photos.append(photo_of(sample))
        files.append(sample.image)
    check_photos(photos, settings, folder / "samples.jsonl")
    sums = [sha256_of(folder / file) for file in files]
    return group(photos, sums, settings.keep_together, alike([folder / file for file in files], settings))


def alike(files: Sequence[Path], settings: Split) -> Pairs:
    """Return the pairs of places in `files` that the settings tie because the photos look alike."""
    pairs = [NO_PAIRS]
    if settings.near_duplicates is not None:
        found = side_by_side(lambda file: photo_hash(read_image(file)), files)
        hashes = np.array([*track(found, len(files), "look for near-duplicates", "photos")], np.uint64)
        pairs.append(pairs_alike(hashes, settings.near_duplicates))
    if settings.look_alikes is not None:
        from dataset.encoder import Looks  # here: torch takes seconds to load, and few splits ask for it

        looks = Looks()
        vectors = [
            looks.vector(read_image(file)) for file in track(files, len(files), "look for look-alikes", "photos")
        ]
        pairs.append(pairs_seen_alike(np.array(vectors, np.float32), settings.look_alikes))
    return np.concatenate(pairs)


def write_splits(splits: Splits, photos: Path, out: Path) -> None:
    """Write a manifest a split, in the order of that of `photos`, whose paths lead there; all whole or none.

    Samples are read once more, one at a time: with their objects they would take many times the memory.
    """
    place = {photo.id: (name, photo.group) for name, members in splits.items() for photo in members}
    with contextlib.ExitStack() as stack:
        more = stack.enter_context(whole_folder(out / "more_val", "validation sets"))
        files = {name: more / f"{name.removeprefix(MORE_VAL)}.jsonl" for name in splits if name.startswith(MORE_VAL)}
        files |= {name: out / f"{name}.jsonl" for name in ("home", *splits) if name not in files}
        write = {name: stack.enter_context(manifest_file(path)) for name, path in files.items()}
        way = {name: way_to(photos, path.parent) for name, path in files.items()}
        for sample in each_sample(photos / "samples.jsonl"):
            if sample.id in place:
                name, key = place[sample.id]
                image, ids = f"{way[name]}/{sample.image}", f"{way[name]}/{sample.ids}"
                write[name](dataclasses.replace(sample, image=image, ids=ids, group=key))


def main(settings: Split, photos: Path, out: Path, frozen: Path | None = None) -> None:
    """Write train, val, test and home.jsonl (empty unless asked for) and more_val/, whose paths lead to `photos`.

    folds.json says which photos each fold holds; with folds val is all photos of train, else there are none. frozen:
    file of the frozen test set; None, or a file that is not there: none is.
    """
    test = read_frozen(frozen) if frozen else None
    if test and frozen:
        check_rule(test, settings.test.plain, frozen)
        check_frozen(test, photos, frozen)
    groups = read_groups(settings, photos)
    splits = fill(groups, settings, test.photos.keys() if test else ())
    no_overlap(**splits)
    for name, members in splits.items():  # all are looked at before the first is written
        only_real(members, name)
    folds = folds_of(splits["train"], settings.folds, settings.seed) if settings.folds else ()
    write_splits(splits, photos, out)
    if folds:
        write_text(out / "val.jsonl", (out / "train.jsonl").read_text(encoding="utf-8"))
    write_folds(out / FILE, folds)
    counts = {name: len(members) for name, members in splits.items()}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    said += f", val {len(folds)} folds of train" if folds else ""
    left_out = sum(map(len, groups.values())) - sum(counts.values())
    sys.stderr.write(f"split: {said}, left out {left_out}\n")


if __name__ == "__main__":
    run_stage(main)

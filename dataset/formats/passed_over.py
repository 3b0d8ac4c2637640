"""What lies in the folder of a set and is no part of it: it is counted and named, so that no photo is lost unsaid."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataset.formats.listed import PHOTO_SUFFIXES, UNREAD, Defects, PhotoSet, files_of, unread_in
from pipeline.errors import few_of, shown

MOST_NAMED = 3  # files or folders in a sentence


def unnamed(found: PhotoSet, defects: Defects) -> list[str]:
    """Return in a sentence how many photos lie beside those of a set without being named by its labels, none if none.

    Pictures that cannot be read count too.
    """
    known = {photo.file for photo in found.photos} | {defect.photo for defect in defects.found}
    folders = {photo.file.parent for photo in found.photos}
    others = sorted({path for folder in folders for path in (*files_of(folder), *unread_in(folder))} - known)
    if not others:
        return []
    names = few_of([shown(path.name) for path in others], MOST_NAMED)
    are = "pictures lie" if len(others) > 1 else "picture lies"
    return [f"passed over what its labels do not name: {len(others)} {are} beside its photos ({names})"]


def elsewhere(root: Path, found: PhotoSet) -> list[str]:
    """Return in a sentence how many pictures lie in folders that hold no photo and no label of a set, none if none."""
    used = {file.parent for photo in found.photos for file in (photo.file, *files_in(photo.label))}
    others = {folder: count for folder, count in folders_below(root) if folder not in used}
    if not others:
        return []
    names = [f"{shown(folder.relative_to(root).as_posix())} {count}" for folder, count in sorted(others.items())]
    return [
        f"passed over {sum(others.values())} pictures in folders that hold no photo and no label of it "
        f"({few_of(names, MOST_NAMED)})"
    ]


def files_in(label: Any) -> Iterator[Path]:
    """Yield the files that a label names, in it and in what it holds."""
    if isinstance(label, Path):
        yield label
    elif isinstance(label, tuple):
        for part in label:
            yield from files_in(part)
    elif dataclasses.is_dataclass(label):
        for field in dataclasses.fields(label):
            yield from files_in(getattr(label, field.name))


def folders_below(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield each folder, the root too, with the number of its pictures, if it has any; hidden ones are passed over."""
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith((".", "__MACOSX"))]
        count = sum(Path(name).suffix.lower() in PHOTO_SUFFIXES | UNREAD and name[0] != "." for name in names)
        if count:
            yield Path(folder), count

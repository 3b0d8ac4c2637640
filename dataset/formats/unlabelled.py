"""Folders of photos without any labels."""

from collections.abc import Sequence
from pathlib import Path

from dataset.formats.listed import (
    BROKEN_PHOTO,
    NO_LICENCE,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    refuse_unread,
    unread_in,
)
from dataset.formats.outlines import Outlines
from dataset.formats.pairing import MOST_DEEP, pictures_in
from dataset.formats.webdataset import IDS, MASKS
from pipeline.errors import InputError, few_of, shown

TEXTS = {".csv", ".json", ".jsonl", ".npy", ".npz", ".parquet", ".tsv", ".txt", ".xml", ".yaml"}
MOST_NAMED = 3  # of the files that may hold labels


def find_photos(root: Path) -> Path | None:
    """Return the folder itself if there is a photo in it or a few levels below, one that is not read too, else None."""
    return root if next(pictures_in(root), None) or unread_in(root, MOST_DEEP) else None


def read_photos(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return every photo below a folder, none of them labelled, and no category.

    Raises InputError where two photos have one name, since one may be the other's mask, and for the labels of an
    unpacked webdataset.
    """
    defects, files = defects or FirstDefect(), list(pictures_in(root))
    refuse_labels(files)
    seen: dict[str, Path] = {}
    for file in files:
        first = seen.setdefault(file.stem, file)
        if first is not file:
            raise InputError(
                f"{root}: found no labelled photos, wanted images/ and masks/ or another format that is known; {first} "
                f"and {file} have one name: name the folders so if one is a mask, else rename one"
            )
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(root, MOST_DEEP)
    photos = [
        ListedPhoto(file, Outlines(str(file), None, ()), root.resolve().name, NO_LICENCE, {}, labelled=False)
        for file in files
    ]
    return PhotoSet((), tuple(photos), (f"found no labels of any format{words_on_texts(root)}",))


def words_on_texts(root: Path) -> str:
    """Return in words which texts in a folder or below may hold labels, "" for none."""
    found = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.suffix.lower() in TEXTS]
    names = [shown(path.as_posix()) for path in found if not any(part.startswith(".") for part in path.parts)]
    return f", though {len(names)} files may hold some ({few_of(names, MOST_NAMED)})" if names else ""


def refuse_labels(files: Sequence[Path]) -> None:
    """Raise InputError for a picture that is another one's label, as the tars of webdataset name them."""
    for file in files:
        key, _, suffix = file.name.partition(".")
        if key and suffix.lower() in {IDS, *MASKS}:
            raise InputError(
                f"{file}: is a label of an unpacked webdataset; leave the tars as they are, and name the folder in "
                "which they lie"
            )

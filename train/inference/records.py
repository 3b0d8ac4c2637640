"""The photos of a folder, and the prediction of each as a record: what is done, and what is out of date."""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from dataset.formats.listed import PHOTO_SUFFIXES
from dataset.predictions import RECORDS, Prediction, read_record
from pipeline.errors import InputError, shown
from pipeline.files import inside, write_text
from train.inference.outputs import picture_path
from train.inference.settings import SUFFIX


def key_of(photo: bytes, about: Any) -> str:
    """Return what changes when the photo or `about` (the run and the settings, as JSON) does: SHA-256 in hex."""
    text = json.dumps(about, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(hashlib.sha256(photo).digest() + text.encode()).hexdigest()


def record_path(out: Path, stem: str) -> Path:
    """Return where the record of a photo lies."""
    return out / RECORDS / f"{stem}.json"


def write_record(path: Path, prediction: Prediction) -> None:
    """Write one record whole."""
    write_text(path, json.dumps(dataclasses.asdict(prediction), ensure_ascii=False) + "\n")


def pictures_in(out: Path, stem: str, prediction: Prediction) -> list[Path]:
    """Return where the pictures of a record lie; raise InputError for one that is another's, or outside `out`."""
    where = f"{out}: the record of {prediction.file}"
    for kind, picture in prediction.pictures.items():
        if kind not in SUFFIX or picture != picture_path(kind, stem):
            raise InputError(f"{where}: {shown(picture)} is no picture of its own; delete it and predict again")
    return [inside(out, picture, where) for picture in prediction.pictures.values()]


def is_done(out: Path, stem: str, key: str) -> bool:
    """Return whether a photo's prediction is there, whole, and of this key."""
    path = record_path(out, stem)
    if not path.is_file():
        return False
    found = read_record(path)
    return found.key == key and all(picture.is_file() for picture in pictures_in(out, stem, found))


def forget_others(out: Path, stems: set[str]) -> None:
    """Delete the records, and the pictures they name, of photos that are not among `stems`.

    Raises InputError, before anything is deleted, for a record that cannot be read or names a file of another.
    """
    folder = out / RECORDS
    known = {path.relative_to(folder).as_posix().removesuffix(".json"): path for path in sorted(folder.rglob("*.json"))}
    others = {stem: path for stem, path in known.items() if stem not in stems}
    pictures = [picture for stem, path in others.items() for picture in pictures_in(out, stem, read_record(path))]
    for path in (*pictures, *others.values()):
        path.unlink(missing_ok=True)


def photos_in(folder: Path) -> list[str]:
    """Return the photos of a folder and its sub-folders as POSIX paths relative to it, sorted.

    Hidden files and folders, and files of other kinds, are passed over. Raises InputError when there is no photo.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name the one where the photos lie")
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    names = [path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts)]
    if not names:
        raise InputError(f"{folder}: found no photo ({', '.join(sorted(PHOTO_SUFFIXES))}); put photos there")
    return names


def stems_of(files: Sequence[str]) -> list[str]:
    """Return for each photo what its predictions are called, e.g. ``kitchen/a`` of ``kitchen/a.jpg``.

    Photos that differ in their suffix alone keep it, ``kitchen/a.jpg`` and ``kitchen/a.png``, so that no two have one
    name, whatever else lies there.
    """
    plain = [PurePosixPath(file).with_suffix("").as_posix() for file in files]
    often = Counter(name.lower() for name in plain)  # as file systems that do not tell A from a count them
    taken = {file.lower() for file in files}
    return [
        file if often[name.lower()] > 1 or name.lower() in taken else name
        for file, name in zip(files, plain, strict=True)
    ]

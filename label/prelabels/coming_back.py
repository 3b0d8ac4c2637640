"""Files that come back from a labelling tool, read beside the photos that were sent."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataset.formats.label_studio import files_in, taken_of, task_of, tasks_in
from dataset.formats.listed import PHOTO_SUFFIXES, Defects, PhotoSet
from dataset.formats.outlines import Outlines
from dataset.formats.photo_urls import PhotosBelow
from dataset.known_formats import read_set
from label.prelabels.changes import Returned
from label.prelabels.records import TASK, SentPhoto
from pipeline.archives import ArchiveLimits
from pipeline.errors import InputError
from pipeline.unpack import unpacked

ARCHIVE = ArchiveLimits(200_000, 64 * 2**30, "unpack it, and name its folder")


@contextmanager
def beside_photos(back: Path, folder: Path) -> Iterator[Path]:
    """Yield a temporary folder with the files that came back and, where they bring none, the photos of a folder.

    An InputError that names the temporary folder leaves as one that names what came back.
    """
    with unpacked(back, ARCHIVE) as root, tempfile.TemporaryDirectory(prefix="back-") as name:
        home = Path(name)
        files = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
        for file in files:
            put(file, home / (file.relative_to(root) if root.is_dir() else file.name))
        have = {path.name for path in files}
        for photo in sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES):
            if photo.name not in have:
                put(photo, home / photo.relative_to(folder))
        try:
            yield home
        except InputError as error:
            raise InputError(str(error).replace(str(home), str(back))) from None


def put(file: Path, there: Path) -> None:
    """Have a file in another place too: as a second name of it, else as a copy."""
    there.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, there)
    except OSError:
        shutil.copyfile(file, there)


def returned(back: Path, sent: Path, photos: dict[str, SentPhoto]) -> dict[str, Returned]:
    """Return what came back, by the names of the photos that were sent; photos that did not come back are missing.

    Raises InputError for files of no format that is known, and for the first label that cannot be read.
    """
    with beside_photos(back, sent / TASK) as home:
        return read_in(home, photos)


def whole_set(home: Path) -> PhotoSet:
    """Return the set in a folder; raise InputError for the first label that cannot be read."""
    defects = Defects()
    found = read_set(home, defects)
    if defects.found:
        raise InputError(defects.found[0].text)
    return found


def read_in(home: Path, photos: dict[str, SentPhoto]) -> dict[str, Returned]:
    """Return what the files in a folder say of the photos that were sent."""
    found, handed_in = whole_set(home), annotations_in(home)
    result = {}
    for photo in found.photos:
        name = photo.file.stem
        if name not in photos or (handed_in and name not in handed_in):
            continue
        label, size = photo.label, photos[name].size_hw
        ids, categories = label.draw(size)
        outlines = label.outlines if isinstance(label, Outlines) else ()
        names = [outline.name for outline in outlines if not outline.ignored] or [""] * len(categories)
        said = handed_in.get(name, {})
        time_s = said.get("lead_time")
        person = said.get("completed_by")
        who = person.get("email", person.get("id", "")) if isinstance(person, dict) else person
        result[name] = Returned(
            ids,
            tuple(categories),
            tuple(names),
            bool(said),
            float(time_s) if isinstance(time_s, int | float) and not isinstance(time_s, bool) and time_s >= 0 else None,
            "" if who is None else str(who),
        )
    if not result:
        raise InputError(f"{home}: holds no photo that was sent and handed in; name what came back from the tool")
    return result


def annotations_in(home: Path) -> dict[str, dict[str, Any]]:
    """Return the annotation that counts of each photo that was handed in, where the files are Label Studio's."""
    files, found = files_in(home), {}
    places = PhotosBelow.of(home) if files else None
    for path in files:
        for number, task in enumerate(tasks_in(path)):
            where = f"{path}: task {number}"
            taken = taken_of(task, where)
            if taken is not None and places is not None:
                found[task_of(task, places, where).file.stem] = {"handed_in": True} | taken
    return found

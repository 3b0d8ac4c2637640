"""The lists of VOC's ImageSets/Segmentation: which part of a set each photo is in."""

import dataclasses
import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from dataset.formats.listed import PHOTO_SUFFIXES
from pipeline.reading import read_text

MOST_LIST_BYTES = 2**28
FLAGGED = re.compile(r"\s+(-1|0|1)$")  # whether the class of a list is to be seen


@dataclasses.dataclass(frozen=True)
class Lists:
    """What the lists of ImageSets/Segmentation say."""

    part: Mapping[str, str]  # photo -> the smallest of those that name it
    strays: tuple[str, ...] = ()  # their lines that name no photo


def lists_in(folder: Path, photos: Collection[str]) -> Lists:
    """Return what the lists of a folder say; one of a class (``a -1``) counts where no other one names a photo."""
    texts = {path.stem: read_text(path, MOST_LIST_BYTES).splitlines() for path in sorted(folder.glob("[!.]*.txt"))}
    lists = {name: [line.strip() for line in lines if line.strip()] for name, lines in texts.items()}
    classes = {name for name, lines in lists.items() if lines and all(map(FLAGGED.search, lines))}
    last_counts = sorted(lists.items(), key=lambda item: (item[0] not in classes, -len(item[1]), item[0]))
    part, strays = dict[str, str](), dict[str, None]()
    for name, lines in last_counts:
        for line in lines:
            meant = photo_meant(line, photos)
            part |= {meant: name} if meant else {}
            strays |= {} if meant else {line: None}
    return Lists(part, tuple(strays))


def photo_meant(line: str, photos: Collection[str]) -> str | None:
    """Return which of the photos a line of a list means, None for none of them.

    Tools write a name with or without its suffix, with folders before it, with 1, 0 or -1 behind it, which says whether
    a class is there, and with the path of its mask behind it.
    """
    if line in photos:
        return line
    for name in (line, FLAGGED.sub("", line), line.split()[0]):
        way = PurePosixPath(name.replace("\\", "/"))
        ends = [PurePosixPath(*way.parts[k:]) for k in range(len(way.parts))]
        bare = [end.with_suffix("") for end in ends if end.suffix.lower() in PHOTO_SUFFIXES]
        found = next((str(end) for end in (*ends, *bare) if str(end) in photos), None)
        if found:
            return found
    return None

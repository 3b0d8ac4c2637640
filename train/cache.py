"""Photos as training sees them, decoded once and mapped into memory by every cell."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from dataset.records import Sample, Side, to_line
from dataset.shards import read_bytes
from pipeline.errors import InputError, shown
from pipeline.files import whole_folder, write_json
from pipeline.progress import track
from pipeline.reading import Count, Record, read_typed
from train.data import Photo, load_photo, shrunk

PIXELS, INDEX = "pixels.bin", "index.json"
BATCH = 64  # photos decoded before they are written: bounds the memory

Place = tuple[Path, Sample]  # the folder of a sample's manifest, and the sample


@dataclasses.dataclass(frozen=True)
class Index(Record):
    """Where the photos of a cache lie: digest -> first byte, height, width."""

    longest: int
    categories: tuple[str, ...]
    photos: dict[str, tuple[Count, Side, Side]]


INDEXED = TypeAdapter(Index)


def read_index(folder: Path) -> Index:
    """Return the index of a cache; raise InputError for another kind of file, and one that leaves the pixels."""
    index = read_typed(folder / INDEX, INDEXED, "the index of a cache", f"remove {folder}, and it is made again")
    size = (folder / PIXELS).stat().st_size if (folder / PIXELS).is_file() else 0
    for digest, (start, height, width) in index.photos.items():
        if start + 4 * height * width > size:
            raise InputError(f"{folder}: {shown(digest)} leaves its pixels; remove the folder, and it is made again")
    return index


def digest_of(folder: Path, sample: Sample) -> str:
    """Return the hash of a sample's record and files; raise InputError when a file is missing."""
    found = hashlib.sha256(to_line(sample).encode())
    for name in (sample.image, sample.ids):
        found.update(read_bytes(folder / name))
    return found.hexdigest()[:32]


def warm(folder: Path, photos: Sequence[tuple[str, Place]], categories: Sequence[str], longest: int) -> None:
    """Make sure that every photo is in the cache at most `longest` pixels long.

    photos: digest and place of each. A cache that holds them all is left alone, any other is made anew.
    """
    head = {"longest": longest, "categories": list(categories)}
    if holds(folder, head, {digest for digest, _ in photos}):
        return
    places: dict[str, list[int]] = {}
    each = dict(photos)
    with whole_folder(folder, "cache of photos") as part, (part / PIXELS).open("wb") as file:
        for digest, photo in track(decoded(each, categories, longest), len(each), "decode", "photos"):
            places[digest] = [file.tell(), *photo.truth.shape]
            file.write(np.ascontiguousarray(photo.image).tobytes() + np.ascontiguousarray(photo.truth).tobytes())
        write_json(part / INDEX, head | {"photos": places})


def holds(folder: Path, head: dict[str, object], digests: set[str]) -> bool:
    """Return whether a cache was made with these settings and holds these photos."""
    if not (folder / INDEX).is_file():
        return False
    try:
        index = read_index(folder)
    except InputError:
        return False
    return {"longest": index.longest, "categories": list(index.categories)} == head and digests <= index.photos.keys()


def decoded(photos: dict[str, Place], categories: Sequence[str], longest: int) -> Iterable[tuple[str, Photo]]:
    """Yield every photo by its digest, decoded on threads a few at a time."""
    items = list(photos.items())
    with ThreadPoolExecutor() as threads:
        for start in range(0, len(items), BATCH):
            some = items[start : start + BATCH]
            made = threads.map(lambda item: shrunk(load_photo(item[1][0], item[1][1], categories), longest), some)
            yield from zip((digest for digest, _ in some), made, strict=True)


class Cache:
    """The photos of a warm cache, read from the disk as they are used."""

    def __init__(self, folder: Path):
        """Map the cache. Raises InputError when `folder` holds none."""
        self.places = read_index(folder).photos
        self.pixels = np.asarray(np.memmap(folder / PIXELS, np.uint8, "r"))

    def photo(self, digest: str) -> Photo:
        """Return one photo, its arrays read-only. Raises KeyError for one that was not put in."""
        start, height, width = self.places[digest]
        end = start + 3 * height * width
        image, truth = self.pixels[start:end], self.pixels[end : end + height * width]
        return Photo(image.reshape(height, width, 3), truth.reshape(height, width))

"""The records that cross every seam: `Sample` and `Instance`, one JSON line each sample."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, with_config

from pipeline.files import whole_file
from pipeline.reading import PART, Record, lines_of, parse_typed

REAL = "real"
RENDER = "render"
LONGEST_PATH, LONGEST_NAME = 3000, 255  # characters; bytes of one part
MOST_SIDE = 65_500  # of an image, in pixels: what JPEG can hold


def relative(path: str) -> str:
    """Return a path as it is; raise ValueError for one that is absolute, or that no file can have."""
    parts = [part for part in path.split("/") if part not in {"", "."}]  # a third of the time of PurePosixPath
    known = parts and path[0] != "/" and parts[-1] != ".." and "\0" not in path and len(path) <= LONGEST_PATH
    if not known or (len(path.encode()) > LONGEST_NAME and max(len(part.encode()) for part in parts) > LONGEST_NAME):
        raise ValueError("a file's path relative to the manifest's folder")
    return path


RelativePath = Annotated[str, AfterValidator(relative)]
PathOrNone = Annotated[str, AfterValidator(lambda path: path and relative(path))]
Side = Annotated[int, Field(ge=1, le=MOST_SIDE)]
Place = Annotated[int, Field(ge=0, le=MOST_SIDE)]


@dataclasses.dataclass(frozen=True, slots=True)
class Instance(Record):
    """One object in one image."""

    category: str
    index: Annotated[int, Field(ge=1, le=65534)]  # its value in the sample's id map; 0 is background, 65535 ignored
    box: tuple[Place, Place, Place, Place]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    area_px: Annotated[int, Field(ge=0, le=MOST_SIDE**2)]
    visible_fraction: float = 1.0  # seen pixels / pixels if nothing stood before it; 1.0 if unknown
    asset: str | None = None  # id in the catalogue; None for real objects


@dataclasses.dataclass(frozen=True, slots=True)
class Sample(Record):
    """One labelled image and where it came from. Paths are POSIX and relative to the manifest's folder."""

    id: str
    domain: str  # "real" or "render"
    image: RelativePath  # 8-bit RGB, PNG or JPEG
    ids: RelativePath  # uint16 PNG: 0 = background, k = k-th instance, 65535 = ignored (dataset.idmap)
    size_hw: tuple[Side, Side]
    instances: tuple[Instance, ...]
    source: str  # where the photo came from; for renders, the recipe
    licence: str
    group: str = ""  # photos of one group are never in two splits; empty: a group of its own
    assets: tuple[str, ...] = ()  # ids of every asset in the picture, labelled or not, sorted
    tags: dict[str, str] = dataclasses.field(default_factory=dict)  # camera, collection, burst, ...
    depth: PathOrNone = ""  # float32 NPY (H, W): metres along the line of sight, inf = nothing there; "" = none
    normals: PathOrNone = ""  # float16 NPY (H, W, 3): world axes, zeros = nothing there; "" = none
    draws: dict[str, float | str] = dataclasses.field(default_factory=dict)  # of a render: range -> what was drawn


@with_config(PART)
@dataclasses.dataclass(frozen=True, slots=True)
class InstanceHead:
    """What of an instance decides its sample's place in a pool."""

    category: str


@with_config(PART)
@dataclasses.dataclass(frozen=True, slots=True)
class SampleHead:
    """What of a sample decides its place in a pool: read in half the time of a whole one."""

    id: str
    domain: str
    instances: tuple[InstanceHead, ...]
    group: str = ""


SAMPLE, HEAD = TypeAdapter(Sample), TypeAdapter(SampleHead)
AGAIN = "run the stage that writes it again"
Known = TypeVar("Known")
Parse = Callable[[bytes, str], Known]  # a line, and where it stands: `from_line` or `head_from_line`


def to_line(sample: Sample) -> str:
    """Return the sample as one line of JSON, keys in the order of the record."""
    return SAMPLE.dump_json(sample, warnings=False).decode()


def from_line(line: str | bytes, where: str = "a line") -> Sample:
    """Return the sample that `to_line` wrote; raise InputError, beginning with `where`, for any other text."""
    return parse_typed(line, SAMPLE, f"{where}: not a sample", AGAIN)


def head_from_line(line: str | bytes, where: str = "a line") -> SampleHead:
    """Return the head of a sample that `to_line` wrote, the rest of which is not checked; errors as `from_line`."""
    return parse_typed(line, HEAD, f"{where}: not a sample", AGAIN)


def write_manifest(path: Path, samples: Iterable[Sample]) -> None:
    """Write a manifest whole, one sample a line in the given order; no sample gives an empty file."""
    with manifest_file(path) as write:
        for sample in samples:
            write(sample)


@contextlib.contextmanager
def manifest_file(path: Path) -> Iterator[Callable[[Sample], object]]:
    """Yield what writes one more sample to a manifest, which is there, whole, when the block succeeds."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        yield lambda sample: file.write(to_line(sample) + "\n")


def read_manifest(path: Path) -> list[Sample]:
    """Return the samples of a manifest in the file's order; raise InputError for a line that is no sample."""
    return list(each_sample(path))


def each_sample(path: Path) -> Iterator[Sample]:
    """Yield what `read_manifest` returns, one sample at a time, so that a manifest of any length fits in memory."""
    return each_parsed(path, from_line)


def each_parsed(path: Path, parse: Parse[Known]) -> Iterator[Known]:
    """Yield what `parse` makes of each line of a manifest; raise InputError as it does."""
    name = str(path)
    for number, line in enumerate(lines_of(path), 1):
        yield parse(line, f"{name}:{number}")

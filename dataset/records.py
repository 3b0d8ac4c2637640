"""The records that cross every seam: `Sample` and `Instance`, one JSON line each sample."""

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import write_text

REAL = "real"
RENDER = "render"


@dataclasses.dataclass(frozen=True)
class Instance:
    """One object in one image."""

    category: str
    index: int  # its value in the sample's id map, 1..65535; 0 is background
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive
    area_px: int
    visible_fraction: float = 1.0  # seen pixels / pixels if nothing stood before it; 1.0 if unknown
    asset: str | None = None  # id in the catalogue; None for real objects


@dataclasses.dataclass(frozen=True)
class Sample:
    """One labelled image and where it came from. Paths are POSIX and relative to the manifest's folder."""

    id: str
    domain: str  # "real" or "render"
    image: str  # 8-bit RGB, PNG or JPEG
    ids: str  # uint16 PNG: 0 = background, k = k-th instance
    size_hw: tuple[int, int]
    instances: tuple[Instance, ...]
    source: str  # where the photo came from; for renders, the recipe
    licence: str
    group: str = ""  # photos of one group are never in two splits; empty: a group of its own
    assets: tuple[str, ...] = ()  # ids of every asset in the picture, labelled or not, sorted
    tags: dict[str, str] = dataclasses.field(default_factory=dict)  # camera, collection, burst, ...
    depth: str = ""  # float32 NPY (H, W): metres along the line of sight, inf = nothing there; "" = none
    normals: str = ""  # float16 NPY (H, W, 3): world axes, zeros = nothing there; "" = none
    draws: dict[str, float | str] = dataclasses.field(default_factory=dict)  # of a render: range -> what was drawn


def to_line(sample: Sample) -> str:
    """Return the sample as one line of JSON, keys in the order of the record."""
    return json.dumps(dataclasses.asdict(sample), ensure_ascii=False, separators=(",", ":"))


def from_line(line: str) -> Sample:
    """Return the sample that `to_line` wrote. Raises ValueError, KeyError or TypeError for any other text."""
    value: dict[str, Any] = json.loads(line)
    instances = tuple(Instance(**(item | {"box": tuple(item["box"])})) for item in value.pop("instances"))
    size, assets = tuple(value.pop("size_hw")), tuple(value.pop("assets"))
    return Sample(**value, size_hw=size, assets=assets, instances=instances)


def write_manifest(path: Path, samples: Iterable[Sample]) -> None:
    """Write a manifest whole, one sample a line in the given order; no sample gives an empty file."""
    write_text(path, "".join(to_line(sample) + "\n" for sample in samples))


def read_manifest(path: Path) -> list[Sample]:
    """Return the samples of a manifest in the file's order; raise InputError for a line that is no sample."""
    return list(each_sample(path))


def each_sample(path: Path) -> Iterator[Sample]:
    """Yield what `read_manifest` returns, one sample at a time, so that a manifest of any length fits in memory."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield sample_in(line, f"{path}:{number}")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such manifest; run the stage that writes it") from None


def sample_in(line: str, where: str) -> Sample:
    """Return the sample of a line; raise InputError naming `where` if it is none."""
    try:
        return from_line(line)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{where}: not a sample ({error}); run the stage that writes it again") from error

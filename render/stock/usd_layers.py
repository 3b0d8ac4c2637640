"""What a USD file names, asked of USD itself: run alone, ``python -I usd_layers.py FILE``, in a process of its own.

Blender carries another USD, so that both cannot share a process, and a stranger's file may bring USD down. Prints
``{"metres": 0.01, "layers": ["lid.usda"]}`` (of a unit, null where the file does not say; the files beside it that it
needs), or ``{"reason": "why it is refused"}``. Imports nothing of ours: the process may not read our code.
"""

import json
import math
import os
import re
import resource
import signal
import sys
import zipfile
from pathlib import Path

from pxr import Sdf, Tf, UsdUtils, Vt

LAYERS = (".usd", ".usda", ".usdc", ".usdz")
ARGUMENTS = ":SDF_FORMAT_ARGS:"
MOST_LAYERS = 1000
MEMORY_BYTES, MEMORY_A_BYTE, SECONDS = 2**28, 16, 60  # beyond what the process holds, for a file's size; of one file


class RefusedError(Exception):
    """Why a file is not taken."""


def layers_of(file: Path) -> dict[str, Sdf.Layer]:
    """Return identifier -> layer of a file and all layers that it names, in or below its folder."""
    root, found = file.resolve().parent, dict[str, Sdf.Layer]()
    waiting: list[tuple[str, tuple[str, ...]]] = [(str(file.resolve()), ())]
    while waiting:
        name, way = waiting.pop()
        if name in way:
            raise RefusedError(f"{shown(name, root)} names itself, by way of others or directly; export it anew")
        if len(found) > MOST_LAYERS:
            raise RefusedError(f"names more than {MOST_LAYERS} layers; export it as one file")
        layer = found.get(name) or opened(name, root)
        found[name] = layer
        waiting += [(inner, (*way, name)) for inner in named_by(layer, name, root)]
    return found


def opened(name: str, root: Path) -> Sdf.Layer:
    """Return a layer; RefusedError for one that USD cannot read, whose archive is no USDZ, or with strange points."""
    outer = Path(name.partition("[")[0])
    if outer.suffix.lower() == ".usdz":
        check_archive(outer)
    try:
        layer = Sdf.Layer.FindOrOpen(name)
    except (Tf.ErrorException, RuntimeError, UnicodeDecodeError):
        layer = None
    if layer is None:
        raise RefusedError(f"{shown(name, root)} is no whole USD file; export it again")
    if layer.expressionVariables:
        raise RefusedError(f"{shown(name, root)} builds the names of files from variables; export it with plain names")
    if number := strange_points(layer):
        raise RefusedError(f"{number} of its vertices are not three finite numbers; delete these, and export it again")
    return layer


def strange_points(layer: Sdf.Layer) -> int:
    """Return how many points in a layer have a coordinate that is NaN or infinite: Blender makes these zeros."""
    found = 0

    def look(path: Sdf.Path) -> None:
        nonlocal found
        points = layer.GetAttributeAtPath(path).default if path.name == "points" and path.IsPrimPropertyPath() else None
        if isinstance(points, Vt.Vec3fArray) and not math.isfinite(sum(memoryview(points).cast("B").cast("f"))):
            found += sum(not all(map(math.isfinite, point)) for point in points)

    layer.Traverse("/", look)
    return found


def check_archive(path: Path) -> None:
    """Raise RefusedError unless a .usdz is what its specification asks for: files that are stored, not compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise RefusedError(f"{path.name} is no whole archive ({error}); export it again") from error
    for member in members:
        parts = Path(member.filename.replace("\\", "/")).parts
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 or ".." in parts or "/" in parts[:1]:
            raise RefusedError(
                f"{path.name} holds {member.filename[:80]!r} compressed, hidden or elsewhere; export again"
            )
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise RefusedError(f"{path.name} says that it holds more than it does; export it again")


def named_by(layer: Sdf.Layer, name: str, root: Path) -> list[str]:
    """Return the identifiers of the layers that a layer names; RefusedError if it names any file outside `root`."""
    said: list[str] = []

    def keep(path: str) -> str:
        said.append(path)
        return path

    UsdUtils.ModifyAssetPaths(layer, keep)  # the one call that comes by every path, those of clips and textures too
    package, _, inner = name.removesuffix("]").partition("[")
    home = Path(inner).parent if inner else Path(package).parent
    layers = []
    for path in dict.fromkeys(filter(None, said)):
        plain = path.partition(ARGUMENTS)[0].replace("\\", "/").partition("[")[0]
        if re.match(r"[A-Za-z][\w+.-]*:|/|`|~", plain) or "\0" in plain:
            raise elsewhere(name, path, root)
        place = os.path.normpath(home / plain)
        if inner and (place == ".." or place.startswith("../")):
            raise elsewhere(name, path, root)
        if not inner and not Path(place).resolve().is_relative_to(root):
            raise elsewhere(name, path, root)
        if plain.lower().endswith(LAYERS):
            there = Path(place).is_file()
            if not inner and not there and not package.lower().endswith(".usdz"):  # whose first layer names its own
                raise RefusedError(f"{shown(name, root)} names {path[:200]!r}, which is not there; put it there")
            layers += [f"{package}[{place}]"] if inner else [place] if there else []
    return layers


def elsewhere(name: str, path: str, root: Path) -> RefusedError:
    """Return the error of a layer that names a file outside the folder of the asset."""
    return RefusedError(
        f"{shown(name, root)} names {path[:200]!r}, which leaves its folder; export it with all its files"
    )


def shown(name: str, root: Path) -> str:
    """Return a layer's name as a message shows it."""
    return os.path.relpath(name, root)[:200]


def metres_of(layer: Sdf.Layer) -> float | None:
    """Return how long the unit of a layer is, None where it does not say."""
    value = layer.pseudoRoot.GetInfo("metersPerUnit") if layer.pseudoRoot.HasInfo("metersPerUnit") else None
    return float(value) if isinstance(value, float | int) and 0 < value < 1e6 else None


def main() -> None:
    """Answer for one file, within bounds of memory and time."""
    file = Path(sys.argv[1])
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    most = held + MEMORY_BYTES + MEMORY_A_BYTE * file.stat().st_size
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    signal.alarm(SECONDS)  # ends the process where it stands, in USD's own code too
    try:
        found, own = layers_of(file), file.resolve()
        names = {os.path.relpath(name.partition("[")[0], own.parent) for name in found}
        answer: dict[str, object] = {"metres": metres_of(found[str(own)]), "layers": sorted(names - {own.name})}
    except RefusedError as error:
        answer = {"reason": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

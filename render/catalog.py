"""The catalogue of assets: what may stand in a scene, where it came from, and whether its file is the one meant.

Beside every asset lies a small TOML file of its name; assets/README.md describes it key by key.
"""

import argparse
import dataclasses
import functools
import hashlib
import posixpath
import re
import sys
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.files import inside
from pipeline.reading import read_toml
from pipeline.settings import build
from pipeline.stage import one_line_errors
from render.stock.licences import spdx
from render.stock.obj import MeshMeasures, Vector, measure
from render.stock.parts import LIGHTS, MESHES, MISSING, fingerprint, in_blender, maps_of

BLENDER = "bpy:"  # a file inside the data files of the installed bpy wheel
KINDS = {"mesh", "hdri", "texture"}
ROLES = {"target", "distractor", "hand", "person", "light", "surface"}
MEND = "admix mend --assets {}"
TOLERANCE_M = 0.001


@dataclasses.dataclass(frozen=True)
class Asset:
    """One asset: `id` is the name of its TOML file, every other field a key in it."""

    id: str
    kind: str  # "mesh", "hdri" (environment map) or "texture" (folder of pictures)
    role: str  # "target" carries a label; "distractor", "hand", "person" never do; "light": hdri; "surface": texture
    file: str  # POSIX, relative to the assets folder (in the TOML to its own), or "bpy:" and a path in Blender's data
    licence: str  # SPDX identifier
    source: str  # who made it, or where it was found
    sha256: str = ""  # of all its files, see parts.fingerprint
    category: str = ""  # what a target is labelled; empty for every other role
    size_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # extents along x, y, z, Z up; zeros without a mesh
    labelled: tuple[str, ...] = ()  # the objects in a target's file that are its label; empty: all
    weight: float = 1.0  # how often it is drawn against the others of its kind
    scale: float = 1.0  # metres per unit of the file
    up: str = "z"  # the file's upward axis, "z" or "y"; formats that say it themselves ignore this
    centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # middle of its bounding box, in metres, Z up
    faces: int = 0  # triangles; 0 without a mesh

    @property
    def key(self) -> str:
        """Return 16 hex digits that change with whatever changes pixels or labels."""
        parts = (self.sha256, self.category, self.labelled, self.scale, self.up)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def read_catalog(assets: Path) -> tuple[Asset, ...]:
    """Return all assets below a folder by their ids in order, each one checked against its file.

    Raises InputError for broken TOML, a wrong key or value, an id that stands there twice, no asset at all, and for a
    file that is missing, changed, empty of faces, of another size, or without the labelled parts.
    """
    entries = read_sidecars(assets)
    if not entries:
        raise InputError(f"{assets}: found no asset there; add one: admix add --help")
    for path, asset in entries.items():
        check_words(asset, str(path))
        check_file(assets, asset, str(path))
    return tuple(entries.values())


def read_sidecars(assets: Path) -> dict[Path, Asset]:
    """Return TOML file -> entry as it is written, by id in order; types and ids checked, files not looked at."""
    paths = [assets / name for name in sidecars(assets)]
    entries = {path: read_sidecar(assets, path) for path in sorted(paths, key=lambda path: path.stem)}
    ids: dict[str, Path] = {}
    for path in entries:
        if path.stem in ids:
            raise InputError(f"{path}: {ids[path.stem]} has the same name; rename one of them and its files")
        ids[path.stem] = path
    return entries


def sidecars(assets: Path) -> list[Path]:
    """Return the TOML files below a folder, relative to it and sorted; hidden ones are none of ours."""
    names = sorted(path.relative_to(assets) for path in assets.rglob("*.toml"))
    return [name for name in names if not any(part.startswith(".") for part in name.parts)]


def read_sidecar(assets: Path, path: Path) -> Asset:
    """Return the entry of one TOML file below `assets`."""
    table = read_toml(path)
    if "id" in table:
        raise InputError(f"{path}: id is a line in it, wanted none: an asset is called as its TOML file; take it out")
    file = table.get("file")
    if isinstance(file, str) and not file.startswith(BLENDER):
        inside(path.parent, file, str(path))
        table["file"] = posixpath.normpath(posixpath.join(path.parent.relative_to(assets).as_posix(), file))
    return build(Asset, {"id": path.stem, **table}, f"asset {path.stem!r}", lambda _: str(path))


def check_words(asset: Asset, where: str) -> None:
    """Raise InputError, beginning with `where`, unless the entry's values are known and go together."""
    kind = {"light": "hdri", "surface": "texture"}.get(asset.role, "mesh")
    rules = (
        (re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", asset.id), "id", asset.id, "lower-case words joined by '-'"),
        (asset.kind in KINDS, "kind", asset.kind, " or ".join(sorted(KINDS))),
        (asset.role in ROLES, "role", asset.role, ", ".join(sorted(ROLES))),
        (asset.kind == kind, "role", asset.role, f"another one for a {asset.kind}: this one is for a {kind}"),
        ((asset.role == "target") == bool(asset.category), "category", asset.category, "a name for a target, else ''"),
        (asset.category == asset.category.strip(), "category", asset.category, "a name without blanks around it"),
        (asset.role == "target" or not asset.labelled, "labelled", list(asset.labelled), "parts for a target only"),
        (asset.source.strip(), "source", asset.source, "who made it, or its address"),
        (asset.weight > 0, "weight", asset.weight, "a number above 0; take the asset out if it is not to be shown"),
        (asset.scale > 0, "scale", asset.scale, "metres per unit of its file, above 0"),
        (asset.up in {"z", "y"}, "up", asset.up, "'z' or 'y'"),
    )
    for holds, key, found, wanted in rules:
        if not holds:
            raise InputError(f"{where}: {key} is {found!r}, wanted {wanted}")
    try:
        spdx(asset.licence)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def check_file(assets: Path, asset: Asset, where: str) -> None:
    """Raise InputError, beginning with `where`, unless the asset's file is there, unchanged, and what the entry says.

    Only an OBJ is measured again; of the other formats the checksum says that they are what was measured.
    """
    mend = MEND.format(assets)
    path = path_of(assets, asset)
    found = fingerprint(path)
    if found != asset.sha256:
        raise InputError(
            f"{where}: {asset.file} has sha256 {found}, wanted {asset.sha256}; "
            f"bring back the file, or if it was changed on purpose: {mend}"
        )
    if asset.kind == "texture":
        maps_of(path)
    if path.suffix.lower() == ".obj":
        check_mesh(asset, measured(path, asset.up, found), where, mend)


@functools.lru_cache(maxsize=1024)
def measured(path: Path, up: str, checksum: str) -> MeshMeasures:  # noqa: ARG001 - other bytes are measured anew
    """Return what an OBJ holds, measured once for its bytes: that takes half a second for a catalogue of people."""
    return measure(path, up)


def check_mesh(asset: Asset, found: MeshMeasures, where: str, mend: str) -> None:
    """Raise InputError unless size, middle, faces and labelled parts are as the entry says."""
    size, centre = in_metres(found.size, asset.scale), in_metres(found.centre, asset.scale)
    rules = (("size_m", size, asset.size_m), ("centre_m", centre, asset.centre_m), ("faces", found.faces, asset.faces))
    for key, value, said in rules:
        if not np.allclose(value, said, rtol=0.01, atol=TOLERANCE_M):
            raise InputError(f"{where}: {key} of {asset.file} is {value}, the entry says {said}: {mend}")
    check_parts(asset, found.parts, where)


def check_parts(asset: Asset, parts: tuple[str, ...], where: str) -> None:
    """Raise InputError unless the labelled parts are among those of the asset's file."""
    for part in asset.labelled:
        if part not in parts:
            raise InputError(f"{where}: labelled part {part!r} is not in {asset.file}, which has {', '.join(parts)}")


def in_metres(lengths: Vector, scale: float) -> Vector:
    """Return lengths in units of a file as metres, to 0.1 mm."""
    x, y, z = (round(length * scale, 4) + 0.0 for length in lengths)
    return x, y, z


def path_of(assets: Path, asset: Asset) -> Path:
    """Return where the asset's file or folder lies; InputError when it is not there, elsewhere, or of another kind."""
    where = f"{assets}: asset {asset.id!r}"
    if asset.file.startswith(BLENDER):
        return in_blender(asset.file.removeprefix(BLENDER), where)
    path = inside(assets, asset.file, where)
    if not path.exists():
        raise InputError(MISSING.format(where, path, path.name))
    suffixes = {"mesh": MESHES, "hdri": LIGHTS}.get(asset.kind, ())
    if path.is_dir() != (asset.kind == "texture") or (suffixes and path.suffix.lower() not in suffixes):
        raise InputError(f"{where}: file is {asset.file!r}, wanted {' '.join(suffixes) or 'a folder of pictures'}")
    return path


def main() -> None:
    """Check the catalogue and say how many assets it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, required=True)
    options = parser.parse_args()
    with one_line_errors():
        sys.stdout.write(f"ok: {len(read_catalog(options.assets))} assets\n")


if __name__ == "__main__":
    main()

"""The catalogue of assets: what may stand in a scene, where it came from, and whether its file is the one meant."""

import argparse
import dataclasses
import hashlib
import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.files import inside, write_text
from pipeline.settings import build
from pipeline.stage import one_line_errors
from render.obj import fingerprint, measure

CATALOG = "catalog.toml"
BLENDER = "bpy:"  # a file inside the data files of the installed bpy wheel
KINDS = {"mesh", "hdri"}
ROLES = {"target", "distractor", "hand", "person", "light"}
MEND = "python -m render.catalog --assets {} --mend"
TOLERANCE_M = 0.001


@dataclasses.dataclass(frozen=True)
class Asset:
    """One entry of catalog.toml."""

    id: str
    kind: str  # "mesh" (OBJ, metres, Z up) or "hdri" (environment map)
    role: str  # "target" carries a label; "distractor", "hand" and "person" never do; "light" is an hdri
    file: str  # POSIX, relative to the assets folder, or "bpy:" and a path in Blender's data files
    licence: str  # SPDX identifier
    source: str  # who made it, or where it was found
    sha256: str = ""  # of the file's bytes; of a mesh: OBJ, then MTL, then textures, one after the other
    category: str = ""  # what a target is labelled; empty for every other role
    size_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # extents along x, y, z of the whole mesh; zeros for an hdri
    labelled: tuple[str, ...] = ()  # the OBJ objects (`o NAME`) of a target that are its label; empty: all
    weight: float = 1.0  # how often it is drawn against the others of its kind
    scale: float = 1.0  # metres per unit of the file
    up: str = "z"  # the file's upward axis, "z" or "y"; formats that say it themselves ignore this
    centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)  # middle of its bounding box, in metres, Z up
    faces: int = 0  # 0 for an hdri or a texture

    @property
    def key(self) -> str:
        """Return 16 hex digits that change with whatever changes pixels or labels."""
        parts = (self.sha256, self.category, self.labelled, self.scale, self.up)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def read_catalog(assets: Path) -> tuple[Asset, ...]:
    """Return all assets of ``assets/catalog.toml`` in the file's order, each one checked against its file.

    Raises InputError for broken TOML, a wrong key or value, a duplicate id, and for a file that is missing,
    changed, empty of faces, of another size, or without the labelled parts.
    """
    entries = parse_catalog(assets)
    for asset in entries:
        check_words(assets, asset)
        check_file(assets, asset)
    return entries


def parse_catalog(assets: Path) -> tuple[Asset, ...]:
    """Return the entries as they are written, types and ids checked, without a look at their files."""
    path = assets / CATALOG
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; name the folder that holds {CATALOG} as --assets") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error}); mend that line") from error
    entries = table.get("asset")
    if set(table) != {"asset"} or not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: found {', '.join(table) or 'nothing'}, wanted [[asset]] entries and nothing else")
    made = tuple(
        build(Asset, entry, name_of(entry, number), lambda _: str(path)) for number, entry in enumerate(entries)
    )
    ids = [asset.id for asset in made]
    for asset_id in ids:
        if ids.count(asset_id) > 1:
            raise InputError(f"{path}: the id {asset_id!r} stands there {ids.count(asset_id)} times; give each its own")
    return made


def name_of(entry: Any, number: int) -> str:
    """Return what to call an entry in a message: its id if it has one, else its place."""
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"asset {name!r}" if isinstance(name, str) else f"asset number {number + 1}"


def check_words(assets: Path, asset: Asset) -> None:
    """Raise InputError unless kind, role, category, licence and source go together."""
    where = f"{assets / CATALOG}: asset {asset.id!r}"
    rules = (
        (re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", asset.id), "id", asset.id, "lower-case words joined by '-'"),
        (asset.kind in KINDS, "kind", asset.kind, " or ".join(sorted(KINDS))),
        (asset.role in ROLES, "role", asset.role, ", ".join(sorted(ROLES))),
        ((asset.role == "light") == (asset.kind == "hdri"), "role", asset.role, "light for an hdri and only for one"),
        ((asset.role == "target") == bool(asset.category), "category", asset.category, "a name for a target, else ''"),
        (asset.role == "target" or not asset.labelled, "labelled", list(asset.labelled), "parts for a target only"),
        (asset.licence.strip(), "licence", asset.licence, "an SPDX identifier such as CC0-1.0; ask who made it"),
        (asset.source.strip(), "source", asset.source, "who made it, or its address"),
    )
    for holds, key, found, wanted in rules:
        if not holds:
            raise InputError(f"{where}: {key} is {found!r}, wanted {wanted}")


def check_file(assets: Path, asset: Asset) -> None:
    """Raise InputError unless the asset's file is there, unchanged, and what the entry says."""
    where, mend = f"{assets / CATALOG}: asset {asset.id!r}", MEND.format(assets)
    path = path_of(assets, asset)
    found = fingerprint(path)
    if found != asset.sha256:
        raise InputError(
            f"{where}: {asset.file} has sha256 {found}, wanted {asset.sha256}; "
            f"bring back the file, or if it was changed on purpose: {mend}"
        )
    if asset.kind == "mesh":
        size, parts = measure(path)
        if not np.allclose(size, asset.size_m, rtol=0.01, atol=TOLERANCE_M):
            raise InputError(f"{where}: {asset.file} measures {list(size)} m, size_m says {list(asset.size_m)}: {mend}")
        for part in asset.labelled:
            if part not in parts:
                raise InputError(
                    f"{where}: labelled part {part!r} is not in {asset.file}, which has {', '.join(parts)}"
                )


def path_of(assets: Path, asset: Asset) -> Path:
    """Return where the asset's file lies; raise InputError when it is not there or lies outside the assets folder."""
    where = f"{assets / CATALOG}: asset {asset.id!r}"
    if not asset.file.startswith(BLENDER):
        path = inside(assets, asset.file, where)
        if not path.is_file():
            raise InputError(f"{where}: there is no file {path}; put it there, or take the entry out")
        if asset.kind == "mesh" and path.suffix != ".obj":
            raise InputError(
                f"{where}: {asset.file} is a {path.suffix or 'nameless'} file, wanted .obj; export it as OBJ"
            )
        return path
    spec = importlib.util.find_spec("bpy")  # finds the wheel without starting Blender
    roots = sorted(Path(folder) for folder in (spec and spec.submodule_search_locations) or ())
    name = asset.file.removeprefix(BLENDER)
    found = [inside(data, name, where) for root in roots for data in sorted(root.glob("*/datafiles"))]
    for path in found:
        if path.is_file():
            return path
    raise InputError(f"{where}: {name} is not in the installed bpy; install what constraints.txt names")


def mend(assets: Path) -> None:
    """Write each entry's sha256 and size_m anew from its file; every other line stays as it is."""
    path = assets / CATALOG
    entries = parse_catalog(assets)
    head, *blocks = re.split(r"(?m)^(?=\[\[asset\]\])", path.read_text(encoding="utf-8"))
    if len(blocks) != len(entries):
        raise InputError(f"{path}: found {len(blocks)} lines that start with [[asset]], wanted one for each entry")
    for number, asset in enumerate(entries):
        file = path_of(assets, asset)
        values = {"sha256": f'"{fingerprint(file)}"'}
        if asset.kind == "mesh":
            values["size_m"] = str(list(measure(file)[0]))
        blocks[number] = with_values(blocks[number], values)
    write_text(path, head + "".join(blocks))


def with_values(block: str, values: dict[str, str]) -> str:
    """Return an entry's lines with these keys set, added behind the others where they were not there."""
    for key, value in values.items():
        block, count = re.subn(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", block)
        if not count:
            block = re.sub(r"\s*\Z", f"\n{key} = {value}\n\n", block, count=1)
    return block


def main() -> None:
    """Check the catalogue and say how many assets it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--mend", action="store_true", help="write checksums and sizes anew from the files")
    options = parser.parse_args()
    with one_line_errors():
        if options.mend:
            mend(options.assets)
        sys.stdout.write(f"ok: {len(read_catalog(options.assets))} assets\n")


if __name__ == "__main__":
    main()

"""Write what can be measured of every asset into its TOML file: size, middle, faces and checksum."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import read_text
from render.catalog import Asset, check_parts, in_metres, path_of, read_catalog, read_sidecars
from render.stock.facts import Facts, inspect
from render.stock.obj import MeshMeasures, measure
from render.stock.parts import fingerprint


def mend(assets: Path) -> None:
    """Renew what is measured in every TOML file below `assets`; every other line and all comments stay."""
    entries = read_sidecars(assets)
    meshes = {path: asset for path, asset in entries.items() if asset.kind == "mesh"}
    found = measure_all([(path_of(assets, asset), asset.up) for asset in meshes.values()])
    measured = dict(zip(meshes, found, strict=True))
    for path, asset in entries.items():
        values: dict[str, Any] = {"sha256": fingerprint(path_of(assets, asset))}
        if path in measured:
            check_parts(asset, measured[path].parts, str(path))
            values |= values_of(measured[path], asset.scale)
        write_text(path, renewed(read_text(path), values))


def measure_all(files: Sequence[tuple[Path, str]]) -> list[MeshMeasures]:
    """Return what each mesh (file, upward axis) holds, in order; one Blender measures all that are no OBJ."""
    others = [(path, up) for path, up in files if path.suffix.lower() != ".obj"]
    seen = inspected([path for path, _ in others], [up for _, up in others])
    found = {path: MeshMeasures(f.size, f.centre, f.faces, f.parts) for (path, _), f in zip(others, seen, strict=True)}
    return [found[path] if path in found else measure(path, up) for path, up in files]


def inspected(files: Sequence[Path], ups: Sequence[str]) -> list[Facts]:
    """Return what Blender finds in each file; raise InputError for the first that it cannot read."""
    found = []
    for facts in inspect(files, ups):
        if isinstance(facts, str):
            raise InputError(facts)
        found.append(facts)
    return found


def values_of(found: MeshMeasures, scale: float) -> dict[str, Any]:
    """Return the keys of an entry that its mesh decides; `scale` is in metres per unit of the file."""
    size, centre = in_metres(found.size, scale), in_metres(found.centre, scale)
    return {"size_m": list(size), "centre_m": list(centre), "faces": found.faces}


def sidecar_text(asset: Asset, file: str) -> str:
    """Return an asset's TOML file without the keys that keep their defaults; `file` is the asset's path from there."""
    values = {name: plain(value) for name, value in vars(asset).items() if name != "id"}
    return renewed("", values | {"file": file})


def plain(value: Any) -> Any:
    """Return a value as TOML has it."""
    return list(value) if isinstance(value, tuple) else value


def renewed(text: str, values: Mapping[str, Any]) -> str:
    """Return an asset's TOML with these keys set; all else stays as it is, comments too.

    Keys that are not there yet follow at the end, unless they would say what they mean when they are left out.
    """
    document = tomlkit.parse(text)
    for key, value in values.items():
        if document.get(key, plain(getattr(Asset, key, None))) != value:
            document[key] = value
    return tomlkit.dumps(document)


def main(assets: Path) -> None:
    """Mend the catalogue, check it, and say how many assets it has."""
    mend(assets)
    sys.stdout.write(f"ok: {len(read_catalog(assets))} assets\n")

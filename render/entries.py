"""Every asset as it lies in the folder, right or wrong: what `read_catalog` would refuse is kept with its reason."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from dataset import pictures
from pipeline.errors import InputError
from pipeline.files import inside
from render.catalog import BLENDER, MEND, Asset, check_file, check_words, in_metres, path_of, read_sidecar, sidecars
from render.stock.facts import Facts, Texture
from render.stock.parts import LIGHTS, MESHES, files_of, fingerprint, maps_of

Result = TypeVar("Result")

SAID_BETTER = ("licence is", "source is", "labelled part")  # the audit has kinder words for these
CHANGED = "Its files are not those that were added. Bring them back; if they were changed on purpose, run: {}"
UNMEASURED = "Its entry is not filled in yet (size, faces, checksum). Run: {}"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One TOML file beside an asset."""

    name: str  # of the TOML file, relative to the assets folder
    asset: Asset | None  # None if the TOML file cannot be read
    path: Path | None  # where the asset lies; None if it is not there
    errors: tuple[str, ...] = ()  # what the catalogue refuses

    @property
    def id(self) -> str:
        """Return the asset's name."""
        return Path(self.name).stem


def read_entries(assets: Path) -> list[Entry]:
    """Return all entries below a folder by name; InputError when there is no such folder."""
    if not assets.is_dir():
        raise InputError(f"{assets}: there is no such folder; name the one that holds the assets as --assets")
    return [read_entry(assets, name) for name in sorted(name.as_posix() for name in sidecars(assets))]


def read_entry(assets: Path, name: str) -> Entry:
    """Return one entry with its mistakes."""
    sidecar, errors = assets / name, list[str]()
    asset = tried(lambda: read_sidecar(assets, sidecar), errors)
    if asset is None:
        return Entry(name, None, None, plain(errors, assets, sidecar))
    path = tried(lambda: path_of(assets, asset), errors)
    sha256 = tried(lambda: fingerprint(path), errors) if path else None
    tried(lambda: check_words(asset, str(sidecar)), errors)
    if sha256 == asset.sha256:
        tried(lambda: check_file(assets, asset, str(sidecar)), errors)
    elif sha256:
        errors.append((CHANGED if asset.sha256 else UNMEASURED).format(MEND.format(assets)))
    found = dataclasses.replace(asset, sha256=sha256 or "")
    return Entry(name, found, path if sha256 else None, plain(errors, assets, sidecar))


def tried(step: Callable[[], Result], errors: list[str]) -> Result | None:
    """Return what a step returns; None, and its reason among `errors`, if it is refused."""
    try:
        return step()
    except InputError as error:
        errors.append(str(error))
        return None


def plain(errors: Iterable[str], assets: Path, sidecar: Path) -> tuple[str, ...]:
    """Return the reasons without the folder and the entry's own name, and without those that the audit says better."""
    kept = (error.removeprefix(f"{sidecar}: ").replace(f"{assets}/", "") for error in errors)
    return tuple(error for error in kept if not error.startswith(SAID_BETTER))


def as_measured(asset: Asset, facts: Facts | None) -> Asset:
    """Return the asset with size, middle and faces as they are in its file."""
    if facts is None or asset.kind != "mesh":
        return asset
    size, centre = in_metres(facts.size, asset.scale), in_metres(facts.centre, asset.scale)
    return dataclasses.replace(asset, size_m=size, centre_m=centre, faces=facts.faces)


def facts_of_texture(folder: Path) -> Facts:
    """Return the pictures of a texture folder; InputError when they are not what they should be."""
    found = [(path.relative_to(folder).as_posix(), path) for path in maps_of(folder).values()]
    pictures = tuple(Texture(name, picture_size(path)) for name, path in found)
    nothing = (0.0, 0.0, 0.0)
    return Facts(nothing, nothing, 0, (), (), pictures, True, 0, 0, 0.0, (), 1.0)


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height of a picture; (0, 0) if it cannot be read."""
    try:
        return pictures.size_of(path)
    except InputError:
        return 0, 0


def strays(assets: Path, entries: Iterable[Entry]) -> list[str]:
    """Return the meshes and environment maps below the folder that belong to no entry, by name."""
    used = {file.resolve() for entry in entries for file in files_by(assets, entry)}
    names = sorted(path.relative_to(assets).as_posix() for path in assets.rglob("*") if is_asset(path))
    return [name for name in names if (assets / name).resolve() not in used]


def files_by(assets: Path, entry: Entry) -> tuple[Path, ...]:
    """Return the files of an entry as far as they can be told; what is wrong with them is among its errors already."""
    if entry.asset is None or in_wheel(entry.asset):
        return ()
    path = tried(lambda: inside(assets, str(entry.asset and entry.asset.file), entry.name), [])
    return (tried(lambda: files_of(path), []) or (path,)) if path else ()


def in_wheel(asset: Asset) -> bool:
    """Return whether the asset came with Blender."""
    return asset.file.startswith(BLENDER)


def is_asset(path: Path) -> bool:
    """Return whether a file is a mesh or an environment map by its name."""
    return path.suffix.lower() in (*MESHES, *LIGHTS) and not path.name.startswith(".")

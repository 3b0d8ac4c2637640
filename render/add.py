"""Adding assets, which is `admix add`: from what an artist hands in to files and a TOML file below assets/."""

import dataclasses
import re
import shutil
import sys
import unicodedata
from pathlib import Path

from pipeline.errors import InputError, one_line, shown
from pipeline.files import whole_folder, write_text
from pipeline.unpack import unpacked
from render.arrival import ASSET, Arrival, Content, find, look_into, looks_of
from render.catalog import Asset, check_parts, check_words, in_metres, read_sidecars
from render.mend import sidecar_text
from render.stock.licences import forbidden, spdx
from render.stock.parts import ALONE, LIGHTS, MESHES, PICTURES, beside, fingerprint
from render.stock.storage import large_files, track, under_dvc
from render.stock.unit import METRES, UNITLESS, guessed_unit, likely_unit

ROLE_OF = {"mesh": "distractor", "hdri": "light", "texture": "surface"}  # where no category is given
FOLDERS = {"target": "targets", "distractor": "distractors", "hand": "hands", "person": "people"}
FOLDERS |= {"light": "lights", "surface": "surfaces"}
SAYS_NOTHING = {  # what data sets and exporters call every file or folder alike
    "textured", "textured-simple", "nontextured", "model", "models", "scene", "mesh", "meshes", "object", "obj",
    "untitled", "source", "export", "geometry", "visual", "collision", "poisson", "tsdf", "google-16k", "google-64k",
    "google-512k",
}  # fmt: skip
PLACES = {"downloads", "desktop", "documents", "tmp", "home", "assets"}  # folders that hold anything


@dataclasses.dataclass(frozen=True)
class Order:
    """What the artist asks for; empty text where it is to be found out."""

    path: Path
    assets: Path
    licence: str
    source: str
    category: str = ""
    role: str = ""
    id: str = ""
    unit: str = ""  # "m", "cm" or "mm"
    up: str = ""
    labelled: tuple[str, ...] = ()
    weight: float = 1.0
    replace: bool = False  # the asset that was added under the same name before


def add(order: Order) -> list[str]:
    """Copy an asset below the assets folder with its TOML file; return what there is to say, line by line.

    Raises InputError, with nothing written, when it cannot be taken.
    """
    check_order(order)
    order = dataclasses.replace(order, category=order.category.strip())
    with unpacked(order.path, ASSET) as path:
        arrival = find(path, order.role)
        asset = entry_of(order, arrival)
        folder = order.assets / (slug(asset.category) or FOLDERS[asset.role]) / asset.id
        refuse_clash(order, asset.id, folder)
        content = look_into(arrival.main, asset.up) if asset.kind == "mesh" else None
        if content:
            asset = measured(asset, content, order)
        with whole_folder(folder, "asset", mark=f"{asset.id}.toml") as part:
            copy(arrival, content, part / asset.file)
            if content and arrival.main.suffix.lower() in ALONE and has_neighbours(arrival.main):
                check_copy(order.path, content, look_into(part / asset.file, asset.up))
            asset = dataclasses.replace(asset, sha256=fingerprint(part / asset.file))
            refuse_twin(order, asset)
            facts = looks_of(part / asset.file, asset, content)
            write_text(part / f"{asset.id}.toml", sidecar_text(asset, asset.file))
            large = store(part)
    assumed = assumptions(order, asset.file, content) if content else []
    if not order.id and order.path.is_file() and asset.id != slug(order.path.stem):
        assumed.insert(0, f"is called {asset.id} after its folder; --name chooses another name")
    return [f"{asset.id} lies in {folder}: {facts}", *assumed, *large, f"next: make assets, then git add {folder}"]


def check_order(order: Order) -> None:
    """Raise InputError for a path that is not there, an assets folder that is none, and a licence that forbids this."""
    if not order.path.exists():
        raise InputError(f"{order.path}: there is no such file or folder; check the path")
    if not order.assets.is_dir():
        raise InputError(f"{order.assets}: there is no such folder; run this in the project's folder, or give --assets")
    if order.category and not order.category.strip():
        raise InputError(f"--category: {order.category!r} is blank, wanted a name; leave it out for a distractor")
    if words := forbidden(order.licence):
        raise InputError(
            f"{order.path}: {order.licence} {words}; take another asset, or ask its maker for other terms "
            "and name those LicenseRef-NAME"
        )


def entry_of(order: Order, arrival: Arrival) -> Asset:
    """Return the entry as far as it is known without a look into the file; `file` is relative to its own folder."""
    asset_id = order.id or name_of(order.path)
    suffix = arrival.main.suffix.lower()
    try:
        licence = spdx(order.licence)
    except InputError as error:
        raise InputError(f"{order.path}: {error}") from None
    asset = Asset(
        id=asset_id,
        kind=arrival.kind,
        role=order.role or ("target" if order.category else ROLE_OF[arrival.kind]),
        category=order.category,
        file="maps" if arrival.kind == "texture" else f"{asset_id}{suffix}",
        licence=licence,
        source=order.source,
        labelled=order.labelled,
        weight=order.weight,
        up=order.up or "z",
    )
    check_words(asset, str(order.path))
    return asset


def name_of(path: Path) -> str:
    """Return what to call the asset of a path: as its file is called, or the nearest folder whose name says something.

    Data sets of scans call each file the same, such as ``025_mug/google_16k/textured.obj``: that is 025-mug.
    """
    own = slug(path.name if path.is_dir() else path.stem)
    if not own:
        raise InputError(
            f"{path}: its name has no letter from a to z and no digit, so the asset has none: give it one with --name"
        )
    if own not in SAYS_NOTHING:
        return own
    folders = (slug(folder.name) for folder in path.resolve().parents)
    name = next((folder for folder in folders if folder not in SAYS_NOTHING), "")
    return own if not name or name in PLACES else name


def slug(name: str) -> str:
    """Return a name as lower-case words joined by "-": "My Mug (2)" is "my-mug-2". Empty if no letter is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def refuse_clash(order: Order, asset_id: str, folder: Path) -> None:
    """Raise InputError when the name or the folder is taken, unless the asset there is to be replaced."""
    own = folder / f"{asset_id}.toml"
    for path in read_sidecars(order.assets):
        if path.stem == asset_id and not (order.replace and path == own):
            raise InputError(f"{order.path}: {path} has the name {asset_id!r} already; choose another with --name")
    if folder.exists() and not own.exists():
        raise InputError(f"{order.path}: the folder {folder} is there already; choose another name with --name")


def refuse_twin(order: Order, asset: Asset) -> None:
    """Raise InputError when another asset has the same content."""
    for path, other in read_sidecars(order.assets).items():
        if other.sha256 == asset.sha256 and other.id != asset.id:
            raise InputError(f"{order.path}: {path} holds the very same files; use that one, it is there already")


def measured(asset: Asset, content: Content, order: Order) -> Asset:
    """Return the entry with what its mesh decides."""
    found = content.measured
    check_parts(dataclasses.replace(asset, file=order.path.name), found.parts, str(order.path))
    scale = METRES[order.unit or likely_unit(asset.file, found.size)]
    if not order.unit and content.unit_m:
        scale = content.unit_m
    size, centre = in_metres(found.size, scale), in_metres(found.centre, scale)
    return dataclasses.replace(asset, size_m=size, centre_m=centre, faces=found.faces, scale=scale)


def copy(arrival: Arrival, content: Content | None, target: Path) -> None:
    """Copy an asset: its own file to `target`, the others beside it as they were; of a texture all into `target`."""
    target.parent.mkdir(exist_ok=True)
    if arrival.kind == "texture":
        target.mkdir()
        for file in arrival.files:
            shutil.copyfile(file, target / file.name)
        return
    for file in dict.fromkeys((*arrival.files, *(content.textures if content else ()))):
        place = target if file == arrival.main else target.parent / file.relative_to(arrival.main.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def has_neighbours(file: Path) -> bool:
    """Return whether anything else lies in the folder of a file."""
    return sorted(file.parent.iterdir()) != [file]


def check_copy(path: Path, content: Content, copied: Content) -> None:
    """Raise InputError when the copy of a mesh holds something else: it uses files that only Blender knows of."""
    if (copied.measured.faces, copied.measured.size) != (content.measured.faces, content.measured.size):
        raise InputError(
            f"{path}: uses files beside it that no material names, such as a font or the picture of a modifier, and is "
            "another shape without them; apply the modifiers, turn text into a mesh, or pack the files into it"
        )


def assumptions(order: Order, file: str, content: Content) -> list[str]:
    """Return what was taken for granted of a mesh, and how to say otherwise."""
    code = [f"has scripts in it, which never run here: {', '.join(content.code)}"] if content.code else []
    unit = [] if order.unit or content.unit_m else [guessed_unit(file, content.measured.size)]
    plain = [
        f"does not show {shown(name)}: Blender takes no picture from a PLY; export it as GLB, which holds its pictures"
        for name in content.unused
    ]
    sideways = "its Z axis is taken as up; add --up y --replace if it lies on its side"
    return [*code, *content.notes, *plain, *unit, *([sideways] if not order.up and file.endswith(UNITLESS) else [])]


def store(folder: Path) -> list[str]:
    """Put an asset's large binaries under DVC; return a line about it, if there are some."""
    large = large_files(folder)
    if not large:
        return []
    names = ", ".join(path.name for path in large)
    if not under_dvc(folder):
        return [f"large, and not under DVC, since there is no DVC project here: {names}"]
    track(large)
    return [f"under DVC, being large: {names}; dvc push shares it"]


def add_all(order: Order) -> None:
    """Add one asset, or each of a folder of folders, and print what there is to say.

    Raises InputError when the one cannot be taken. Of several those that can are taken; each other one is a line on
    stderr, and the process ends with code 2.
    """
    each = assets_in(order.path)
    if len(each) > 1 and order.id:
        raise InputError(f"{order.path}: holds {len(each)} assets, which --name cannot name; add one by its own path")
    refused = 0
    for path in each:
        try:
            said = add(dataclasses.replace(order, path=path))
        except InputError as error:
            if len(each) == 1:
                raise
            sys.stderr.write(f"{one_line(error)}\n")
            refused += 1
        else:
            sys.stdout.write("".join(f"{line}\n" for line in said))
    if refused:
        sys.stderr.write(f"{order.path}: {refused} of {len(each)} assets were refused, the others are added\n")
        raise SystemExit(2)


def assets_in(path: Path) -> list[Path]:
    """Return the folders in a folder, by name, if it has nothing of an asset itself and two or more hold a mesh.

    Anything else is one asset: then the path itself.
    """
    if not path.is_dir() or any(
        item.suffix.lower() in (*MESHES, *LIGHTS, *PICTURES) for item in sorted(path.iterdir())
    ):
        return [path]
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and beside(folder, MESHES)]
    return folders if len(folders) > 1 else [path]

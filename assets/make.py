"""Write every mesh of ours again, and its entry in catalog.toml: `python -m assets.make`.

Entries whose source does not say that a script of ours made them are left as they stand.
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from assets.balloons import make as balloons
from assets.boards import make as boards
from assets.desk import make as desk
from assets.dominoes import make as dominoes
from assets.hands import make as hands
from assets.obj import Made
from assets.people import make as people
from assets.prints import make as prints
from assets.room import make as room
from pipeline.files import write_text
from render.catalog import BLENDER, CATALOG, Asset, path_of
from render.obj import fingerprint, measure

FOLDERS = {
    "boards": boards,
    "dominoes": dominoes,
    "balloons": balloons,
    "hands": hands,
    "people": people,
    "desk": desk,
    "room": room,
    "prints": prints,
}
LICENCE = "CC0-1.0"
OURS = "made by assets/"
POLY_HAVEN = "Greg Zaal, Poly Haven, https://polyhaven.com, in the bpy wheel"
WORLDS = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")
HEAD = """\
# What may stand in a scene. One [[asset]] a file; `python -m render.catalog --assets assets` checks them all, and with
# --mend writes sha256 and size_m anew after a file was changed. A target carries its category's label (of its parts
# `labelled` alone, if that is given); distractors, hands and persons are never labelled; a light is an environment map.
# Meshes are OBJ in metres, X right, Y forward, Z up. Entries that assets/make.py wrote are written again by it.
"""


def entry_of(assets: Path, made: Made) -> Asset:
    """Return the catalogue's entry of a mesh that was just written below `assets`."""
    file = made.file.relative_to(assets).as_posix()
    return Asset(
        id=made.id,
        kind="mesh",
        role=made.role,
        category=made.category,
        file=file,
        licence=LICENCE,
        source=made.source,
        sha256=fingerprint(made.file),
        size_m=measure(made.file)[0],
        labelled=made.labelled,
    )


def world_of(assets: Path, name: str) -> Asset:
    """Return the entry of an environment map that comes with bpy."""
    file = f"{BLENDER}studiolights/world/{name}.exr"
    asset = Asset(f"world-{name}", "hdri", "light", file, LICENCE, POLY_HAVEN, sha256="")
    return dataclasses.replace(asset, sha256=fingerprint(path_of(assets, asset)))


def block_of(asset: Asset) -> str:
    """Return the entry as TOML, without the keys that keep their defaults."""
    lines = ["[[asset]]"]
    for field in dataclasses.fields(asset):
        value = getattr(asset, field.name)
        if value != field.default:
            text = f'"{value}"' if isinstance(value, str) else str(list(value)).replace("'", '"')
            lines.append(f"{field.name} = {text}")
    return "\n".join(lines) + "\n"


def merged(text: str, ours: Sequence[Asset]) -> str:
    """Return the catalogue `text` with our entries renewed and everybody else's as they stood, behind ours."""
    blocks = re.split(r"(?m)^(?=\[\[asset\]\])", text)[1:]
    others = [block.strip() + "\n" for block in blocks if OURS not in block and POLY_HAVEN not in block]
    return "\n".join([HEAD, *(block_of(asset) for asset in ours), *others])


def make_all(assets: Path) -> None:
    """Write all meshes into the folders of `assets` and renew its catalogue."""
    made: list[Made] = []
    for name, script in FOLDERS.items():
        (assets / name).mkdir(parents=True, exist_ok=True)
        made += script.make(assets / name)
    ours = [entry_of(assets, mesh) for mesh in made] + [world_of(assets, name) for name in WORLDS]
    path = assets / CATALOG
    write_text(path, merged(path.read_text(encoding="utf-8") if path.exists() else "", ours))


if __name__ == "__main__":
    make_all(Path(__file__).parent)

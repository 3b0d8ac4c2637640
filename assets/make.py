"""Write every mesh of ours again, and the TOML file beside it: `python -m assets.make`."""

import dataclasses
from pathlib import Path

from assets.balloons import make as balloons
from assets.boards import make as boards
from assets.cables import make as cables
from assets.codes import make as codes
from assets.desk import make as desk
from assets.dominoes import make as dominoes
from assets.hands import make as hands
from assets.obj import Made
from assets.people import make as people
from assets.prints import make as prints
from assets.room import make as room
from pipeline.files import write_text
from render.catalog import BLENDER, Asset, in_metres, path_of
from render.mend import sidecar_text
from render.stock.obj import measure
from render.stock.parts import fingerprint

FOLDERS = {
    "boards": boards,
    "dominoes": dominoes,
    "balloons": balloons,
    "hands": hands,
    "people": people,
    "desk": desk,
    "room": room,
    "prints": prints,
    "cables": cables,
    "codes": codes,
}
LICENCE = "CC0-1.0"
POLY_HAVEN = "Greg Zaal, Poly Haven, https://polyhaven.com, in the bpy wheel"
WORLDS = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")


def entry_of(assets: Path, made: Made) -> Asset:
    """Return the catalogue's entry of a mesh that was just written below `assets`."""
    found = measure(made.file, "z")
    return Asset(
        id=made.id,
        kind="mesh",
        role=made.role,
        category=made.category,
        file=made.file.relative_to(assets).as_posix(),
        licence=LICENCE,
        source=made.source,
        sha256=fingerprint(made.file),
        size_m=in_metres(found.size, 1.0),
        centre_m=in_metres(found.centre, 1.0),
        faces=found.faces,
        labelled=made.labelled,
    )


def world_of(assets: Path, name: str) -> Asset:
    """Return the entry of an environment map that comes with bpy."""
    file = f"{BLENDER}studiolights/world/{name}.exr"
    asset = Asset(f"world-{name}", "hdri", "light", file, LICENCE, POLY_HAVEN)
    return dataclasses.replace(asset, sha256=fingerprint(path_of(assets, asset)))


def make_all(assets: Path) -> None:
    """Write all meshes into the folders of `assets`, and a TOML file beside each; what others put there stays."""
    for name, script in FOLDERS.items():
        (assets / name).mkdir(parents=True, exist_ok=True)
        for made in script.make(assets / name):
            text = sidecar_text(entry_of(assets, made), made.file.name)
            write_text(made.file.with_suffix(".toml"), text)
    for name in WORLDS:
        asset = world_of(assets, name)
        write_text(assets / "lights" / f"{asset.id}.toml", sidecar_text(asset, asset.file))


if __name__ == "__main__":
    make_all(Path(__file__).parent)

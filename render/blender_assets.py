"""In Blender: from an asset's file to objects in their places."""

from typing import Any

from blenderproc.api import loader

from render.blender_stage import put
from render.materials import dress
from render.spec import Material, Placed, Source

PLAIN = Material("own", ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), roughness=0.5)


def load(item: Placed, source: Source) -> list[Any]:
    """Load one asset's file, put it in its place and dress it; return its Blender objects."""
    parts = [part.blender_obj for part in loader.load_obj(source.file, forward_axis="Y", up_axis="Z")]
    for part in parts:
        part["part"] = part.name.split(".")[0]
        part["slot"] = 0
        put(part, item.location_m, item.rotation, (item.scale, item.scale, item.scale))
        for slot in part.material_slots:
            name = slot.material.name.split(".")[0]
            dress(slot.material.node_tree, item.materials.get(name, item.materials.get("*", PLAIN)))
    return parts

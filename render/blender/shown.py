"""In Blender: what it would render of a scene, told by a render engine that draws nothing and keeps what it is given.

Only an engine is given a scene as it is in a render: what is hidden there, modifiers and curves as fine as there, all
instances of particles, collections and nodes. What one sees while one works on a file is another thing.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import bpy

from pipeline.errors import shown

FACELESS = {  # kinds that a render shows all the same
    "CURVES": "hair",
    "POINTCLOUD": "points",
    "VOLUME": "a volume",
    "GPENCIL": "drawn strokes",
    "GREASEPENCIL": "drawn strokes",
}


@dataclasses.dataclass(frozen=True)
class ShownMesh:
    """One mesh that a render shows."""

    name: str  # of its object
    mesh: Any  # bpy.types.Mesh, of its own
    pose: Any  # mathutils.Matrix, to the world


@dataclasses.dataclass(frozen=True)
class Showing:
    """What a render shows."""

    meshes: tuple[ShownMesh, ...]
    faceless: tuple[str, ...]  # what has no faces and so no label, such as "hair of 'Bear'", sorted


class Looker(bpy.types.RenderEngine):  # type: ignore[misc] # bpy has no types
    """The engine. What it was given, or what went wrong, lies in the class: Blender keeps no engine after a render."""

    bl_idname = "ADMIX_LOOKER"
    bl_label = "what a render shows"
    seen: ClassVar[Showing | Exception | None] = None

    def render(self, depsgraph: Any) -> None:
        """Keep what Blender wants drawn."""
        try:
            faceless = tuple(sorted(set(faceless_in(depsgraph))))  # first, see meshes_in
            Looker.seen = Showing(tuple(meshes_in(depsgraph)), faceless)
        except (RuntimeError, MemoryError) as error:  # else it would end in Blender's log
            Looker.seen = error


def look_at(scene: Any) -> Showing:
    """Return what a render of the scene shows at its current frame. Raises RuntimeError if Blender cannot render it."""
    if not Looker.is_registered:  # once a process
        bpy.utils.register_class(Looker)
    render = scene.render
    render.engine, render.resolution_x, render.resolution_y = Looker.bl_idname, 4, 4
    render.use_compositing = render.use_sequencer = False
    scene.camera = bpy.data.objects.new("looker", bpy.data.cameras.new("looker"))  # Blender renders nothing without
    Looker.seen = None
    bpy.ops.render.render(scene=scene.name)
    bpy.data.batch_remove([image for image in bpy.data.images if image.type == "RENDER_RESULT"])
    seen, Looker.seen = Looker.seen, None
    if not isinstance(seen, Showing):
        raise seen or RuntimeError("it cannot be rendered")
    return seen


def meshes_in(graph: Any) -> Iterator[ShownMesh]:
    """Yield a mesh for each thing with faces.

    Of curves, surfaces, text and metaballs Blender hands out the meshes, beside these things themselves.
    """
    # all before the first mesh is made, which makes the list of instances invalid
    found = [
        (one.object.original.name, one.object.data, one.matrix_world.copy(), materials_of(one.object))
        for one in graph.object_instances
        if is_seen(one) and one.object.type == "MESH" and not is_fog(one.object)
    ]
    for name, data, pose, materials in found:
        mesh = data.copy()  # not of its object, whose own mesh is another one where nodes made an instance
        for _ in range(len(mesh.materials), len(materials)):
            mesh.materials.append(None)
        for number, material in enumerate(materials):
            mesh.materials[number] = material and material.original
        yield ShownMesh(name, mesh, pose)


def materials_of(thing: Any) -> list[Any]:
    """Return the materials in the slots of an object, None for an empty one."""
    return [slot.material for slot in thing.material_slots]


def is_fog(thing: Any) -> bool:
    """Return whether a mesh is but the border of a volume: all its materials have an inside and no surface."""
    outputs = [material and material.use_nodes and material.node_tree.get_output_node("CYCLES")
               for material in materials_of(thing)]  # fmt: skip
    return bool(outputs) and all(
        output and output.inputs["Volume"].is_linked and not output.inputs["Surface"].is_linked for output in outputs
    )


def faceless_in(graph: Any) -> Iterator[str]:
    """Yield what has no faces and is seen all the same."""
    for one in graph.object_instances:
        name = shown(one.object.original.name)
        if is_seen(one) and one.object.type in FACELESS:
            yield f"{FACELESS[one.object.type]} of {name}"
        if is_seen(one) and one.object.type == "MESH" and is_fog(one.object):
            yield f"a volume of {name}"
        if one.show_particles and has_strands(one.object):
            yield f"hair of {name}"


def has_strands(thing: Any) -> bool:
    """Return whether an object has particles that are drawn as strands."""
    drawn = [system.settings for system in thing.particle_systems]
    return any(settings.type == "HAIR" and settings.render_type == "PATH" for settings in drawn)


def is_seen(one: Any) -> bool:
    """Return whether a camera sees an instance, where nothing stands before it."""
    return one.show_self and all(
        thing.visible_camera and not thing.is_holdout and not thing.is_shadow_catcher
        for thing in (one.object, one.parent)
        if thing
    )

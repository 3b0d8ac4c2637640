"""In Blender: what a material needs beyond a pattern: pictures of a texture folder, wear."""

import dataclasses
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy

from render.blender.materials import dress, multiply, pass_on, principled, tint
from render.blender.patterns import coordinates
from render.spec import AssetSource, Material, Placed, SceneSpec, Surface
from render.stock.parts import maps_of

BLEND = 0.2  # of the three sides from which a picture is laid onto a body
SPOTS_A_METRE, SPOTS_A_BODY = 6.0, 5.0  # of wear
NOISE_SPREAD = 0.11  # standard deviation of Blender's noise about 0.5
WORN_COLOUR, WORN_ROUGHNESS = (0.42, 0.38, 0.34), 0.9


def located(scene: SceneSpec, sources: Mapping[str, AssetSource]) -> SceneSpec:
    """Return the scene with the folder of each texture in the place of its id."""

    def found(look: Material) -> Material:
        return dataclasses.replace(look, maps=sources[look.maps].file) if look.maps else look

    def on_surface(item: Surface) -> Surface:
        return dataclasses.replace(item, material=found(item.material))

    def on_object(item: Placed) -> Placed:
        return dataclasses.replace(item, materials={name: found(look) for name, look in item.materials.items()})

    return dataclasses.replace(
        scene, surfaces=tuple(map(on_surface, scene.surfaces)), objects=tuple(map(on_object, scene.objects))
    )


def give_look(tree: Any, look: Material, flat: bool) -> None:
    """Change a material's node tree to `look`. flat: it lies on a rectangle whose UV coordinates are metres."""
    dress(tree, look)
    if look.maps:
        lay(tree, look, flat)
    if look.wear > 0:
        wear_off(tree, look, flat)


def lay(tree: Any, look: Material, flat: bool) -> None:
    """Take colour, roughness and, where there are UV coordinates, normals from the pictures of a texture folder."""
    shader, pictures = principled(tree), maps_of(Path(look.maps))
    where = coordinates(tree, look, look.scale, "UV" if flat else "Object")
    tree.links.new(picture(tree, pictures["colour"], where, flat), shader.inputs["Base Color"])
    tint(tree, shader, look)
    if "roughness" in pictures:
        tree.links.new(picture(tree, pictures["roughness"], where, flat, data=True), shader.inputs["Roughness"])
    if "normal" in pictures and flat:
        bend = tree.nodes.new("ShaderNodeNormalMap")
        tree.links.new(picture(tree, pictures["normal"], where, flat, data=True), bend.inputs["Color"])
        tree.links.new(bend.outputs["Normal"], shader.inputs["Normal"])


def picture(tree: Any, file: Path, where: Any, flat: bool, data: bool = False) -> Any:
    """Return the colour output of a picture. data: its values are no colours."""
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.load(str(file))  # its own: the same file may be an asset's, read otherwise
    if data:
        node.image.colorspace_settings.name = "Non-Color"
    if not flat:
        node.projection, node.projection_blend = "BOX", BLEND
    tree.links.new(where, node.inputs["Vector"])
    return node.outputs["Color"]


def wear_off(tree: Any, look: Material, flat: bool) -> None:
    """Make spots that cover about the share `wear` of the surface darker and dull."""
    shader = principled(tree)
    scale, kind = (SPOTS_A_METRE, "Object") if flat else (SPOTS_A_BODY, "Generated")
    where = coordinates(tree, look, scale, kind)
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 1.0, 10.0
    tree.links.new(where, noise.inputs["Vector"])
    edge = 0.5 + NOISE_SPREAD * statistics.NormalDist().inv_cdf(1 - min(look.wear, 0.99))
    spots = tree.nodes.new("ShaderNodeMapRange")
    spots.inputs["From Min"].default_value, spots.inputs["From Max"].default_value = edge - 0.02, edge + 0.02
    tree.links.new(noise.outputs["Fac"], spots.inputs["Value"])
    tree.links.new(spots.outputs["Result"], multiply(tree, shader.inputs["Base Color"], WORN_COLOUR))
    dull(tree, shader.inputs["Roughness"], spots.outputs["Result"])


def dull(tree: Any, roughness: Any, where: Any) -> None:
    """Bring a roughness to that of dirt where the mask is 1."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "FLOAT"
    first, second = (next(s for s in mix.inputs if s.name == name and s.type == "VALUE") for name in "AB")
    pass_on(tree, roughness, first)
    second.default_value = WORN_ROUGHNESS
    tree.links.new(where, mix.inputs["Factor"])
    tree.links.new(next(s for s in mix.outputs if s.type == "VALUE"), roughness)

"""Procedural patterns as Blender shader nodes. Imported by the worker alone; knows Blender only by its arguments."""

import math
from collections.abc import Callable
from typing import Any

from render.spec import Material

Node = Any  # bpy.types.ShaderNode
Tree = Any  # bpy.types.NodeTree


def coordinates(tree: Tree, look: Material, scale: float, kind: str = "Object") -> Any:
    """Return texture coordinates of a kind times `scale`, turned and shifted as the look says.

    Those of the object are in metres.
    """
    place, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (scale, scale, scale)
    mapping.inputs["Rotation"].default_value = (0, 0, math.radians(look.turn_deg))
    mapping.inputs["Location"].default_value = look.offset
    tree.links.new(place.outputs[kind], mapping.inputs["Vector"])
    return mapping.outputs["Vector"]


def texture(tree: Tree, kind: str, where: Any, out: str, **values: float) -> Any:
    """Return the output `out` of a new texture node at these coordinates; values are its inputs by name."""
    node = tree.nodes.new(kind)
    for name, value in values.items():
        node.inputs[name.replace("_", " ")].default_value = value
    tree.links.new(where, node.inputs["Vector"])
    return node.outputs[out]


def noise(tree: Tree, where: Any) -> Any:
    """Clouds, stone, plaster."""
    return contrast(tree, texture(tree, "ShaderNodeTexNoise", where, "Fac", Scale=1.0, Detail=6.0, Roughness=0.65))


def voronoi(tree: Tree, where: Any) -> Any:
    """Pebbles, terrazzo."""
    return texture(tree, "ShaderNodeTexVoronoi", where, "Distance", Scale=1.0)


def wave(tree: Tree, where: Any) -> Any:
    """Stripes."""
    return texture(tree, "ShaderNodeTexWave", where, "Fac", Scale=1.0, Distortion=1.5, Detail=2.0)


def wood(tree: Tree, where: Any) -> Any:
    """Grain: stretched noise."""
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (0.06, 1.0, 0.2)
    tree.links.new(where, mapping.inputs["Vector"])
    grain = texture(tree, "ShaderNodeTexNoise", mapping.outputs["Vector"], "Fac", Scale=1.0, Detail=8.0, Distortion=0.6)
    return contrast(tree, grain)


def contrast(tree: Tree, value: Any) -> Any:
    """Stretch the middle of a noise, which hardly ever reaches 0 or 1."""
    node = tree.nodes.new("ShaderNodeMapRange")
    node.inputs["From Min"].default_value, node.inputs["From Max"].default_value = 0.3, 0.7
    tree.links.new(value, node.inputs["Value"])
    return node.outputs["Result"]


def bricks(tree: Tree, where: Any, offset: float, width: float, joint: float) -> Any:
    """Rows of bricks with a little noise in each; 0 = brick, 1 = joint."""
    node = tree.nodes.new("ShaderNodeTexBrick")
    node.offset = offset
    for name, value in {
        "Scale": 1.0,
        "Mortar Size": joint,
        "Brick Width": width,
        "Row Height": 0.25,
        "Bias": 0.0,
    }.items():
        node.inputs[name].default_value = value
    node.inputs["Color1"].default_value, node.inputs["Color2"].default_value = (0, 0, 0, 1), (0.35, 0.35, 0.35, 1)
    node.inputs["Mortar"].default_value = (1, 1, 1, 1)
    tree.links.new(where, node.inputs["Vector"])
    speckle = texture(tree, "ShaderNodeTexNoise", where, "Fac", Scale=9.0, Detail=6.0)
    mix = tree.nodes.new("ShaderNodeMath")
    mix.operation = "MULTIPLY_ADD"
    tree.links.new(contrast(tree, speckle), mix.inputs[0])
    mix.inputs[1].default_value = 0.35
    tree.links.new(node.outputs["Color"], mix.inputs[2])
    return mix.outputs["Value"]


def checker(tree: Tree, where: Any) -> Any:
    """Squares."""
    return texture(tree, "ShaderNodeTexChecker", where, "Fac", Scale=1.0)


def weave(tree: Tree, where: Any) -> Any:
    """Cloth: two crossed sets of threads."""
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = "MULTIPLY"
    for slot, axis in enumerate("XY"):
        thread = tree.nodes.new("ShaderNodeTexWave")
        thread.bands_direction = axis
        thread.inputs["Scale"].default_value = 1.0
        thread.inputs["Distortion"].default_value = 0.4
        tree.links.new(where, thread.inputs["Vector"])
        tree.links.new(thread.outputs["Fac"], node.inputs[slot])
    return node.outputs["Value"]


PATTERNS: dict[str, Callable[[Tree, Any], Any]] = {
    "noise": noise,
    "voronoi": voronoi,
    "wave": wave,
    "wood": wood,
    "brick": lambda tree, where: bricks(tree, where, 0.5, 0.5, 0.02),
    "tiles": lambda tree, where: bricks(tree, where, 0.0, 0.25, 0.006),
    "planks": lambda tree, where: bricks(tree, where, 0.37, 2.0, 0.008),
    "checker": checker,
    "weave": weave,
}

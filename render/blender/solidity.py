"""How solid a material is, brought into one number: the alpha of its main shader, where all else looks for it.

In Blender's shader nodes. Imported by the worker alone; knows Blender by its arguments.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from render.blender.cutouts import HALF, alpha_of, carrier, found_principled
from render.blender.materials import output_of, principled

Tree = Any  # bpy.types.NodeTree
Value = Any  # a number, or the output of a node that computes one

MOST_MIXES = 8  # of a transparent shader, one in the other


def gather_alpha(tree: Tree) -> None:
    """Take a transparent shader that is mixed in out of a material, and make its share the main shader's alpha.

    So leaves cut from cards and glass have been made in Blender before its main shader had an alpha, and still are.
    """
    for _ in range(MOST_MIXES):
        surface = output_of(tree).inputs["Surface"]
        mix = surface.links[0].from_node if surface.is_linked else None
        clear = transparent_side(mix)
        if mix is None or not clear:
            return
        share = value_of(mix.inputs[0])  # of the second side
        solid = share if clear == 1 else computed(tree, "SUBTRACT", 1.0, share)
        tree.links.new(mix.inputs[3 - clear].links[0].from_socket, surface)
        glass = mix.inputs[clear].links[0].from_node
        tree.nodes.remove(mix)
        if not glass.outputs[0].is_linked:
            tree.nodes.remove(glass)
        alpha = principled(tree).inputs["Alpha"]
        give(tree, alpha, computed(tree, "MULTIPLY", value_of(alpha), solid))


def transparent_side(mix: Any) -> int:
    """Return which of the two inputs of a Mix Shader, 1 or 2, is a transparent shader and the other is none; else 0."""
    if mix is None or mix.type != "MIX_SHADER" or not (mix.inputs[1].is_linked and mix.inputs[2].is_linked):
        return 0
    clear = [side for side in (1, 2) if mix.inputs[side].links[0].from_node.type == "BSDF_TRANSPARENT"]
    return clear[0] if len(clear) == 1 else 0


def value_of(socket: Any) -> Value:
    """Return what an input gets."""
    return socket.links[0].from_socket if socket.is_linked else float(socket.default_value)


def give(tree: Tree, socket: Any, value: Value) -> None:
    """Let an input get a value."""
    if isinstance(value, float):
        socket.default_value = value
    else:
        tree.links.new(value, socket)


def computed(tree: Tree, operation: str, left: Value, right: Value) -> Value:
    """Return a difference or a product, by a node only where it is no number: a linked alpha is taken for a texture."""
    if isinstance(left, float) and isinstance(right, float):
        return left - right if operation == "SUBTRACT" else left * right
    if operation == "MULTIPLY" and 1.0 in {value for value in (left, right) if isinstance(value, float)}:
        return right if isinstance(left, float) else left
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for socket, value in zip(node.inputs, (left, right), strict=False):
        give(tree, socket, value)
    return node.outputs[0]


def even_out(tree: Tree, meshes: Iterable[Any]) -> None:
    """Give a material that is nowhere more than half solid one alpha all over. meshes: those that wear it.

    It is a clear thing without holes; `cutouts.sharpen` would make one hole of it.
    """
    shader = found_principled(tree)
    if shader is None or not shader.inputs["Alpha"].is_linked:
        return
    alpha = shader.inputs["Alpha"]
    most = most_solid(alpha.links[0].from_socket, list(meshes))
    if most <= HALF:
        tree.links.remove(alpha.links[0])
        alpha.default_value = most


def most_solid(socket: Any, meshes: list[Any]) -> float:
    """Return the largest alpha that an output gives anywhere, 1 where that is not known."""
    node = socket.node
    if node.type == "TEX_IMAGE" and node.image and min(node.image.size):
        return float(alpha_of(carrier(socket)).max())
    if node.type == "VERTEX_COLOR" and socket.name == "Alpha":
        return max((alpha_in(mesh, node.layer_name) for mesh in meshes), default=1.0)
    if node.type == "MATH" and node.operation == "MULTIPLY":
        found = [
            most_solid(s.links[0].from_socket, meshes) if s.is_linked else s.default_value for s in node.inputs[:2]
        ]
        return float(found[0] * found[1])
    return 1.0


def alpha_in(mesh: Any, name: str) -> float:
    """Return the largest alpha of a mesh's colours; 1 if it has none of this name."""
    layer = mesh.color_attributes.get(name) or mesh.color_attributes.active_color
    if layer is None or not len(layer.data):
        return 1.0
    colours = np.empty(4 * len(layer.data), np.float32)
    layer.data.foreach_get("color", colours)
    return float(colours[3::4].max())

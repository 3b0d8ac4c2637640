"""Textures that cut holes, in Blender's shader nodes. Imported by the worker alone; knows Blender by its arguments."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.blender.spans import Cutout

Node = Any  # bpy.types.ShaderNode
Tree = Any  # bpy.types.NodeTree
Curve = NDArray[np.float64]

HALF = 0.5  # what a texture leaves of a surface at less than this is a hole
LEVELS = np.linspace(0, 1, 257)  # of a texture's alpha
NO_ALPHA = (8, 24)  # bits a pixel of pictures without an alpha channel
OPERATIONS: dict[str, Callable[[Curve, Curve], Curve]] = {  # of a Math node
    "MULTIPLY": np.multiply,
    "SUBTRACT": np.subtract,
    "ADD": np.add,
    "ROUND": lambda value, _: np.floor(value + 0.5),
    "LESS_THAN": lambda value, limit: np.where(value < limit, 1.0, 0.0),
    "GREATER_THAN": lambda value, limit: np.where(value > limit, 1.0, 0.0),
}


def found_principled(tree: Tree) -> Node | None:
    """Return the Principled BSDF of a material, None if it has none."""
    return next((node for node in tree.nodes if node.type == "BSDF_PRINCIPLED"), None)


def sharpen(tree: Tree) -> None:
    """Make a textured alpha all or nothing, so that picture, id map and silhouette have the very same outline.

    Else a half clear texel would be one thing in the picture and, ray by ray, another in the id map.
    """
    shader = found_principled(tree)
    if shader is None or not shader.inputs["Alpha"].is_linked:
        return
    alpha, cut = shader.inputs["Alpha"], tree.nodes.new("ShaderNodeMath")
    cut.operation, cut.inputs[1].default_value = "GREATER_THAN", HALF
    tree.links.new(carrier(alpha.links[0].from_socket), cut.inputs[0])
    tree.links.new(cut.outputs[0], alpha)


def carrier(socket: Any) -> Any:
    """Return where a texture really holds its alpha: a grey map_d of an OBJ file has none but its greys."""
    node = socket.node
    if node.type == "TEX_IMAGE" and socket.name == "Alpha" and node.image and node.image.depth in NO_ALPHA:
        node.image.colorspace_settings.name = "Non-Color"
        return node.outputs["Color"]
    return socket


def cutout_of(tree: Tree) -> Cutout | None:
    """Return the texture that cuts holes into a sharpened material, None if it has none.

    Math nodes between texture and shader are followed; a texture that nodes move or turn is taken as if they did not.
    """
    shader = found_principled(tree)
    if shader is None or not shader.inputs["Alpha"].is_linked:
        return None
    curve, texture = followed(shader.inputs["Alpha"])
    if texture is None or texture.node.image is None or not curve.any():
        return None
    cutoff = float(LEVELS[max(int(curve.argmax()) - 1, 0)])
    return Cutout(alpha_of(texture), cutoff, texture.node.extension == "REPEAT")


def followed(socket: Any) -> tuple[Curve, Any | None]:
    """Return the value of an input for each of LEVELS of the texture that it comes from, and the texture's output."""
    if not socket.is_linked:
        return np.full(LEVELS.shape, float(socket.default_value)), None
    source = socket.links[0].from_socket
    node = source.node
    if node.type == "TEX_IMAGE":
        return LEVELS, source
    if node.type != "MATH" or node.operation not in OPERATIONS:
        return np.ones(LEVELS.shape), None
    (left, first), (right, second) = followed(node.inputs[0]), followed(node.inputs[1])
    return OPERATIONS[node.operation](left, right), first or second


def alpha_of(texture: Any) -> NDArray[np.float32]:
    """Return (H, W): the alpha of an image, or its red if its colour is used, the first row at the bottom."""
    image = texture.node.image
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, image.channels)[:, :, 3 if texture.name == "Alpha" else 0].copy()

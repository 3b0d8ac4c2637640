"""Clear glass that hides no label, in Blender's shader nodes. Imported by the worker alone; knows Blender by arguments.

Cycles gives a pixel to the first surface that is not transparent, and refracting glass is not: what stands behind a
pane would carry the pane's label. So clear glass without a label becomes thin glass: every ray goes straight through,
tinted, and the environment is mirrored on top. What is lost: refraction, caustics, and mirror images of anything but
the environment, and roughness: frosted glass becomes clear. Glass with a label of its own is left as it is,
but for one that is too clear to carry it (`make_seen`).
"""

from typing import Any

from render.blender.cutouts import found_principled
from render.blender.materials import colour_sockets, pass_on

Tree = Any  # bpy.types.NodeTree

CLEAR = 0.5  # share of light that must pass through
LEAST_SOLID = 0.32  # a little more than passes.SEEN_ALPHA
TINT = 0.8  # at least; darker glass would count as solid, see passes.SEEN_ALPHA


def is_clear(tree: Tree) -> bool:
    """Return whether a material is glass that one looks through."""
    shader = found_principled(tree)
    if shader is None or shader.inputs["Alpha"].is_linked or shader.inputs["Transmission Weight"].is_linked:
        return False
    clear, solid = (float(shader.inputs[name].default_value) for name in ("Transmission Weight", "Alpha"))
    return max(clear, 1 - solid) > CLEAR


def make_seen(tree: Tree) -> None:
    """Make a labelled material that is nearly clear just solid enough to carry its label as a whole.

    Else each ray would find it or not by chance, and its label would be specks. At 0 it is no surface.
    """
    shader = found_principled(tree)
    if shader is None or shader.inputs["Alpha"].is_linked:
        return
    alpha = shader.inputs["Alpha"]
    if 0 < alpha.default_value < LEAST_SOLID:
        alpha.default_value = LEAST_SOLID


def make_thin(tree: Tree, sky: Tree) -> None:
    """Turn a clear material into thin glass. sky: the node tree of the world, whose environment map is mirrored."""
    output = first(tree, "OUTPUT_MATERIAL")
    through, both = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeAddShader")
    tree.links.new(pale(tree, first(tree, "BSDF_PRINCIPLED").inputs["Base Color"]), through.inputs["Color"])
    tree.links.new(through.outputs[0], both.inputs[0])
    tree.links.new(mirrored(tree, sky).outputs[0], both.inputs[1])
    tree.links.new(both.outputs[0], output.inputs["Surface"])


def pale(tree: Tree, base: Any) -> Any:
    """Return a colour no darker than TINT, of the hue of an input."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.inputs["Factor"].default_value = "RGBA", 1 - TINT
    white, colour, out = colour_sockets(mix)
    white.default_value = (1.0, 1.0, 1.0, 1.0)
    pass_on(tree, base, colour)
    return out


def mirrored(tree: Tree, sky: Tree) -> Any:
    """Return a shader that shines as glass mirrors the environment; no ray is drawn for it, so no label is lost."""
    fresnel, light = tree.nodes.new("ShaderNodeFresnel"), tree.nodes.new("ShaderNodeEmission")
    strength = tree.nodes.new("ShaderNodeMath")
    strength.operation = "MULTIPLY"
    strength.inputs[1].default_value = first(sky, "BACKGROUND").inputs["Strength"].default_value
    tree.links.new(fresnel.outputs[0], strength.inputs[0])
    tree.links.new(strength.outputs[0], light.inputs["Strength"])
    place, turned = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    picture = tree.nodes.new("ShaderNodeTexEnvironment")
    turned.inputs["Rotation"].default_value = first(sky, "MAPPING").inputs["Rotation"].default_value
    picture.image = first(sky, "TEX_ENVIRONMENT").image
    tree.links.new(place.outputs["Reflection"], turned.inputs["Vector"])
    tree.links.new(turned.outputs[0], picture.inputs["Vector"])
    tree.links.new(picture.outputs["Color"], light.inputs["Color"])
    return light


def first(tree: Tree, kind: str) -> Any:
    """Return the first node of a type."""
    return next(node for node in tree.nodes if node.type == kind)

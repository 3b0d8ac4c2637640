"""Looks of materials as Blender shader nodes. Imported by the worker alone; knows Blender only by its arguments."""

from typing import Any

from render.blender.cutouts import found_principled
from render.blender.patterns import PATTERNS, Node, Tree, coordinates
from render.spec import Colour, Material


def dress(tree: Tree, look: Material) -> None:
    """Change a material's node tree to `look`; "own" keeps its base colour or image and multiplies the tint in."""
    shader = principled(tree)
    shader.inputs["Roughness"].default_value = look.roughness
    if look.texture == "own":
        tint(tree, shader, look)
    else:
        paint(tree, shader, look)
    if look.thin > 0:
        see_through(tree, shader, look)


def principled(tree: Tree) -> Node:
    """Return the Principled BSDF of a material; if there is none, a new one in the colour of the shader it replaces."""
    if found := found_principled(tree):
        return found
    shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
    old = next(
        (node for node in tree.nodes if node.outputs and node.outputs[0].type == "SHADER" and "Color" in node.inputs),
        None,
    )
    if old and old.inputs["Color"].is_linked:
        tree.links.new(old.inputs["Color"].links[0].from_socket, shader.inputs["Base Color"])
    elif old:
        shader.inputs["Base Color"].default_value = tuple(old.inputs["Color"].default_value)
    tree.links.new(shader.outputs["BSDF"], output_of(tree).inputs["Surface"])
    return shader


def output_of(tree: Tree) -> Node:
    """Return the output of a material, a new one if there is none."""
    found = [node for node in tree.nodes if node.type == "OUTPUT_MATERIAL"]
    active = [node for node in found if node.is_active_output]
    return (active or found or (tree.nodes.new("ShaderNodeOutputMaterial"),))[0]


def tint(tree: Tree, shader: Node, look: Material) -> None:
    """Multiply the base colour by the first colour."""
    multiply(tree, shader.inputs["Base Color"], look.colours[0])


def multiply(tree: Tree, base: Any, colour: Colour) -> Any:
    """Multiply what a colour input has by `colour`; return the input that says how far, now 1."""
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs["Factor"].default_value = 1.0
    first, second, out = colour_sockets(mix)
    pass_on(tree, base, first)
    second.default_value = (*colour, 1.0)
    tree.links.new(out, base)
    return mix.inputs["Factor"]


def pass_on(tree: Tree, old: Any, new: Any) -> None:
    """Give an input what another one has: its link, or its value."""
    if old.is_linked:
        tree.links.new(old.links[0].from_socket, new)
    else:
        new.default_value = old.default_value


def colour_sockets(mix: Node) -> tuple[Any, Any, Any]:
    """Return the sockets A, B and Result of a Mix node that carry colours; it has a set for every data type."""
    first, second = (next(s for s in mix.inputs if s.name == name and s.type == "RGBA") for name in "AB")
    return first, second, next(s for s in mix.outputs if s.type == "RGBA")


def paint(tree: Tree, shader: Node, look: Material) -> None:
    """Replace the base colour by a pattern between two colours, with a relief."""
    base = shader.inputs["Base Color"]
    for link in list(base.links):
        tree.links.remove(link)
    if look.texture in {"plain", "maps"}:  # pictures are laid on in looks.py
        base.default_value = (*look.colours[0], 1.0)
        return
    height = PATTERNS[look.texture](tree, coordinates(tree, look, look.scale))
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color = (*look.colours[0], 1.0)
    ramp.color_ramp.elements[1].color = (*look.colours[1], 1.0)
    tree.links.new(height, ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], base)
    if look.bump > 0:
        relief(tree, shader, height, look.bump)


def relief(tree: Tree, shader: Node, height: Any, strength: float) -> None:
    """Bend the normals by the pattern."""
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value = strength
    bump.inputs["Distance"].default_value = 0.01
    tree.links.new(height, bump.inputs["Height"])
    tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def see_through(tree: Tree, shader: Node, look: Material) -> None:
    """Let a share of the light straight through, as a thin skin does."""
    output = output_of(tree)
    clear, mix = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
    clear.inputs["Color"].default_value = (*(0.5 + 0.5 * channel for channel in look.colours[0]), 1.0)
    mix.inputs["Fac"].default_value = look.thin
    tree.links.new(shader.outputs[0], mix.inputs[1])
    tree.links.new(clear.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])

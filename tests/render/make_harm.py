"""Run by the tests in a process of its own: Blender writes a file that would change the folders above it.

python make_harm.py FILE CACHE: a cube that is the domain of a fluid, with its cache in the folder CACHE, as //../../
python make_harm.py script FILE: a cube whose material holds a program, as a node of its own and as a text.
python make_harm.py open FILE [OWN]: open it with Blender's own importer and evaluate it; with OWN
after the process was held to reading the file's folder and writing to OWN.
"""

import os
import sys
from pathlib import Path

from pipeline.confine import confine, python_folders


def write(file: str, cache: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=False)
    modifier = bpy.data.objects["Cube"].modifiers.new("Flood", "FLUID")
    modifier.fluid_type = "DOMAIN"
    domain = modifier.domain_settings
    domain.cache_type = "REPLAY"
    domain.cache_directory = cache
    domain.resolution_max = 16
    bpy.ops.wm.save_as_mainfile(filepath=file)


def write_script(file: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=False)
    tree = bpy.data.objects["Cube"].material_slots[0].material.node_tree
    node, text = tree.nodes.new("ShaderNodeScript"), bpy.data.texts.new("trap.osl")
    text.write("shader trap(output color c = 0) { c = color(1, 0, 0); }")
    node.script = text
    bpy.ops.wm.save_as_mainfile(filepath=file)


def evaluate(file: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(file, link=False) as (found, wanted):
        wanted.objects = found.objects
    for thing in wanted.objects:
        bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.update()
    sys.stdout.write(f"{len(bpy.data.objects)} objects\n")
    sys.stdout.flush()


held = len(sys.argv) < 4 or confine([Path(sys.argv[2]).parent, *python_folders()], [Path(sys.argv[3])])

import bpy  # noqa: E402 - Blender's threads are bound only if they are started after

if not held:
    os._exit(3)
if sys.argv[1] == "open":
    evaluate(sys.argv[2])
elif sys.argv[1] == "script":
    write_script(sys.argv[2])
else:
    write(*sys.argv[1:])
os._exit(0)

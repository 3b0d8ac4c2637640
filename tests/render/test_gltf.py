"""glTF files that Blender would show as another thing: refused before Blender opens them."""

import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from render.stock.gltf import check_shown, outside_scene

BOX = {"mesh": 0, "name": "box"}


def written(folder: Path, **table) -> Path:
    path = folder / "mug.gltf"
    path.write_text(json.dumps({"asset": {"version": "2.0"}} | table), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "left"),
    [
        pytest.param({"nodes": [BOX], "scenes": [{"nodes": [0]}]}, [], id="all in the one scene"),
        pytest.param({"nodes": [BOX]}, [], id="no scene"),
        pytest.param(
            {"nodes": [{"children": [1]}, {"children": [2]}, BOX], "scenes": [{"nodes": [0]}]}, [], id="far below"
        ),
        pytest.param({"nodes": [BOX, {"name": "camera"}], "scenes": [{"nodes": [0]}]}, [], id="what has no mesh"),
        pytest.param(
            {"nodes": [BOX, {"mesh": 1, "name": "lid"}], "scenes": [{"nodes": [0]}]}, ["lid"], id="in no scene"
        ),
        pytest.param(
            {"nodes": [BOX, {"mesh": 1}], "scenes": [{"nodes": [0]}, {"nodes": [1]}]}, ["node 1"], id="in another scene"
        ),
        pytest.param(
            {"nodes": [BOX, {"mesh": 1}], "scenes": [{"nodes": [0]}, {"nodes": [1]}], "scene": 1},
            ["box"],
            id="the second is the default",
        ),
        pytest.param(
            {"nodes": [BOX, {"children": [1]}], "scenes": [{"nodes": [1]}], "scene": 7}, ["box"], id="a circle"
        ),
        pytest.param({"nodes": [BOX], "scenes": [{"nodes": [5]}]}, ["box"], id="a node that is not there"),
    ],
)
def test_parts_outside_the_default_scene_are_found(table, left):
    assert outside_scene(table) == left


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param(
            {"nodes": [BOX, BOX, BOX], "scenes": [{"nodes": [0]}]},
            r"holds 2 parts outside its default scene \('box', 'box'\), which Blender would show; export the one scene",
            id="parts elsewhere",
        ),
        pytest.param(
            {"extensionsUsed": ["KHR_draco_mesh_compression"]}, "is compressed with Draco, which Blender", id="Draco"
        ),
        pytest.param(
            {"extensionsUsed": ["KHR_texture_basisu"], "textures": [{}]}, "has textures as KTX2 alone", id="KTX2"
        ),
        pytest.param({"nodes": [{"mesh": -1}]}, "this is no whole glTF file", id="a mesh below 0"),
    ],
)
def test_what_blender_would_not_show_is_one_line(tmp_path, table, said):
    with pytest.raises(InputError, match=said):
        check_shown(written(tmp_path, **table))


def test_a_texture_with_a_picture_beside_the_packed_one_is_taken(tmp_path):
    check_shown(written(tmp_path, extensionsUsed=["KHR_texture_basisu"], textures=[{"source": 0}]))

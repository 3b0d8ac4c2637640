"""Assets of every format in the worker: the same thing, the same place, the same picture, and nothing that runs."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from dataset.idmap import box_of
from render.blender.shot import Shot
from render.geometry import looking, project
from render.spec import AssetSource, Camera, SceneSpec
from render.stock.facts import inspect
from tests.render.asking import Blender
from tests.render.things import placed, scene_of, sky, turned, write_obj

pytestmark = [pytest.mark.blender, pytest.mark.slow]

FRONT = Camera((0.0, -2.0, 0.25), looking(np.array([0.0, 1.0, 0.0])), 30.0)  # the picture's right is +X, its top +Z
POSED = ("glb", "gltf", "fbx", "usda", "usdc", "usdz", "blend")
CLEAR = ("clear mix", "clear picture", "clear colours")
GAP = 59  # the row between base and post
ROOT = Path(__file__).parents[2]


def make(folder: Path) -> None:
    """Let Blender write its files."""
    words = [sys.executable, str(Path(__file__).with_name("make_formats.py")), str(folder)]
    subprocess.run(words, input="{}", text=True, check=True, capture_output=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("formats")
    make(folder)
    return folder


@pytest.fixture(scope="module")
def sources(files: Path) -> dict[str, AssetSource]:
    found = {kind: AssetSource(str(files / f"posed.{kind}"), "thing", ()) for kind in POSED}
    box = trimesh.creation.box((300, 200, 600))
    box.visual.vertex_colors = (20, 40, 230, 255)
    box.export(files / "box.ply")
    box.export(files / "box.stl")
    cube = [(x / 2, y / 2, z / 2) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    return found | {
        "fbx": dataclasses.replace(found["fbx"], scale=0.01),
        "hidden": AssetSource(str(files / "hidden.blend"), "thing", ()),
        "obj": AssetSource(str(files / "posed-z.obj"), "thing", ()),
        "obj y": AssetSource(str(files / "posed-y.obj"), "thing", (), up="y"),
        "post obj": AssetSource(str(files / "posed-z.obj"), "thing", ("Part.001",)),
        "post glb": AssetSource(str(files / "posed.glb"), "thing", ("Part.001",)),
        "post blend": AssetSource(str(files / "posed.blend"), "thing", ("Part.001",)),
        "post usd": AssetSource(str(files / "posed.usdc"), "thing", ("Part_001",)),
        "ply": AssetSource(str(files / "box.ply"), "thing", (), scale=0.001),
        "stl": AssetSource(str(files / "box.stl"), "thing", (), scale=0.001),
        "many": write_obj(files / "many.obj", [(*p,) for p in cube], [(0, 1, 3, 2), (4, 6, 7, 5)]),
        "shaders": AssetSource(str(files / "shaders.blend"), "thing", ()),
        **{kind: AssetSource(str(files / f"{kind}.blend"), "thing", ()) for kind in ("solid", "disc", *CLEAR)},
        "sky": sky(files / "sky.png"),
    }


def alone(name: str) -> SceneSpec:
    item = turned(placed(name, x=0.05, z=0.02), (0.0, 0.0, 1.0), 20.0)
    return dataclasses.replace(scene_of(item, camera=FRONT), id="5eed" * 4)  # the same noise for every file


@pytest.fixture(scope="module")
def truth(blender: Blender, sources: dict[str, AssetSource]) -> Shot:
    return blender.shoot(alone("obj"), sources)


def test_a_posed_mirrored_and_repeated_part_stands_where_its_file_says(truth: Shot) -> None:
    # base 0.4 x 0.2 x 0.1 around the origin; post 0.1 wide and deep around x = 0.1, from z = 0.15 to 0.55
    ends = [((-0.2, 0.2), (-0.1, 0.1), (-0.05, 0.05)), ((0.05, 0.15), (-0.05, 0.05), (0.15, 0.55))]
    corners = np.array([(x, y, z) for xs, ys, zs in ends for x in xs for y in ys for z in zs])
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    seen = project(FRONT, truth.ids.shape, corners @ turn.T + (0.05, 0, 0.02))[:, :2]
    box = box_of(truth.ids == 1)
    assert np.abs(np.array(box) - (*seen.min(axis=0), *seen.max(axis=0))).max() <= 1
    high = truth.image[:GAP][truth.ids[:GAP] == 1].mean(axis=0)  # of the post alone
    assert high[1] > 2 * high[0]


@pytest.mark.parametrize("name", ["obj y", "hidden", *POSED])
def test_every_format_gives_the_same_thing_in_the_same_place(
    blender: Blender, sources: dict[str, AssetSource], truth: Shot, name: str
) -> None:
    shot = blender.shoot(alone(name), sources)
    assert (shot.ids != truth.ids).sum() <= 2  # of 9216 pixels
    assert np.abs(shot.image.astype(int) - truth.image)[shot.ids == 1].mean() < 3


def test_after_a_blend_file_assets_of_other_folders_are_read(
    blender: Blender, sources: dict[str, AssetSource], tmp_path: Path
) -> None:
    """The material of a .blend that is kept remembers its file, which is no file of the next asset."""
    blender.shoot(alone("shaders"), sources)
    shutil.copy(sources["post obj"].file, tmp_path / "again.obj")
    again = dataclasses.replace(sources["post obj"], file=str(tmp_path / "again.obj"))
    assert blender.shoot(alone("again"), {**sources, "again": again}).ids.any()


@pytest.mark.parametrize("name", ["post obj", "post glb", "post blend", "post usd"])
def test_a_part_is_labelled_by_its_name_in_the_file(
    blender: Blender, sources: dict[str, AssetSource], truth: Shot, name: str
) -> None:
    ids = blender.shoot(alone(name), sources).ids
    assert not ids[GAP:].any()
    assert (ids[:GAP] != truth.ids[:GAP]).sum() <= 2


@pytest.mark.parametrize(("name", "red_blue"), [("ply", (0.0, 0.5)), ("stl", (0.8, 1.2))])
def test_bare_triangles_have_their_size_and_the_colours_of_their_vertices(
    blender: Blender, sources: dict[str, AssetSource], name: str, red_blue: tuple[float, float]
) -> None:
    shot = blender.shoot(scene_of(placed(name, z=0.25), camera=FRONT), sources)
    corners = np.array([(x, -0.1, z) for x in (-0.15, 0.15) for z in (-0.05, 0.55)])
    seen = project(FRONT, shot.ids.shape, corners)[:, :2]
    assert np.abs(np.array(box_of(shot.ids == 1)) - (*seen.min(axis=0), *seen.max(axis=0))).max() <= 1
    red, _, blue = shot.image[shot.ids == 1].mean(axis=0)
    assert red_blue[0] <= red / blue <= red_blue[1]


def test_a_material_of_another_shader_or_of_no_nodes_keeps_its_colour(
    blender: Blender, sources: dict[str, AssetSource]
) -> None:
    shot = blender.shoot(scene_of(placed("shaders", z=0.25), camera=FRONT), sources)
    seen = np.where((shot.ids == 1)[:, :, None], shot.image, 0).astype(float)
    left, right = seen[:, :48].sum(axis=(0, 1)), seen[:, 48:].sum(axis=(0, 1))
    assert left[0] > 2 * left[2]
    assert right[2] > 2 * right[0]


@pytest.mark.parametrize("name", CLEAR)
def test_a_clear_thing_carries_its_label_as_a_whole_however_its_material_is_made(
    blender: Blender, sources: dict[str, AssetSource], name: str
) -> None:
    clear, solid = (blender.shoot(scene_of(placed(kind), camera=FRONT, samples=4), sources) for kind in (name, "solid"))
    assert np.array_equal(clear.ids, solid.ids)
    assert not np.array_equal(clear.image, solid.image)


def test_a_mix_with_a_transparent_shader_cuts_as_alpha_does(blender: Blender, sources: dict[str, AssetSource]) -> None:
    shot, solid = (
        blender.shoot(scene_of(placed(kind), camera=FRONT, samples=4), sources) for kind in ("disc", "solid")
    )
    share = (shot.ids == 1).sum() / (solid.ids == 1).sum()
    assert share == pytest.approx(np.pi * 24**2 / 64**2, rel=0.05)
    assert shot.alone[1].area_px == pytest.approx((shot.ids == 1).sum(), rel=0.03)


def test_a_scene_is_the_same_first_later_and_after_its_assets_were_forgotten(
    tmp_path: Path, blender: Blender, sources: dict[str, AssetSource]
) -> None:
    items = [turned(placed(name, x=0.2 * n - 0.4, y=0.3 * n), (0.0, 0.0, 1.0), 30.0 * n) for n, name in
             enumerate(("glb", "usdc", "obj", "blend", "glb"))]  # fmt: skip
    scene = scene_of(*items, camera=FRONT, samples=2)
    crowd = {f"many {n}": dataclasses.replace(sources["many"], scale=1 + n / 1000) for n in range(70)}
    words = [sys.executable, str(Path(__file__).with_name("shots.py"))]
    with subprocess.Popen(words, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True) as process:
        first = Blender(process, tmp_path).shoot(scene, sources)
        process.communicate()
    after_others = blender.shoot(scene, sources)
    blender.shoot(scene_of(*map(placed, crowd), camera=FRONT), sources | crowd)
    after_many = blender.shoot(scene, sources)
    for shot in (after_others, after_many):
        assert np.array_equal(shot.ids, first.ids)
        assert np.array_equal(shot.image, first.image)
    assert set(np.unique(first.ids)) > {1, 2, 3}


LOADING = """
import json, os, sys, tempfile
from pathlib import Path
from pipeline.errors import InputError
from render.blender.worker import Worker, bpy
from render.blender.load import clear_scene, load, templates
from render.spec import Placed, AssetSource
out = os.dup(1); os.dup2(2, 1)
Worker({}, Path(tempfile.mkdtemp()))
said = {}
for file in json.loads(sys.argv[1]):
    try:
        load(Placed("a", "a", (0, 0, 0), (1, 0, 0, 0), 1.0, {}), AssetSource(file, "thing", ()))
        said[Path(file).name] = ""
    except InputError as error:
        said[Path(file).name] = str(error)
bpy.context.view_layer.update()
said["moves"] = [b.name for b in (*bpy.data.objects, *bpy.data.meshes, *bpy.data.materials) if b.animation_data]
said["texts"] = [text.name for text in bpy.data.texts]
for scale in range(1, 100):
    load(Placed("a", "a", (0, 0, 0), (1, 0, 0, 0), 1.0, {}), AssetSource(sys.argv[2], "thing", (), float(scale)))
clear_scene()
said["kept"] = [len(templates), len(bpy.data.meshes), len(bpy.data.objects)]
os.write(out, json.dumps(said).encode())
os._exit(0)
"""


@pytest.fixture(scope="module")
def said(files: Path) -> dict[str, str | list[int]]:
    """What came of loading harmful files: file name -> message, empty if it was loaded."""
    bad = files / "deep" / "bad"
    triangle = "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\n"
    (bad / "mtl.obj").write_text("mtllib ../../posed-z.mtl\n" + triangle)
    (bad / "map.obj").write_text("mtllib map.mtl\n" + triangle)
    (bad / "map.mtl").write_text("newmtl a\nmap_Kd ../../outside.png\n")
    table = json.loads((files / "posed.gltf").read_text())
    (bad / "posed.bin").write_bytes((files / "posed.bin").read_bytes())
    table["images"] = [{"uri": "%2e%2e/../../../../etc/passwd"}]
    (bad / "uri.gltf").write_text(json.dumps(table))
    table["images"], table["buffers"][0]["uri"] = [], "file:///etc/passwd"
    (bad / "buffer.gltf").write_text(json.dumps(table))
    (bad / "layer.usda").write_text('#usda 1.0\ndef Xform "x" (references = @../../posed.usda@) {}\n')
    wanted = [str(path) for path in sorted(bad.iterdir()) if path.suffix not in {".mtl", ".bin"}]
    words = [sys.executable, "-c", LOADING, json.dumps(wanted), str(files / "posed-z.obj")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout, done.stderr
    found: dict[str, str | list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        pytest.param("drivers.blend", "", id="drivers and scripts are taken out"),
        pytest.param("picture.blend", "Pack Resources) or put it beside the file", id="picture of a .blend file"),
        pytest.param("linked.blend", "drivers.blend, wanted all of them inside", id="parts from another .blend file"),
        pytest.param("picture.usdc", "outside.png', which leaves", id="picture of a binary USD layer"),
        pytest.param("layer.usda", "posed.usda', which leaves", id="layer of a USD layer"),
        pytest.param("mtl.obj", "'../../posed-z.mtl' leaves", id="materials of an OBJ"),
        pytest.param("map.obj", "'../../outside.png' leaves", id="picture of an MTL"),
        pytest.param("uri.gltf", "/etc/passwd' leaves", id="picture of a glTF"),
        pytest.param("buffer.gltf", "file:///etc/passwd, which is no file beside it", id="buffer of a glTF"),
    ],
)
def test_what_lies_elsewhere_is_refused_with_the_file_and_the_way_out(
    said: dict[str, str], name: str, wanted: str
) -> None:
    assert wanted in said[name]
    assert bool(said[name]) == bool(wanted)


def test_a_blend_file_is_what_blender_renders_of_it(files: Path) -> None:
    (found,) = inspect([files / "kinds.blend"], ["z"])
    assert not isinstance(found, str), found
    assert found.parts == ("Mball", "Text", "box", "field", "lid", "pad", "ring", "sown")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of make_shown.py's files, pictures and notes."""
    folder: Path = tmp_path_factory.mktemp("shown")
    for what in ("make", "take"):
        words = [sys.executable, str(Path(__file__).with_name("make_shown.py")), what, str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
        assert not done.returncode, done.stderr
    return folder


def said_of(shown: Path, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((shown / f"{name}.json").read_text(encoding="utf-8"))
    return found


SAME = {  # what is shown, and what is said
    "particles_of_a_hidden_object": "",
    "particles_of_an_excluded_collection": "",
    "children_of_particles": "",
    "emitted_particles": "",
    "baked_particles": "",
    "instances_of_an_excluded_collection": "",
    "nested_instances": "",
    "instances_on_faces": "",
    "instances_on_vertices": "",
    "instances_of_nodes": "",
    "nodes_that_differ_in_a_render": "",
    "the_active_scene": "has 3 scenes, of which 'Middle' is shown",
    "a_scene_behind": "has 2 scenes, of which 'Scene' is shown",
    "the_layer_that_is_used": "",
    "two_layers": "has 2 view layers, of which 'ViewLayer' is shown",
    "what_the_camera_does_not_see": "",
    "balls": "",
    "a_half_built_mesh": "",
    "a_curve_that_is_finer_in_a_render": "",
    "modifiers_that_differ_in_a_render": "",
    "simplified": "",
    "a_moment_of_a_movement": "",
    "names_of_one_stem": "",
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_taken_of_a_blend_file_covers_the_pixels_that_blender_renders_of_it(shown: Path, name: str) -> None:
    truth, taken = np.load(shown / f"{name}.npy"), np.load(shown / f"{name}.blend.npy")
    assert truth.any()
    assert np.array_equal(taken, truth)
    notes = said_of(shown, f"{name}.blend")["notes"]
    assert len(notes) == bool(SAME[name])
    assert SAME[name] in "".join(notes)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("strands", "is shown without hair of 'field', since"),
        ("curves_of_hair", "is shown without hair of 'fur', since"),
        ("a_drawing", "is shown without drawn strokes of 'Suzanne', since"),
        ("a_cloud_of_points", "is shown without points of 'field', since"),
        ("a_volume", "is shown without a volume of 'field', since"),
        ("fog_in_a_box", "is shown without a volume of 'box', since"),
        ("particles_kept_in_files", "is shown without the simulations that 'field' keeps in other files; "),
        ("rigid", "shows 'falling' as they are before they fall as rigid bodies; "),
    ],
)
def test_what_is_left_out_of_a_blend_file_is_said(shown: Path, name: str, wanted: str) -> None:
    (note,) = said_of(shown, f"{name}.blend")["notes"]
    assert wanted in note
    assert "skin" in said_of(shown, f"{name}.blend")["parts"] or name == "a_cloud_of_points"


@pytest.mark.parametrize(("kind", "how"), [("glb", "without"), ("fbx", "without"), ("usdc", "frame 1")])
def test_a_file_with_animations_says_how_it_is_shown(shown: Path, kind: str, how: str) -> None:
    (note,) = said_of(shown, f"moving.{kind}")["notes"]
    assert f"has animations, and is shown {'as it stands ' * (how == 'without') or 'at '}{how}" in note


def test_a_file_of_several_scenes_that_names_none_as_the_active_one_is_refused(shown: Path) -> None:
    reason = json.loads((shown / "no_active_scene.blend.json").read_text(encoding="utf-8"))["reason"]
    assert (
        "has 3 scenes ('Zeta', 'Middle', 'Alpha') and does not say which one is shown; keep one of them, or" in reason
    )


def test_parts_of_a_packed_file_keep_their_numbers(shown: Path) -> None:
    assert said_of(shown, "names_of_one_stem.blend")["parts"] == ["mug", "mug.001", "mug.002"]


def test_balls_that_melt_into_each_other_are_one_part(shown: Path) -> None:
    assert said_of(shown, "balls.blend")["parts"] == ["Mball"]


def test_nothing_in_a_blend_file_runs_or_stays(files: Path, said: dict[str, list[str]]) -> None:
    assert said["moves"] == said["texts"] == []
    assert [path.name for path in files.iterdir() if path.name.startswith("ran")] == []


def test_a_worker_keeps_a_bounded_number_of_files_in_memory(said: dict[str, list[int]]) -> None:
    templates, meshes, objects = said["kept"]
    assert templates == 64
    assert meshes == 2 * templates
    assert objects == 1  # the camera

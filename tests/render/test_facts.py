"""What Blender finds in files of every format, against shapes whose facts geometry tells."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from pipeline.errors import InputError
from render.blender.topology import topology_of
from render.stock.facts import Facts, inspect
from render.stock.usd import look_at_layers
from tests.dataset.test_pictures import black
from tests.render.test_shoot import killing_whoever_opens

MIDDLE = (1.0, -2.0, 4.0)  # far from the origin, another number on each axis
Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
SHAPES = ("flipped", "open", "two")
FORMATS = ("glb", "gltf", "obj", "ply", "stl", "fbx", "usda", "usdc", "usdz", "blend")
NAMELESS = {"ply", "stl"}


def box(turned: int = 0, without: int = 0, at: tuple[float, float, float] = MIDDLE) -> trimesh.Trimesh:
    """Return a box of 2 x 3 x 0.5 whose first `turned` triangles look inward; the last `without` are left out."""
    mesh = trimesh.creation.box((2.0, 3.0, 0.5), trimesh.transformations.translation_matrix(at))
    faces = mesh.faces[np.argsort(mesh.face_normals[:, 0], kind="stable")]  # first and last two are a side each
    faces[:turned] = faces[:turned, ::-1]
    return trimesh.Trimesh(mesh.vertices, faces[: 12 - without], process=False)


def parts_of(shape: str) -> dict[str, trimesh.Trimesh]:
    parts = {"flipped": {"Lid": box(turned=2)}, "open": {"Lid": box(without=2)}}
    return parts.get(shape, {"Lid": box(), "Pot": box(at=(1.0, -2.0, 6.0))})


def merged(*meshes: trimesh.Trimesh) -> tuple[np.ndarray, np.ndarray]:
    joined = trimesh.util.concatenate(meshes)
    return np.asarray(joined.vertices, float), np.asarray(joined.faces, np.int64)


FIN = [*box().faces.tolist(), [0, 1, 8]]


@pytest.mark.parametrize(
    ("mesh", "wanted"),
    [
        pytest.param(merged(box()), (0, 0, 0), id="a closed box"),
        pytest.param(merged(box(turned=2)), (0, 0, 2), id="one side of a box turned inward"),
        pytest.param(merged(box(turned=12)), (0, 0, 12), id="a box inside out"),
        pytest.param(merged(box(turned=10)), (0, 0, 10), id="all sides but one turned inward"),
        pytest.param(merged(box(without=2)), (4, 0, 0), id="a box without a side"),
        pytest.param(merged(box(turned=2, without=2)), (4, 0, 2), id="one without a side, one side turned inward"),
        pytest.param(merged(box(), box(at=(5, 5, 5))), (0, 0, 0), id="two boxes"),
        pytest.param((np.vstack([box().vertices, [[9, 9, 9]]]), np.array(FIN)), (2, 1, 0), id="a box with a fin"),
        pytest.param((np.zeros((0, 3)), np.zeros((0, 3), np.int64)), (0, 0, 0), id="nothing"),
    ],
)
def test_open_tangled_and_flipped_are_counted(mesh: tuple[np.ndarray, np.ndarray], wanted: tuple[int, ...]) -> None:
    found = topology_of(*mesh)
    assert (found.open_edges, found.tangled_edges, found.flipped) == wanted


def test_the_inner_skin_of_a_hollow_part_looks_the_right_way() -> None:
    inner = trimesh.creation.box((0.5, 0.5, 0.2), trimesh.transformations.translation_matrix(MIDDLE))
    inner.invert()
    assert topology_of(*merged(box(), inner)).flipped == 0


def test_corners_that_a_format_splits_are_one_again() -> None:
    points, faces = merged(box())
    found = topology_of(points[faces.reshape(-1)], np.arange(36).reshape(-1, 3))
    assert (found.open_edges, found.flipped) == (0, 0)


def export(folder: Path) -> None:
    """Write all shapes in all formats."""
    plain = {}
    for shape in SHAPES:
        parts = parts_of(shape)
        scene, upright = trimesh.Scene(), trimesh.Scene()
        for name, mesh in parts.items():
            scene.add_geometry(mesh, node_name=name, geom_name=name)
            turned = mesh.copy()
            upright.add_geometry(turned.apply_transform(Y_UP), node_name=name, geom_name=name)
        upright.export(folder / f"{shape}.glb")
        (folder / f"{shape}-gltf").mkdir()
        for name, data in trimesh.exchange.gltf.export_gltf(upright).items():
            (folder / f"{shape}-gltf" / name.replace("model", shape)).write_bytes(data)
        (folder / f"{shape}.obj").write_text(trimesh.exchange.obj.export_obj(scene))
        whole = trimesh.util.concatenate(list(parts.values()))
        whole.export(folder / f"{shape}.ply")
        whole.export(folder / f"{shape}.stl")
        plain[shape] = {name: (mesh.vertices.tolist(), mesh.faces.tolist()) for name, mesh in parts.items()}
    words = [sys.executable, str(Path(__file__).with_name("make_formats.py")), str(folder)]
    subprocess.run(words, input=json.dumps(plain), text=True, check=True, capture_output=True)


def file_of(folder: Path, shape: str, kind: str) -> Path:
    return folder / (f"{shape}-gltf" if kind == "gltf" else "") / f"{shape}.{kind}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("facts")
    export(made)
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[tuple[str, str], Facts]:
    wanted = [(shape, kind) for shape in SHAPES for kind in FORMATS]
    made = inspect([file_of(folder, *each) for each in wanted], ["z"] * len(wanted))
    assert [entry for entry in made if isinstance(entry, str)] == []
    return {each: entry for each, entry in zip(wanted, made, strict=True) if isinstance(entry, Facts)}


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("shape", "size", "centre", "faces", "open_edges", "flipped", "parts"),
    [
        ("flipped", (2, 3, 0.5), MIDDLE, 12, 0, 2 / 12, ("Lid",)),
        ("open", (2, 3, 0.5), MIDDLE, 10, 4, 0, ("Lid",)),
        ("two", (2, 3, 2.5), (1, -2, 5), 24, 0, 0, ("Lid", "Pot")),
    ],
)
def test_every_format_tells_the_same(
    found: dict[tuple[str, str], Facts], kind: str, shape: str, size: tuple[float, ...], centre: tuple[float, ...],
    faces: int, open_edges: int, flipped: float, parts: tuple[str, ...],
) -> None:  # fmt: skip
    facts = found[shape, kind]
    assert facts.unit_m == (0.01 if kind == "fbx" else 1.0)
    assert np.array(facts.size) * facts.unit_m == pytest.approx(size, rel=1e-4)
    assert np.array(facts.centre) * facts.unit_m == pytest.approx(centre, rel=1e-4)
    assert (facts.faces, facts.open_edges, facts.tangled_edges) == (faces, open_edges, 0)
    assert facts.flipped_share == pytest.approx(flipped)
    assert facts.parts == ((shape,) if kind in NAMELESS else parts)
    assert facts.code == facts.textures == ()


def textured(folder: Path, uvs: bool) -> Path:
    """Write a triangle with a picture of 6 x 4 and one that is missing."""
    path = folder / f"textured-{uvs}.obj"
    (folder / "look.mtl").write_text("newmtl a\nmap_Kd print.png\nmap_Ks gone.png\n")
    corners = "vt 0 0\nvt 1 0\nvt 0 1\nusemtl a\nf 1/1 2/2 3/3\n" if uvs else "usemtl a\nf 1 2 3\n"
    path.write_text("mtllib look.mtl\no leaf\nv 0 0 0\nv 1 0 0\nv 0 1 2\n" + corners)
    return path


def ply(path: Path, *points: tuple[float, ...]) -> Path:
    """Write a binary PLY of one triangle."""
    head = "ply\nformat binary_little_endian 1.0\nelement vertex 3\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    path.write_bytes(
        head.encode() + np.array(points, "<f4").tobytes() + bytes([3]) + np.arange(3, dtype="<i4").tobytes()
    )
    return path


def stl(path: Path, *points: tuple[float, ...]) -> Path:
    """Write a binary STL of one triangle."""
    path.write_bytes(bytes(80) + bytes([1, 0, 0, 0]) + bytes(12) + np.array(points, "<f4").tobytes() + bytes(2))
    return path


def strange_gltfs(folder: Path) -> list[Path]:
    """Write a box with a corner that is no number as .glb, as .gltf with files beside it, and as one that holds all."""
    corner, strange = (np.array([x, 3.75, 0.5], "<f4").tobytes() for x in (0, np.nan))  # y is up
    binary, beside, alone = (folder / name for name in ("strange.glb", "strange/beside.gltf", "strange-text.gltf"))
    binary.write_bytes(file_of(folder, "open", "glb").read_bytes().replace(corner, strange))
    text = json.loads(file_of(folder, "open", "gltf").read_text())
    beside.parent.mkdir()
    beside.write_text(json.dumps(text))
    for buffer in text["buffers"]:
        data = (folder / "open-gltf" / buffer["uri"]).read_bytes().replace(corner, strange)
        (beside.parent / buffer["uri"]).write_bytes(data)
        buffer["uri"] = f"data:application/gltf-buffer;base64,{b64encode(data).decode()}"
    alone.write_text(json.dumps(text))
    return [binary, beside, alone]


@pytest.mark.blender
@pytest.mark.slow
def test_corners_that_are_no_numbers_are_counted_in_every_format(folder: Path) -> None:
    ours, theirs = (
        strange_gltfs(folder),
        [folder / f"strange.{kind}" for kind in ("fbx", "usda", "usdc", "usdz", "blend")],
    )
    found = inspect([*ours, *theirs], ["z"] * 8)
    assert found == [
        f"{file}: {count} of its vertices are not three finite numbers; delete these, and export it again"
        for count, files in ((1, ours), (2, theirs))
        for file in files
    ]


def nested(folder: Path) -> Path:
    """Write a file that is too deep for its reader."""
    path = folder / "nested.gltf"
    path.write_text('{"a":' * 200_000)
    return path


@pytest.mark.blender
@pytest.mark.slow
def test_pictures_codes_and_reasons_are_told_and_one_bad_file_spoils_no_other(folder: Path) -> None:
    Image.new("RGB", (6, 4)).save(folder / "print.png")
    (folder / "torn.glb").write_bytes(file_of(folder, "two", "glb").read_bytes()[:300])
    (folder / "torn.blend").write_bytes(file_of(folder, "two", "blend").read_bytes()[:3000])
    (folder / "points.obj").write_text("v 0 0 0\nv 1 0 0\n")
    x, y = (1, 0, 0), (0, 1, 0)
    strange_numbers = [
        ply(folder / "nan.ply", (np.nan, 0, 0), x, y), stl(folder / "inf.stl", (0, np.inf, 0), x, y),
        ply(folder / "dot.ply", x, x, x),
    ]  # fmt: skip
    bad = folder / "deep" / "bad"
    files = [
        folder / "torn.glb", nested(folder), folder / "torn.blend", folder / "points.obj", bad / "linked.blend",
        folder / "posed.glb.zip", *strange_numbers, textured(folder, uvs=True), textured(folder, uvs=False),
        bad / "drivers.blend", bad / "picture.blend", folder / "posed-y.obj",
    ]  # fmt: skip
    torn, deep, cut, points, linked, strange, nan, inf, dot, leaf, bare, drivers, outside, lying = inspect(
        files, [*["z"] * (len(files) - 1), "y"]
    )
    reasons: list[tuple[Facts | str, str]] = [
        (torn, "no whole glTF file"),
        (deep, "no whole glTF file: not JSON (recursion limit exceeded"),
        (cut, "Blender cannot read it"),
        (points, "nothing in it has faces"),
        (linked, "wanted all of them inside"),
        (strange, "found a .zip file, wanted .obj"),
        (nan, "1 of its vertices are not three finite numbers"),
        (inf, "1 of its vertices are not three finite numbers"),
        (dot, "all its faces lie in one point"),
    ]
    for (reason, wanted), file in zip(reasons, files, strict=False):
        assert isinstance(reason, str)
        assert reason.startswith(f"{file}: ")
        assert wanted in reason
    assert isinstance(leaf, Facts)
    assert [(t.file, t.size_wh, t.outside) for t in leaf.textures] == [
        ("gone.png", (0, 0), False),
        ("print.png", (6, 4), False),
    ]
    assert leaf.has_uvs
    assert leaf.materials == ("a",)
    assert isinstance(bare, Facts)
    assert not bare.has_uvs
    assert isinstance(drivers, Facts)
    assert [entry.split(" ")[0] for entry in drivers.code] == ["driver", "driver", "script"]
    assert isinstance(outside, Facts)
    assert [(t.size_wh, t.outside) for t in outside.textures] == [((0, 0), True)]  # it could not even be read
    assert isinstance(lying, Facts)
    assert lying.size == pytest.approx((0.4, 0.2, 0.6), abs=1e-6)
    assert [path.name for path in folder.iterdir() if path.name.startswith("ran")] == []


@pytest.mark.blender
@pytest.mark.slow
def test_a_file_that_brings_blender_down_spoils_no_other(folder: Path, tmp_path: Path) -> None:
    pipe, good = tmp_path / "pipe.ply", tmp_path / "good.ply"
    good.write_bytes(file_of(folder, "two", "ply").read_bytes())
    os.mkfifo(pipe)
    with killing_whoever_opens(pipe) as killed:
        first, reason, last = inspect([good, pipe, good], ["z"] * 3)
    assert isinstance(first, Facts)
    assert reason == f"{pipe}: Blender breaks down over it, or wants more time or memory than it may; " + (
        "open it in Blender and export it again"
    )
    assert first == last
    assert len(killed) == 1


@pytest.mark.blender
def test_a_picture_that_wants_more_memory_than_a_file_of_its_size_may_take_is_not_decoded(tmp_path: Path) -> None:
    (tmp_path / "print.png").write_bytes(black(22_000, 22_000))  # 1.9 GB
    path = textured(tmp_path, uvs=True)
    (found,) = inspect([path], ["z"])
    assert isinstance(found, Facts)
    assert [(t.file, t.size_wh) for t in found.textures] == [("gone.png", (0, 0)), ("print.png", (0, 0))]


@pytest.mark.blender
@pytest.mark.slow
def test_a_usd_file_is_read_for_the_files_it_names(folder: Path) -> None:
    assert look_at_layers(folder / "posed.usdz") == (1.0, ())
    with pytest.raises(InputError, match=r"picture\.usdc names '\.\./\.\./outside\.png', which leaves its folder"):
        look_at_layers(folder / "deep" / "bad" / "picture.usdc")


@pytest.mark.slow
def test_an_stl_that_blender_reads_nothing_of_says_why(tmp_path: Path) -> None:
    shouting = "SOLID a\nFACET NORMAL 0 0 1\nOUTER LOOP\nVERTEX 0 0 0\nVERTEX 1 0 0\nVERTEX 0 1 0\nENDLOOP\nENDFACET\n"
    (tmp_path / "a.stl").write_text(f"{shouting}ENDSOLID a\n", encoding="utf-8")
    (tmp_path / "b.stl").write_bytes(bytes(80) + (1).to_bytes(4, "little") + bytes(50) + b"made by a scanner")
    shout, tail = inspect([tmp_path / "a.stl", tmp_path / "b.stl"], ["z", "z"])
    assert "its words are in capitals" in str(shout)
    assert "it says 1 faces, which take 134 bytes, and has 151" in str(tail)

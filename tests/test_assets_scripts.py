from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assets.balloons.make import BALLOONS
from assets.balloons.make import parts_of as balloon_parts
from assets.boards.make import BOARDS, Board, pattern
from assets.boards.make import parts_of as board_parts
from assets.desk.make import THINGS as DESK
from assets.dominoes.make import TILES
from assets.dominoes.make import parts_of as tile_parts
from assets.hands.make import hands
from assets.make import make_all
from assets.meshes import Shape, box, ellipsoid, limb, slab, turned
from assets.obj import Part, corner_normals, face_area, linear
from assets.people.make import FIGURES
from assets.people.make import parts_of as figure_parts
from assets.room.make import THINGS as ROOM

pytestmark = pytest.mark.slow

ASSETS = Path(__file__).resolve().parents[1] / "assets"
DUCK = 'file = "duck.glb"  # drawn by Ann\n'


def files_in(folder: Path) -> dict[str, bytes]:
    wanted = (path for path in sorted(folder.rglob("*")) if path.suffix in {".obj", ".mtl", ".png", ".toml"})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in wanted}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the scripts wrote, where an artist had put an entry before."""
    folder = tmp_path_factory.mktemp("assets")
    (folder / "boards").mkdir()
    (folder / "boards" / "duck.toml").write_text(DUCK, encoding="utf-8")
    make_all(folder)
    return folder


def test_the_scripts_write_the_files_that_lie_beside_them(made: Path):
    new, kept = files_in(made), files_in(ASSETS)
    assert [name for name in new if new[name] != kept.get(name)] == ["boards/duck.toml"]
    assert {name for name in kept if name.endswith(".toml") and b'"made by assets/' in kept[name]} <= set(new)


def test_an_artists_entry_outlives_our_scripts(made: Path):
    assert (made / "boards" / "duck.toml").read_text(encoding="utf-8") == DUCK


def volume(shape: Shape) -> float:
    """The volume inside, by the divergence theorem: negative where faces look inward."""
    return sum(float(shape.points[face[0]] @ face_area(shape.points[list(face)])) for face in shape.faces) / 6


SOLIDS = {
    "box": (box((0.2, 0.3, 0.4)), 0.024, 1e-9),
    "ellipsoid": (ellipsoid((0.1, 0.2, 0.3), 48, 48), 4 / 3 * np.pi * 0.006, 0.01),
    "capsule": (limb((0, 0, 0), (0, 1, 0), (0.1, 0.1), 64), np.pi * 0.01 + 4 / 3 * np.pi * 0.001, 0.02),
    "upright cylinder": (slab((0.2, 0.2, 1.0), corner=0.1, steps=32), np.pi * 0.01, 0.001),
    "mirrored box": (turned(box((0.2, 0.3, 0.4)), np.diag([-1.0, 1.0, 1.0])), 0.024, 1e-9),
}


@pytest.mark.parametrize(("shape", "cubic_m", "tolerance"), SOLIDS.values(), ids=SOLIDS)
def test_a_solid_has_its_volume_and_its_faces_look_outward(shape: Shape, cubic_m: float, tolerance: float):
    assert volume(shape) == pytest.approx(cubic_m, rel=tolerance)


def test_a_box_keeps_its_edges_and_a_ball_is_smooth():
    assert np.abs(corner_normals(box((1, 1, 1)))).max(axis=1) == pytest.approx(1.0)
    ball = ellipsoid((1, 1, 1), 32, 24)
    places = ball.points[[point for face in ball.faces for point in face]]
    along = (corner_normals(ball) * places).sum(axis=1)
    assert along.min() > 0.99


def extents(parts: list[Part], name: str) -> np.ndarray:
    points = np.concatenate([part.shape.points for part in parts if part.name == name])
    return np.stack([points.min(axis=0), points.max(axis=0)])


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_boards_print_lies_inside_its_plate_and_in_front_of_it(board: Board):
    parts = board_parts(board)
    plate, printed = extents(parts, "plate"), extents(parts, "pattern")
    assert (printed[0, :2] > plate[0, :2]).all()
    assert (printed[1, :2] < plate[1, :2]).all()
    assert 0 < printed[0, 2] - plate[1, 2] < 0.001


def test_cut_squares_are_narrower_by_their_share_and_colours_alternate():
    board = Board((4, 3), 0.1, (0.5, 1.0, 0.75, 0.25), "#ffffff", (0.1, 0.1), colours=("#000000", "#ffffff"))
    picture, (x, y) = pattern(board)
    assert (x, y) == pytest.approx((0.1 * (0.5 + 2 + 0.75), 0.1 * (1 + 1 + 0.25)))
    light = np.asarray(picture)[::-1, :, 0] > 127  # from the lower left, as the squares are counted
    px = picture.width / (x / 0.1)
    columns, rows = np.array([0.25, 1.0, 2.0, 2.9]) * px, np.array([0.5, 1.5, 2.1]) * px
    found = light[np.ix_(rows.astype(int), columns.astype(int))]
    assert found.tolist() == [[False, True, False, True], [True, False, True, False], [False, True, False, True]]


@pytest.mark.parametrize("name", TILES)
def test_a_tile_shows_the_pips_it_is_named_for(name: str):
    tile = TILES[name]
    pips = [part for part in tile_parts(tile) if part.material.name.startswith("pip")]
    left = sum(part.shape.points[:, 0].mean() < 0 for part in pips)
    assert (left, len(pips) - left) == tile.pips
    half = np.array(tile.size) / 2000
    assert all((np.abs(part.shape.points)[:, :2] < half[:2]).all() for part in pips)


@pytest.mark.parametrize("name", BALLOONS)
def test_a_balloon_hangs_over_its_string_and_is_about_its_own_middle(name: str):
    parts = balloon_parts(BALLOONS[name], name)
    body = extents(parts, "balloon")
    assert body[0, 2] < 0 < body[1, 2]
    if any(part.name == "string" for part in parts):
        assert extents(parts, "string")[0, 2] < body[0, 2] < extents(parts, "string")[1, 2]


STANDING = {
    **{name: figure_parts(figure) for name, figure in FIGURES.items()},
    **{name: thing() for name, thing in (DESK | ROOM).items()},
}


@pytest.mark.parametrize("parts", STANDING.values(), ids=STANDING)
def test_what_stands_touches_the_ground_to_5_mm(parts: list[Part]):
    lowest = min(float(part.shape.points[:, 2].min()) for part in parts)
    assert abs(lowest) < 0.005


def test_a_gripping_hand_leaves_room_for_a_plate_and_reaches_over_it():
    points = np.concatenate([part.shape.points for part in hands()["hand-grip-right"]])
    over = points[points[:, 1] > 0.01]
    assert (np.abs(over[:, 2]) > 0.004).all()
    assert (over[:, 2] > 0).any()
    assert (over[:, 2] < 0).any()


def test_white_is_all_light_and_middle_grey_a_fifth_of_it():
    assert linear("#ffffff") == pytest.approx([1, 1, 1])
    assert linear("#808080") == pytest.approx([0.2159] * 3, abs=1e-4)


def test_a_boards_texture_has_two_colours():
    colours = Image.open(ASSETS / "boards" / "board-01-pattern.png").convert("RGB").getcolors()
    assert colours is not None
    assert len(colours) == 2

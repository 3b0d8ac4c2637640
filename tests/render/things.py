"""Simple things as OBJ files and scenes around them, whose truth geometry tells. Metres, Z up."""

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from render.geometry import looking, turn
from render.spec import (
    AssetSource,
    Camera,
    Development,
    Material,
    Placed,
    Quality,
    SceneSpec,
    Vector,
    World,
    with_id,
)

WHITE = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
OWN = Material("own", WHITE, 0.5)
DOWN = looking(np.array([0.0, 0.0, -1.0]))  # the picture's right is +X, its top +Y
CAMERA = Camera((0.0, 0.0, 4.0), DOWN, 90.0)
SIDE = 96
PX_A_METRE = 12  # of the plane z = 0


def write_obj(path: Path, points: list[tuple[float, ...]], faces: list[tuple[int, ...]], look: str = "Kd 0.6 0.4 0.2",
              name: str = "thing") -> AssetSource:  # fmt: skip
    """Write a mesh with one material and return it as a labelled asset. faces: indices from 0; uv = x, y in 0..1."""
    path.with_suffix(".mtl").write_text(f"newmtl look\n{look}\n", encoding="utf-8")
    lines = [f"mtllib {path.stem}.mtl", f"o {name}", *(f"v {x} {y} {z}" for x, y, z in points)]
    lines += [f"vt {x} {y}" for x, y in unit_xy(points)] + ["usemtl look"]
    lines += ["f " + " ".join(f"{k + 1}/{k + 1}" for k in face) for face in faces]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return AssetSource(str(path), "thing", ())


def unit_xy(points: list[tuple[float, ...]]) -> np.ndarray:
    flat = np.array(points)[:, :2]
    extent = np.ptp(flat, axis=0)
    return (flat - flat.min(axis=0)) / np.where(extent > 0, extent, 1)


def card(path: Path, width: float, height: float, look: str = "Kd 0.6 0.4 0.2") -> AssetSource:
    """Write a card that lies in the plane z = 0 around the origin."""
    x, y = width / 2, height / 2
    return write_obj(path, [(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [(0, 1, 2, 3)], look)


def ell(path: Path, mirrored: bool) -> AssetSource:
    """Write the letter L, 2 m high and 1 m wide with strokes of 0.5 m, upright in x and y, its corner at the origin."""
    points = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.5, 0.0), (0.5, 0.5, 0.0), (0.5, 2.0, 0.0), (0.0, 2.0, 0.0)]
    faces = [(0, 1, 2, 3), (0, 3, 4, 5)]
    return write_obj(path, [(-x, y, z) for x, y, z in points] if mirrored else points, faces)


def ball(path: Path, radius: float) -> AssetSource:
    """Write a ball of 96 x 48 faces around the origin."""
    around, down = np.linspace(0, 2 * np.pi, 97)[:-1], np.linspace(0, np.pi, 49)
    points = [(radius * np.sin(v) * np.cos(u), radius * np.sin(v) * np.sin(u), radius * np.cos(v))
              for v in down for u in around]  # fmt: skip
    faces = [(r + u, r + (u + 1) % 96, r + 96 + (u + 1) % 96, r + 96 + u) for r in range(0, 48 * 96, 96)
             for u in range(96)]  # fmt: skip
    return write_obj(path, points, faces)


def sky(path: Path) -> AssetSource:
    """Write an even environment map."""
    Image.fromarray(np.full((8, 16, 3), 200, np.uint8)).save(path)
    return AssetSource(str(path), "", ())


def placed(
    asset: str, x: float = 0.0, y: float = 0.0, z: float = 0.0, scale: float = 1.0, look: Material = OWN
) -> Placed:
    return Placed(asset, asset, (float(x), float(y), float(z)), (1.0, 0.0, 0.0, 0.0), float(scale), {"*": look})


def scene_of(*objects: Placed, camera: Camera = CAMERA, size_hw: tuple[int, int] = (SIDE, SIDE), samples: int = 1,
             also: tuple[str, ...] = ()) -> SceneSpec:  # fmt: skip
    """Return a scene in an even light."""
    scene = SceneSpec(
        id="",
        recipe="test",
        size_hw=size_hw,
        quality=Quality(samples=samples, denoise=False),
        camera=camera,
        world=World("sky", "sky", 0.0, 1.0),
        lamps=(),
        surfaces=(),
        objects=objects,
        development=Development(0.0, (1.0, 1.0, 1.0), 1.0),
        also=also,
    )
    return with_id(scene)


def turned(item: Placed, axis: Vector, angle_deg: float) -> Placed:
    return dataclasses.replace(item, rotation=turn(axis, angle_deg))


def pixels(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Return the mask of a rectangle in the plane z = 0 as CAMERA sees it."""
    middle = np.arange(SIDE) + 0.5 - SIDE / 2
    across, up = middle / PX_A_METRE, -middle[:, None] / PX_A_METRE
    return (across > x0) & (across < x1) & (up > y0) & (up < y1)


def unlabelled(source: AssetSource) -> AssetSource:
    return dataclasses.replace(source, category="")

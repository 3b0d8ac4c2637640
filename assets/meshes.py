"""Shapes for assets in metres, X right, Y forward, Z up: every one is a stack of rings, closed around and capped."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
UVs = tuple[tuple[float, float], ...]
Surface = Callable[[Points, Points], Points]  # x and y, (N,) each, to points (N, 3)


@dataclasses.dataclass(frozen=True)
class Shape:
    """A surface. Faces are corner numbers, counter-clockwise seen from outside."""

    points: Points  # (N, 3)
    faces: tuple[tuple[int, ...], ...]
    uvs: tuple[UVs, ...] = ()  # one (u, v) per corner of every face; empty: no texture
    normals: Points | None = None  # (N, 3) when they are not to follow from the faces


def loft(rings: ArrayLike, caps: bool = True) -> Shape:
    """Return the surface through `rings`, (R, C, 3): each runs counter-clockwise seen from the side of the last one.

    u goes once around, v from 0 at the first ring to 1 at the last.
    """
    grid = np.asarray(rings, dtype=np.float64)
    rows, columns = grid.shape[:2]
    faces: list[tuple[int, ...]] = []
    uvs: list[UVs] = []
    for r in range(rows - 1):
        for c in range(columns):
            a, b = r * columns + c, r * columns + (c + 1) % columns
            faces.append((a, b, b + columns, a + columns))
            u0, u1, v0, v1 = c / columns, (c + 1) / columns, r / (rows - 1), (r + 1) / (rows - 1)
            uvs.append(((u0, v0), (u1, v0), (u1, v1), (u0, v1)))
    if caps:
        last = (rows - 1) * columns
        faces += [tuple(reversed(range(columns))), tuple(range(last, last + columns))]
        uvs += [tuple((c / columns, v) for c in order) for v, order in cap_orders(columns)]
    return Shape(grid.reshape(-1, 3), tuple(faces), tuple(uvs))


def cap_orders(columns: int) -> tuple[tuple[float, Sequence[int]], ...]:
    """Return for the first and the last cap its v and the order of its corners."""
    return (0.0, range(columns - 1, -1, -1)), (1.0, range(columns))


def circle(radius: float, z: float, columns: int) -> Points:
    """Return a horizontal ring (C, 3)."""
    angle = np.arange(columns) * 2 * np.pi / columns
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(columns, z)], axis=1)


def lathe(profile: ArrayLike, columns: int = 24, caps: bool = True) -> Shape:
    """Return the solid of revolution about Z of a profile of (radius, z) from the bottom up."""
    return loft([circle(radius, z, columns) for radius, z in np.asarray(profile)], caps)


def ellipsoid(radii: ArrayLike, columns: int = 16, rows: int = 10) -> Shape:
    """Return an ellipsoid about the origin with its radii along x, y, z."""
    angle = (np.arange(rows) + 0.5) / rows * np.pi - np.pi / 2
    ball = lathe(np.stack([np.cos(angle), np.sin(angle) / np.sin(angle[-1])], axis=1), columns)
    return dataclasses.replace(ball, points=ball.points * np.asarray(radii))


def limb(start: ArrayLike, end: ArrayLike, radii: tuple[float, float], columns: int = 8) -> Shape:
    """Return a capsule from `start` to `end`, (3,), whose radius goes from radii[0] to radii[1]."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    length = float(np.linalg.norm(b - a))
    bow = np.array([0.15, 0.5, 1.0]) * np.pi / 2
    low = [(radii[0] * np.sin(t), -radii[0] * np.cos(t)) for t in bow]
    high = [(radii[1] * np.sin(t), length + radii[1] * np.cos(t)) for t in bow[::-1]]
    return moved(turned(lathe(low + high, columns), facing(b - a)), a)


def tube(path: ArrayLike, radius: float, columns: int = 6) -> Shape:
    """Return a round tube along a path (N, 3) of at least two points that nowhere turns back on itself."""
    points = np.asarray(path, dtype=np.float64)
    along = np.gradient(points, axis=0)
    ring = circle(radius, 0.0, columns)
    return loft([ring @ facing(way).T + point for point, way in zip(points, along, strict=True)])


def slab(size: ArrayLike, corner: float = 0.0, bevel: float = 0.0, steps: int = 4) -> Shape:
    """Return a box about the origin of extents (x, y, z).

    corner: radius of the four upright edges; bevel: of the edges around the top and the bottom, at most half of z.
    """
    x, y, z = (extent / 2 for extent in np.asarray(size, dtype=np.float64))
    turn = np.linspace(0, np.pi / 2, steps + 1) if bevel else np.array([np.pi / 2])
    side = [(bevel * (1 - np.sin(t)), -z + bevel * (1 - np.cos(t))) for t in turn]
    side += [(inset, -height) for inset, height in side[::-1]]
    return loft([outline(x - inset, y - inset, max(corner - inset, 0.0), h, steps) for inset, h in side])


def outline(x: float, y: float, corner: float, z: float, steps: int) -> Points:
    """Return a horizontal rectangle of half sizes x and y with rounded corners as a ring (C, 3)."""
    turns = np.linspace(0, np.pi / 2, steps + 1)
    ring = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for turn in turns + quarter * np.pi / 2:
            ring.append((sx * (x - corner) + corner * np.cos(turn), sy * (y - corner) + corner * np.sin(turn), z))
    return np.array(ring)


def box(size: ArrayLike) -> Shape:
    """Return a box with sharp edges about the origin of extents (x, y, z)."""
    return slab(size, steps=0)


def sheet(width: float, height: float) -> Shape:
    """Return a rectangle in the XY plane about the origin that faces +Z, with a texture's picture upright on it."""
    x, y = width / 2, height / 2
    points = np.array([(-x, -y, 0.0), (x, -y, 0.0), (x, y, 0.0), (-x, y, 0.0)])
    return Shape(points, ((0, 1, 2, 3),), (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),))


def bent(surface: Surface, box: tuple[float, float, float, float], cells: int) -> Shape:
    """Return the part of a curved sheet over x and y in `box` (left, bottom, right, top), its texture upright on it.

    cells: along each side.
    """
    left, bottom, right, top = box
    share = np.linspace(0, 1, cells + 1)
    u, v = (grid.ravel() for grid in np.meshgrid(share, share))
    points = surface(left + u * (right - left), bottom + v * (top - bottom))
    faces, uvs = list[tuple[int, ...]](), list[UVs]()
    for row in range(cells):
        for column in range(cells):
            a = row * (cells + 1) + column
            face = (a, a + 1, a + cells + 2, a + cells + 1)
            faces.append(face)
            uvs.append(tuple((float(u[corner]), float(v[corner])) for corner in face))
    return Shape(points, tuple(faces), tuple(uvs))


def facing(way: ArrayLike) -> Points:
    """Return a rotation (3, 3) that takes +Z to the direction `way`; the shortest one."""
    x, y, z = np.asarray(way, dtype=np.float64) / np.linalg.norm(way)
    if z < -0.999999:
        return np.diag([1.0, -1.0, -1.0])
    k = 1 / (1 + z)
    return np.array([[1 - k * x * x, -k * x * y, x], [-k * x * y, 1 - k * y * y, y], [-x, -y, z]])


def spin(axis: str, angle_deg: float) -> Points:
    """Return the rotation (3, 3) about one axis, counter-clockwise seen from its tip."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    rows = {"x": [[1, 0, 0], [0, c, -s], [0, s, c]], "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]]}
    return np.array(rows.get(axis, [[c, -s, 0], [s, c, 0], [0, 0, 1]]), dtype=np.float64)


def moved(shape: Shape, by: ArrayLike) -> Shape:
    """Return the shape moved by (3,)."""
    return dataclasses.replace(shape, points=shape.points + np.asarray(by, dtype=np.float64))


def turned(shape: Shape, matrix: ArrayLike) -> Shape:
    """Return the shape under a matrix (3, 3); faces stay outward when it mirrors."""
    m = np.asarray(matrix, dtype=np.float64)
    normals = None if shape.normals is None else shape.normals @ m.T
    made = dataclasses.replace(shape, points=shape.points @ m.T, normals=normals)
    if np.linalg.det(m) > 0:
        return made
    return dataclasses.replace(made, faces=tuple(f[::-1] for f in shape.faces), uvs=tuple(u[::-1] for u in shape.uvs))


def joined(shapes: Sequence[Shape]) -> Shape:
    """Return several shapes without normals of their own as one; UVs are dropped."""
    starts = np.cumsum([0, *(len(shape.points) for shape in shapes)])
    faces = [
        tuple(int(i + start) for i in f) for shape, start in zip(shapes, starts[:-1], strict=True) for f in shape.faces
    ]
    return Shape(np.concatenate([shape.points for shape in shapes]), tuple(faces))

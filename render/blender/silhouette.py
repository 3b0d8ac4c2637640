"""Which pixels an object would cover if nothing stood before it. Pixel centres are what counts, as in the id map."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from render.blender.spans import Array, Box, Cutout, Spans
from render.geometry import matrix, project
from render.spec import Camera

NEAR_M = 0.005  # what is nearer to the camera is not seen


@dataclasses.dataclass(frozen=True)
class Triangles:
    """The surface of an object in the scene."""

    corners: Array  # (N, 3, 3) world metres
    uv: Array  # (N, 3, 2) texture coordinates; zeros where there are none
    cutout: NDArray[np.intp]  # (N,) index into cutouts, -1 = solid
    cutouts: tuple[Cutout, ...] = ()


@dataclasses.dataclass(frozen=True)
class Silhouette:
    """What an object covers on a picture that goes on for its own size on every side."""

    area_px: int
    box: Box | None  # of what of it lies in the picture, holes included; None: nothing does


def silhouette(triangles: Triangles, camera: Camera, size_hw: tuple[int, int]) -> Silhouette:
    """Return the silhouette of an object's triangles; no triangle before the camera gives (0, None).

    So what the border cuts off counts as not seen, as in the BOP benchmark's `visib_fract`.
    """
    corners, uv, cutout = before(triangles, camera)
    points = project(camera, size_hw, corners.reshape(-1, 3)).reshape(-1, 3, 3)
    height, width = size_hw
    spans = Spans.of(points, (-width, -height, 2 * width, 2 * height))
    if not len(spans.which):
        return Silhouette(0, None)
    box = spans.box()
    covered = spans.only(cutout[spans.which] < 0).pixels(box)
    for number, picture in enumerate(triangles.cutouts):
        covered |= spans.only(cutout[spans.which] == number).pixels_of(picture, points, uv, box)
    return Silhouette(int(covered.sum()), inside(box, size_hw))


def before(triangles: Triangles, camera: Camera) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return corners, uv and cutout of what lies before the camera; triangles that reach behind it are cut there."""
    depth = (triangles.corners - np.asarray(camera.location_m)) @ -matrix(camera.rotation)[:, 2] - NEAR_M
    if (depth > 0).all():
        return triangles.corners, triangles.uv, triangles.cutout
    values = np.concatenate([triangles.corners, triangles.uv, depth[:, :, None]], axis=2)  # (N, 3, 6)
    ahead = (depth > 0).sum(axis=1)
    one, two = (alone_first(values[ahead == number], number == 1) for number in (1, 2))
    parts = [values[ahead == 3], cut(one, [0, 3, 4]), cut(two, [1, 2, 4]), cut(two, [1, 4, 3])]
    numbers = [triangles.cutout[ahead == number] for number in (3, 1, 2, 2)]
    made = np.concatenate(parts)
    return made[:, :, :3], made[:, :, 3:5], np.concatenate(numbers)


def alone_first(values: Array, in_front: bool) -> Array:
    """Turn each triangle until its one corner that is before the camera, or is not, comes first."""
    first = ((values[:, :, 5] > 0) == in_front).argmax(axis=1)
    return np.take_along_axis(values, ((first[:, None] + np.arange(3)) % 3)[:, :, None], axis=1)


def cut(values: Array, corners: list[int]) -> Array:
    """Return triangles of the given corners: 0, 1, 2, or 3 and 4, where the edges 0-1 and 0-2 meet depth 0."""
    first, others = values[:, :1], values[:, 1:]
    share = first[:, :, 5:] / np.where(first[:, :, 5:] == others[:, :, 5:], 1, first[:, :, 5:] - others[:, :, 5:])
    return np.concatenate([values, first + (others - first) * share], axis=1)[:, corners]


def inside(box: Box, size_hw: tuple[int, int]) -> Box | None:
    """Return what of a box lies in the picture, None if nothing does."""
    (height, width), (x0, y0, x1, y1) = size_hw, box
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

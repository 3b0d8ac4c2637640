"""Triangles as rows of pixels: a pixel belongs to a triangle that holds its centre, as for the id map."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive


@dataclasses.dataclass(frozen=True)
class Cutout:
    """A texture that cuts holes."""

    alpha: NDArray[np.float32]  # (H, W) in 0..1, the first row at v = 0
    cutoff: float  # what is less is a hole
    repeats: bool  # beyond 0..1; else its edge goes on


@dataclasses.dataclass(frozen=True)
class Spans:
    """Rows of triangles in pixels: the pixels of a row from `start` to before `stop` have their centres inside."""

    which: Rows  # (M,) index of the triangle
    row: Rows
    start: Rows
    stop: Rows

    @classmethod
    def of(cls, points: Array, within: Box) -> "Spans":
        """Return the rows of triangles (N, 3, 3), corners as column, row, depth, cut to a box."""
        x0, y0, x1, y1 = within
        first, end = (
            np.ceil(edge(points[:, :, 1], axis=1) - 0.5).clip(y0, y1).astype(np.int64) for edge in (np.min, np.max)
        )
        kept = np.flatnonzero(end > first)
        first, count = first[kept], (end - first)[kept]
        which = np.repeat(np.arange(len(kept)), count)
        row = np.arange(len(which)) + np.repeat(first - count.cumsum() + count, count)
        left, right = sides(points[kept, :, :2], which, row + 0.5)
        start, stop = (np.ceil(column - 0.5).clip(x0, x1).astype(np.int64) for column in (left, right))
        return cls(kept[which], row, start, stop).only(stop > start)

    def only(self, chosen: NDArray[np.bool_]) -> "Spans":
        """Return the chosen ones."""
        return Spans(self.which[chosen], self.row[chosen], self.start[chosen], self.stop[chosen])

    def box(self) -> Box:
        """Return the box around all. Raises ValueError if there are none."""
        return int(self.start.min()), int(self.row.min()), int(self.stop.max()), int(self.row.max()) + 1

    def pixels(self, box: Box) -> NDArray[np.bool_]:
        """Return which pixels of the box are covered, (y1 - y0, x1 - x0)."""
        x0, y0, x1, y1 = box
        height, width = y1 - y0, x1 - x0 + 1
        first = (self.row - y0) * width - x0
        into, out = (np.bincount(first + edge, minlength=height * width) for edge in (self.start, self.stop))
        return np.asarray((into - out).cumsum().reshape(height, width)[:, :-1] > 0)

    def pixels_of(self, cutout: Cutout, points: Array, uv: Array, box: Box) -> NDArray[np.bool_]:
        """Return the same without the holes of a texture. points, uv: of all triangles, (N, 3, 3) and (N, 3, 2)."""
        x0, y0, x1, y1 = box
        count = self.stop - self.start
        row, which = np.repeat(self.row, count), np.repeat(self.which, count)
        column = np.repeat(self.start, count) + np.arange(len(row)) - np.repeat(count.cumsum() - count, count)
        where = np.stack([column, row], axis=1) + 0.5
        full = sample(cutout, interpolated(points[which], uv[which], where)) > cutout.cutoff
        covered = np.zeros((y1 - y0, x1 - x0), np.bool_)
        covered[row[full] - y0, column[full] - x0] = True
        return covered


def sides(corners: Array, which: Rows, row: Array) -> tuple[Array, Array]:
    """Return the columns where rows enter and leave triangles. corners: (N, 3, 2), which: (M,), row: (M,)."""
    order = np.argsort(corners[:, :, 1], axis=1)[:, :, None]  # so that neighbours see their common edge alike
    top, middle, bottom = np.moveaxis(np.take_along_axis(corners, order, axis=1), 1, 0)
    half = np.where(row < middle[which, 1], which, which + len(corners))  # the edge above or below the middle corner
    long = crossing(top, bottom, which, row)
    short = crossing(np.concatenate([top, middle]), np.concatenate([middle, bottom]), half, row)
    return np.minimum(long, short), np.maximum(long, short)


def crossing(start: Array, end: Array, which: Rows, row: Array) -> Array:
    """Return the columns where rows cross edges; start, end: (N, 2). A level edge has none: 0."""
    fall = end[:, 1] - start[:, 1]
    slope = np.divide(end[:, 0] - start[:, 0], fall, out=np.zeros_like(fall), where=fall > 0)
    return np.asarray((start[:, 0] - start[:, 1] * slope)[which] + row * slope[which])


def interpolated(points: Array, uv: Array, where: Array) -> Array:
    """Return the texture coordinates (M, 2) at pixels (M, 2) inside triangles (M, 3, 3), true to perspective."""
    edges = points[:, 1:, :2] - points[:, :1, :2]
    offset = (where - points[:, 0, :2])[:, None]
    area = cross(edges[:, 0], edges[:, 1])
    second, third = cross(offset[:, 0], edges[:, 1]) / area, cross(edges[:, 0], offset[:, 0]) / area
    weights = np.stack([1 - second - third, second, third], axis=1) / points[:, :, 2]
    return np.asarray((uv * (weights / weights.sum(axis=1, keepdims=True))[:, :, None]).sum(axis=1))


def cross(left: Array, right: Array) -> Array:
    """Return the z component of the cross product of plane vectors (M, 2)."""
    return left[:, 0] * right[:, 1] - left[:, 1] * right[:, 0]


def sample(cutout: Cutout, uv: Array) -> NDArray[np.float32]:
    """Return the alpha (M,) at texture coordinates (M, 2), between texels linearly."""
    height, width = cutout.alpha.shape
    place = uv * (width, height) - 0.5
    low = np.floor(place).astype(np.int64)
    (x, y), total = (place - low).T, np.zeros(len(uv))
    for right, up in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = low[:, 0] + right, low[:, 1] + up
        column, row = (column % width, row % height) if cutout.repeats else (column.clip(0, width - 1),
                                                                             row.clip(0, height - 1))  # fmt: skip
        total += cutout.alpha[row, column] * abs(1 - right - x) * abs(1 - up - y)
    return total.astype(np.float32)

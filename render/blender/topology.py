"""What a mesh's triangles say about its surface: where it is open or tangled, and which faces look the wrong way."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Points = NDArray[np.float64]  # (V, 3)
Triangles = NDArray[np.int64]  # (N, 3) indices of points, in the order that makes the front
WELD = 1e-5  # points closer than this share of the longest side are one: most formats split them where colours meet


def surface_of(mesh: Any) -> tuple[Points, Triangles]:
    """Return the points and triangles of a Blender mesh."""
    mesh.calc_loop_triangles()
    points, corners = np.zeros(3 * len(mesh.vertices), np.float32), np.zeros(3 * len(mesh.loop_triangles), np.int32)
    mesh.vertices.foreach_get("co", points)
    mesh.loop_triangles.foreach_get("vertices", corners)
    return points.reshape(-1, 3).astype(np.float64), corners.reshape(-1, 3).astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Topology:
    """Counts over one part, its points welded."""

    open_edges: int  # with a triangle on one side only
    tangled_edges: int  # with more than two triangles
    flipped: int  # triangles against their neighbours, or all that look into a closed part


def topology_of(points: Points, triangles: Triangles) -> Topology:
    """Return the counts; no triangles give zeros."""
    triangles = welded(points, triangles)
    halves = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)  # (3 N, 2), side k of triangle n at 3 n + k
    _, edge, count = np.unique(np.sort(halves, axis=1), axis=0, return_inverse=True, return_counts=True)
    edge = edge.reshape(-1)
    by_edge = np.argsort(edge, kind="stable")
    pairs = by_edge[count[edge[by_edge]] == 2].reshape(-1, 2)  # both sides of every edge between two triangles
    disagree = halves[pairs[:, 0], 0] == halves[pairs[:, 1], 0]  # they should run along it in opposite ways
    flipped = against_neighbours(len(triangles), pairs // 3, disagree)
    if not (count == 1).any() and volume(points, triangles, flipped) < 0:
        flipped = ~flipped
    return Topology(int((count == 1).sum()), int((count > 2).sum()), int(flipped.sum()))


def welded(points: Points, triangles: Triangles) -> Triangles:
    """Return the triangles with one index for all points of one place, without those that have no area left."""
    if not len(triangles):
        return triangles
    low = points.min(axis=0)
    grid = np.round((points - low) / (np.ptp(points, axis=0).max() * WELD or 1)).astype(np.int64)
    _, first, inverse = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    joined: Triangles = first[inverse.reshape(-1)][triangles].astype(np.int64)
    whole: Triangles = joined[(joined != joined[:, [1, 2, 0]]).all(axis=1)]
    return whole


def against_neighbours(number: int, pairs: Triangles, disagree: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which triangles (N,) face the other way than most of the surface that they are part of.

    pairs: (K, 2) neighbours. disagree: (K,) whether these two face opposite ways. Each triangle is two nodes, as it is
    and turned over, and an edge joins the nodes that agree: so a surface falls into two parts, one the other turned
    over; into one if it has a single side, of which no triangle is said to be flipped. (trimesh's fix_winding takes 25
    times as long, and does not ask which way most of a surface faces.)
    """
    one, other = pairs.T
    ends = np.concatenate([other + number * disagree, other + number * ~disagree])
    graph = coo_array((np.ones(2 * len(pairs), bool), (np.concatenate([one, one + number]), ends)), (2 * number,) * 2)
    as_is, turned = connected_components(graph, directed=False)[1].reshape(2, number)
    surface, flipped = np.minimum(as_is, turned), as_is > turned
    votes = np.bincount(surface, np.where(flipped, 1, -1), minlength=2 * number)
    found: NDArray[np.bool_] = (as_is != turned) & (flipped ^ (votes[surface] > 0))
    return found


def volume(points: Points, triangles: Triangles, flipped: NDArray[np.bool_]) -> float:
    """Return the signed volume of a closed mesh with some triangles turned over; negative: inside out."""
    a, b, c = (points - points.mean(axis=0))[triangles].transpose(1, 0, 2) if len(triangles) else np.zeros((3, 0, 3))
    return float((np.einsum("ij,ij->i", a, np.cross(b, c)) * np.where(flipped, -1, 1)).sum() / 6)

"""Rotations, where things land in the picture, and how large an object would be if nothing stood before it."""

import math

import numpy as np
from numpy.typing import NDArray

from render.spec import Camera, Quaternion, Vector

Array = NDArray[np.float64]
# Written out, since scipy's Rotation rounds otherwise in most cases, which would give every scene another id and render
# it again; it also takes 6 to 230 times as long for a single rotation.


def turn(axis: Vector, angle_deg: float) -> Quaternion:
    """Return the rotation by `angle_deg` about `axis` (any length but zero), right-handed."""
    half = math.radians(angle_deg) / 2
    unit = np.asarray(axis, float) / np.linalg.norm(axis)
    w, (x, y, z) = math.cos(half), unit * math.sin(half)
    return w, float(x), float(y), float(z)


def times(left: Quaternion, right: Quaternion) -> Quaternion:
    """Return the rotation that does `right` first and then `left` (Hamilton product)."""
    w, (x, y, z) = left[0], left[1:]
    a, (b, c, d) = right[0], right[1:]
    return (
        w * a - x * b - y * c - z * d,
        w * b + x * a + y * d - z * c,
        w * c - x * d + y * a + z * b,
        w * d + x * c - y * b + z * a,
    )


def matrix(rotation: Quaternion) -> Array:
    """Return the 3 x 3 matrix of a unit quaternion."""
    w, x, y, z = rotation
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])


def looking(direction: Array, roll_deg: float = 0.0) -> Quaternion:
    """Return the rotation of a camera or lamp whose -Z points along `direction` and whose +Y points up.

    roll_deg turns the camera about its own line of sight, counter-clockwise as seen from behind it.
    """
    x, y, z = np.asarray(direction, float) / np.linalg.norm(direction)
    heading_deg = math.degrees(math.atan2(-x, y))  # 0 = along +Y
    pitch_deg = math.degrees(math.asin(float(np.clip(z, -1, 1)))) + 90  # a fresh camera looks down
    level = times(turn((0, 0, 1), heading_deg), turn((1, 0, 0), pitch_deg))
    return times(level, turn((0, 0, 1), roll_deg))


def tangent(camera: Camera) -> float:
    """Return the half width of the picture at distance 1."""
    return math.tan(math.radians(camera.angle_deg) / 2)


def at_picture(camera: Camera, right: float, up: float, depth_m: float) -> Vector:
    """Return the point at `depth_m` along the line of sight that lands at (right, up) in the picture.

    right, up: -1..1 from edge to edge of the picture's width, 0 = centre.
    """
    half = depth_m * tangent(camera)
    offset = matrix(camera.rotation) @ np.array([right * half, up * half, -depth_m])
    x, y, z = np.asarray(camera.location_m) + offset
    return float(x), float(y), float(z)


def project(camera: Camera, size_hw: tuple[int, int], points: Array) -> Array:
    """Return (N, 3): column and row in pixels (0, 0 = the outer corner of the first pixel) and depth in metres.

    points: (N, 3) in world metres. A depth of 0 or less lies behind the camera; its column and row mean nothing.
    """
    height, width = size_hw
    local = (points - np.asarray(camera.location_m)) @ matrix(camera.rotation)
    depth = -local[:, 2]
    scale = width / 2 / tangent(camera) / np.where(depth > 0, depth, np.nan)
    return np.stack([width / 2 + local[:, 0] * scale, height / 2 - local[:, 1] * scale, depth], axis=1)

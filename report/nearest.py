"""Which real photo looks most like a render: by colour, contrast and directions of edges, in plain arithmetic."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from dataset.overlay import RGB

SIDE_PX = 64  # at which pictures are compared: objects and light count, noise and resolution do not
TURNS = 8  # directions of edges
HUES = 8

Features = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Nearness:
    """How near renders are to real photos, as against real photos to one another."""

    nearest: tuple[int, ...]  # for each render the place of the real photo nearest to it
    ratio: float | None  # median distance render to real / median distance real to the next real; None below 2 photos


def features(image: RGB) -> Features:
    """Return the descriptor (40,) of an image uint8 (H, W, 3) RGB: mean and spread of colour, hues, and edges.

    CIE Lab mean and standard deviation (6), hues weighted by saturation (8), edge directions at two scales (2 x 8),
    edge strength at two scales (2), and the lightness of 8 bands from top to bottom (8).
    """
    tiny = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    unit = tiny.astype(np.float32) / 255
    lab, hsv = cv2.cvtColor(unit, cv2.COLOR_RGB2LAB), cv2.cvtColor(unit, cv2.COLOR_RGB2HSV)
    hues, _ = np.histogram(hsv[..., 0], HUES, (0, 360), weights=hsv[..., 1])
    light = lab[..., 0] / 100
    bands = light.reshape(8, -1).mean(axis=1)
    edges = [edges_of(light), edges_of(cv2.resize(light, (SIDE_PX // 4, SIDE_PX // 4), interpolation=cv2.INTER_AREA))]
    colour = [*(lab.mean(axis=(0, 1)) / 100), *(lab.std(axis=(0, 1)) / 100)]
    return np.concatenate([colour, hues / SIDE_PX**2, *edges, bands]).astype(np.float64)


def edges_of(light: NDArray[np.float32]) -> Features:
    """Return the shares of edge directions (8) and the mean strength (1) of a lightness map (H, W) in 0..1."""
    down, across = np.gradient(light)
    strength, turn = np.hypot(down, across), np.arctan2(down, across) % np.pi  # an edge has no sign
    counts, _ = np.histogram(turn, TURNS, (0, np.pi), weights=strength)
    return np.append(counts / max(strength.sum(), 1e-6), strength.mean())


def compare(renders: Sequence[Features], photos: Sequence[Features]) -> Nearness:
    """Return which photo each render is nearest to, every feature measured in its spread over all pictures.

    Of equally near photos the first. Raises ValueError without photos.
    """
    if not photos:
        raise ValueError("there is no photo to compare with")
    every = np.stack([*renders, *photos])
    scale = np.where(every.std(axis=0) > 1e-9, every.std(axis=0), 1.0)
    made, real = (every / scale)[: len(renders)], (every / scale)[len(renders) :]
    away = cdist(made, real) if len(renders) else np.zeros((0, len(real)))
    return Nearness(tuple(int(at) for at in away.argmin(axis=1)), relative(away, real))


def relative(away: Features, real: Features) -> float | None:
    """Return the median distance of renders to their photos over that of photos to the next one; None if not known."""
    if len(real) < 2 or not len(away):
        return None
    among = cdist(real, real)
    np.fill_diagonal(among, np.inf)
    between = float(np.median(among.min(axis=1)))
    return float(np.median(away.min(axis=1))) / between if between > 0 else None

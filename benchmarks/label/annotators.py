"""Simulated annotators of known skill: outlines that waver, lie outside, objects missed, added and misnamed."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.label.photo_sets import pieces
from label.voting.groups import CrewShape
from label.voting.outlines import signed_distance
from pipeline.seeds import rng_for

WAVE_PX = 5.0  # how far along an outline its wavering is alike


@dataclasses.dataclass(frozen=True)
class Skill:
    """What an annotator does."""

    jitter_px: float = 2.0  # as far as an outline strays either way, evenly: its deviation is this by the root of 3
    offset_px: float = 0.0  # outside
    uneven_px: float = 0.0  # how much the offset varies between objects
    misses: float = 0.0  # share of the objects
    invents: float = 0.0  # objects for each true one, somewhere in the photo
    misnames: float = 0.0  # share of the objects


BIASED = (Skill(2), Skill(3), Skill(3, misses=0.2), Skill(2, 6), Skill(3, 8))  # two of five share a bias


def wavering(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return (h, w): noise of standard deviation 1 that is smooth over WAVE_PX."""
    noise = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), WAVE_PX)
    return np.asarray(noise / max(float(noise.std()), 1e-6), np.float32)


def drawn_by(skill: Skill, mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask (H, W) as an annotator draws it."""
    offset = skill.offset_px + skill.uneven_px * rng.standard_normal()
    return np.asarray(signed_distance(mask) + skill.jitter_px / 3**0.5 * wavering(mask.shape, rng) + offset > 0)


def invented(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a disc somewhere in a photo (H, W)."""
    ys, xs = np.ogrid[: shape[0], : shape[1]]
    radius = rng.uniform(0.03, 0.12) * min(shape)
    return np.asarray((ys - rng.uniform(0, shape[0])) ** 2 + (xs - rng.uniform(0, shape[1])) ** 2 < radius**2)


def shapes_by(
    skill: Skill, number: int, photo: str, mask: NDArray[np.bool_], names: tuple[str, ...]
) -> list[CrewShape]:
    """Return what annotator `number` draws in a photo of which mask (H, W) is the truth; objects take names in turn."""
    rng = rng_for(number, "annotator", photo)
    found = []
    true = pieces(mask)
    for at, piece in enumerate(true):
        missed, misnamed = rng.random() < skill.misses, rng.random() < skill.misnames
        name = names[(at + misnamed) % len(names)]
        if not missed:
            found.append((name, drawn_by(skill, piece, rng)))
    found += [(names[0], invented(mask.shape, rng)) for _ in range(rng.poisson(skill.invents * len(true)))]
    return [shape_of(number, name, each) for name, each in found if each.any()]


def shape_of(annotator: int, category: str, mask: NDArray[np.bool_]) -> CrewShape:
    """Return a mask (H, W) as a shape."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return CrewShape(annotator, category, box, mask[box[1] : box[3], box[0] : box[2]])

"""Clips made by hand, whose masks are known in every frame: textured shapes that move over a textured ground."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap, instances_in, png_bytes, write_ids
from dataset.records import REAL, Sample, write_manifest
from pipeline.files import write_bytes

SIDE, FRAMES = 96, 13
NAMES = ("ball", "box")


@dataclasses.dataclass(frozen=True)
class MadeClip:
    images: list[NDArray[np.uint8]]
    truth: list[IdMap]  # 1 = the ball, 2 = the box


def texture(seed: int, size: int, low: int, high: int) -> NDArray[np.uint8]:
    """Return (size, size, 3) smooth noise of these greys."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (size, size, 3)), (0, 0), 2)
    return (low + (high - low) * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8)


def made(gone_from: int = FRAMES, frames: int = FRAMES) -> MadeClip:
    """Return a clip: the ground and a ball move; a box moves the other way and is gone from a frame on."""
    ground, ball, box = texture(1, 2 * SIDE, 20, 110), texture(2, SIDE, 130, 250), texture(3, SIDE, 120, 255)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    images, truth = [], []
    for at in range(frames):
        image, ids = ground[at : at + SIDE, 2 * at : 2 * at + SIDE].copy(), np.zeros((SIDE, SIDE), np.uint16)
        x, y = 20 + 3 * at, 30 + at
        ids[(columns - x) ** 2 + (rows - y) ** 2 < 12**2] = 1
        image[ids == 1] = np.roll(ball, (y, x), (0, 1))[ids == 1]
        if at < gone_from:
            square = (slice(60, 84), slice(60 - 2 * at, 84 - 2 * at))
            ids[square] = 2
            image[ids == 2] = np.roll(box, -2 * at, 1)[ids == 2]
        images.append(image)
        truth.append(ids)
    return MadeClip(images, truth)


def write_frames(clip: MadeClip, folder: Path) -> Path:
    """Write the frames as f0.png, f1.png and so on."""
    for at, image in enumerate(clip.images):
        write_bytes(folder / f"f{at}.png", png_bytes(image))
    return folder


def write_labels(clip: MadeClip, keys: list[int], folder: Path) -> Path:
    """Write a manifest of the truth of some frames."""
    samples = []
    for at in keys:
        ids, instances = instances_in(clip.truth[at], NAMES)
        write_ids(folder / f"ids/f{at}.png", ids)
        write_bytes(folder / f"images/f{at}.png", png_bytes(clip.images[at]))
        samples.append(
            Sample(f"f{at}", REAL, f"images/f{at}.png", f"ids/f{at}.png", ids.shape, instances, "test", "CC0-1.0")
        )
    write_manifest(folder / "samples.jsonl", samples)
    return folder

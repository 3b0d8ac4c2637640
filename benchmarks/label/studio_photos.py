"""Drawn photos with proposals for the round trip through Label Studio: each stands for one thing that a person does."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.formats.outlines import rle_of
from dataset.idmap import Mask, box_of, instances_in, png_bytes, write_ids
from dataset.predictions import Found, Prediction
from dataset.records import REAL, Sample, write_manifest
from pipeline.files import write_bytes, write_json
from pipeline.seeds import rng_for
from train.inference.records import record_path, write_record

Size = tuple[int, int]  # height, width

CORRECTED, LARGE, CONFIRMED, DELETED, LEFT, UNSEEN = "corrected", "large", "confirmed", "deleted", "left", "unseen"
SIZES: dict[str, Size] = {  # odd ones among them: what Label Studio rounds must not move a mask
    CORRECTED: (240, 320),
    LARGE: (1500, 2000),
    CONFIRMED: (241, 323),
    DELETED: (251, 333),
    LEFT: (240, 320),
    UNSEEN: (320, 240),
}
RING, BLOB = "ring", "blob"  # the objects, in the order of their numbers
HEIGHT = 240  # of a photo on which places are as they are written here; those on larger ones are so many times larger
COLOURS = {RING: (200, 60, 40), BLOB: (40, 120, 210)}
GROUND, GRAIN = 70, 30  # grey level of the background, and of the noise on all
BITE = (262.0, 150.0, 30.0)  # x, y, radius of what the proposal of the corrected photo lacks of its blob
SCORE = 0.9
TAUGHT = 10  # photos that the network for clicks learns from


@dataclasses.dataclass(frozen=True)
class DrawnPhoto:
    """One drawn photo."""

    name: str
    image: NDArray[np.uint8]  # (H, W, 3)
    truth: Mapping[str, Mask]  # category -> (H, W)

    @property
    def proposed(self) -> dict[str, Mask]:
        """Return what is proposed: the truth, but for a part of the blob on the photos that are corrected."""
        masks = dict(self.truth)
        if self.name in {CORRECTED, LARGE}:
            masks[BLOB] = masks[BLOB] & ~disk(SIZES[self.name], *BITE)
        return masks


def disk(size_hw: Size, x: float, y: float, radius: float) -> Mask:
    """Return a disk (H, W); numbers as of `HEIGHT`."""
    rows, columns = np.indices(size_hw) / times_of(size_hw)
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


def times_of(size_hw: Size) -> float:
    """Return how many times larger places on a photo are than they are written here; 1 for all but the large one."""
    return size_hw[0] / HEIGHT if size_hw == SIZES[LARGE] else 1.0


def coloured(size_hw: Size, masks: Mapping[str, Mask], name: str) -> NDArray[np.uint8]:
    """Return a photo (H, W, 3) of objects in the colours of their categories, with noise."""
    image = np.full((*size_hw, 3), GROUND, np.uint8)
    for category, mask in masks.items():
        image[mask] = COLOURS[category]
    return image + rng_for(1, "label studio", name).integers(0, GRAIN, image.shape, dtype=np.uint8)


def drawn(name: str) -> DrawnPhoto:
    """Return a photo of a ring with a hole and a spot apart, as one object, and a blob of two disks.

    On the large photo the ring consists of single pixels, which nothing that is resized keeps.
    """
    size = SIZES[name]
    ring = (disk(size, 80, 90, 50) & ~disk(size, 80, 90, 22)) | disk(size, 60, 190, 14)
    if name == LARGE:
        ring &= np.indices(size).sum(0) % 2 == 0
    blob = disk(size, 230, 110, 44) | disk(size, *BITE)
    masks = {RING: ring, BLOB: blob & ~ring}
    return DrawnPhoto(name, coloured(size, masks, name), masks)


def file_of(name: str) -> str:
    """Return where a photo lies: with letters that addresses spell otherwise."""
    return f"Tür 1+2/{name} #1.png"


def write_drawn(folder: Path) -> tuple[Path, Path]:
    """Write the photos and their proposals; return the folder of predictions and that of photos."""
    for photo in map(drawn, SIZES):
        write_bytes(folder / "photos" / file_of(photo.name), png_bytes(photo.image))
        masks, size = photo.proposed, SIZES[photo.name]
        found = tuple(Found(name, box_of(mask), int(mask.sum()), SCORE) for name, mask in masks.items())
        rles = tuple(rle_of(mask) for mask in masks.values())
        stem = file_of(photo.name).removesuffix(".png")
        record = Prediction("drawn", file_of(photo.name), size, 0.1, found, rles, {})
        write_record(record_path(folder / "predictions", stem), record)
    write_json(folder / "predictions" / "categories.json", sorted(COLOURS))
    return folder / "predictions", folder / "photos"


def write_lessons(folder: Path) -> Path:
    """Write photos of disks in the same colours for the network for clicks, and return their manifest."""
    size, samples = SIZES[CORRECTED], []
    for number in range(TAUGHT):
        rng = rng_for(1, "label studio", "lesson", number)
        middles = {RING: (80, 110), BLOB: (230, 120)}
        masks = {
            name: disk(size, x + rng.uniform(-20, 20), y + rng.uniform(-20, 20), rng.uniform(30, 55))
            for name, (x, y) in middles.items()
        }
        masks[BLOB] &= ~masks[RING]
        ids = np.select([masks[RING], masks[BLOB]], [1, 2], 0).astype(np.uint16)
        write_bytes(folder / f"{number}.png", png_bytes(coloured(size, masks, f"lesson {number}")))
        write_ids(folder / f"{number}-ids.png", ids)
        _, instances = instances_in(ids, list(COLOURS))
        files = f"{number}.png", f"{number}-ids.png"
        samples.append(Sample(f"{number}", REAL, *files, size, instances, "drawn", "CC0-1.0"))
    write_manifest(folder / "samples.jsonl", samples)
    return folder / "samples.jsonl"

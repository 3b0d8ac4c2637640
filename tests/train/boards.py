"""Labelled photos on the disk that a network learns in seconds."""

from pathlib import Path

import numpy as np

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, Sample


def board(folder: Path, name: str, domain: str = REAL, group: str = "") -> Sample:
    """Write a photo of one red square on grey noise, its place drawn by `name`; return its sample."""
    rng = np.random.default_rng(list(name.encode()))
    top, left = rng.integers(4, 28, 2)
    ids = np.zeros((56, 80), np.uint16)
    ids[top : top + 24, left : left + 24] = 1
    image = rng.integers(90, 160, (56, 80, 1), dtype=np.uint8).repeat(3, axis=2)
    image[ids == 1] = (230, 20, 20)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.png").write_bytes(png_bytes(image))
    write_ids(folder / f"{name}_ids.png", ids)
    found = (instance_of(ids, 1, "board"),)
    return Sample(name, domain, f"{name}.png", f"{name}_ids.png", (56, 80), found, "test", "CC0", group)

"""A small set-up for cells: photos and renders of red squares, their pools, and settings of a few steps."""

import json
from pathlib import Path

import numpy as np

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from train.loop.settings import Fit

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 4, 2, 2, 0.001, 0.0001, threads=1)


def square(folder: Path, name: str, domain: str = REAL, group: str = "") -> Sample:
    """Write a photo of one red square on grey noise, its place drawn by `name`; return its sample."""
    rng = np.random.default_rng(list(name.encode()))
    top, left = rng.integers(4, 28, 2)
    ids = np.zeros((56, 80), np.uint16)
    ids[top : top + 24, left : left + 24] = 1
    image = rng.integers(90, 160, (56, 80, 1), dtype=np.uint8).repeat(3, axis=2)
    image[ids == 1] = (230, 20, 20)
    folder.mkdir(exist_ok=True, parents=True)
    (folder / f"{name}.png").write_bytes(png_bytes(image))
    write_ids(folder / f"{name}_ids.png", ids)
    return Sample(
        name, domain, f"{name}.png", f"{name}_ids.png", (56, 80), (instance_of(ids, 1, "board"),), "test", "CC0", group
    )


def write_ground(folder: Path) -> Path:
    """Write 4 real photos, 6 renders of which one is held out, 3 val photos, and pools.json; return its path."""
    real = [square(folder / "split", f"train{n}") for n in range(4)]
    renders = [square(folder / "renders", f"render{n}", RENDER) for n in range(6)]
    val = [square(folder / "split", f"val{n}", group=f"g{n}") for n in range(3)]
    write_manifest(folder / "split/train.jsonl", real)
    write_manifest(folder / "split/val.jsonl", val)
    write_manifest(folder / "renders/samples.jsonl", renders)
    (folder / "categories.json").write_text('["board"]')
    pools = {
        "sources": [
            {"name": "real", "domain": REAL, "manifest": "split/train.jsonl", "ids": [s.id for s in reversed(real)]},
            {
                "name": "render",
                "domain": RENDER,
                "manifest": "renders/samples.jsonl",
                "ids": [s.id for s in renders[:5]],
            },
        ],
        "held": {"manifest": "renders/samples.jsonl", "ids": ["render5"]},
    }
    path = folder / "pools.json"
    path.write_text(json.dumps(pools))
    return path

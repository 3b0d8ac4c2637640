"""A small set-up for trials: photos and renders of red squares, their pools, and settings of a few steps."""

import json
from pathlib import Path

from dataset.records import REAL, RENDER, write_manifest
from tests.train.boards import board
from train.settings import Fit

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 4, 2, 2, 0.001, 0.0001, decoder_channels=64, threads=1)


def write_ground(folder: Path, renders: int = 6) -> Path:
    """Write 4 real photos, so many renders of which one is held out, 3 val photos, pools.json; return its path."""
    real = [board(folder / "split", f"train{n}") for n in range(4)]
    made = [board(folder / "renders", f"render{n}", RENDER) for n in range(renders)]
    val = [board(folder / "split", f"val{n}", group=f"g{n}") for n in range(3)]
    write_manifest(folder / "split/train.jsonl", real)
    write_manifest(folder / "split/val.jsonl", val)
    write_manifest(folder / "renders/samples.jsonl", made)
    (folder / "categories.json").write_text('["board"]')
    pools = {
        "sources": [
            {"name": "real", "domain": REAL, "manifest": "split/train.jsonl", "ids": [s.id for s in reversed(real)]},
            {
                "name": "render",
                "domain": RENDER,
                "manifest": "renders/samples.jsonl",
                "ids": [s.id for s in made[:-1]],
            },
        ],
        "held_out": {"manifest": "renders/samples.jsonl", "ids": [made[-1].id]},
    }
    path = folder / "pools.json"
    path.write_text(json.dumps(pools))
    return path

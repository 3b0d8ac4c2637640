"""Photos and renders of red squares, of which one asset has its labels in the wrong place."""

from pathlib import Path

import numpy as np

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from train.settings import Fit

SETTINGS = Fit("tf_efficientnet_lite0", "FPN", 64, 20, 8, 5, 0.001, 0.0001, threads=1)
SIDE = 20  # of the square, in pixels
ASSETS = {"good-one": False, "good-two": False, "misplaced": True}  # whether its label lies beside it
EACH = 12  # renders of an asset


def square(folder: Path, name: str, domain: str, asset: str = "", coin: str = "", beside: bool = False) -> Sample:
    """Write one red square on grey noise, its place drawn by `name`; `beside`: the label lies where it is not."""
    rng = np.random.default_rng(list(name.encode()))
    top, left = rng.integers(2, 64 - SIDE - 2, 2)
    image = rng.integers(90, 160, (64, 64, 1), dtype=np.uint8).repeat(3, axis=2)
    image[top : top + SIDE, left : left + SIDE] = rng.integers((190, 10, 10), (240, 60, 60))
    ids = np.zeros((64, 64), np.uint16)
    ids[top : top + SIDE, left : left + SIDE] = 1
    ids = np.roll(ids, (SIDE, SIDE), (0, 1)) if beside else ids
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.png").write_bytes(png_bytes(image))
    write_ids(folder / f"{name}_ids.png", ids)
    draws: dict[str, float | str] = {"coin": coin} if coin else {}
    found = (instance_of(ids, 1, "board"),)
    files = f"{name}.png", f"{name}_ids.png"
    return Sample(
        name, domain, *files, (64, 64), found, "squares", "CC0", assets=(asset,) if asset else (), draws=draws
    )


def squares(folder: Path) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Write 4 real photos, 36 renders of three assets and 8 val photos, a manifest each; return photos and renders."""
    real = tuple(square(folder, f"train{n}", REAL) for n in range(4))
    renders = tuple(
        square(folder, f"{asset}{n}", RENDER, asset, "heads" if n % 2 else "tails", beside=beside)
        for asset, beside in ASSETS.items()
        for n in range(EACH)
    )
    write_manifest(folder / "train.jsonl", real)
    write_manifest(folder / "renders.jsonl", renders)
    write_manifest(folder / "val.jsonl", [square(folder, f"val{n}", REAL) for n in range(8)])
    return real, renders

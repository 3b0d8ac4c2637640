"""Stage `curves`: train with fewer real labels, and with fewer renders, to see what more of each would bring."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.records import REAL, RENDER
from pipeline.files import read_json, write_json
from pipeline.stage import run_stage
from train.cells.cell import Cell
from train.cells.runner import Cells, Machine, open_cells
from train.loop.settings import Fit

FEWEST = 2  # real labels of the smallest training


@dataclasses.dataclass(frozen=True)
class Curves:
    """Section `curves` of params.yaml."""

    real: tuple[float, ...]  # shares of the real labels that are trained with beside all of them
    renders: tuple[float, ...]  # shares of the renders, at all real labels
    seeds: tuple[int, ...]  # [] = no curves

    def __post_init__(self) -> None:
        """Raise ValueError for shares that are no part of a whole, and for values named twice."""
        for name in ("real", "renders", "seeds"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} is {list(values)}, wanted each value once")
        for name in ("real", "renders"):
            if any(not 0 < share < 1 for share in getattr(self, name)):
                raise ValueError(f"{name} is {list(getattr(self, name))}, wanted numbers between 0 and 1")


def sizes_of(total: int, shares: Sequence[float], least: int) -> list[int]:
    """Return the numbers of samples to train with, rising, `total` the last; none below `least` but `total`."""
    return sorted({max(round(total * share), least) for share in shares if total > least} | {total})


def mixed_weights(pick: Mapping[str, Any]) -> Mapping[str, float] | None:
    """Return the weights of the mix whose curve is drawn: the pick, or the best row that is a mix; None without one."""
    mixes = [row for row in pick["ratios"] if 0 < row["ratio"] < 1]
    picked = [row for row in mixes if row["picked"]]
    best = max(picked or mixes, key=lambda row: (row["iou"], -row["ratio"]), default=None)
    return None if best is None else best["weights"]


def lines_of(settings: Curves, cells: Cells, mix: Mapping[str, float] | None) -> dict[str, list[tuple[int, Cell]]]:
    """Return the cells of each curve with their number of samples: "real" and "mixed" over labels, "renders"."""
    real = {source.name: source for source in cells.pools.sources if source.domain == REAL}
    found: dict[str, list[tuple[int, Cell]]] = {"real": [], "mixed": [], "renders": []}
    labels = sizes_of(cells.pools.count(REAL), settings.real, FEWEST)
    total = cells.pools.count(RENDER)
    alone = even({name: len(source.samples) for name, source in real.items()})
    for seed in settings.seeds:
        for n in labels:
            most = None if n == labels[-1] else n
            found["real"] += [(n, Cell(alone, seed, n_real=most))]
            found["mixed"] += [(n, Cell(tuple(mix.items()), seed, n_real=most))] if mix else []
        for n in sizes_of(total, settings.renders, 1) if mix else []:
            found["renders"] += [(n, Cell(tuple(mix.items()), seed, n_render=None if n == total else n))] if mix else []
    return found


def even(sizes: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    """Return weights by which every sample of all sources is seen as often as any other."""
    total = sum(sizes.values())
    return tuple((name, size / total) for name, size in sizes.items())


def main(
    settings: Curves,
    machine: Machine,
    fit: Fit,
    pools: Path,
    val: Path,
    categories: Path,
    race: Path,
    pick: Path,
    cells: Path,
    out: Path,
) -> None:
    """Write which cell stands for each point of each curve, and train those that are missing."""
    cells.mkdir(parents=True, exist_ok=True)
    known = open_cells(machine, fit, pools, val, categories, cells, race)
    lines = lines_of(settings, known, mixed_weights(read_json(pick)))
    known.train([(cell, 1.0) for line in lines.values() for _, cell in line], "curves")
    points = {
        name: [{"n": n, "seed": cell.seed, "cell": known.name(cell, out.parent)} for n, cell in line]
        for name, line in lines.items()
    }
    write_json(out, points)


if __name__ == "__main__":
    run_stage(main)

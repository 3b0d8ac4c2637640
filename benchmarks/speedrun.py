"""The speedrun: CPU seconds of one training to the same score on val, ours against a plain loop, on the same mix.

Both sides run on one thread in turn, seed by seed. The plain loop is scored on its way after doubling numbers of
steps; ours, whose rate falls at the end, is trained once for each of these lengths, and only that training counts. A
side's plateau is its best mean over seeds. The score to reach is the lower plateau less `BELOW`, so that both sides
reach it, and a side's time is the mean of the shortest length that does.
"""

import dataclasses
import math
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.composed import CATEGORIES, VAL, pools_in
from benchmarks.plain_loop import train_plainly
from benchmarks.training import score
from measure.fit import fit
from measure.trials.candidate import weights_at
from measure.trials.pools import read_pools
from pipeline.bench import known, record
from pipeline.stage import run_stage
from train.data import Mix, Source, read_categories
from train.model import Network
from train.settings import Fit

SEEDS = (1, 2, 3)
BELOW = 0.005  # IoU under the plateau that counts as having reached it
DIGITS = 4

Ladder = dict[int, list[tuple[float, float]]]  # steps -> of each seed: CPU seconds and IoU on val


@dataclasses.dataclass(frozen=True)
class Ground:
    """What both sides train on and are scored on."""

    mix: Mix
    categories: tuple[str, ...]
    val: Path

    def score(self, network: Network, settings: Fit, seed: int) -> float:
        """Return a network's IoU of the foreground on the val photos."""
        return score(network, settings, self.val, self.categories, seed)


def ground_at(real: Path, ratio: float) -> Ground:
    """Return the mix of a ratio from a set-up's folder of data."""
    pools = read_pools(pools_in(real))
    sources = tuple(
        Source(name, weight, pools.named(name).folder, pools.named(name).samples)
        for name, weight in weights_at(ratio, pools).items()
    )
    return Ground(Mix(ratio, sources), read_categories(real / CATEGORIES), real / VAL)


def ours(settings: Fit, ground: Ground, seed: int, steps: int) -> tuple[float, float]:
    """Return CPU seconds and score of our training of so many steps."""
    began = time.process_time()
    network = fit(dataclasses.replace(settings, steps=steps), ground.mix, ground.categories, seed).network
    seconds = time.process_time() - began
    return seconds, ground.score(network, settings, seed)


def plain(settings: Fit, ground: Ground, seed: int, lengths: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return CPU seconds and score of the plain loop after each number of steps."""
    found: dict[int, tuple[float, float]] = {}

    def watch(done: int, network: Network, seconds: float) -> None:
        found[done] = (seconds, ground.score(network, settings, seed))

    longest = dataclasses.replace(settings, steps=max(lengths))
    train_plainly(longest, ground.mix.sources, ground.categories, seed, marks=lengths, watch=watch)
    return found


def means(ladder: Ladder) -> dict[int, tuple[float, float]]:
    """Return steps -> mean CPU seconds and mean score over seeds."""
    return {
        steps: (statistics.fmean(s for s, _ in runs), statistics.fmean(iou for _, iou in runs))
        for steps, runs in sorted(ladder.items())
    }


def judged(own: Ladder, peer: Ladder) -> dict[str, Any]:
    """Return the score that both reach, each side's CPU seconds to it, and how many times ours is faster."""
    both = {"seconds": means(own), "peer_seconds": means(peer)}
    target = min(max(iou for _, iou in side.values()) for side in both.values()) - BELOW
    took = {name: min(s for s, iou in side.values() if iou >= target) for name, side in both.items()}
    tables = {
        name: {str(steps): [round(value, DIGITS) for value in row] for steps, row in side.items()}
        for name, side in (("ours", both["seconds"]), ("plain", both["peer_seconds"]))
    }
    rounded = {name: round(value, 1) for name, value in took.items()}
    return {
        "score": round(target, DIGITS),
        **rounded,
        "ratio": round(took["peer_seconds"] / took["seconds"], 2),
        **tables,
    }


def overall(sets: Mapping[str, Mapping[str, Any]]) -> float:
    """Return the geometric mean of the sets' ratios."""
    return round(math.exp(statistics.fmean(math.log(found["ratio"]) for found in sets.values())), 2)


def main(settings: Fit, real: Path, ratio: float, seeds: int, out: Path) -> None:
    """Put one set into section `speedrun` of the benchmark's file. real: its folder of data. seeds: how many."""
    settings, ground = dataclasses.replace(settings, threads=1), ground_at(real, ratio)
    torch.set_num_threads(1)
    lengths = [settings.steps // 2**halvings for halvings in range(4, -1, -1)]
    own: Ladder = {steps: [] for steps in lengths}
    peer: Ladder = {steps: [] for steps in lengths}
    for seed in SEEDS[:seeds]:
        for steps in lengths:
            own[steps].append(ours(settings, ground, seed, steps))
            sys.stdout.write(f"speedrun: {real.name}, seed {seed}, ours, {steps} steps: {own[steps][-1]}\n")
            sys.stdout.flush()
        for steps, found in plain(settings, ground, seed, lengths).items():
            peer[steps].append(found)
            sys.stdout.write(f"speedrun: {real.name}, seed {seed}, plain, {steps} steps: {found}\n")
            sys.stdout.flush()
    one = judged(own, peer) | {"mix": ratio, "seeds": seeds}
    sets = known(out).get("speedrun", {}).get("sets", {}) | {real.name: one}
    record(out, "speedrun", {"sets": sets, "ratio": overall(sets)})


if __name__ == "__main__":
    run_stage(main)

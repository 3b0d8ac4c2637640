"""The benchmark of mixing: how long many samples take to be read, split, searched for leaks and composed; the memory.

Every step is a process of its own, as DVC runs the stages. Its seconds begin after Python's imports.
"""

import dataclasses
import math
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dataset.chunks import mapped, workers
from dataset.likeness import mirrored, near_pairs
from dataset.records import REAL, RENDER, Instance, Sample, from_line, to_line
from dataset.subsets import item_of
from mix.compose import Compose
from mix.compose import main as compose
from mix.rules import Split, SplitRule
from mix.split import main as split
from mix.write_mix import main as one
from pipeline.bench import record
from pipeline.files import whole_file
from pipeline.seeds import rng_for
from pipeline.stage import run_stage

SIZES = (10_000, 100_000, 1_000_000)
REAL_PART = 10  # one sample in so many is a real photo, in bursts of so many
CATEGORIES = 80  # of the usual public sets
INSTANCES = 7  # in each image, as in those
HELD_OUT = 32
NEAR_BITS = 8  # of the 64 of a hash, in which near-duplicates may differ
STATUS = Path("/proc/self/status")


def sample(number: int, domain: str) -> Sample:
    """Return a sample such as the stages write: real photos in bursts, renders with what was drawn for them."""
    name = f"{domain}{number:013d}"
    instances = tuple(
        Instance(
            f"category-{(number + 7 * k) % CATEGORIES}", k + 1, (8 * k, 10, 8 * k + 90, 160), 9000, 0.8, f"part-{k}"
        )
        for k in range(INSTANCES)
    )
    tags = {"burst": str(number // REAL_PART)} if domain == REAL else {}
    draws: dict[str, float | str] = {} if domain == REAL else {f"range-{k}": number / (k + 1) for k in range(INSTANCES)}
    image, ids = f"images/{name}.png", f"ids/{name}.png"
    return Sample(name, domain, image, ids, (480, 640), instances, "bench", "CC0-1.0", tags=tags, draws=draws)


def write(path: Path, samples: Iterator[Sample]) -> None:
    """Write a manifest line by line, so that it fits in memory at any length."""
    with whole_file(path) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(f"{to_line(sample)}\n" for sample in samples)


def lay_out(folder: Path, samples: int) -> None:
    """Write the manifests of so many photos and renders, a file a photo (its name), and hashes of all, made up."""
    photos = samples // REAL_PART
    write(folder / "photos" / "samples.jsonl", (sample(number, REAL) for number in range(photos)))
    write(folder / "renders" / "samples.jsonl", (sample(number, RENDER) for number in range(samples - photos)))
    (folder / "photos" / "images").mkdir()
    for number in range(photos):
        path = folder / "photos" / sample(number, REAL).image
        path.write_text(path.name, encoding="ascii")
    np.save(folder / "hashes.npy", rng_for(1, "hashes").integers(0, 2**64, samples, dtype=np.uint64))


def read_in(folder: Path) -> None:
    """Read and check every sample."""
    for name in ("photos", "renders"):
        for _ in mapped(folder / name / "samples.jsonl", item_of, from_line):
            pass


def split_in(folder: Path) -> None:
    """Divide the photos: 80 % train, a tenth val, the rest test."""
    photos = sum(1 for _ in (folder / "photos" / "images").iterdir())
    rules = SplitRule({}, photos * 8 // 10), SplitRule({}, photos // 10), SplitRule({})
    split(Split(1, ("burst",), *rules), folder / "photos", folder / "split")


def search_in(folder: Path) -> None:
    """Search all samples for what is near a photo of val or test, or its mirror image, by their hashes."""
    hashes = np.load(folder / "hashes.npy")
    measured = hashes[: len(hashes) // REAL_PART * 2 // 10]
    for known in (measured, mirrored(measured)):
        near_pairs(known, hashes, NEAR_BITS)


def compose_in(folder: Path) -> None:
    """Compose the pools, and a mix of half renders."""
    parts, pools = folder / "split", folder / "pools.json"
    real, val, test = (parts / f"{name}.jsonl" for name in ("train", "val", "test"))
    renders = folder / "renders" / "samples.jsonl"
    compose(Compose(1, None, HELD_OUT), real, renders, folder / "more", val, test, pools)
    one(pools, 0.5, folder / "mix.json")


STEPS: dict[str, Callable[[Path], None]] = {
    "read": read_in,
    "split": split_in,
    "leaks": search_in,
    "compose": compose_in,
}


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a step took."""

    seconds: float  # of the clock on the wall
    cpu_seconds: float  # of one core
    peak_mb: float  # the most memory that its process held, and those that it started, in MiB
    start_mb: float  # of it before the first sample


def cost_of(step: str, folder: Path) -> Cost:
    """Return what a step takes in this process and those it starts."""
    start, began, began_cpu = peak_mb(), time.perf_counter(), cpu_seconds()
    STEPS[step](folder)
    seconds, busy = time.perf_counter() - began, cpu_seconds() - began_cpu
    peak = peak_mb() + workers() * in_mb(resource.getrusage(resource.RUSAGE_CHILDREN))
    return Cost(round(seconds, 2), round(busy, 2), round(peak, 1), round(start, 1))


def cpu_seconds() -> float:
    """Return the seconds of a core that this process and those it started, and that ended, have taken."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MiB; without /proc, its parent's at the start counts."""
    if STATUS.is_file() and (found := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))):
        return int(found[1]) / 2**10
    return in_mb(resource.getrusage(resource.RUSAGE_SELF))


def in_mb(usage: resource.struct_rusage) -> float:
    """Return the largest memory of a process in MiB."""
    peak: int = usage.ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, KiB elsewhere


def measure(samples: int) -> dict[str, Any]:
    """Return the cost of each step for so many samples; seconds are their sum, the peak is the highest of them."""
    costs = dict[str, Cost]()
    with tempfile.TemporaryDirectory() as work:
        lay_out(Path(work), samples)
        for step in STEPS:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
                costs[step] = child.submit(cost_of, step, Path(work)).result()
            sys.stdout.write(f"mix: {samples} samples, {step}: {words(costs[step])}\n")
    return {
        "samples": samples,
        "seconds": round(sum(cost.seconds for cost in costs.values()), 2),
        "cpu_seconds": round(sum(cost.cpu_seconds for cost in costs.values()), 2),
        "peak_mb": max(cost.peak_mb for cost in costs.values()),
        "start_mb": max(cost.start_mb for cost in costs.values()),
        "steps": {step: dataclasses.asdict(cost) for step, cost in costs.items()},
    }


def words(cost: Cost) -> str:
    """Return a cost as it is printed."""
    return f"{cost.seconds} s ({cost.cpu_seconds} s of a core), at most {cost.peak_mb} MB"


def growth(few: dict[str, Any], many: dict[str, Any]) -> float:
    """Return by how much seconds grow against n log n: 1 = as it, below 1 = less."""
    n_log_n: list[float] = [row["samples"] * math.log(row["samples"]) for row in (few, many)]
    times: float = many["seconds"] / max(few["seconds"], 0.01)
    return round(times * n_log_n[0] / n_log_n[1], 2)


def main(out: Path) -> None:
    """Write the section `mix` of the benchmark's file: the numbers of the largest size, and those of every size."""
    sizes = [measure(samples) for samples in SIZES]
    largest = {key: value for key, value in sizes[-1].items() if key != "steps"}
    numbers = largest | {"growth": growth(sizes[0], sizes[-1]), "sizes": sizes}
    record(out, "mix", numbers)
    sys.stdout.write(
        f"mix: {numbers['samples']} samples in {numbers['seconds']} s ({numbers['cpu_seconds']} s of a core), at most "
        f"{numbers['peak_mb']} MB; {numbers['growth']} times n log n from {sizes[0]['samples']} on\n"
    )


if __name__ == "__main__":
    run_stage(main)

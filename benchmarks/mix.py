"""The benchmark of mixing: how long the stage `compose` takes for many samples, and how much memory."""

import multiprocessing
import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from dataset.records import REAL, RENDER, Instance, Sample, to_line
from mix.compose import Compose
from mix.compose import main as compose
from mix.write_mix import main as one
from pipeline.bench import record
from pipeline.files import whole_file
from pipeline.stage import run_stage

SAMPLES = 100_000
REAL_PART = 10  # one sample in so many is a real photo, in groups of so many
CATEGORIES = 80  # of the usual public sets
INSTANCES = 7  # in each image, as in those
HELD_OUT = 32
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
    group = f"burst={number // REAL_PART}" if domain == REAL else name
    draws: dict[str, float | str] = {} if domain == REAL else {f"range-{k}": number / (k + 1) for k in range(INSTANCES)}
    image, ids = f"images/{name}.png", f"ids/{name}.png"
    return Sample(name, domain, image, ids, (480, 640), instances, "bench", "CC0-1.0", group, draws=draws)


def write(path: Path, samples: Iterator[Sample]) -> None:
    """Write a manifest line by line, so that it fits in memory at any length."""
    with whole_file(path) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(f"{to_line(sample)}\n" for sample in samples)


def lay_out(folder: Path, samples: int) -> None:
    """Write manifests of so many samples to train on, and one photo each of val and test."""
    photos = samples // REAL_PART
    write(folder / "train.jsonl", (sample(number, REAL) for number in range(photos)))
    write(folder / "samples.jsonl", (sample(number, RENDER) for number in range(samples - photos)))
    for number, split in enumerate(("val", "test")):
        write(folder / f"{split}.jsonl", iter([sample(samples + number * REAL_PART, REAL)]))


def compose_in(folder: Path) -> dict[str, float]:
    """Compose the pools of `folder` and a mix of half renders; return its time and this process's peak.

    ``seconds`` are those of the clock on the wall, ``cpu_seconds`` those of one core, ``peak_mb`` is in MiB.
    """
    began, began_cpu = time.perf_counter(), time.process_time()
    real, renders, val, test = (folder / f"{name}.jsonl" for name in ("train", "samples", "val", "test"))
    nothing = folder / "more", folder / "more_val"
    compose(Compose(1, None, HELD_OUT), real, renders, nothing[0], val, test, nothing[1], folder / "pools.json")
    one(folder / "pools.json", 0.5, folder / "mix.json")
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    return {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2), "peak_mb": round(peak_mb(), 1)}


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MiB; without /proc, its parent's at the start counts."""
    if STATUS.is_file() and (found := re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))):
        return int(found[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, KiB elsewhere


def measure(samples: int) -> dict[str, Any]:
    """Return the numbers of composing so many samples, in a process of its own; ``start_mb`` is what Python takes."""
    with (
        tempfile.TemporaryDirectory() as work,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child,
    ):
        lay_out(Path(work), samples)
        start = child.submit(peak_mb).result()
        return {"samples": samples, "start_mb": round(start, 1)} | child.submit(compose_in, Path(work)).result()


def main(out: Path) -> None:
    """Write the section `mix` of the benchmark's file."""
    numbers = measure(SAMPLES)
    record(out, "mix", numbers)
    sys.stdout.write(
        f"mix: {numbers['samples']} samples composed in {numbers['seconds']} s, {numbers['cpu_seconds']} s of a core, "
        f"with at most {numbers['peak_mb']} MB of memory, {numbers['start_mb']} MB of it before the first sample\n"
    )


if __name__ == "__main__":
    run_stage(main)

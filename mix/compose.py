"""Stage `compose`: choose which real and rendered samples form one training set."""

import dataclasses
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from dataset.records import REAL, RENDER, Sample, read_manifest
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.seeds import rng_for
from pipeline.stage import run_stage


@dataclasses.dataclass(frozen=True)
class Compose:
    """Section `compose` of params.yaml."""

    seed: int
    renders: int | None  # draw from so many of the renders; null = all

    def __post_init__(self) -> None:
        if self.renders is not None and self.renders < 1:
            raise ValueError(f"renders is {self.renders}, wanted at least 1, or null for all")


def choose(ids: Sequence[str], renders: int | None, seed: int) -> list[str]:
    """Return `renders` of the ids (None: all), sorted; a larger choice contains the smaller one.

    Raises InputError when more are asked for than exist.
    """
    ordered = sorted(ids)
    wanted = len(ordered) if renders is None else renders
    if wanted > len(ordered):
        raise InputError(
            f"params.yaml: compose.renders asks for {wanted} renders, only {len(ordered)} exist; "
            "raise plan.scenes or lower compose.renders"
        )
    order = rng_for(seed, "renders").permutation(len(ordered))  # not of `wanted`: so choices nest
    return sorted(ordered[index] for index in order[:wanted])


def shares(ratio: float) -> tuple[float, float]:
    """Return the weights of real and renders, which sum to 1 as decimal numbers: 0.8 leaves 0.2, not 0.199...96."""
    if not 0 <= ratio <= 1:  # nan is neither
        raise InputError(f"--ratio is {ratio}, wanted renders / (renders + real) from 0 to 1; mend sweep.ratios")
    return float(1 - Decimal(str(ratio))), ratio


def ids_of(path: Path, domain: str) -> list[str]:
    """Return the ids of a manifest, sorted; raise InputError for a sample of another domain."""
    samples: list[Sample] = read_manifest(path)
    for sample in samples:
        if sample.domain != domain:
            raise InputError(f"{path}: the sample {sample.id} is a {sample.domain}, wanted {domain} samples only")
    return sorted(sample.id for sample in samples)


def source_of(name: str, manifest: Path, weight: float, ids: list[str], out: Path) -> dict[str, Any]:
    """Return one source of a mix; raise InputError when it has weight but no sample."""
    if not ids:
        raise InputError(
            f"{manifest}: found no {name} samples, but the mix gives them the weight {weight:g}; make some first"
        )
    way = Path(os.path.relpath(manifest, out.parent)).as_posix()
    return {"name": name, "manifest": way, "weight": weight, "ids": ids}


def main(settings: Compose, real: Path, renders: Path, ratio: float, out: Path) -> None:
    """Write the manifest of one mix: for each source its weight, its manifest and the ids to draw from.

    A source without weight is left out. Manifests are relative to the folder of `out`.
    """
    weights = shares(ratio)
    pools = (REAL, real, ids_of(real, REAL)), (RENDER, renders, ids_of(renders, RENDER))
    chosen = [pools[0][2], choose(pools[1][2], settings.renders, settings.seed)]
    sources = [
        source_of(name, manifest, weight, ids, out)
        for (name, manifest, _), weight, ids in zip(pools, weights, chosen, strict=True)
        if weight
    ]
    write_json(out, {"ratio": ratio, "sources": sources})


if __name__ == "__main__":
    run_stage(main)

"""A trial is one training as plain values: which sources at which shares, how many of each, and the seed."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.records import REAL, RENDER, Sample
from measure.trials import candidate
from measure.trials.candidate import MIX as MIX
from measure.trials.candidate import RENDERS_FIRST as RENDERS_FIRST
from measure.trials.pools import Pool, Pools
from pipeline.errors import InputError
from train.loop import Phase

FIRST = 0.5  # share of the steps that "renders first" gives to renders alone
LOOP = 2  # raise it when the same trial would be trained to other weights, or evaluated to other scores, than before


@dataclasses.dataclass(frozen=True)
class Trial:
    """One training. Two trials that are equal, on the same samples and settings, have the same weights."""

    weights: tuple[tuple[str, float], ...]  # source -> share of what the network sees, above 0, summing to 1
    seed: int
    schedule: str = MIX
    n_real: int | None = None  # the first so many samples of every real source; None = all
    n_render: int | None = None  # the first so many of every source of renders
    without: tuple[str, ...] = ()  # ids of samples left out, sorted


@dataclasses.dataclass(frozen=True)
class SourceShare:
    """One source as a trial uses it."""

    pool: Pool
    weight: float
    samples: tuple[Sample, ...]


def shares_of(trial: Trial, pools: Pools) -> tuple[SourceShare, ...]:
    """Return the sources of a trial with their samples; raise InputError when one has weight and no sample."""
    found = []
    for name, weight in trial.weights:
        pool = pools.named(name)
        most = trial.n_real if pool.domain == REAL else trial.n_render
        left_out = set(trial.without)
        samples = tuple(sample for sample in pool.samples[:most] if sample.id not in left_out)
        if not samples:
            raise InputError(f"the source {name} has the weight {weight:g} and no sample: make some, or give it 0")
        found.append(SourceShare(pool, weight, samples))
    return tuple(found)


def ratio_of(weights: Sequence[tuple[str, float]], pools: Pools) -> float:
    """Return renders / (renders + real) in what the network sees."""
    return candidate.ratio_of(weights, pools.domains)


def phases_of(trial: Trial, pools: Pools) -> tuple[Phase, ...]:
    """Return the parts of the training. "renders first" without both domains is one part like any other mix."""
    weights = tuple(weight for _, weight in trial.weights)
    renders = [weight if pools.named(name).domain == RENDER else 0.0 for name, weight in trial.weights]
    if trial.schedule != RENDERS_FIRST or not 0 < sum(renders) < 1:
        return (Phase(weights, 1.0),)
    total = sum(renders)
    return Phase(tuple(weight / total for weight in renders), FIRST), Phase(weights, 1 - FIRST)


def head_of(trial: Trial, pools: Pools) -> dict[str, Any]:
    """Return what a scores file says of the run it scores."""
    shares = shares_of(trial, pools)
    sizes = {
        domain: sum(len(share.samples) for share in shares if share.pool.domain == domain) for domain in (REAL, RENDER)
    }
    return {
        "ratio": ratio_of(trial.weights, pools),
        "seed": trial.seed,
        "n_real": sizes[REAL],
        "n_render": sizes[RENDER],
        "schedule": trial.schedule,
        "weights": dict(trial.weights),
    }


def key_of(trial: Trial, digests: Sequence[Sequence[str]], ground: Mapping[str, Any]) -> str:
    """Return the name of a trial's folder: the hash of all that decides what will lie in it.

    digests: of the samples of each of its sources. ground: settings, categories and the photos it is evaluated on.
    """
    plain = {
        "loop": LOOP,
        "trial": dataclasses.asdict(trial) | {"n_real": None, "n_render": None, "without": []},  # the digests say it
        "samples": digests,
        "ground": ground,
    }
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]

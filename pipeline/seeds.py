"""Randomness that belongs to names: the same names give the same numbers on any worker, in any order."""

import hashlib

import numpy as np


def rng_for(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator that belongs to `names`, e.g. ``rng_for(7, "scene", 41)``."""
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()  # hash() is salted per process
    return np.random.default_rng(list(digest))


def seed_for(seed: int, *names: str | int) -> int:
    """Return the number in 0..2**31 - 1 that belongs to `names`, for libraries that want an int."""
    return int(rng_for(seed, *names).integers(2**31))

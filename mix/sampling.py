"""Ways to draw samples, by the book: pure functions of ids, weights and chance.

What a function returns is an order: its first k are a sample of size k of the same kind, so the smaller ones lie within
the larger ones. `chance` gives the number that belongs to an id, drawn evenly from 0 to 1 and neither of them: so no
order depends on how the ids are listed, and an id that comes or goes leaves that of the others as it is.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

Chance = Callable[[str], float]


def shuffled(ids: Iterable[str], chance: Chance) -> list[str]:
    """Return the ids in random order: the first k are each set of k ids with the same probability."""
    return sorted(ids, key=lambda name: (chance(name), name))


def weighted(weights: Mapping[str, float], chance: Chance) -> list[str]:
    """Return ids drawn one after the other, each time in proportion to the weights of those that are left.

    Ids of weight 0 are never drawn. The order is that of -ln(u) / w, which is exponential with rate w (Efraimidis and
    Spirakis 2006, algorithm A-ES, with the logarithm of their keys).
    """
    keys = {name: -math.log(chance(name)) / weight for name, weight in weights.items() if weight > 0}
    return sorted(keys, key=lambda name: (keys[name], name))


def priorities(weights: Mapping[str, float], chance: Chance) -> dict[str, float]:
    """Return id -> priority w / u of every weight above 0, the highest first: those are drawn by importance.

    This is priority sampling (Duffield, Lund and Thorup 2007, J. ACM 54(6)). An id is in with about k times its share
    of all weights; `inverses` says by how much it then counts.
    """
    found = {name: weight / chance(name) for name, weight in weights.items() if weight > 0}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def inverses(weights: Mapping[str, float], ranked: Mapping[str, float], size: int) -> list[float]:
    """Return 1 / p of the first `size` ids that were drawn by importance; ranked: as of `priorities`.

    The sum of y / p over them estimates the sum of y over all ids of weight above 0 without bias, whatever y is. With t
    the priority of the first id that is not in, p = min(1, w / t): the probability to be in, given the chance of all
    others (Duffield, Lund and Thorup 2007, section 2; Horvitz and Thompson 1952). All are 1 when all ids are in.
    """
    names = list(ranked)
    threshold = ranked[names[size]] if size < len(names) else 0.0
    return [max(1.0, threshold / weights[name]) for name in names[:size]]


def in_proportion(strata: Sequence[Sequence[str]]) -> list[str]:
    """Return the members of all strata, in which every prefix holds each stratum's share up to less than one.

    Of the first k, a stratum of n_h of the n ids has k n_h / n, rounded down or up: proportional allocation (Neyman
    1934) at every k. A stratum's own order is kept. Its j-th member has its place within floor(j n / n_h) up to
    ceil((j + 1) n / n_h), and of those whose turn it may be the one with the earliest end goes first, which always
    comes out (Baruah et al. 1996, proportionate progress). Of equals the stratum that is named first goes first.
    """
    total = sum(map(len, strata))
    windows = sorted(
        (at * total // len(members), -(-(at + 1) * total // len(members)), stratum, at)
        for stratum, members in enumerate(strata)
        for at in range(len(members))
    )
    order, ready, begun = list[str](), list[tuple[int, int, int]](), 0
    for place in range(total):
        while begun < total and windows[begun][0] <= place:
            heapq.heappush(ready, windows[begun][1:])
            begun += 1
        _, stratum, at = heapq.heappop(ready)
        order.append(strata[stratum][at])
    return order


def with_replacement(
    ids: Sequence[str], size: int, rng: np.random.Generator, weights: Sequence[float] | None = None
) -> list[str]:
    """Return `size` ids, each drawn from all of them, in proportion to the weights; None = all alike."""
    share = None if weights is None else np.array(weights) / math.fsum(weights)
    return [ids[place] for place in rng.choice(len(ids), size, p=share).tolist()]


def reservoir(stream: Iterable[str], size: int, rng: np.random.Generator) -> list[str]:
    """Return `size` ids of a stream in random order, each set of them with the same probability; all of a shorter one.

    One pass, and never more than `size` ids in memory (Vitter 1985, algorithm R). Which ids are drawn depends on the
    order of the stream.
    """
    kept = list[str]()
    for count, name in enumerate(stream, 1):
        if count <= size:
            kept.append(name)
        elif (place := int(rng.integers(count))) < size:
            kept[place] = name
    return [kept[place] for place in rng.permutation(len(kept)).tolist()]  # the first of a stream keep their places

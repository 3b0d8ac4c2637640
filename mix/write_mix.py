"""One mix by hand: the pools at one ratio, as `admix fit --mix` takes it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from dataset.pools import Named, read_pools_file
from dataset.records import REAL, RENDER
from pipeline.errors import InputError
from pipeline.files import way_to, write_json
from pipeline.stage import run_stage


def shares(ratio: float) -> dict[str, Fraction]:
    """Return the share of each domain, exactly as the decimal number says: 0.8 leaves 0.2, not 0.199...96.

    ratio: renders / (renders + real). Raises InputError outside of 0 to 1.
    """
    if not 0 <= ratio <= 1:  # nan is neither
        raise InputError(f"--ratio is {ratio}, wanted renders / (renders + real) from 0 to 1")
    renders = Fraction(Decimal(str(ratio)))
    return {REAL: 1 - renders, RENDER: renders}


def weights(pools: Sequence[Named], ratio: float) -> list[float]:
    """Return the weight of each pool, which sum to 1: a domain's share is divided among its pools by their samples.

    Raises InputError when a domain has a share but no sample.
    """
    wanted = shares(ratio)
    sizes = {domain: sum(len(pool.ids) for pool in pools if pool.domain == domain) for domain in wanted}
    for domain, share in wanted.items():
        if share and not sizes[domain]:
            raise InputError(f"--ratio {ratio} gives {domain} samples {float(share):g} of the mix, but there are none")
    return [float(wanted[pool.domain] * len(pool.ids) / max(sizes[pool.domain], 1)) for pool in pools]


def main(pools: Path, ratio: float, out: Path) -> None:
    """Write the mix.json of a ratio: for each source with weight its name, manifest, weight and ids.

    Manifests are relative to the folder of `out`.
    """
    found = read_pools_file(pools).sources
    sources = []
    for pool, weight in zip(found, weights(found, ratio), strict=True):
        way = way_to(pools.parent / pool.manifest, out.parent)
        if weight:
            sources.append({"name": pool.name, "manifest": way, "weight": weight, "ids": list(pool.ids)})
    write_json(out, {"ratio": ratio, "sources": sources})


if __name__ == "__main__":
    run_stage(main)

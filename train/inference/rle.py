"""All instances of a map as COCO's compressed RLE in one pass over its pixels."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle_tools


def rles_of(ids: NDArray[np.integer], count: int) -> list[dict[str, Any]]:
    """Return the RLE {size: [H, W], counts: text} of the instances 1..count of a map (H, W), in that order.

    Raises ValueError if no pixel carries one of them.
    """
    flat = ids.ravel(order="F")  # runs go down the columns
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first, last = np.concatenate(([0], borders)), np.concatenate((borders, [flat.size]))
    order = np.argsort(flat[first], kind="stable")
    cuts = np.searchsorted(flat[first][order], np.arange(1, count + 2))
    runs = [order[start:stop] for start, stop in itertools.pairwise(cuts)]
    if not all(run.size for run in runs):
        raise ValueError(f"the map lacks one of the instances 1..{count}")
    return [packed(first[run], last[run], ids.shape) for run in runs]


def packed(first: NDArray[np.integer], last: NDArray[np.integer], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the RLE of runs [first, last) of pixels counted down the columns."""
    ends = np.stack((first, last), axis=1).ravel()
    counts = np.diff(ends, prepend=0).tolist()  # outside, inside, outside, ...
    rest = shape[0] * shape[1] - int(ends[-1])
    whole = {"size": list(shape), "counts": counts + [rest] * bool(rest)}
    rle = rle_tools.frPyObjects(whole, *shape)
    return {"size": list(shape), "counts": rle["counts"].decode("ascii")}

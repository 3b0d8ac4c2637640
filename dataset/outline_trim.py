"""Labels made smaller on chosen sides: the repair of outlines that reach beyond the edges of what they show."""

from collections.abc import Mapping

import numpy as np

from dataset.idmap import IGNORE, IdMap
from dataset.outline_offset import AXES, SIDES, shifted

MOST = 16  # pixels: what is further off is another fault


def check_trim(trim_px: Mapping[str, int]) -> None:
    """Raise ValueError for a side that is none, or a number of pixels that cannot be trimmed."""
    for side, pixels in trim_px.items():
        if side not in SIDES:
            raise ValueError(f"trim_px names {side!r}, wanted one of {', '.join(SIDES)}")
        if not 0 <= pixels <= MOST:
            raise ValueError(f"trim_px.{side} is {pixels}, wanted 0 to {MOST} pixels")


def trimmed(ids: IdMap, trim_px: Mapping[str, int]) -> IdMap:
    """Return an id map (H, W) whose objects end so many pixels earlier on the sides that are named.

    A pixel becomes background if one of the next `trim_px[side]` pixels towards that side is background. So nothing is
    taken where an object ends at another object, at what is ignored or at the photo's edge; what is ignored stays. An
    object of which nothing would be left stays as it is. Trimming by 1 to the right and below undoes what a filler of
    polygons adds that draws the last row and column too. Errors as `check_trim`.
    """
    check_trim(trim_px)
    background = ids == 0
    gone = np.zeros(ids.shape, bool)
    for side, pixels in trim_px.items():
        beyond = background
        for _ in range(pixels):
            beyond = shifted(beyond, AXES[side])
            gone |= beyond
    gone &= ids != IGNORE
    left = np.bincount(ids[~gone], minlength=IGNORE + 1)
    return np.where(gone & (left[ids] > 0), 0, ids).astype(ids.dtype)

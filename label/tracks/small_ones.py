"""Small objects, which dense flow loses before a ground that moves otherwise: found again by their picture: pure."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from label.tracks.flow import Grey

SMALL_PX = 15  # of the longer side of an object in the small pictures, up to which it is looked for
ROOM_PX = 2  # around it that belongs to its picture
REACH_PX = 5  # from frame to frame
LEAST_LIKE = 0.5  # correlation with its picture, from which on it is found

Shift = tuple[float, float]  # x, y


@dataclasses.dataclass(frozen=True)
class SmallOne:
    """A small object of the key frame, and how it is known again."""

    picture: NDArray[np.float32]  # (h, w) its box with some room
    weight: NDArray[np.float32]  # (h, w) 1 on the object and close to it
    corner: tuple[int, int]  # x, y of the box in the key frame


def small_one(key: Grey, mask: NDArray[np.bool_]) -> SmallOne | None:
    """Return a small object of a key frame; None for a large one, an empty one, and one at the picture's edge."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size or max(np.ptp(rows), np.ptp(columns)) >= SMALL_PX:
        return None
    top, left, bottom, right = rows[0] - ROOM_PX, columns[0] - ROOM_PX, rows[-1] + ROOM_PX, columns[-1] + ROOM_PX
    if min(top, left) < 0 or bottom >= mask.shape[0] or right >= mask.shape[1]:
        return None
    box = slice(top, bottom + 1), slice(left, right + 1)
    near = cv2.dilate(mask[box].astype(np.uint8), np.ones((3, 3), np.uint8))
    return SmallOne(key[box].astype(np.float32), near.astype(np.float32), (int(left), int(top)))


def found_again(one: SmallOne, now: Grey, before: Shift) -> Shift | None:
    """Return by how far an object has moved since the key frame, to a part of a pixel; None where it is not found.

    before: by how far it had moved in the frame beside this one. By weighted normalised correlation.
    """
    x, y = round(one.corner[0] + before[0]) - REACH_PX, round(one.corner[1] + before[1]) - REACH_PX
    height, width = one.picture.shape
    right, bottom = x + width + 2 * REACH_PX, y + height + 2 * REACH_PX
    if min(x, y) < 0 or bottom > now.shape[0] or right > now.shape[1]:
        return None
    view = np.ascontiguousarray(now[y:bottom, x:right]).astype(np.float32)
    like = cv2.matchTemplate(view, one.picture, cv2.TM_CCOEFF_NORMED, mask=one.weight)
    like = np.where(np.isfinite(like), like, -1)
    row, column = np.unravel_index(int(like.argmax()), like.shape)
    if like[row, column] < LEAST_LIKE:
        return None
    fine_x, fine_y = peak(like[row, :], int(column)), peak(like[:, column], int(row))
    return x + fine_x - one.corner[0], y + fine_y - one.corner[1]


def peak(values: NDArray[np.float32], at: int) -> float:
    """Return where the parabola through a largest value and those beside it has its top; `at` itself at an end."""
    if not 0 < at < len(values) - 1:
        return float(at)
    left, middle, right = (float(one) for one in values[at - 1 : at + 2])
    bend = left - 2 * middle + right
    return at + (0.5 * (left - right) / bend if bend < 0 else 0.0)

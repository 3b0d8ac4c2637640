"""What people did with the proposals of one photo: left, confirmed, moved, renamed, deleted, or drew themselves."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap, Mask
from label.prelabels.records import SentPhoto, mask_in

UNTOUCHED, CONFIRMED, MOVED, RENAMED, DELETED, DRAWN = "untouched", "confirmed", "moved", "renamed", "deleted", "drawn"
STATES = (CONFIRMED, MOVED, RENAMED, DRAWN, DELETED, UNTOUCHED)
TOUCHED = {MOVED, RENAMED, DRAWN}
SAME_OBJECT = 0.1  # IoU from which a mask without a known name is what became of a proposal


@dataclasses.dataclass(frozen=True)
class Returned:
    """What came back of one photo."""

    ids: IdMap  # (H, W), k = k-th object
    categories: tuple[str, ...]
    names: tuple[str, ...]  # of each object in its file, "" for none
    seen: bool  # its file says that a person handed it in, so that what is as it was is confirmed
    lead_time_s: float | None = None
    annotator: str = ""


@dataclasses.dataclass(frozen=True)
class Change:
    """One object, sent or come back."""

    id: str  # of the proposal, "" for one that people drew
    index: int  # in what came back, 0 = it is gone
    state: str
    moved_px: int  # pixels that are in one mask alone


def changes_of(sent: SentPhoto, back: Returned, still_px: int) -> list[Change]:
    """Return what became of every proposal, and then what was drawn.

    A proposal is the object that carries its name, else the one that overlaps it most. still_px: as in `Prelabel`.
    """
    before = [mask_in(thing, sent.size_hw) for thing in sent.objects]
    shared, areas = overlaps(before, back), areas_of(back)
    sizes = np.array([int(mask.sum()) for mask in before])
    names = [name if area else "" for name, area in zip(back.names, areas, strict=True)]
    pairs = paired(shared / np.maximum(sizes[:, None] + areas - shared, 1), [t.id for t in sent.objects], names)
    found = []
    for k, thing in enumerate(sent.objects):
        at = pairs.get(k)
        if at is None:
            found.append(Change(thing.id, 0, DELETED, int(sizes[k])))
            continue
        moved = int(sizes[k] + areas[at] - 2 * shared[k, at])
        same = thing.category == back.categories[at]
        left = CONFIRMED if back.seen else UNTOUCHED
        found.append(Change(thing.id, at + 1, MOVED if moved > still_px else left if same else RENAMED, moved))
    drawn = sorted(set(np.flatnonzero(areas).tolist()) - set(pairs.values()))
    return found + [Change("", at + 1, DRAWN, int(areas[at])) for at in drawn]


def areas_of(back: Returned) -> NDArray[np.int64]:
    """Return (M,) the pixels of every object that came back."""
    return np.bincount(back.ids.ravel(), minlength=len(back.categories) + 1)[1 : len(back.categories) + 1]


def overlaps(before: Sequence[Mask], back: Returned) -> NDArray[np.int64]:
    """Return (N, M) the pixels that each mask (H, W) shares with each object that came back."""
    count = len(back.categories)
    rows = [np.bincount(back.ids[mask], minlength=count + 1)[1 : count + 1] for mask in before]
    return np.array(rows, np.int64).reshape(len(before), count)


def paired(ious: NDArray[np.float64], ids: Sequence[str], names: Sequence[str]) -> dict[int, int]:
    """Return place of a proposal -> place of what became of it, each once: by name, then by the greatest overlap.

    ious: (N, M) of proposals and what came back.
    """
    place = {name: at for at, name in enumerate(names) if name}
    pairs = {k: place[id_] for k, id_ in enumerate(ids) if id_ in place}
    taken = set(pairs.values())
    for k, at in zip(*np.unravel_index(np.argsort(-ious, axis=None, kind="stable"), ious.shape), strict=True):
        if ious[k, at] < SAME_OBJECT:
            break
        if int(k) not in pairs and int(at) not in taken:
            pairs[int(k)] = int(at)
            taken.add(int(at))
    return pairs

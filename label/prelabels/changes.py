"""What people did with the proposals of one photo: left, confirmed, moved, renamed, deleted, or drew themselves."""

import dataclasses
from collections.abc import Sequence

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
    masks = [back.ids == k for k in range(1, len(back.categories) + 1)]
    before = [mask_in(thing, sent.size_hw) for thing in sent.objects]
    pairs = paired(before, [thing.id for thing in sent.objects], masks, back.names)
    found = []
    for k, thing in enumerate(sent.objects):
        at = pairs.get(k)
        if at is None:
            found.append(Change(thing.id, 0, DELETED, int(before[k].sum())))
            continue
        moved = int((before[k] != masks[at]).sum())
        same = thing.category == back.categories[at]
        left = CONFIRMED if back.seen else UNTOUCHED
        found.append(Change(thing.id, at + 1, MOVED if moved > still_px else left if same else RENAMED, moved))
    drawn = sorted(set(range(len(masks))) - set(pairs.values()))
    return found + [Change("", at + 1, DRAWN, int(masks[at].sum())) for at in drawn if masks[at].any()]


def paired(before: Sequence[Mask], ids: Sequence[str], masks: Sequence[Mask], names: Sequence[str]) -> dict[int, int]:
    """Return place of a proposal -> place of what became of it, each once: by name, then by the greatest overlap."""
    pairs = {k: names.index(id_) for k, id_ in enumerate(ids) if id_ in names and masks[names.index(id_)].any()}
    taken = set(pairs.values())
    free = [(k, at) for k in range(len(ids)) if k not in pairs for at in range(len(masks)) if at not in taken]
    overlaps = sorted(((iou(before[k], masks[at]), -k, -at) for k, at in free), reverse=True)
    for overlap, k, at in overlaps:
        if overlap >= SAME_OBJECT and -k not in pairs and -at not in taken:
            pairs[-k] = -at
            taken.add(-at)
    return pairs


def iou(one: Mask, other: Mask) -> float:
    """Return the IoU of two masks; 0 for two empty ones."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0

"""From the shapes of all annotators in all photos to one set of objects, each one's skill, and what is disputed."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import IdMap, box_of, mask_iou
from label.voting.groups import CrewShape, Group, matched, within
from label.voting.outlines import Field, Reals, apart, offsets_of, outlined, removable, window_of
from label.voting.skeene import ABSTAIN, Votes, accuracy, agreed, majority

NOTHING = 0  # the class of a group that is no object
FEW = 20  # of fewer groups, or with two annotators, the majority decides: nothing can be learned of anybody


@dataclasses.dataclass(frozen=True)
class Way:
    """How a consensus is made; as section `consensus` of params.yaml explains it."""

    method: str
    match_iou: float
    sure: float
    ask_iou: float


@dataclasses.dataclass(frozen=True)
class CrewPhoto:
    """One photo as its annotators drew it."""

    id: str
    size_hw: tuple[int, int]
    labelled_by: tuple[int, ...]  # annotators who saw it, whether or not they drew anything
    groups: tuple[Group, ...]


@dataclasses.dataclass(frozen=True)
class AgreedObject:
    """One group of one photo, as it was decided."""

    category: str  # "" = it is no object
    belief: float  # probability of that
    window: tuple[int, int, int, int]
    field: NDArray[np.float16]  # (h, w): positive inside; of no object (0, 0)
    ious: dict[int, float]  # annotator -> IoU of what was drawn with the consensus, offsets removed


@dataclasses.dataclass(frozen=True)
class CrewAgreement:
    """What a crew agrees on."""

    objects: list[list[AgreedObject]]  # by photo and group
    offsets: Reals  # (V,) px, positive outside
    errors: Reals  # (V,) standard errors of them


def crew_photo(id: str, size_hw: tuple[int, int], shapes: dict[int, list[CrewShape]], match_iou: float) -> CrewPhoto:  # noqa: A002
    """Return a photo with the annotators' shapes put together. shapes: of each annotator who saw the photo."""
    groups = matched([shape for each in shapes.values() for shape in each], match_iou)
    return CrewPhoto(id, size_hw, tuple(shapes), tuple(groups))


def without(photos: Sequence[CrewPhoto], annotator: int) -> list[CrewPhoto]:
    """Return the photos as if an annotator had seen none of them."""
    found = []
    for photo in photos:
        groups = (tuple(shape for shape in group if shape.annotator != annotator) for group in photo.groups)
        seen = tuple(each for each in photo.labelled_by if each != annotator)
        found.append(dataclasses.replace(photo, labelled_by=seen, groups=tuple(group for group in groups if group)))
    return found


def votes_of(photos: Sequence[CrewPhoto], categories: Sequence[str], voters: int) -> Votes:
    """Return (N, V): what each annotator says of each group: a category from 1 on, NOTHING, or ABSTAIN if unseen."""
    number = {name: at for at, name in enumerate(categories, 1)}
    rows = []
    for photo in photos:
        for group in photo.groups:
            row = np.full(voters, ABSTAIN)
            row[[each for each in photo.labelled_by if each < voters]] = NOTHING
            for shape in group:
                if shape.annotator < voters:
                    row[shape.annotator] = number[shape.category]
            rows.append(row)
    return np.array(rows, int).reshape(-1, voters)


def believed(votes: Votes, classes: int) -> tuple[Reals, Reals]:
    """Return (N, K), the probability of each class of each group, and (V,), how often each annotator is right."""
    if len(votes) >= FEW and votes.shape[1] > 2:
        found = agreed(votes, classes)
        return found.belief, accuracy(found)
    return majority(votes, classes, np.ones(votes.shape[1])), np.ones(votes.shape[1])


def agree(
    photos: Sequence[CrewPhoto], categories: Sequence[str], voters: int, anchor: int | None, way: Way
) -> CrewAgreement:
    """Return what a crew agrees on.

    voters: annotators 0 to voters - 1 count; one beyond, of known labels, only serves as `anchor`: whose outlines have
    no offset. None = most of the crew have none.
    """
    pairs = [apart(group, photo.size_hw) for photo in photos for group in photo.groups if len(group) > 1]
    beliefs, right = believed(votes_of(photos, categories, voters), len(categories) + 1)
    weight = np.concatenate([right, np.ones(max((anchor or 0) + 1 - voters, 0))])  # who names well, draws well
    offsets, errors = offsets_of(pairs, weight, anchor)
    removed, rest = removable(offsets, errors), iter(beliefs)
    objects = [
        [decided(group, photo.size_hw, next(rest), categories, (way, removed, voters)) for group in photo.groups]
        for photo in photos
    ]
    return CrewAgreement(objects, offsets, errors)


def decided(
    group: Group, size_hw: tuple[int, int], belief: Reals, categories: Sequence[str], how: tuple[Way, Reals, int]
) -> AgreedObject:
    """Return what becomes of a group, of which belief (K,) says what it is."""
    way, offsets, voters = how
    best = 1 + int(np.argmax(belief[1:]))  # first whether it is anything: voters may differ on what
    drawn = tuple(shape for shape in group if shape.annotator < voters)
    if belief[NOTHING] >= 0.5 or not drawn:
        return AgreedObject("", float(belief[NOTHING]), window_of(group, size_hw), np.zeros((0, 0), np.float16), {})
    window = window_of(drawn, size_hw)
    field = outlined(drawn, size_hw, way.method, offsets)
    ious = {shape.annotator: mask_iou(within(shape, window), field > 0) for shape in drawn}
    return AgreedObject(categories[best - 1], float(belief[best]), *trimmed(window, field), ious)


def trimmed(window: tuple[int, int, int, int], field: Field) -> tuple[tuple[int, int, int, int], NDArray[np.float16]]:
    """Return the part of a window that holds all that is positive, since all photos' are kept; as it is if none is."""
    inside = field > 0
    if not inside.any():
        return window, field.astype(np.float16)
    left, top, right, bottom = box_of(inside)
    x0, y0 = window[:2]
    return (x0 + left, y0 + top, x0 + right, y0 + bottom), field[top:bottom, left:right].astype(np.float16)


def painted(objects: Sequence[AgreedObject], size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
    """Return an id map (H, W) and the categories of its instances; where two overlap, the one it lies deeper in."""
    ids, depth = np.zeros(size_hw, np.uint16), np.zeros(size_hw, np.float32)
    names = []
    for item in objects:
        if item.category:
            names.append(item.category)
            x0, y0, x1, y1 = item.window
            deeper = item.field > depth[y0:y1, x0:x1]
            ids[y0:y1, x0:x1][deeper] = len(names)
            depth[y0:y1, x0:x1][deeper] = item.field[deeper]
    return ids, names


@dataclasses.dataclass(frozen=True)
class SkillFound:
    """What one annotator was seen to do."""

    annotator: str
    photos: int
    offset_px: float  # positive: outside
    offset_error_px: float | None  # its standard error; None where one object alone tells
    missed: float  # share of the agreed objects, in the photos seen, that were not drawn
    spurious: float  # share of the objects drawn that nobody agrees to
    misnamed: float  # share of the agreed objects drawn that have another category
    iou: float | None  # mean with the agreed objects; None without any


def skills_of(photos: Sequence[CrewPhoto], agreement: CrewAgreement, names: Sequence[str]) -> list[SkillFound]:
    """Return the skill of each annotator. names: in their order."""
    return [skill_of(number, name, photos, agreement) for number, name in enumerate(names)]


def skill_of(number: int, name: str, photos: Sequence[CrewPhoto], agreement: CrewAgreement) -> SkillFound:
    """Return the skill of one annotator."""
    seen = drawn = true = missed = spurious = misnamed = 0
    ious = []
    for photo, objects in zip(photos, agreement.objects, strict=True):
        if number not in photo.labelled_by:
            continue
        seen += 1
        for group, item in zip(photo.groups, objects, strict=True):
            own = next((shape for shape in group if shape.annotator == number), None)
            true += bool(item.category)
            drawn += own is not None
            missed += bool(item.category) and own is None
            spurious += own is not None and not item.category
            misnamed += own is not None and bool(item.category) and own.category != item.category
            ious += [item.ious[number]] if number in item.ious else []
    error = float(agreement.errors[number])
    return SkillFound(
        name, seen, float(agreement.offsets[number]), error if np.isfinite(error) else None, missed / max(true, 1),
        spurious / max(drawn, 1), misnamed / max(drawn - spurious, 1), float(np.mean(ious)) if ious else None,
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Dispute:
    """An object to ask about again."""

    photo: str
    box: tuple[int, int, int, int]
    why: str
    doubt: float  # 0 to 1, the more the sooner


def disputes(photos: Sequence[CrewPhoto], agreement: CrewAgreement, way: Way) -> list[Dispute]:
    """Return the objects on which the crew differs, the most doubtful first."""
    found = []
    for photo, objects in zip(photos, agreement.objects, strict=True):
        for item in objects:
            unlike = 1 - min(item.ious.values(), default=1.0)
            if item.belief < way.sure:
                why = f"{item.category or 'nothing'} with {item.belief:.2f}"
                found.append(Dispute(photo.id, item.window, why, 1 - item.belief))
            elif unlike > 1 - way.ask_iou:
                found.append(Dispute(photo.id, item.window, f"outlines agree by {1 - unlike:.2f}", unlike / 2))
    return sorted(found, key=lambda one: (-one.doubt, one.photo, one.box))

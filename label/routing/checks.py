"""Predicted objects, the order in which they are checked, and what people answered."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter

from dataset.predictions import Prediction
from pipeline.errors import InputError, shown
from pipeline.reading import Record, lines_of, parse_typed
from pipeline.seeds import rng_for

Answered = dict[tuple[str, int], bool]  # (key, instance) -> accepted
CONTROL = 20  # every such check is of an object below the part that is drawn from: what people would find there
AGAIN = "wanted lines of to_check.jsonl with accepted true or false; mend that line"


@dataclasses.dataclass(frozen=True)
class DrawnObject:
    """One predicted object. `key` and `instance` tell it from all others."""

    key: str  # of the photo's prediction: of its bytes, the run and the settings
    file: str  # the photo, relative to the folder of photos
    instance: int  # its place in the prediction, from 0
    category: str
    score: float
    box: tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive

    @property
    def name(self) -> tuple[str, int]:
        """Return what tells it from all others."""
        return self.key, self.instance


@dataclasses.dataclass(frozen=True)
class ObjectCheck(Record):
    """What a person said of one object; a line of the file of checks. None = not asked yet."""

    key: str
    instance: Annotated[int, Field(ge=0)]
    accepted: bool | None
    file: str = ""  # this and what follows is for the person, and not read
    category: str = ""
    score: float = 0.0
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


CHECK = TypeAdapter(ObjectCheck)


def candidates_of(predictions: Iterable[Prediction]) -> list[DrawnObject]:
    """Return every predicted object, in the order of the predictions."""
    return [
        DrawnObject(one.key, one.file, number, found.category, found.score, found.box)
        for one in predictions
        for number, found in enumerate(one.instances)
    ]


def parts_of(pool: Sequence[DrawnObject], by_category: bool) -> dict[str, list[DrawnObject]]:
    """Return the objects by category, in the categories' order of names; all under "" unless by category."""
    if not by_category:
        return {"": list(pool)}
    names = sorted({item.category for item in pool})
    return {name: [item for item in pool if item.category == name] for name in names}


def split_at(
    pool: Sequence[DrawnObject], among: float, by_category: bool
) -> tuple[list[DrawnObject], list[DrawnObject]]:
    """Return the share `among` of the objects that have the highest scores, of each category by itself, and the rest.

    Objects of one score lie on one side, so the first part may be larger. Both keep the order of the pool.
    """
    limits = {}
    for name, items in parts_of(pool, by_category).items():
        falling = sorted((item.score for item in items), reverse=True)
        limits[name] = falling[max(math.ceil(among * len(falling)), 1) - 1]
    above = [item.score >= limits[item.category if by_category else ""] for item in pool]
    return list(itertools.compress(pool, above)), list(itertools.compress(pool, (not each for each in above)))


@dataclasses.dataclass(frozen=True)
class DrawnPart:
    """A part of the objects, each as likely to be checked as any other of it."""

    objects: list[DrawnObject]
    used: list[DrawnObject]  # of these, the checked ones that count, in the order of the draw


def part_of(objects: list[DrawnObject], used: Iterable[DrawnObject]) -> DrawnPart:
    """Return a part with those of the checked objects that lie in it."""
    names = {item.name for item in objects}
    return DrawnPart(objects, [item for item in used if item.name in names])


def drawn(upper: Sequence[DrawnObject], lower: Sequence[DrawnObject], unit: str, seed: int) -> list[DrawnObject]:
    """Return the objects in the order in which they are to be checked: a random draw without replacement.

    upper, lower: of `split_at`. Every `CONTROL`-th is drawn from the lower part while there are upper ones.
    """
    likely, control = by_chance(upper, unit, seed), by_chance(lower, unit, seed)
    order: list[DrawnObject] = []
    for number, start in enumerate(range(0, len(likely), CONTROL - 1)):
        order += [*likely[start : start + CONTROL - 1], *control[number : number + 1]]
    return order + control[len(order) - len(likely) :]


def by_chance(pool: Sequence[DrawnObject], unit: str, seed: int) -> list[DrawnObject]:
    """Return objects in an order of chance.

    unit: "object": every object is as likely as any other; "photo": the photos are drawn, and of each one object. The
    place of an object follows from `seed`, its key and its number alone, so that a longer draw begins with the shorter.
    """
    place = {item.name: float(rng_for(seed, "route", item.key, item.instance).random()) for item in pool}
    order = sorted(pool, key=lambda item: (place[item.name], item.name))
    if unit == "object":
        return order
    first: dict[str, DrawnObject] = {}
    for item in order:
        first.setdefault(item.key, item)
    return sorted(first.values(), key=lambda item: rng_for(seed, "route photo", item.key).random())


def read_checks(path: Path, pool: Sequence[DrawnObject]) -> Answered:
    """Return (key, instance) -> accepted of a file of checks; lines that are not answered yet are left out.

    Raises InputError for a line that is no check, an object that was not predicted, and two answers that differ.
    """
    known = {item.name for item in pool}
    answers: Answered = {}
    for number, line in enumerate(lines_of(path), 1):
        check = parse_typed(line, CHECK, f"{path}:{number}: not a check", AGAIN)
        name = check.key, check.instance
        if name not in known:
            raise InputError(
                f"{path}:{number}: found the object {check.instance} of {shown(check.file or check.key)}, which is "
                "none of these predictions; check those of to_check.jsonl, since another network finds other ones"
            )
        if check.accepted is not None and answers.setdefault(name, check.accepted) != check.accepted:
            raise InputError(
                f"{path}:{number}: the object {check.instance} of {shown(check.file)} is accepted in one line and "
                "rejected in another; leave the right one"
            )
    return answers


def in_turn(order: Sequence[DrawnObject], answers: Answered) -> list[DrawnObject]:
    """Return the objects of a draw that are answered, up to the first that is not.

    Those beyond it are left out: what people chose to answer first is no random draw.
    """
    gap = next((place for place, item in enumerate(order) if item.name not in answers), len(order))
    return list(order[:gap])


def looked_at(count: int, looks: Sequence[int], most: int) -> int:
    """Return how many of `count` answers in turn are used: the largest planned number that is reached, 0 for none.

    most: how many objects the draw has; a look beyond it is one at all of them.
    """
    return max((min(look, most) for look in looks if min(look, most) <= count), default=0)


def line_of(item: DrawnObject, accepted: bool | None = None) -> dict[str, Any]:
    """Return a line of to_check.jsonl."""
    return dataclasses.asdict(
        ObjectCheck(item.key, item.instance, accepted, item.file, item.category, item.score, item.box)
    )


def as_arrays(
    items: Sequence[DrawnObject], answers: Answered
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return the scores (n,) and the answers (n,) of checked objects."""
    scores = np.array([item.score for item in items], np.float64)
    return scores, np.array([answers[item.name] for item in items], bool)

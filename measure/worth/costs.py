"""What labels, renders, trainings and people's hours cost."""

import dataclasses
from typing import Any

from pipeline.costs import Costs


@dataclasses.dataclass(frozen=True)
class Spent:
    """What was used: renders made, and optimiser steps of all trainings."""

    renders: int
    steps: int


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a bill."""

    what: str
    hours: float
    money: float


def spending(costs: Costs, spent: Spent) -> list[Row]:
    """Return what the renders cost so far: rendering, training, modelling, setting up; lines of no hours stand too."""
    lines = [
        (f"rendering {spent.renders} renders", spent.renders * costs.seconds_per_render / 3600, costs.machine_per_hour),
        (f"training {spent.steps} steps", spent.steps * costs.seconds_per_step / 3600, costs.machine_per_hour),
        (f"modelling {costs.assets_made} assets", costs.assets_made * costs.hours_per_asset, costs.engineer),
        ("setting up", costs.setup_hours, costs.engineer),
    ]
    return [Row(what, hours, hours * per_hour) for what, hours, per_hour in lines]


def labelling(costs: Costs, labels: float, what: str) -> Row:
    """Return what so many labelled photos cost."""
    return Row(what, labels * costs.minutes_per_label / 60, labels * costs.per_label)


def amount(value: float) -> str:
    """Return a number in two digits without an exponent as far as it is read easily, e.g. "150" or "0.0025"."""
    return f"{float(f'{value:.2g}'):,g}"


@dataclasses.dataclass(frozen=True)
class LabelledPhotos:
    """Photos that were labelled: to train on, to choose by (none with folds), and to test with; each costs the same."""

    train: int
    val: int
    test: int


def money_json(
    costs: Costs, spent: Spent, photos: LabelledPhotos, labels: float | None, censored: bool = False
) -> dict[str, Any]:
    """Return `money` of transfer.json: the labels of each split, those the renders replace if known, the spending.

    labels: those the renders replace, more than so many if `censored`.
    """
    uses = (("to train on", photos.train), ("that choose (val)", photos.val), ("that test", photos.test))
    rows = [labelling(costs, count, f"labelling {count} real photos {use}") for use, count in uses if count]
    if labels is not None:
        more = "more than " if censored else ""
        rows.append(labelling(costs, labels, f"labels that the renders replace: {more}{labels:.0f}"))
    rows += spending(costs, spent)
    return {"currency": costs.currency, "rows": [dataclasses.asdict(row) for row in rows]}

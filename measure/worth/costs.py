"""What labels, renders, trainings and people's hours cost."""

import dataclasses
import math
from typing import Any

ENGINEER = 12.0  # times a labeller's hour, where the engineer's is not given


@dataclasses.dataclass(frozen=True)
class Costs:
    """Section `costs` of params.yaml. Money is in `currency`."""

    currency: str
    minutes_per_label: float  # a photo with all its masks; 1.3 is one mask: COCO took 22 worker-hours for 1,000
    labeller_per_hour: float
    engineer_per_hour: float | None  # null = 12 labellers
    machine_per_hour: float
    seconds_per_render: float
    seconds_per_step: float  # of training
    hours_per_asset: float  # of a person who models one
    assets_made: int  # how many were modelled for this
    setup_hours: float  # of an engineer, until the first render

    def __post_init__(self) -> None:
        """Raise ValueError for a value that is no amount, or a currency without a name."""
        if not self.currency.strip():
            raise ValueError("currency is empty, wanted a name such as EUR")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{field.name} is {value}, wanted 0 or more")

    @property
    def engineer(self) -> float:
        """Return what an engineer's hour costs."""
        return ENGINEER * self.labeller_per_hour if self.engineer_per_hour is None else self.engineer_per_hour

    @property
    def per_label(self) -> float:
        """Return what one labelled photo costs."""
        return self.minutes_per_label / 60 * self.labeller_per_hour

    @property
    def per_render(self) -> float:
        """Return what one render costs."""
        return self.seconds_per_render / 3600 * self.machine_per_hour

    @property
    def per_asset(self) -> float:
        """Return what one modelled asset costs."""
        return self.hours_per_asset * self.engineer


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


def money_json(costs: Costs, spent: Spent, n_real: int, labels: float | None, censored: bool = False) -> dict[str, Any]:
    """Return `money` of transfer.json: the real labels, those the renders replace if known, the spending.

    labels: those the renders replace, more than so many if `censored`.
    """
    rows = [labelling(costs, n_real, f"labelling {n_real} real photos")]
    if labels is not None:
        more = "more than " if censored else ""
        rows.append(labelling(costs, labels, f"labels that the renders replace: {more}{labels:.0f}"))
    rows += spending(costs, spent)
    return {"currency": costs.currency, "rows": [dataclasses.asdict(row) for row in rows]}

"""The record behind reports/label.json: what each part of the room was measured to save.

`python -m label.record` writes label.schema.json again.
"""

import dataclasses
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.costs import Costs
from pipeline.files import write_json
from pipeline.reading import Record, read_typed

SCHEMA = Path(__file__).with_name("label.schema.json")


@dataclasses.dataclass(frozen=True)
class Effect(Record):
    """What one part of the room was measured to do, beside what people would do without it."""

    what: str  # that is measured, with its unit, such as "labels to reach the IoU of 80 random ones"
    measured: float
    beside_what: str  # such as "random" or "cleanlab 2.9.0"
    beside: float
    ci95: tuple[float, float] | None  # of `measured`; None where one draw alone was measured
    minutes: float | None  # of people's time that it saves; None where it saves none of it
    money: float | None  # what these cost, by section `costs`
    how: str  # the draws or runs behind it, and the photos
    minutes_ci95: tuple[float, float] | None = None  # of `minutes`; None where it was not measured
    money_ci95: tuple[float, float] | None = None  # of `money`


EFFECTS = TypeAdapter(dict[str, Effect])  # by part: pick, prelabel, pseudo, audit, consensus, route, click, video, weak


def saving(effect: Effect, minutes: float, ci95: tuple[float, float], costs: Costs) -> Effect:
    """Return an effect with the minutes of people that it saves, below 0 where it costs some, and their price."""
    middle, low, high = (round(one, 1) for one in (minutes, *ci95))
    price = costs.labeller_per_hour / 60
    money, least, most = (round(one * price, 2) for one in (minutes, *ci95))
    return dataclasses.replace(effect, minutes=middle, money=money, minutes_ci95=(low, high), money_ci95=(least, most))


def read_effects(path: Path) -> dict[str, Effect]:
    """Return the effects of a label.json by part; raise InputError for another kind of file."""
    return read_typed(path, EFFECTS, "a label.json", "run `make label` again")


def write_effects(path: Path, effects: dict[str, Effect]) -> None:
    """Write label.json whole, parts in the given order."""
    write_json(path, {part: dataclasses.asdict(effect) for part, effect in effects.items()})


def schema() -> dict[str, Any]:
    """Return the JSON schema of label.json, as it lies in label.schema.json for other tools."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "label.json of admix"}
    return head | {key: value for key, value in EFFECTS.json_schema().items() if key != "title"}


if __name__ == "__main__":
    write_json(SCHEMA, schema())

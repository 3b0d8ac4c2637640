"""What transfer.json holds, as types, written and read here: what may be missing is marked, more keys may be there.

`python -m report.record` writes transfer.schema.json again.
"""

from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.files import write_json
from pipeline.reading import OPEN, read_typed

Ends = Annotated[list[float], Field(min_length=2, max_length=2)]  # of an interval
OpenEnds = Annotated[list[float | None], Field(min_length=2, max_length=2)]
Count = Annotated[int, Field(ge=0, le=2**53)]


@with_config(OPEN)
class End(TypedDict):
    """A score at a ratio, such as one end of it, with its interval."""

    ratio: float
    iou: float
    ci95: Ends


@with_config(OPEN)
class Gain(TypedDict):
    """A difference of two scores."""

    iou: float
    ci95: Ends
    verdict: NotRequired[str]


@with_config(OPEN)
class RunRecord(TypedDict):
    """One training, scored on one split."""

    ratio: float
    seed: int
    iou: float


@with_config(OPEN)
class RatioRow(TypedDict):
    """One candidate of the race."""

    name: str
    ratio: float
    schedule: str
    n_real: Count
    n_render: Count
    iou: float
    ci95: Ends
    seeds: dict[str, float]
    picked: NotRequired[bool]
    as_good: NotRequired[bool | None]
    stopped: NotRequired[str | bool | None]
    sd: NotRequired[float | None]
    p_best: NotRequired[float | None]
    on_renders: NotRequired[float | None]
    overstates: NotRequired[float | None]
    against_real: NotRequired[Gain | None]


@with_config(OPEN)
class RaceRecord(TypedDict):
    """What the race cost."""

    spent: float
    full_grid: float
    trials: Count
    budget: str
    why_stopped: str


@with_config(OPEN)
class Value(TypedDict):
    """A score of any kind with its interval."""

    value: float | None
    ci95: NotRequired[OpenEnds | None]


@with_config(OPEN)
class CategoryValue(Value):
    """The score of one category."""

    photos: NotRequired[Count | None]
    instances: NotRequired[Count | None]
    rare: NotRequired[bool]


@with_config(OPEN)
class AtThreshold(TypedDict):
    """Single objects at a threshold of IoU."""

    iou: float
    precision: NotRequired[Value | None]
    recall: NotRequired[Value | None]


@with_config(OPEN)
class Kind(TypedDict):
    """Objects of one size or one visible share."""

    name: str
    photos: NotRequired[Count | None]
    instances: NotRequired[Count | None]
    recall: NotRequired[Value | None]
    iou: NotRequired[Value | None]
    covered: NotRequired[Value | None]


@with_config(OPEN)
class Summary(TypedDict):
    """All scores on one split."""

    iou: NotRequired[Value | None]
    mean_iou: NotRequired[Value | None]
    rare_iou: NotRequired[Value | None]
    boundary_iou: NotRequired[Value | None]
    calibration_error: NotRequired[Value | None]
    lost: NotRequired[dict[str, Value | None] | None]
    iou_per_category: NotRequired[dict[str, CategoryValue] | None]
    instances: NotRequired[list[AtThreshold]]
    by_size: NotRequired[list[Kind]]
    by_visible: NotRequired[list[Kind]]
    leaves_out: NotRequired[str | None]


@with_config(OPEN)
class Test(TypedDict):
    """What the test photos say."""

    ratio: float
    mean_iou: float
    mean_ci95: Ends
    n_photos: Count
    n_groups: NotRequired[Count]
    real_only: NotRequired[End | None]
    render_only: NotRequired[End | None]
    gain: NotRequired[Gain | None]


@with_config(OPEN)
class CurvePoint(TypedDict):
    """One size of a learning curve."""

    n: Count
    iou: float
    ci95: Ends
    seeds: NotRequired[dict[str, float]]


@with_config(OPEN)
class Fitted(TypedDict):
    """The fitted curve at one size."""

    n: float
    iou: float
    lo: NotRequired[float | None]
    hi: NotRequired[float | None]


@with_config(OPEN)
class FamilyRecord(TypedDict):
    """One shape that was fitted."""

    name: str
    weight: float
    floor: NotRequired[float | None]


@with_config(OPEN)
class CurveRecord(TypedDict):
    """One learning curve."""

    points: list[CurvePoint]
    trusted: bool
    fit: NotRequired[list[Fitted] | None]
    families: NotRequired[list[FamilyRecord] | None]
    flags: NotRequired[list[str] | None]


@with_config(OPEN)
class WorthRow(TypedDict):
    """What the renders are worth beside one number of real photos."""

    n_real: Count
    real_labels: NotRequired[float | None]
    ci95: NotRequired[OpenEnds | None]
    censored: NotRequired[bool]
    open_above: NotRequired[bool]
    iou_real: NotRequired[float | None]
    iou_mix: NotRequired[float | None]


@with_config(OPEN)
class WorthRecord(WorthRow):
    """The worth that is spoken of."""

    currency: str
    multiplier: NotRequired[float | None]
    money: NotRequired[float | None]
    money_ci95: NotRequired[OpenEnds | None]
    net: NotRequired[float | None]
    why: NotRequired[str | None]
    each: NotRequired[list[WorthRow]]


@with_config(OPEN)
class MoneyRow(TypedDict):
    """One thing that costs."""

    what: str
    hours: float | None
    money: float | None


@with_config(OPEN)
class Money(TypedDict):
    """What all of it costs."""

    currency: str
    rows: list[MoneyRow]


@with_config(OPEN)
class OptionRecord(TypedDict):
    """One thing that could be done next."""

    action: str
    what: str
    amount: NotRequired[float | None]
    iou: NotRequired[float | None]
    ci95: NotRequired[OpenEnds | None]
    cost: NotRequired[float | None]
    cost_ci95: NotRequired[OpenEnds | None]
    reaches: NotRequired[bool | None]


@with_config(OPEN)
class AdviceRecord(TypedDict):
    """What to do next."""

    action: str
    why: str
    options: NotRequired[list[OptionRecord] | None]


@with_config(OPEN)
class HelpRow(TypedDict):
    """What one group of renders does for the score."""

    name: str
    kind: str
    samples: Count
    help: float
    words: str
    ci95: NotRequired[Ends | None]
    unit: NotRequired[str]


@with_config(OPEN)
class AttributionRecord(TypedDict):
    """Which renders help."""

    method: str
    groups: list[HelpRow]
    check: NotRequired[str | None]


@with_config(OPEN)
class TransferRecord(TypedDict):
    """The whole file."""

    runs: list[RunRecord]
    best: End
    setup: NotRequired[str | None]
    metric: NotRequired[str | None]
    real_only: NotRequired[End | None]
    render_only: NotRequired[End | None]
    gap: NotRequired[float | None]
    ratios: NotRequired[list[RatioRow] | None]
    race: NotRequired[RaceRecord | None]
    scores: NotRequired[dict[str, Summary | None] | None]
    test: NotRequired[Test | None]
    curves: NotRequired[dict[str, CurveRecord | None] | None]
    worth: NotRequired[WorthRecord | None]
    money: NotRequired[Money | None]
    advice: NotRequired[AdviceRecord | None]
    attribution: NotRequired[AttributionRecord | None]


SCHEMA = Path(__file__).with_name("transfer.schema.json")
TRANSFER, ATTRIBUTION = TypeAdapter(TransferRecord), TypeAdapter(AttributionRecord)


def write_transfer(path: Path, found: TransferRecord) -> None:
    """Write transfer.json whole; raise a ValueError for anything that is no such record."""
    TRANSFER.validate_python(found, strict=True)
    write_json(path, found)


def schema() -> dict[str, Any]:
    """Return the JSON schema of transfer.json, as it lies in transfer.schema.json for other tools."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "transfer.json of admix"}
    return head | {key: value for key, value in TRANSFER.json_schema().items() if key != "title"}


def read_transfer(path: Path) -> TransferRecord:
    """Return what stage transfer wrote; raise InputError for another kind of file."""
    return read_typed(path, TRANSFER, "the numbers of transfer", "run stage transfer again")


def read_attribution(path: Path) -> AttributionRecord:
    """Return what stage attribute wrote; raise InputError for another kind of file."""
    return read_typed(path, ATTRIBUTION, "an attribution", "run stage attribute again")


if __name__ == "__main__":
    write_json(SCHEMA, schema())

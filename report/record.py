"""What transfer.json holds, as one frozen record, written and read here.

`python -m report.record` writes transfer.schema.json again. Scores are IoU from 0 to 1 or differences of
them, intervals are (lo, hi) at 95 %; None is what is not known or was not run.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from measure.attribution.record import AttributionRecord
from measure.worth.curve import FamilyShare
from pipeline.files import write_json
from pipeline.reading import Count, Record, parse_typed, read_typed

Ends = tuple[float, float]  # of an interval
OpenEnds = tuple[float | None, float | None]


@dataclasses.dataclass(frozen=True)
class End(Record):
    """A score at a ratio, such as one end of it, with its interval."""

    ratio: float
    iou: float
    ci95: Ends


@dataclasses.dataclass(frozen=True)
class Gain(Record):
    """A difference of two scores, and what it shows."""

    verdict: str
    iou: float
    ci95: Ends


@dataclasses.dataclass(frozen=True)
class RunRecord(Record):
    """One training, scored on one split; its interval is over photos alone."""

    ratio: float
    seed: int
    n_real: Count
    n_render: Count
    schedule: str
    weights: dict[str, float]  # part of the mix -> its share of what is drawn
    iou: float
    iou_per_category: dict[str, float | None]
    ci95: Ends
    split: Literal["val", "test"]
    kind: Literal["race", "curve", "test"]


@dataclasses.dataclass(frozen=True)
class RatioRow(Record):
    """One candidate of the race."""

    ratio: float
    schedule: str
    weights: dict[str, float]
    n_real: Count
    n_render: Count
    name: str
    stopped: str | None  # why its training was cut short
    p_best: float | None
    as_good: bool | None
    iou: float
    ci95: Ends
    seeds: dict[str, float]  # seed -> IoU
    share: float  # of a whole training that its scores are of
    sd: float | None
    on_renders: float | None  # IoU on renders kept out of training
    overstates: float | None  # by how much that is more than on val photos
    training_curve: tuple[tuple[Count, float], ...]  # steps done and IoU on at most 48 val photos
    rise: float | None  # of that IoU over the last doubling of the steps before the rate falls
    picked: bool
    against_real: Gain | None


@dataclasses.dataclass(frozen=True)
class RaceRecord(Record):
    """What the race cost."""

    spent: float  # in whole trainings, as is full_grid
    full_grid: float
    trials: Count
    budget: str
    why_stopped: str
    words: tuple[str, ...]
    optimism: float | None = None  # IoU by which having been chosen on the val photos flatters the pick
    rule: str = ""  # why a mix was picked that is not expected to score highest; empty where it is
    folds: Count = 0  # of the labelled photos, each of which val is in turn; 0 = val has photos of its own


@dataclasses.dataclass(frozen=True)
class Value(Record):
    """A score of any kind with its interval."""

    value: float | None
    ci95: OpenEnds | None


@dataclasses.dataclass(frozen=True)
class RareValue(Value):
    """The score over all rare categories."""

    categories: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class CategoryValue(Value):
    """The score of one category."""

    photos: Count | None  # that show it
    instances: Count | None
    rare: bool


@dataclasses.dataclass(frozen=True)
class AtThreshold(Record):
    """Single objects at a threshold of IoU."""

    iou: float
    precision: Value | None
    recall: Value | None


@dataclasses.dataclass(frozen=True)
class Kind(Record):
    """Objects of one size or one visible share."""

    name: str
    photos: Count
    instances: Count
    recall: Value | None
    iou: Value | None
    covered: Value | None


@dataclasses.dataclass(frozen=True)
class LostRecord(Record):
    """What of the score is lost to one kind of error each."""

    outline: Value | None
    missed: Value | None
    made_up: Value | None


@dataclasses.dataclass(frozen=True)
class Summary(Record):
    """All scores of the picked candidate on one split."""

    run: str
    leaves_out: str | None
    iou: Value | None
    mean_iou: Value | None
    iou_per_category: dict[str, CategoryValue]
    rare_iou: RareValue | None
    boundary_iou: Value | None
    off_outlines_iou: Value | None  # without the pixels within 2 of an outline of the labels
    lost: LostRecord | None
    instances: tuple[AtThreshold, ...]
    calibration_error: Value | None
    by_size: tuple[Kind, ...]
    by_visible: tuple[Kind, ...]


@dataclasses.dataclass(frozen=True)
class Scored(Record):
    """The scores in detail."""

    val: Summary
    test: Summary


@dataclasses.dataclass(frozen=True)
class RivalRow(Record):
    """What another tool predicted for the test photos; its interval is over photos alone."""

    name: str
    iou: float
    ci95: Ends
    behind: Gain | None  # the picked candidate less this one


@dataclasses.dataclass(frozen=True)
class ThreeEnds(Record):
    """Scores of the picked candidate and of both ends on the same photos, such as those of the training's places."""

    n_photos: Count
    picked: End
    real_only: End | None
    render_only: End | None


@dataclasses.dataclass(frozen=True)
class OnVal(ThreeEnds):
    """Scores on one validation set."""

    name: str  # "val" is the one that chose


@dataclasses.dataclass(frozen=True)
class OnTest(Record):
    """What the test photos say, once, of the picked run and of all its seeds."""

    ratio: float
    seed: int
    iou: float
    ci95: Ends
    iou_per_category: dict[str, float | None]
    n_photos: Count
    n_groups: Count
    alike: dict[str, str]  # tags that tell the photos of this set apart, and of which all test photos have one value
    mean_iou: float
    mean_ci95: Ends
    real_only: End | None
    render_only: End | None
    gain: Gain | None  # over real only
    rivals: tuple[RivalRow, ...]
    home: ThreeEnds | None


@dataclasses.dataclass(frozen=True)
class CurvePoint(Record):
    """One size of a learning curve."""

    n: Count
    iou: float
    ci95: Ends
    seeds: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Fitted(Record):
    """The fitted curve at one size."""

    n: float
    iou: float
    lo: float
    hi: float


@dataclasses.dataclass(frozen=True)
class Ceiling(Record):
    """Where a curve ends."""

    iou: float
    ci95: Ends


@dataclasses.dataclass(frozen=True)
class CurveRecord(Record):
    """One learning curve."""

    points: tuple[CurvePoint, ...]
    fit: tuple[Fitted, ...]
    families: tuple[FamilyShare, ...]
    ceiling: Ceiling | None
    trusted: bool
    flags: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what else is to be said of it


@dataclasses.dataclass(frozen=True)
class WorthRow(Record):
    """What the renders are worth beside one number of real photos."""

    real_labels: float | None
    ci95: OpenEnds | None
    censored: bool  # more than real_labels
    open_above: bool  # the upper end of the interval lies beyond what was measured
    n_real: Count
    iou_real: float | None
    iou_mix: float | None


@dataclasses.dataclass(frozen=True)
class WorthRecord(WorthRow):
    """The worth that is spoken of, with its money."""

    multiplier: float | None
    money: float | None
    money_ci95: OpenEnds | None
    net: float | None
    currency: str
    why: str | None
    each: tuple[WorthRow, ...]


@dataclasses.dataclass(frozen=True)
class MoneyRow(Record):
    """One thing that costs."""

    what: str
    hours: float | None
    money: float | None


@dataclasses.dataclass(frozen=True)
class Money(Record):
    """What all of it costs."""

    currency: str
    rows: tuple[MoneyRow, ...]


@dataclasses.dataclass(frozen=True)
class OptionRecord(Record):
    """One thing that could be done next."""

    action: str
    what: str
    amount: float | None
    iou: float | None
    ci95: OpenEnds | None
    cost: float | None
    cost_ci95: OpenEnds | None
    reaches: bool | None
    value: float | None  # IoU that it is expected to bring; what lies beyond the target counts nothing
    value_per_cost: float | None
    compared: bool  # it may be advised by its value a cost: it is shown to help, or its curve reaches the target


@dataclasses.dataclass(frozen=True)
class AdviceRecord(Record):
    """What to do next."""

    action: str
    why: str
    target: float
    options: tuple[OptionRecord, ...]


@dataclasses.dataclass(frozen=True)
class ObjectsRow(Record):
    """How many objects of one category there are to train on, and how many the network sees in 100 pictures."""

    category: str
    real: Count
    render: Count
    seen: float  # as the picked candidate mixes and draws them, before they are cropped


@dataclasses.dataclass(frozen=True)
class OutlineSide(Record):
    """How far labels of one split reach beyond the pictures' edges on one side."""

    split: Literal["train", "val"]
    side: Literal["left", "right", "above", "below"]
    px: float  # the median over objects; negative if they end before the edge
    ci95: Ends
    objects: Count  # with a clear edge there


@dataclasses.dataclass(frozen=True)
class OutlinesRecord(Record):
    """How the labels' outlines lie, and the score that val labels like these allow at most."""

    sides: tuple[OutlineSide, ...]  # where enough objects have clear edges
    words: tuple[str, ...]  # what is to be told, a split each
    ceiling: Ceiling | None  # not below the score that was reached


@dataclasses.dataclass(frozen=True)
class TransferRecord(Record):
    """The whole file."""

    setup: str
    metric: str
    runs: tuple[RunRecord, ...]
    real_only: End | None
    render_only: End | None
    best: End
    gap: float | None
    ratios: tuple[RatioRow, ...]
    race: RaceRecord | None
    scores: Scored | None
    val: tuple[OnVal, ...]  # val itself, then the further validation sets by name
    test: OnTest | None
    curves: dict[str, CurveRecord] | None
    worth: WorthRecord | None
    money: Money | None
    advice: AdviceRecord | None
    attribution: AttributionRecord | None
    objects: tuple[ObjectsRow, ...]
    outlines: OutlinesRecord | None = None


SCHEMA = Path(__file__).with_name("transfer.schema.json")
TRANSFER = TypeAdapter(TransferRecord)


def as_record(value: dict[str, Any]) -> TransferRecord:
    """Return what was gathered as a record; raise InputError for what is none, ValueError for NaN."""
    return parse_typed(json.dumps(value, allow_nan=False), TRANSFER, "transfer.json", "run stage tune again")


def write_transfer(path: Path, found: TransferRecord) -> None:
    """Write transfer.json whole."""
    write_json(path, dataclasses.asdict(found))


def read_transfer(path: Path) -> TransferRecord:
    """Return what stage transfer wrote; raise InputError for another kind of file."""
    return read_typed(path, TRANSFER, "the numbers of transfer", "run stage transfer again")


def schema() -> dict[str, Any]:
    """Return the JSON schema of transfer.json, as it lies in transfer.schema.json for other tools."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "transfer.json of admix"}
    return head | {key: value for key, value in TRANSFER.json_schema().items() if key != "title"}


if __name__ == "__main__":
    write_json(SCHEMA, schema())

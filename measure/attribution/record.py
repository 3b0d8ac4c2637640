"""The record of an attribution, for the page and the gallery: numbers, and sentences that artists read."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

from measure.attribution.groups import ASSET, RECIPE, Group, GroupEstimate
from measure.attribution.leave_out import MeasuredHelp, rank_agreement, sentence, steadiness
from pipeline.files import write_json
from pipeline.reading import Count, Record, read_typed

LITTLE = 0.01  # IoU below which a help or a harm is called little


def subject(group: Group) -> str:
    """Return the renders of a group as the subject of a sentence, without a capital letter."""
    if group.kind == ASSET:
        return f"renders that show {group.name}"
    if group.kind == RECIPE:
        return f"renders of the recipe {group.name}"
    return f"renders with {group.name}"


def bounds(help_: float, ci95: tuple[float, float], unit: str, digits: int) -> str:
    """Return a number with its interval, in brackets."""
    lo, hi = ci95
    return f"({help_:+.{digits}f}{unit}, {lo:+.{digits}f} to {hi:+.{digits}f})"


def of_estimate(item: GroupEstimate) -> str:
    """Return what the estimate says of a group; a difference that may be nothing is called no effect."""
    numbers, (lo, hi) = bounds(item.help, item.ci95, "", 2), item.ci95
    about = subject(item.group)
    if lo > 0:
        return f"R{about[1:]} pull the network towards the real photos more than other renders do {numbers}."
    if hi < 0:
        return (
            f"R{about[1:]} pull the network towards the real photos less than other renders do {numbers}: "
            "look at their labels and at what they look like."
        )
    return f"No effect shown for {about} {numbers}."


def of_measured(item: MeasuredHelp) -> str:
    """Return what training without a group says of it."""
    numbers, (lo, hi) = bounds(item.help, item.ci95, " IoU", 3), item.ci95
    about, little = subject(item.group), " a little" if abs(item.help) < LITTLE else ""
    if lo > 0:
        return f"R{about[1:]} help{little} {numbers}."
    if hi < 0:
        return f"R{about[1:]} hurt{little} {numbers}: look at their labels and at what they look like."
    return f"No effect shown for {about} {numbers}."


DIGITS = 6
ESTIMATE: Final = "estimate"
TRAINING: Final = "training"
SPREADS: Final = "standard deviations"  # the unit of an estimate
IOU: Final = "IoU"
Ends = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class HelpEstimate(Record):
    """What was estimated of a group without training, in standard deviations of one render."""

    help: float
    ci95: Ends


@dataclasses.dataclass(frozen=True)
class HelpRow(Record):
    """What one group of renders does for the score: by training without it where that was done, else estimated."""

    name: str
    kind: str
    samples: Count
    help: float
    ci95: Ends
    words: str
    by: Literal["estimate", "training"]
    unit: Literal["standard deviations", "IoU"]
    estimate: HelpEstimate


@dataclasses.dataclass(frozen=True)
class PassedOver(Record):
    """Groups of too few renders to be evaluated."""

    least: int  # renders that this takes
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class RankCheck(Record):
    """Spearman's rank correlation of what was estimated with what was measured."""

    value: float
    ci95: Ends


@dataclasses.dataclass(frozen=True)
class AttributionRecord(Record):
    """Which renders help: the object `attribution` of transfer.json."""

    method: str
    groups: tuple[HelpRow, ...]  # measured ones first, then descending in help, then by name
    passed: PassedOver
    check: str | None
    spearman: RankCheck | None
    steadiness: float | None


ATTRIBUTION = TypeAdapter(AttributionRecord)


def read_attribution(path: Path) -> AttributionRecord:
    """Return what stage attribute wrote; raise InputError for another kind of file."""
    return read_typed(path, ATTRIBUTION, "an attribution", "run stage attribute again")


def write_attribution(path: Path, found: AttributionRecord) -> None:
    """Write attribution.json whole."""
    write_json(path, dataclasses.asdict(found))


def record(
    found: Sequence[GroupEstimate],
    measured: Sequence[MeasuredHelp],
    passed: Sequence[Group],
    least: int,
    resamples: int,
) -> AttributionRecord:
    """Return what was found. passed: groups that were not evaluated, which takes `least` renders."""
    trained = {item.group: item for item in measured}
    rows = [row(item, trained.get(item.group)) for item in found]
    rows.sort(key=lambda item: (item.by != TRAINING, -item.help, item.kind, item.name))
    both = [(item.pull, trained[item.group].help) for item in found if item.group in trained]
    check = rank_agreement([first for first, _ in both], [second for _, second in both], resamples)
    steady = steadiness([item.each for item in measured])
    return AttributionRecord(
        method(len(found), len(measured)),
        tuple(rows),
        PassedOver(least, tuple(f"{group.kind} {group.name}" for group in passed)),
        sentence(check, steady, len(measured)),
        RankCheck(round(check.spearman, DIGITS), rounded(check.ci95)) if check else None,
        None if steady is None else round(steady, DIGITS),
    )


def row(item: GroupEstimate, trained: MeasuredHelp | None) -> HelpRow:
    """Return one group: by training without it where that was done, else by the estimate."""
    best, group = trained or item, item.group
    return HelpRow(
        group.name,
        group.kind,
        len(group.ids),
        round(best.help, DIGITS),
        rounded(best.ci95),
        of_measured(trained) if trained else of_estimate(item),
        TRAINING if trained else ESTIMATE,
        IOU if trained else SPREADS,
        HelpEstimate(round(item.help, DIGITS), rounded(item.ci95)),
    )


def rounded(ends: Ends) -> Ends:
    """Return both ends of an interval with `DIGITS` digits."""
    return round(ends[0], DIGITS), round(ends[1], DIGITS)


def method(evaluated: int, trained: int) -> str:
    """Return how the numbers came about, in words."""
    if not evaluated:
        return "No group of renders is large enough to be evaluated, or no mix with renders was trained."
    told = (
        "Estimated without training: how far a group's renders pull the last layer of the picked network the way the "
        "real val photos do, more than other renders (in standard deviations of one render; the 95 % intervals hold "
        f"for all {evaluated} groups at once). It shows which renders agree with real photos, not an IoU."
    )
    if not trained:
        return told
    groups = "One group was" if trained == 1 else f"{trained} groups were"
    return f"{groups} also measured: IoU on val of the mix less that of the mix trained without the group. {told}"


def empty() -> AttributionRecord:
    """Return the record of a set-up in which no mix with renders was trained."""
    return record([], [], [], 0, 1)

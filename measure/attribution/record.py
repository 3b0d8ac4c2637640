"""The record of an attribution, for the page and the gallery: numbers, and sentences that artists read."""

from collections.abc import Sequence
from typing import Any

from measure.attribution.check import compare, sentence, steadiness
from measure.attribution.estimate import GroupEstimate
from measure.attribution.groups import ASSET, RECIPE, Group
from measure.attribution.leave_out import MeasuredHelp

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
ESTIMATE, TRAINING = "estimate", "training"  # where a group's numbers come from
UNITS = {ESTIMATE: "standard deviations", TRAINING: "IoU"}


def record(
    found: Sequence[GroupEstimate],
    measured: Sequence[MeasuredHelp],
    passed: Sequence[Group],
    least: int,
    resamples: int,
) -> dict[str, Any]:
    """Return the object `attribution` of transfer.json: measured groups first, then descending in help, then by name.

    passed: groups that were not evaluated, with `least` the number of renders that this takes.
    """
    trained = {item.group: item for item in measured}
    rows = [row(item, trained.get(item.group)) for item in found]
    rows.sort(key=lambda item: (item["by"] != TRAINING, -item["help"], item["kind"], item["name"]))
    both = [(item.pull, trained[item.group].help) for item in found if item.group in trained]
    check = compare([first for first, _ in both], [second for _, second in both], resamples)
    steady = steadiness([item.each for item in measured])
    return {
        "method": method(len(found), len(measured)),
        "groups": rows,
        "passed": {"least": least, "names": [f"{group.kind} {group.name}" for group in passed]},
        "check": sentence(check, steady, len(measured)),
        "spearman": {"value": round(check.spearman, DIGITS), "ci95": rounded(check.ci95)} if check else None,
        "steadiness": None if steady is None else round(steady, DIGITS),
    }


def row(item: GroupEstimate, trained: MeasuredHelp | None) -> dict[str, Any]:
    """Return one group: by training without it where that was done, else by the estimate."""
    best = trained or item
    head = {"name": item.group.name, "kind": item.group.kind, "samples": len(item.group.ids)}
    numbers = {"help": round(best.help, DIGITS), "ci95": rounded(best.ci95)}
    guess = {"help": round(item.help, DIGITS), "ci95": rounded(item.ci95)}
    words = of_measured(trained) if trained else of_estimate(item)
    by = TRAINING if trained else ESTIMATE
    return head | numbers | {"words": words, "by": by, "unit": UNITS[by], "estimate": guess}


def rounded(values: Sequence[float]) -> list[float]:
    """Return the numbers with `DIGITS` digits."""
    return [round(value, DIGITS) for value in values]


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


def empty() -> dict[str, Any]:
    """Return the record of a set-up in which no mix with renders was trained."""
    return record([], [], [], 0, 1)

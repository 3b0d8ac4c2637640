"""The record of an attribution: plain numbers and sentences, as the page and the gallery read them."""

from collections.abc import Sequence
from typing import Any

from train.attribution.check import compare, sentence, steadiness
from train.attribution.estimate import Estimate
from train.attribution.groups import Group
from train.attribution.leave_out import Measured
from train.attribution.words import of_estimate, of_measured

DIGITS = 6
ESTIMATE, TRAINING = "estimate", "training"  # where a group's numbers come from
UNITS = {ESTIMATE: "standard deviations", TRAINING: "IoU"}


def record(
    found: Sequence[Estimate], measured: Sequence[Measured], passed: Sequence[Group], least: int, resamples: int
) -> dict[str, Any]:
    """Return the object `attribution` of transfer.json: measured groups first, then by falling help, then by name.

    passed: groups that were not judged, with `least` the number of renders that this takes.
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


def row(item: Estimate, trained: Measured | None) -> dict[str, Any]:
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


def method(judged: int, trained: int) -> str:
    """Return how the numbers came about, in words."""
    if not judged:
        return "No group of renders is large enough to be judged, or no mix with renders was trained."
    told = (
        "Estimated without training: how far a group's renders pull the last layer of the picked network the way the "
        "real val photos do, more than other renders (in standard deviations of one render; the 95 % intervals hold "
        f"for all {judged} groups at once). It shows which renders agree with real photos, not an IoU."
    )
    if not trained:
        return told
    groups = "One group was" if trained == 1 else f"{trained} groups were"
    return f"{groups} also measured: IoU on val of the mix less that of the mix trained without the group. {told}"


def empty() -> dict[str, Any]:
    """Return the record of a set-up in which no mix with renders was trained."""
    return record([], [], [], 0, 1)

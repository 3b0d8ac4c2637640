"""From answers to a certificate, and from a certificate to where each object goes."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.predictions import Prediction
from label.certificate import Above, judged_at, ladder, missing, starts_for, widest
from label.routing.checks import CONTROL, Answered, DrawnObject, DrawnPart, as_arrays, parts_of
from label.routing.costs import CostPoint, Effort, nearby, people_needed
from label.routing.drift import Drift, kept, traits_of
from label.routing.record import FORMAT, Certified, RouteCertificate, set_of
from pipeline.costs import Costs

WINDOW = 60  # checks from which is estimated how likely an object of a score is right


@dataclasses.dataclass(frozen=True)
class Terms:
    """What is promised, and how it is shown; as section `route` of params.yaml explains it."""

    seed: int
    target: float
    confidence: float
    unit: str
    among: float
    by_category: bool
    looks: tuple[int, ...]
    spare: tuple[int, ...] | None
    slips: float
    drift_photos: int


@dataclasses.dataclass(frozen=True)
class Routed:
    """Where one object goes."""

    object: DrawnObject
    answer: str  # accept, redraw, ask one or ask three
    why: str


@dataclasses.dataclass(frozen=True)
class Routing:
    """All that is written and shown."""

    terms: Terms
    effort: Effort
    costs: Costs
    certificate: RouteCertificate
    routes: list[Routed]
    points: list[CostPoint]
    to_check: list[DrawnObject]  # in the order of the draw
    answered: int  # checks that were given
    unused: int  # of them, beyond a gap in the draw or between two looks
    drift: list[Drift]
    closed: str  # why nothing is taken alone; "" = the gate is open


def scores_of(items: Sequence[DrawnObject]) -> NDArray[np.float64]:
    """Return the scores (n,)."""
    return np.array([item.score for item in items], np.float64)


def certified(terms: Terms, pool: list[DrawnObject], used: list[DrawnObject], answers: Answered, error: float) -> Above:
    """Return the lowest threshold that is certified; where there is none, all objects as they are, not certified.

    pool: all objects that checks are drawn among, used: those of the draw that count. error: that is left for them.
    """
    scores, accepted = as_arrays(used, answers)
    everything = scores_of(pool)
    starts = starts_for(terms.target, error, max(len(used), 1), terms.spare)
    found = judged_at(ladder(everything, len(used), starts, error), scores, accepted, terms.target, error)
    wrong = int((~accepted).sum())
    return widest(found) or Above(float(everything.min()), len(pool), len(used), wrong, 0.0, False)


def certificate_of(
    terms: Terms, predictions: list[Prediction], model: str, drawn: tuple[DrawnPart, DrawnPart], answers: Answered
) -> RouteCertificate:
    """Return what the checks in turn certify of a set of predictions. drawn: the parts of `split_at`."""
    upper, lower = drawn
    pool = [*upper.objects, *lower.objects]
    whole, parts = parts_of(pool, terms.by_category), parts_of(upper.objects, terms.by_category)
    own = parts_of(upper.used, terms.by_category)
    error = (1 - terms.confidence) / len(terms.looks) / max(len(parts), 1)
    rows = []
    for name, items in parts.items():
        mine = own.get(name, [])
        best = certified(terms, items, mine, answers, error)
        short = 0 if best.certified else missing(scores_of(items), *as_arrays(mine, answers), terms.target, error)
        short += short // (CONTROL - 1) if lower.objects else 0
        score, objects = (best.score, best.objects) if best.certified else (None, 0)
        among, of = len(items), len(whole[name])
        rows.append(Certified(name, score, objects, of, best.checked, best.wrong, best.bound, short, among))
    traits = kept(traits_of(predictions, sorted({item.category for item in pool})), terms.seed)
    return RouteCertificate(
        FORMAT, model, set_of(one.key for one in predictions), len(predictions), len(pool), terms.unit,
        terms.target, terms.confidence, terms.looks, len(upper.used) + len(lower.used), tuple(rows), traits,
    )  # fmt: skip


def routes_of(
    terms: Terms, held: RouteCertificate, pool: list[DrawnObject], answers: Answered, closed: bool
) -> list[Routed]:
    """Return where each object goes. What was checked goes by its answer; closed: nothing goes by its score."""
    limits = {row.category: row.score for row in held.categories}
    likely = nearby(scores_of(pool), as_arrays([item for item in pool if item.name in answers], answers), WINDOW)
    people = people_needed(likely, terms.target, terms.slips)
    found = []
    for item, needed in zip(pool, people, strict=True):
        limit = limits.get(item.category, limits.get(""))
        if item.name in answers:
            answer = "accept" if answers[item.name] else "redraw"
            found.append(Routed(item, answer, "a person checked it"))
        elif limit is not None and item.score >= limit and not closed:
            found.append(Routed(item, "accept", f"score {limit:.4f} or more"))
        else:
            found.append(Routed(item, "ask one" if needed == 1 else "ask three", "not certified"))
    return found


def most_missing(held: RouteCertificate) -> int:
    """Return how many checks any category still misses."""
    return max((row.missing for row in held.categories), default=0)


def named_in(held: RouteCertificate) -> set[str]:
    """Return the categories of which a certificate keeps how many objects a photo has."""
    return {what.removeprefix("objects of ") for what in held.reference if what.startswith("objects of ")}


def why_closed(terms: Terms, held: RouteCertificate, photos: int, found: list[Drift]) -> str:
    """Return why nothing may be taken alone, "" if it may."""
    if all(row.score is None for row in held.categories):
        return "the certificate certifies nothing"
    if photos < terms.drift_photos:
        return f"{photos} photos are too few to see a drift, wanted {terms.drift_photos}"
    alarms = [drift.what for drift in found if drift.alarm]
    return f"the predictions drifted: {', '.join(alarms)}" if alarms else ""


def counts_of(routes: Sequence[Routed]) -> dict[str, int]:
    """Return answer -> how many objects, in a fixed order."""
    answers = sorted(route.answer for route in routes)
    found = {answer: len(list(group)) for answer, group in itertools.groupby(answers)}
    return {answer: found.get(answer, 0) for answer in ("accept", "ask one", "ask three", "redraw")}

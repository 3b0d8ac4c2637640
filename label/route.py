"""Command `label route`: which predicted objects may be taken as they are, and which one or three people look at.

``admix label route --predictions PREDICTIONS --out OUT`` writes the objects to check, drawn by chance, into
OUT/to_check.jsonl. A person writes true or false into each line's `accepted`, on OUT/index.html with --photos, and the
next run takes the file as --checks. Then OUT holds:

certificate.json   the score above which objects are right as often as `target` says, at `confidence`, for each category
routes.jsonl       an object a line: accept, redraw, ask one or ask three, and why
route.json         counts, what is missing, and the curve of minutes and money
to_check.jsonl     what is still to be checked, in the order of the draw
index.html         the page

With --certificate, of earlier photos, new predictions of the same network are routed by it, unless they drifted.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from dataset.predictions import each_prediction, predicted_categories
from label.routing.checks import (
    CONTROL,
    Answered,
    DrawnPart,
    as_arrays,
    candidates_of,
    drawn,
    in_turn,
    line_of,
    looked_at,
    part_of,
    read_checks,
    split_at,
)
from label.routing.costs import Stratum, all_by_hand, curve, effort_of
from label.routing.deciding import (
    Routing,
    Terms,
    certificate_of,
    counts_of,
    most_missing,
    named_in,
    routes_of,
    scores_of,
    why_closed,
)
from label.routing.drift import drifts, traits_of
from label.routing.page import page, pictures
from label.routing.record import model_of, read_certificate
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json, write_text
from pipeline.stage import run_stage

KIND = "routes"


@dataclasses.dataclass(frozen=True)
class Route:
    """Section `route` of params.yaml."""

    seed: int
    target: float  # share of the objects taken alone that must be right
    confidence: float  # that this is so
    unit: Literal["object", "photo"]  # what is drawn
    among: float  # share of the objects, those with the highest scores, that checks are drawn among
    by_category: bool  # the target holds in each category, and not only over all
    looks: tuple[int, ...]  # numbers of checks at which it is looked whether they suffice
    spare: tuple[int, ...] | None  # wrong checks that each start lets pass; null = by the number of checks
    slips: float  # share of wrong objects that one person accepts
    drift_alarm: float  # chance of an alarm where nothing has changed
    drift_photos: int  # of fewer new photos nothing is taken alone
    pictures: int  # on the page to check on

    def __post_init__(self) -> None:
        """Raise ValueError for a value that no routing can use."""
        for name in ("target", "confidence", "slips", "drift_alarm"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted more than 0 and less than 1")
        if not 0 < self.among <= 1:
            raise ValueError(f"among is {self.among}, wanted a share above 0, and 1 for all objects")
        if not self.looks or min(self.looks) < 1:
            raise ValueError(f"looks is {list(self.looks)}, wanted numbers of checks, such as [1000]")
        if self.spare is not None and (not self.spare or min(self.spare) < 0):
            raise ValueError(f"spare is {list(self.spare)}, wanted numbers from 0 on, or null")

    @property
    def terms(self) -> Terms:
        """Return what is promised."""
        return Terms(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Terms)})


def stratum_of(part: DrawnPart, answers: Answered) -> Stratum:
    """Return a part of the objects as the curve of costs takes it."""
    return Stratum(scores_of(part.objects), *as_arrays(part.used, answers))


def by_checks(settings: Route, costs: Costs, folder: Path, checks: Path | None) -> Routing:
    """Return the routing of predictions by checks of their own objects; None = nothing was checked yet."""
    predictions = list(each_prediction(folder))
    pool = candidates_of(predictions)
    if not pool:
        raise InputError(f"{folder}: found no object in {len(predictions)} photos, wanted one to route")
    upper, lower = split_at(pool, settings.among, settings.by_category)
    order = drawn(upper, lower, settings.unit, settings.seed)
    answers = read_checks(checks, pool) if checks else {}
    turn = in_turn(order, answers)
    used = turn[: looked_at(len(turn), settings.looks, len(order))]
    parts = part_of(upper, used), part_of(lower, used)
    held = certificate_of(settings.terms, predictions, model_of(folder), parts, answers)
    goal = min((look for look in settings.looks if look > len(turn)), default=len(turn) + most_missing(held))
    ahead = [item for item in order[:goal] if item.name not in answers]
    none = all(row.score is None for row in held.categories)
    closed = "" if not none else "nothing is certified yet"
    points = curve([stratum_of(part, answers) for part in parts if part.objects], effort_of(costs))
    routes = routes_of(settings.terms, held, pool, answers, bool(closed))
    return Routing(
        settings.terms,
        effort_of(costs),
        costs,
        held,
        routes,
        points,
        ahead,
        len(answers),
        len(answers) - len(used),
        [],
        closed,
    )


def by_certificate(settings: Route, costs: Costs, folder: Path, path: Path) -> Routing:
    """Return the routing of new predictions by an earlier certificate, and what has drifted since."""
    held, predictions = read_certificate(path), list(each_prediction(folder))
    if held.model != model_of(folder):
        raise InputError(
            f"{folder}: was predicted by another network, or with other settings, than {path} certifies; check some of "
            "its own objects"
        )
    pool = candidates_of(predictions)
    new = traits_of(predictions, sorted({*predicted_categories(folder)} & named_in(held) | {i.category for i in pool}))
    found = drifts(held.reference, new, settings.drift_alarm)
    closed = why_closed(settings.terms, held, len(predictions), found)
    routes = routes_of(settings.terms, held, pool, {}, bool(closed))
    return Routing(settings.terms, effort_of(costs), costs, held, routes, [], [], 0, 0, found, closed)


def lines_in(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as lines of JSON."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def minutes_of(routing: Routing) -> tuple[float, float, float]:
    """Return the minutes for the answers as they are, the same with every object drawn, and what the first cost.

    Objects that people are asked about count as checks alone where nothing is known of how many they reject.
    """
    effort, costs = routing.effort, routing.costs
    counts = counts_of(routing.routes)
    seconds = (counts["ask one"] + 3 * counts["ask three"] + routing.answered) * effort.check_s
    minutes = (seconds + counts["redraw"] * effort.mask_s) / 60
    return minutes, all_by_hand(len(routing.routes), effort), minutes / 60 * costs.labeller_per_hour


def summary(routing: Routing) -> dict[str, Any]:
    """Return route.json."""
    hour = routing.costs.labeller_per_hour / 60
    minutes, by_hand, money = minutes_of(routing)
    return {
        "answers": counts_of(routing.routes),
        "closed": routing.closed,
        "answered": routing.answered,
        "unused": routing.unused,
        "missing": most_missing(routing.certificate),
        "minutes": {"checks": minutes, "drawing all": by_hand},
        "money": {"checks": money, "drawing all": by_hand * hour, "currency": routing.costs.currency},
        "curve": [dataclasses.asdict(point) | {"money": point.minutes * hour} for point in routing.points],
        "drift": [dataclasses.asdict(drift) for drift in routing.drift],
    }


def words(routing: Routing) -> list[str]:
    """Return what is said on the terminal."""
    held, counts = routing.certificate, counts_of(routing.routes)
    said = [", ".join(f"{answer} {count}" for answer, count in counts.items())]
    for row in held.categories:
        name = row.category or "all objects"
        left = row.among - row.checked  # objects that can still be drawn, those of control aside
        if row.score is None and row.among > 0 and left + left // (CONTROL - 1) < row.missing:
            said.append(
                f"{name}: {held.target:g} takes {row.missing} further checks at the least, without a wrong one, and "
                f"there are {left} more objects to draw: look at each, or lower `target`"
            )
        elif row.score is None:
            said.append(
                f"{name}: {held.target:g} is not certified; {row.missing} further checks at the least, without a wrong "
                f"one ({row.checked} used, {row.wrong} wrong)"
            )
        else:
            more = ", all that checks are drawn among" if row.objects == row.among < row.of else ""
            said.append(
                f"{name}: {row.objects} of {row.of} at score {row.score:.4f} or more{more}, at least {row.bound:.4f}"
            )
    return [*said, f"the gate is closed: {routing.closed}"] if routing.closed else said


def main(
    settings: Route,
    costs: Costs,
    predictions: Path,
    out: Path,
    checks: Path | None = None,
    certificate: Path | None = None,
    photos: Path | None = None,
) -> None:
    """Write where each predicted object goes. photos: the folder that was predicted, for pictures on the page."""
    if checks and certificate:
        raise InputError("route: found both --checks and --certificate, wanted one; a certificate is of earlier photos")
    if checks and checks.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{checks}: lies in {out}, which is written anew; move it to another folder first")
    routing = by_certificate(settings, costs, predictions, certificate) if certificate else by_checks(
        settings, costs, predictions, checks
    )  # fmt: skip
    items = routing.to_check[: settings.pictures]
    shown = list(pictures(predictions, photos, items)) if photos else []
    with whole_folder(out, KIND) as folder:
        if not certificate:
            write_json(folder / "certificate.json", dataclasses.asdict(routing.certificate))
            write_text(folder / "to_check.jsonl", lines_in([line_of(item) for item in routing.to_check]))
        rows = [
            {"key": r.object.key, "file": r.object.file, "instance": r.object.instance, "category": r.object.category,
             "score": r.object.score, "answer": r.answer, "why": r.why}
            for r in routing.routes
        ]  # fmt: skip
        write_text(folder / "routes.jsonl", lines_in(rows))
        write_json(folder / "route.json", summary(routing))
        write_text(folder / "index.html", page(routing, summary(routing), words(routing), shown))
    sys.stderr.write("".join(f"route: {line}\n" for line in [*words(routing), str(out / "index.html")]))


if __name__ == "__main__":
    run_stage(main)

"""Tables of the page as plain text: a title, columns, rows."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from measure.attribution.record import AttributionRecord
from measure.worth.costs import amount
from measure.worth.records import sentences
from report.record import (
    AdviceRecord,
    CurvePoint,
    CurveRecord,
    End,
    Money,
    ObjectsRow,
    OnTest,
    OnVal,
    OptionRecord,
    RaceRecord,
    RatioRow,
    WorthRecord,
    WorthRow,
)
from report.words import ACTIONS, NOTHING, both_curves, cents, known_ends, money, score, several, signed, span, whole

CHOSE = "val"  # the validation set by which the mix was chosen


@dataclasses.dataclass(frozen=True)
class Table:
    """One table; every cell is text, a column whose name starts with "#" is one of numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: tuple[int, ...] = ()  # rows that stand out, by place

    @property
    def columns(self) -> tuple[tuple[str, bool], ...]:
        """Name of each column, and whether it holds numbers."""
        return tuple((head.removeprefix("#"), head.startswith("#")) for head in self.heads)


def filled(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], marked: Sequence[int] = ()) -> Table | None:
    """Return a table without the columns in which no row has a value; None without rows."""
    found = [tuple(row) for row in rows]
    kept = [place for place in range(len(heads)) if any(row[place] not in {"", NOTHING} for row in found)]
    if not found or not kept:
        return None
    cells = tuple(tuple(row[place] for place in kept) for row in found)
    return Table(title, tuple(heads[place] for place in kept), cells, tuple(marked))


def of_ratios(rows: Sequence[RatioRow], test: OnTest | None) -> Table | None:
    """Return one row a candidate, ascending in ratio: what it was trained on, its val score, and test where scored."""
    heads = (
        "ratio",
        "schedule",
        "#photos",
        "#renders",
        "#val score",
        "#95 %",
        "#test score",
        "#95 %",
        "#best of all",
        "",
    )
    shown, tested = len({row.schedule for row in rows}) > 1, on_test(test)
    cells = [
        (
            row.name,
            row.schedule if shown else NOTHING,
            whole(row.n_real),
            whole(row.n_render),
            score(row.iou),
            span(row.ci95, 3),
            *(tested.get(row.ratio, (NOTHING, NOTHING)) if sampled(row, rows) else (NOTHING, NOTHING)),
            NOTHING if row.p_best is None else f"{row.p_best:.0%}",
            ranking_of(row),
        )
        for row in rows
    ]
    return filled("Scores of each ratio", heads, cells, [at for at, row in enumerate(rows) if row.picked])


def sampled(row: RatioRow, rows: Sequence[RatioRow]) -> bool:
    """Return whether a candidate is the one of its ratio that test may have scored: the picked one, or the only one."""
    twins = [other for other in rows if other.ratio == row.ratio]
    return row.picked or (not any(other.picked for other in twins) and twins[0] is row)


def on_test(test: OnTest | None) -> dict[float, tuple[str, str]]:
    """Return ratio -> (score, interval) of what was scored on the test photos."""
    if not test:
        return {}
    found = {row.ratio: (score(row.iou), span(row.ci95, 3)) for row in (test.real_only, test.render_only) if row}
    return found | {test.ratio: (score(test.mean_iou), span(test.mean_ci95, 3))}


def of_objects(rows: Sequence[ObjectsRow]) -> Table | None:
    """Return one row a category: its objects before mixing, and after it as the network sees them; None for one."""
    if len(rows) < 2:
        return None
    sums = [sum(getattr(row, name) for row in rows) for name in ("real", "render", "seen")]
    cells = [
        (
            row.category,
            whole(row.real),
            part(row.real, sums[0]),
            whole(row.render),
            part(row.render, sums[1]),
            f"{row.seen:,.1f}",
            part(row.seen, sums[2]),
        )
        for row in rows
    ]
    heads = (
        "category",
        "#in real photos",
        "#share",
        "#in renders",
        "#share",
        "#in 100 pictures as trained on",
        "#share",
    )
    return filled("Objects of each category, before and after mixing", heads, cells)


def part(value: float, total: float) -> str:
    """Return a share of a total in percent; nothing of nothing."""
    return f"{value / total:.1%}" if total else NOTHING


def of_rivals(test: OnTest | None) -> Table | None:
    """Return one row a tool on the test photos, ours first; None where no other tool was scored."""
    if not test or not test.rivals:
        return None
    ours = [("the pick", End(test.ratio, test.mean_iou, test.mean_ci95)), ("real only", test.real_only)]
    ours += [("renders only", test.render_only)]
    cells = [(words, score(row.iou), span(row.ci95, 3), "", "") for words, row in ours if row]
    for rival in test.rivals:
        ahead = (signed(rival.behind.iou), span(rival.behind.ci95, 3, "+")) if rival.behind else (NOTHING, NOTHING)
        cells.append((rival.name, score(rival.iou), span(rival.ci95, 3), *ahead))
    heads = ("on the test photos", "#score", "#95 %", "#the pick is ahead by", "#95 %")
    return filled("Beside other tools", heads, cells, [0])


def of_places(test: OnTest | None) -> Table | None:
    """Return one row a kind of training: its score where the training photos are from, and on the test photos."""
    if not test or not test.home:
        return None
    pairs = (
        ("real photos alone", test.home.real_only, test.real_only),
        ("the pick", test.home.picked, End(test.ratio, test.mean_iou, test.mean_ci95)),
        ("renders alone", test.home.render_only, test.render_only),
    )
    cells = [
        (
            words,
            score(here.iou),
            span(here.ci95, 3),
            score(there.iou),
            span(there.ci95, 3),
            signed(there.iou - here.iou),
        )
        for words, here, there in pairs
        if here and there
    ]
    home = f"#where the training photos are from ({several(test.home.n_photos, 'photo')})"
    heads = ("trained on", home, "#95 %", "#test photos", "#95 %", "#on the way")
    return filled("From place to place", heads, cells)


def of_val(sets: Sequence[OnVal]) -> Table | None:
    """Return one row a validation set, val first, which chose; None where there is no other."""
    if len(sets) < 2:
        return None
    cells = [
        (
            f"{row.name}, which chose" if row.name == CHOSE else row.name,
            whole(row.n_photos),
            *(cell for end in (row.picked, row.real_only, row.render_only) for cell in scored(end)),
        )
        for row in sets
    ]
    heads = ("photos", "#how many", "#the pick", "#95 %", "#real photos alone", "#95 %", "#renders alone", "#95 %")
    return filled("On each validation set", heads, cells, [0])


def scored(end: End | None) -> tuple[str, str]:
    """Return a score and its interval."""
    return (score(end.iou), span(end.ci95, 3)) if end else (NOTHING, NOTHING)


def ranking_of(row: RatioRow) -> str:
    """Return how a candidate came out of the race, in words."""
    if row.picked:
        return "picked"
    return "stopped early" if row.stopped else "as good, as far as shown" if row.as_good else ""


def of_stability(rows: Sequence[RatioRow]) -> Table | None:
    """Return one row a candidate: each run, their spread, and by how much held-out renders overstate the score."""
    cells = [
        (
            row.name,
            " · ".join(score(iou) for iou in row.seeds.values()),
            score(row.sd),
            score(row.on_renders),
            signed(row.overstates),
        )
        for row in rows
    ]
    heads = ("ratio", "#score of each run", "#spread (sd)", "#score on held-out renders", "#more than on real photos")
    return filled("How scores vary, and how renders overstate them", heads, cells)


def of_curves(curves: Mapping[str, CurveRecord] | None) -> Table | None:
    """Return the points of both learning curves."""
    cells = [
        (words, whole(point.n), score(point.iou), span(point.ci95, 3), runs(point))
        for words, curve in both_curves(curves)
        for point in curve.points
    ]
    return filled(
        "Points of the learning curves", ("trained on", "#real photos", "#val score", "#95 %", "#each run"), cells
    )


def of_worths(worth: WorthRecord | None) -> Table | None:
    """Return what the renders are worth beside each number of real photos; the worth that is spoken of stands out."""
    if not worth:
        return None
    heads = ("#real photos", "#with renders", "#alone", "#the renders replace", "#95 %")
    cells = [
        (
            whole(row.n_real),
            score(row.iou_mix),
            score(row.iou_real),
            worth_of(row),
            span(known_ends(row.ci95, row.open_above), 0),
        )
        for row in worth.each
    ]
    told = [at for at, row in enumerate(worth.each) if row.n_real == worth.n_real]
    return filled("Worth beside each number of real photos", heads, cells, told)


def worth_of(worth: WorthRow) -> str:
    """Return a worth in photos, with "more than" where the curve of real photos alone ends before it."""
    labels = worth.real_labels
    return NOTHING if labels is None else f"more than {whole(labels)}" if worth.censored else whole(labels)


def runs(point: CurvePoint) -> str:
    """Return the scores of the runs of a point."""
    return " · ".join(score(iou) for iou in point.seeds.values()) or NOTHING


def of_money(found: Money | None) -> Table | None:
    """Return hours and money, one row a kind of work."""
    if not found:
        return None
    cells = [(row.what, hours(row.hours), money(row.money, found.currency)) for row in found.rows]
    return filled("What work and machines cost", ("what", "#hours", "#money"), cells)


def hours(value: float | None) -> str:
    """Return a number of hours, with a decimal below 10."""
    return NOTHING if value is None else f"{value:,.{1 if abs(value) < 10 else 0}f}"


def of_advice(advice: AdviceRecord, currency: str) -> Table | None:
    """Return the options that were weighed; the advised one stands out."""
    cells = [
        (
            f"{ACTIONS.get(option.action, option.action)}. {option.what}",
            whole(option.amount),
            score(option.iou, 2),
            span(option.ci95),
            money(option.cost, currency),
            span(option.cost_ci95, cents(option.cost or 0.0)),
            reached(option),
            rate(option.value_per_cost),
            "yes" if option.compared else "no",
        )
        for option in advice.options
    ]
    value = f"#IoU a {currency}" if currency else "#IoU a cost"
    heads = ("option", "#how many", "#expected score", "#95 %", "#cost", "#95 %", "at the target", value, "compared")
    advised = [at for at, option in enumerate(advice.options) if option.action == advice.action]
    return filled("What could be done next", heads, cells, advised)


def reached(option: OptionRecord) -> str:
    """Return whether an option reaches the target; a dash where no score is expected of it."""
    if option.reaches is None:
        return "not shown" if option.iou is not None else NOTHING
    return "yes" if option.reaches else "no"


def rate(value: float | None) -> str:
    """Return IoU for each unit of money in two digits, a dash for none."""
    return NOTHING if value is None else amount(value)


def of_attribution(found: AttributionRecord) -> Table | None:
    """Return the groups of renders, most helpful first, and what they do for the score."""
    groups = sorted(found.groups, key=lambda row: (-row.help, row.name))
    cells = [
        (
            row.name,
            row.kind,
            whole(row.samples),
            signed(row.help),
            span(row.ci95, 3, "+"),
            row.unit,
            row.words,
        )
        for row in groups
    ]
    return filled("Which renders help", ("group", "kind", "#renders", "#help", "#95 %", "in", "in words"), cells)


SAME_SPREAD = (
    'What is said of trainings that were not finished, and "best of all", takes seeds to vary alike at every ratio; '
    "all other intervals are from a ratio's own trainings."
)


OPTIMISM = "Having been chosen on the val photos flatters the pick's score on them by about {:.3f}; test chose nothing."


def of_race(race: RaceRecord | None) -> str:
    """Return why the picked mix was chosen over one ahead, what the race cost and why it ended; empty without one."""
    if not race:
        return ""
    cost = f"{several(race.trials, 'training')}, {race.spent:.1f} of the {race.full_grid:.1f} of a full grid"
    ended = f"Budget: {race.budget}. It ended: {race.why_stopped}."
    flatters = "" if race.optimism is None else OPTIMISM.format(race.optimism)
    return sentences(race.rule, flatters, f"The race took {cost} (in whole trainings).", ended, SAME_SPREAD)

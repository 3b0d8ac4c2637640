"""Charts of the page as Vega-Lite specifications; a still picture of each, and the library that draws them."""

import dataclasses
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import vl_convert
from markupsafe import Markup

from measure.attribution.record import IOU, HelpRow
from report.record import AtThreshold, End, Ends, OnTest, RatioRow
from report.tables import Table
from report.words import MIXED, REAL

WIDTH, HEIGHT = 480, 260  # of the still picture; with JavaScript a chart is as wide as its place
MEAN, RUN, TEST = "val: mean of runs", "val: one run", "test"
LOOK = {  # one kind of mark a row: colour, shape
    MEAN: ("var(--one)", "circle"),
    RUN: ("var(--one)", "stroke"),
    TEST: ("var(--two)", "diamond"),
    REAL: ("var(--one)", "circle"),
    MIXED: ("var(--two)", "diamond"),
}
SHOWN = 24  # groups in the chart of attribution; its table holds all

Spec = dict[str, Any]


def config() -> Spec:
    """Return what all charts share: no background, text and lines in the page's colours."""
    axis = {"labelColor": "var(--soft)", "titleColor": "var(--ink)", "gridColor": "var(--line)"}
    lines = {"domainColor": "var(--soft)", "tickColor": "var(--soft)", "titleFontWeight": "normal", "titlePadding": 10}
    size = {"labelFontSize": 12, "titleFontSize": 12}
    legend = {
        "labelColor": "var(--ink)",
        "titleColor": "var(--ink)",
        "titleFontWeight": "normal",
        "orient": "top",
        "title": None,
        "labelLimit": 0,
        "columns": 3,
        "symbolOpacity": 1,
        "columnPadding": 12,
    }
    font = "system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, sans-serif"
    return {"axis": axis | lines | size, "legend": legend | size, "view": {"stroke": None}, "font": font}


def chart(layers: Sequence[Spec], description: str, height: int = HEIGHT) -> Spec:
    """Return a chart of layers."""
    size = {"width": WIDTH, "height": height, "autosize": {"type": "fit-x", "contains": "padding"}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "background": None,
        **size,
        "config": config(),
        "layer": list(layers),
    }


def layer(values: Sequence[Spec], mark: Spec, encoding: Spec) -> Spec:
    """Return one layer with its own rows."""
    return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding}


def x_of(field: str, title: str, **more: Any) -> Spec:
    """Return the channel x of a number."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def y_of(field: str, title: str, **more: Any) -> Spec:
    """Return the channel y of a score, its axis as long as the values need."""
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}, **more}


def kinds(names: Sequence[str], channel: str) -> Spec:
    """Return a channel that tells kinds of marks apart. channel: "color" or "shape"."""
    scale = {"domain": list(names), "range": [LOOK[name][0 if channel == "color" else 1] for name in names]}
    return {"field": "what", "type": "nominal", "scale": scale, "title": None}


def read_out(*fields: tuple[str, str]) -> list[Spec]:
    """Return what a mark says when it is pointed at. fields: name in the row and words for it."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def ratio_rows(rows: Sequence[RatioRow], test: OnTest | None) -> list[Spec]:
    """Return one row a mark of the chart of ratios: means, single runs, and test where it was scored."""
    found = []
    for row in rows:
        of_row = {"name": row.name, "ratio": row.ratio, "schedule": row.schedule}
        found.append(of_row | {"what": MEAN, "iou": row.iou} | ends_of(row.ci95))
        found += [of_row | {"what": RUN, "iou": iou, "run": f"seed {seed}"} for seed, iou in row.seeds.items()]
    return found + test_rows(test)


def test_rows(test: OnTest | None) -> list[Spec]:
    """Return the rows of what was scored on the test photos; none without it."""
    if not test:
        return []
    ends = [row for row in (test.real_only, test.render_only) if row and row.ratio != test.ratio]
    return [
        {"name": f"{row.ratio:g}", "ratio": row.ratio, "what": TEST, "iou": row.iou} | ends_of(row.ci95)
        for row in [End(test.ratio, test.mean_iou, test.mean_ci95), *ends]
    ]


def ratio_chart(rows: Sequence[RatioRow], test: OnTest | None, metric: str) -> Spec | None:
    """Return the chart of score against ratio; None without rows."""
    if not rows:
        return None
    values = ratio_rows(rows, test)
    means, runs, tested = ([row for row in values if row["what"] == what] for what in (MEAN, RUN, TEST))
    x = x_of("ratio", "ratio (0 = real only, 1 = renders only)", scale={"domain": [-0.03, 1.03], "nice": False})
    x["axis"] = {"values": [0, 0.25, 0.5, 0.75, 1], "grid": False, "format": ".2~f"}
    names = [what for what in (MEAN, RUN, TEST) if any(row["what"] == what for row in values)]
    look = {"color": kinds(names, "color"), "shape": kinds(names, "shape")}
    xy, spoken = {"x": x, "y": y_of("iou", metric)}, read_out(("name", "ratio"), ("what", "what"), ("iou", "score"))
    spoken_mean = [*spoken, *read_out(("lo", "from"), ("hi", "to"))]
    bars = {"x": x, "y": y_of("lo", metric), "y2": {"field": "hi"}, "color": kinds(names, "color")}
    point = {"type": "point", "filled": True, "opacity": 1}
    layers = [
        layer(means, {"type": "rule", "strokeWidth": 2, "opacity": 0.6, "aria": False}, bars),
        layer(
            line_rows(means),
            {"type": "line", "color": "var(--one)", "aria": False},
            xy | {"detail": {"field": "schedule"}},
        ),
        layer(
            runs,
            {**point, "strokeWidth": 2, "size": 90, "filled": False},
            xy | look | {"tooltip": [*spoken, *read_out(("run", "run"))]},
        ),
        layer(means, {**point, "size": 60}, xy | look | {"tooltip": spoken_mean}),
        layer(tested, {"type": "rule", "strokeWidth": 2, "strokeDash": [4, 3], "xOffset": 9, "aria": False}, bars),
        layer(tested, {**point, "size": 110, "xOffset": 9}, xy | look | {"tooltip": spoken_mean}),
    ]
    return chart([one for one in layers if one["data"]["values"]], "Score against the ratio of renders")


def line_rows(means: Sequence[Spec]) -> list[Spec]:
    """Return the means that a line may join: those of schedules with one candidate a ratio."""
    taken = [(row["schedule"], row["ratio"]) for row in means]
    doubled = {schedule for schedule, ratio in taken if taken.count((schedule, ratio)) > 1}
    return [row for row in means if row["schedule"] not in doubled]


def precision_chart(instances: Sequence[AtThreshold]) -> Spec | None:
    """Return precision and recall of single objects against the threshold of IoU; None without them."""
    values = [
        {"threshold": row.iou, "what": what, "value": found.value}
        for row in instances
        for what, found in (("precision", row.precision), ("recall", row.recall))
        if found
    ]
    if not values:
        return None
    look = {"domain": ["precision", "recall"], "range": ["var(--one)", "var(--two)"]}
    encoding = {
        "x": x_of("threshold", "IoU of at least", scale={"zero": False}),
        "y": y_of("value", "share of objects", scale={"domain": [0, 1]}),
        "color": {"field": "what", "type": "nominal", "scale": look, "title": None},
        "strokeDash": {"field": "what", "scale": {"domain": look["domain"], "range": [[1, 0], [5, 4]]}, "title": None},
        "tooltip": read_out(("what", "what"), ("threshold", "IoU of at least"), ("value", "share")),
    }
    return chart(
        [layer(values, {"type": "line", "point": True}, encoding)], "Precision and recall of single objects", 200
    )


def help_chart(groups: Sequence[HelpRow]) -> Spec | None:
    """Return what groups of renders do for the score, the largest effects only; None without groups.

    Where some groups were measured in IoU the chart shows these alone: an estimate is of another unit.
    """
    measured = [row for row in groups if row.unit == IOU]
    title = "change of the score (IoU)" if measured else "pull towards the real photos (standard deviations)"
    chosen = sorted(measured or groups, key=lambda row: (-abs(row.help), row.name))[:SHOWN]
    if not chosen:
        return None
    values = [
        {"name": row.name, "help": row.help} | ends_of(row.ci95) for row in sorted(chosen, key=lambda row: -row.help)
    ]
    y: Spec = {"field": "name", "type": "nominal", "sort": [row["name"] for row in values], "title": None}
    y["axis"] = {"labelLimit": 130, "labelColor": "var(--ink)"}
    spoken = read_out(("name", "group"), ("help", "help"), ("lo", "from"), ("hi", "to"))
    bars = {"x": x_of("lo", title), "x2": {"field": "hi"}, "y": y}
    layers = [
        layer(
            [{"at": 0}],
            {"type": "rule", "color": "var(--soft)", "aria": False},
            {"x": {"field": "at", "type": "quantitative"}},
        ),
        layer(values, {"type": "rule", "color": "var(--one)", "strokeWidth": 2, "aria": False}, bars),
        layer(
            values,
            {"type": "point", "filled": True, "size": 70, "color": "var(--one)", "opacity": 1},
            {"x": x_of("help", title), "y": y, "tooltip": spoken},
        ),
    ]
    return chart(layers, "What groups of renders do for the score", 24 * len(values) + 20)


def ends_of(ci95: Ends) -> Spec:
    """Return an interval as the fields lo and hi."""
    return {"lo": ci95[0], "hi": ci95[1]}


DRAW = Path(__file__).with_name("page") / "charts.js"
EXPOSE = "window.vegaEmbed = vegaEmbed;"
VERSION = "6.4"  # of Vega-Lite, for the still picture and for the page alike


@dataclasses.dataclass(frozen=True)
class Figure:
    """One chart of the page, with the table of its numbers."""

    name: str
    caption: str
    spec: Spec
    still: Markup  # <svg>, its text escaped
    table: Table | None


def figure(name: str, caption: str, spec: Spec | None, table: Table | None) -> Figure | None:
    """Return a chart ready for the page; None without a specification. name: an id, letters only."""
    return None if spec is None else Figure(name, caption, spec, still(spec, name), table)


def still(spec: Spec, name: str) -> Markup:
    """Return a chart as ``<svg>``; the ids within it begin with `name`, since a page may hold several."""
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return Markup(svg.replace('href="#', f'href="#{name}-'))  # Vega escapes all text


@functools.cache
def library() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, as one script without imports. Raises ValueError if it
    could end its own element."""
    script: str = vl_convert.javascript_bundle(EXPOSE, vl_version=VERSION)
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the library of charts cannot stand inside a page")
    return script


def scripts() -> list[Markup]:
    """Return the scripts of the page: the library and what draws with it."""
    return [Markup(library()), Markup(DRAW.read_text(encoding="utf-8"))]  # no text of files in either

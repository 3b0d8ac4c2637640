"""The chart of learning curves, with worth drawn as the way from the mix to where real photos alone reach its score."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from report.charts import Spec, chart, ends_of, kinds, layer, read_out, x_of, y_of
from report.record import CurveRecord, WorthRecord
from report.words import MIXED, REAL, both_curves, known_ends, several, span, whole

X, AHEAD = "real photos used in training", 1.25  # a worth that is not known ends this much further right
WHOLE = {"tickMinStep": 1, "format": ",d"}  # there is no half a photo
DASHES = {REAL: [1, 0], MIXED: [6, 4]}


def curve_chart(curves: Mapping[str, CurveRecord] | None, worth: WorthRecord | None, metric: str) -> Spec | None:
    """Return the chart of both learning curves; None without points."""
    there = [(words, curve) for words, curve in both_curves(curves) if curve.points]
    if not there:
        return None
    names = [words for words, _ in there]
    layers = [one for words, curve in there for one in lines(words, curve, names, metric)]
    layers += [one for words, curve in there for one in points(words, curve, names, metric)]
    return chart([*layers, *way(worth, reach(there), metric)], "Score against the number of real photos")


def reach(there: Sequence[tuple[str, CurveRecord]]) -> float:
    """Return the largest number of photos that was measured."""
    return float(max(point.n for _, curve in there for point in curve.points))


def lines(words: str, curve: CurveRecord, names: Sequence[str], metric: str) -> list[Spec]:
    """Return the fitted curve with its band; nothing where none was fitted."""
    rows = [{"what": words} | dataclasses.asdict(row) for row in curve.fit]
    if not rows:
        return []
    x, look = x_of("n", X, scale={"zero": False}, axis=WHOLE), {"color": kinds(names, "color")}
    band = {"x": x, "y": y_of("lo", metric), "y2": {"field": "hi"}, **look}
    line = {"x": x, "y": y_of("iou", metric), **look}
    return [
        layer(rows, {"type": "area", "opacity": 0.15, "aria": False}, band),
        layer(rows, {"type": "line", "strokeDash": DASHES[words], "aria": False}, line),
    ]


def points(words: str, curve: CurveRecord, names: Sequence[str], metric: str) -> list[Spec]:
    """Return the measured points with their intervals."""
    rows = [{"what": words, "n": point.n, "iou": point.iou} | ends_of(point.ci95) for point in curve.points]
    x, look = x_of("n", X, axis=WHOLE), {"color": kinds(names, "color")}
    bars = {"x": x, "y": y_of("lo", metric), "y2": {"field": "hi"}, **look}
    spoken = read_out(("what", "trained on"), ("n", "real photos"), ("iou", "score"), ("lo", "from"), ("hi", "to"))
    marks = {"x": x, "y": y_of("iou", metric), **look, "shape": kinds(names, "shape"), "tooltip": spoken}
    return [
        layer(rows, {"type": "rule", "strokeWidth": 2, "opacity": 0.6, "aria": False}, bars),
        layer(rows, {"type": "point", "filled": True, "size": 80, "opacity": 1}, marks),
    ]


def way(worth: WorthRecord | None, largest: float, metric: str) -> list[Spec]:
    """Return the arrow of worth at the mix's score, from its photos to those that real only would need.

    A censored worth points to the right beyond what was measured. Nothing where worth is not known or is none.
    """
    if not worth or worth.iou_mix is None or not (worth.real_labels or worth.censored):
        return []
    begin, labels = worth.n_real, worth.real_labels or 0
    end = max(largest * AHEAD, begin + labels) if worth.censored else begin + labels
    row = {"n": begin, "end": end, "middle": (begin + end) / 2, "iou": worth.iou_mix, "words": words_of(worth)}
    x, y = {"field": "n", "type": "quantitative", "title": X}, y_of("iou", metric)
    ink: dict[str, Any] = {"color": "var(--ink)", "opacity": 1}
    head = {"type": "point", "shape": "triangle-right", "filled": True, "size": 110, **ink}
    text = {"type": "text", "dy": -13, "fontSize": 12, "fontWeight": "bold", **ink}
    halo = text | {"stroke": "var(--back)", "strokeWidth": 4, "strokeJoin": "round", "aria": False}
    said = {"x": x | {"field": "middle"}, "y": y, "text": {"field": "words"}}
    return [
        *sure(worth, begin, row, y),
        layer(
            [row], {"type": "rule", "strokeWidth": 2, **ink, "aria": False}, {"x": x, "x2": {"field": "end"}, "y": y}
        ),
        layer([row], head, {"x": x | {"field": "end"}, "y": y, "tooltip": read_out(("words", "worth"))}),
        layer([row], halo, said),
        layer([row], text, said),
    ]


def sure(worth: WorthRecord, begin: float, row: Spec, y: Spec) -> list[Spec]:
    """Return the interval of a worth as a broad bar under the arrow's head; nothing without one."""
    lo, hi = worth.ci95 or (None, None)
    if lo is None or hi is None:
        return []
    bar = row | {"from": begin + lo, "to": begin + hi}
    x = {"field": "from", "type": "quantitative", "title": X}
    mark = {"type": "rule", "strokeWidth": 9, "opacity": 0.25, "color": "var(--ink)", "aria": False}
    return [layer([bar], mark, {"x": x, "x2": {"field": "to"}, "y": y})]


def words_of(worth: WorthRecord) -> str:
    """Return the arrow's label."""
    labels = worth.real_labels
    if worth.censored:
        return f"worth more than {several(labels, 'photo')}" if labels else "worth not measured"
    ci95 = f" ({span(known_ends(worth.ci95, worth.open_above), 0)})" if worth.ci95 else ""
    return f"worth {whole(labels)}{ci95} photos"

"""How trainings went: the chart and the table of IoU on val against steps."""

from collections.abc import Sequence

from report.charts import Spec, chart, layer, read_out, x_of, y_of
from report.record import RatioRow
from report.tables import Table, filled
from report.words import score, signed, whole


def training_chart(rows: Sequence[RatioRow], metric: str) -> Spec | None:
    """Return the chart of training curves, one a candidate; None without points."""
    values = [{"name": row.name, "steps": steps, "iou": iou} for row in rows for steps, iou in row.training_curve]
    if not values:
        return None
    names = [row.name for row in rows if row.training_curve]
    colour = {"field": "name", "type": "nominal", "scale": {"domain": names, "scheme": "category10"}, "title": "ratio"}
    xy = {"x": x_of("steps", "steps"), "y": y_of("iou", metric), "color": colour}
    spoken = read_out(("name", "ratio"), ("steps", "steps"), ("iou", "score"))
    return chart(
        [
            layer(values, {"type": "line", "aria": False}, xy),
            layer(values, {"type": "point", "filled": True, "size": 50, "opacity": 1}, xy | {"tooltip": spoken}),
        ],
        "Score on val against the steps of training",
    )


def of_trainings(rows: Sequence[RatioRow]) -> Table | None:
    """Return one row a point of a training curve; the rise stands beside the last one."""
    cells = [
        (row.name, whole(steps), score(iou), signed(row.rise) if (steps, iou) == row.training_curve[-1] else "")
        for row in rows
        for steps, iou in row.training_curve
    ]
    return filled("Points of the training curves", ("ratio", "#steps", "#val score", "#last doubling brought"), cells)

"""The chart of score against ratio: means, single runs, and what was scored on the test photos."""

from collections.abc import Sequence

from report.charts import MEAN, RUN, TEST, Spec, chart, kinds, layer, read_out, x_of, y_of
from report.words import Row


def ratio_rows(rows: Sequence[Row], test: Row | None) -> list[Spec]:
    """Return one row a mark of the chart of ratios: means, single runs, and test where it was scored."""
    found = []
    for row in rows:
        of_row = {"name": row["name"], "ratio": row["ratio"], "schedule": row["schedule"]}
        found.append(of_row | {"what": MEAN, "iou": row["iou"], "lo": row["ci95"][0], "hi": row["ci95"][1]})
        found += [of_row | {"what": RUN, "iou": iou, "run": f"seed {seed}"} for seed, iou in row["seeds"].items()]
    return found + test_rows(test)


def test_rows(test: Row | None) -> list[Spec]:
    """Return the rows of what was scored on the test photos; none without it."""
    if not test:
        return []
    picked = {"ratio": test["ratio"], "iou": test["mean_iou"], "ci95": test["mean_ci95"]}
    ends = [row for row in (test.get("real_only"), test.get("render_only")) if row and row["ratio"] != test["ratio"]]
    return [
        {"name": f"{row['ratio']:g}", "ratio": row["ratio"], "what": TEST, "iou": row["iou"]}
        | {"lo": row["ci95"][0], "hi": row["ci95"][1]}
        for row in [picked, *ends]
    ]


def ratio_chart(rows: Sequence[Row], test: Row | None, metric: str) -> Spec | None:
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


def line_rows(means: Sequence[Row]) -> list[Row]:
    """Return the means that a line may join: those of schedules with one candidate a ratio."""
    taken = [(row["schedule"], row["ratio"]) for row in means]
    doubled = {schedule for schedule, ratio in taken if taken.count((schedule, ratio)) > 1}
    return [row for row in means if row["schedule"] not in doubled]

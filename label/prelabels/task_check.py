"""Label Studio's tasks with predictions, checked before they go there: it takes what it cannot show without a word."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from dataset.formats import brush_rle
from dataset.formats.coco_file import size_in
from dataset.formats.listed import DefectError
from pipeline.errors import InputError, shown
from pipeline.reading import read_json, read_text
from pipeline.xml_files import children_in

PERCENT = {"x", "y", "width", "height", "radiusX", "radiusY"}
NEEDED = {  # type of a region -> what its value must hold beside its labels
    "brushlabels": ("format", "rle"),
    "polygonlabels": ("points",),
    "rectanglelabels": ("x", "y", "width", "height"),
    "ellipselabels": ("x", "y", "radiusX", "radiusY"),
    "keypointlabels": ("x", "y", "width"),
}


@dataclasses.dataclass(frozen=True)
class Control:
    """One control of a labelling configuration."""

    kind: str  # such as "brushlabels"
    picture: str
    labels: frozenset[str]


def controls_in(config: Path) -> dict[str, Control]:
    """Return the controls of a labelling configuration by name; raise InputError when it has none for regions."""
    return controls_of(read_text(config), str(config))


def controls_of(config: str, where: str) -> dict[str, Control]:
    """Return the controls of the text of a labelling configuration; errors as of `controls_in`, begun with `where`."""
    parts = [part for child in children_in(config, where, "View") for part in child.iter()]
    found = {
        part.get("name", ""): Control(part.tag.lower(), part.get("toName", ""), labels_in(part))
        for part in parts
        if part.tag.lower() in NEEDED
    }
    if not found:
        raise InputError(f"{where}: has no control for regions, wanted one such as BrushLabels; add it")
    return found


def labels_in(part: Any) -> frozenset[str]:
    """Return the labels of a control."""
    return frozenset(label.get("alias") or label.get("value") or "" for label in part.iter("Label"))


def check_tasks(path: Path, controls: Mapping[str, Control]) -> int:
    """Return how many regions of predictions a file holds; raise InputError for the first that cannot be shown."""
    tasks = read_json(path)
    if not isinstance(tasks, list) or not tasks:
        raise InputError(f"{path}: found {shown(tasks)}, wanted a list of tasks; write it again")
    count = 0
    for number, task in enumerate(tasks):
        where = f"{path}: task {number}"
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise InputError(f"{where}: has no 'data', without which its predictions vanish; put the photo into it")
        for place, prediction in enumerate(listed(task, "predictions", where)):
            at = f"{where}: predictions[{place}]"
            check_score(prediction, at)
            results = listed(prediction, "result", at)
            for k, result in enumerate(results):
                check_region(result, controls, f"{at}: result[{k}]")
            count += len(results)
    return count


def listed(entry: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """Return a list of tables of an entry, none where it has no such key; raise InputError for anything else."""
    found = entry.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        wrong(where, f"{key} is {shown(found)}", "a list of tables")
    return found


def wrong(where: str, found: str, wanted: str) -> NoReturn:
    """Raise InputError."""
    raise InputError(f"{where}: {found}, wanted {wanted}; write it again")


def check_score(entry: Mapping[str, Any], where: str) -> None:
    """Raise InputError for a score that is no number from 0 to 1; none is fine."""
    score = entry.get("score")
    number = isinstance(score, int | float) and not isinstance(score, bool)
    if score is not None and not (number and 0 <= score <= 1):
        wrong(where, f"its score is {shown(score)}", "a number from 0 to 1")


def check_region(result: Mapping[str, Any], controls: Mapping[str, Control], where: str) -> None:
    """Raise InputError for a region that its tool would take and not show."""
    name, kind = result.get("from_name"), result.get("type")
    control = controls.get(name) if isinstance(name, str) else None
    if control is None:
        wrong(where, f"from_name is {shown(name)}", f"a control of the configuration: {', '.join(controls)}")
    if result.get("to_name") != control.picture:
        wrong(where, f"to_name is {shown(result.get('to_name'))}", f"{control.picture!r}")
    if kind != control.kind:
        wrong(where, f"type is {shown(kind)}", f"{control.kind!r}, as the control is")
    value = result.get("value")
    if not isinstance(value, dict):
        wrong(where, f"value is {shown(value)}", "a table")
    labels = value.get(control.kind)
    if not isinstance(labels, list) or not labels or not all(isinstance(one, str) for one in labels):
        wrong(where, f"value.{control.kind} is {shown(labels)}", "a list with a label")
    unknown = sorted(set(labels) - control.labels)
    if unknown:
        wrong(where, f"its label is {unknown[0]!r}", f"one of: {', '.join(sorted(control.labels))}")
    check_score(result, where)
    check_value(result, value, control.kind, where)


def check_value(result: Mapping[str, Any], value: Mapping[str, Any], kind: str, where: str) -> None:
    """Raise InputError for a value that lacks a part, or whose numbers lie outside the photo."""
    for key in ("original_width", "original_height"):
        if not isinstance(result.get(key), int):
            wrong(where, f"{key} is {shown(result.get(key))}", "the photo's, in pixels")
    for key in NEEDED[kind]:
        if key not in value:
            wrong(where, f"value has no {key}", ", ".join(NEEDED[kind]))
    for key in sorted(PERCENT & value.keys()):
        check_percent(value[key], f"{where}: {key}")
    if kind == "brushlabels":
        check_brush(result, value, where)
    if kind == "polygonlabels":
        check_polygon(value["points"], where)


def check_brush(result: Mapping[str, Any], value: Mapping[str, Any], where: str) -> None:
    """Raise InputError for a brush whose runs are none, or those of another size."""
    if value["format"] != "rle":
        wrong(where, f"format is {shown(value['format'])}", "'rle'")
    size = size_in({"height": result["original_height"], "width": result["original_width"]}, where)
    runs = value["rle"]
    if not isinstance(runs, list) or not all(type(byte) is int and 0 <= byte <= 255 for byte in runs):
        wrong(where, f"rle is {shown(runs)}", "a list of bytes, 0 to 255, in Label Studio's own encoding")
    try:
        brush_rle.decode(runs, size or (0, 0), where)
    except DefectError as error:
        raise InputError(str(error)) from None


def check_polygon(points: Any, where: str) -> None:
    """Raise InputError for a polygon of fewer than three points, or with one outside the photo."""
    if not isinstance(points, list) or len(points) < 3:
        wrong(where, f"points are {shown(points)}", "three or more")
    for k, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 2:
            wrong(where, f"points[{k}] is {shown(point)}", "[x, y]")
        for number in point:
            check_percent(number, f"{where}: points[{k}]")


def check_percent(number: Any, where: str) -> None:
    """Raise InputError for what is no share of a photo's side in percent."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 100:
        wrong(where, f"is {shown(number)}", "percent of the photo's side, 0 to 100")

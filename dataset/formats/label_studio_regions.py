"""The regions of one annotation of Label Studio, as shapes."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dataset.formats import brush_rle
from dataset.formats.coco_file import size_in
from dataset.formats.listed import BROKEN_LABEL, UNKNOWN_NAME, DefectError
from dataset.formats.outlines import Reach, check_numbers, rle_of
from dataset.formats.shapes import ToolShape, ellipse_of
from pipeline.errors import InputError, shown

PLACES = {"rle", "points", "radiusX", "x", "vertices", "imageDataURL"}  # the keys of a value that say where it lies
DIGITS = 6  # of a pixel: half a pixel must come back from percent as half a pixel, or pixels at the edge change sides
AREAS = ("polygon", "region")  # kinds whose points are the corners of an area; "region": it tells labels alone


@dataclasses.dataclass(frozen=True)
class Region:
    """One region: what lies somewhere on the photo, and the labels that it has."""

    where: str  # the file, the task and the region, for messages
    kind: str  # such as "brush"
    labels: tuple[str, ...]
    value: Mapping[str, Any]
    size_hw: tuple[int, int]
    name: str = ""  # its id


def results_by_id(results: Any, where: str) -> list[list[dict[str, Any]]]:
    """Return the entries of an annotation, those of one id together: a control of labels and one of shapes share it.

    Raises InputError for an entry that is none.
    """
    if not isinstance(results, list):
        raise DefectError(
            BROKEN_LABEL, f"{where}: result is {shown(results)}, wanted a list of regions; export it again"
        )
    together: dict[str, list[dict[str, Any]]] = {}
    for number, result in enumerate(results):
        kind = result.get("type") if isinstance(result, dict) else None
        if not isinstance(kind, str):
            raise DefectError(
                BROKEN_LABEL,
                f"{where}: result[{number}] is {shown(result)}, wanted a type and a value; export it again",
            )
        together.setdefault(str(result.get("id") or f"#{number}"), []).append(result)
    return list(together.values())


def value_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an entry says; nothing for one that says nothing, such as a relation of two regions."""
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def lies_somewhere(results: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the entries of one id are a region, not a choice or a text for the whole photo."""
    return any(PLACES & set(value_of(result)) for result in results)


def region_of(results: Sequence[Mapping[str, Any]], where: str) -> Region:
    """Return the region that the entries of one id are.

    Raises InputError for one that lies nowhere, is without a size, or was turned.
    """
    first = next((result for result in results if PLACES & set(value_of(result))), None)
    if first is None:
        places = ", ".join(sorted(PLACES))
        raise InputError(f"{where}: lies nowhere, wanted one of {places} in its value; export it again")
    kind = next((kind for result in results if (kind := kind_of(result))), "region")
    where = f"{where}: {kind} {shown(first.get('id'))}"
    if first.get("image_rotation"):
        raise DefectError(
            BROKEN_LABEL,
            f"{where}: its photo was turned by {shown(first['image_rotation'])} degrees in Label Studio; turn it back "
            "there, or turn the photo itself before it is labelled",
        )
    size = size_in({"height": first.get("original_height"), "width": first.get("original_width")}, where)
    if size is None:
        raise InputError(f"{where}: original_width and original_height are missing; export it again")
    return Region(where, kind, labels_of(results, where), value_of(first), size, str(first.get("id") or ""))


def kind_of(result: Mapping[str, Any]) -> str:
    """Return "brush" for "brushlabels" and so on; "" for a type that tells labels alone."""
    return str(result["type"]).lower().removesuffix("labels") if PLACES & set(value_of(result)) else ""


def labels_of(results: Iterable[Mapping[str, Any]], where: str) -> tuple[str, ...]:
    """Return the labels that the entries of one id have, each once; raise InputError for what are none."""
    found = [
        label
        for result in results
        for key, labels in value_of(result).items()
        if key.lower().endswith("labels")
        for label in (labels if isinstance(labels, list) else [labels])
    ]
    if not all(isinstance(label, str) and label for label in found):
        raise DefectError(UNKNOWN_NAME, f"{where}: its labels are {shown(found)}, wanted names; export it again")
    return tuple(dict.fromkeys(found))


def shape_of(region: Region) -> ToolShape:
    """Return a region as a shape; raise InputError for one that is broken or has not one label."""
    if len(region.labels) != 1:
        raise DefectError(
            UNKNOWN_NAME, f"{region.where}: has the labels {shown(list(region.labels))}, wanted one; label it again"
        )
    shape = ToolShape(region.where, region.labels[0], region.kind, name=region.name)
    if "rle" in region.value:
        mask = brush_rle.decode(region.value["rle"], region.size_hw, region.where)
        return dataclasses.replace(shape, outline=rle_of(mask))
    if "radiusX" in region.value:
        return dataclasses.replace(shape, outline=[ellipse_in(region)])
    if region.kind in AREAS and "points" in region.value:
        return dataclasses.replace(shape, outline=[polygon_in(region)])
    return dataclasses.replace(shape, reach=reach_in(region))


def numbers_in(region: Region, *keys: str) -> list[float]:
    """Return numbers of a region; one that is missing is 0. Raises InputError for what is none."""
    numbers = [region.value.get(key, 0) for key in keys]
    check_numbers(numbers, region.where)
    return numbers


def polygon_in(region: Region) -> list[float]:
    """Return the corners [x, y, ...] of a polygon in pixels, from percent; raise InputError for one that is open."""
    points = region.value["points"]
    if region.value.get("closed") is False or not isinstance(points, list):
        raise InputError(f"{region.where}: is not closed, wanted a polygon; close it in Label Studio")
    (height, width), polygon = region.size_hw, []
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise InputError(f"{region.where}: found the point {shown(point)}, wanted [x, y]; export it again")
        check_numbers(point, region.where)
        polygon += [round(side * share / 100, DIGITS) for side, share in zip((width, height), point, strict=True)]
    return polygon


def ellipse_in(region: Region) -> list[float]:
    """Return the polygon of an ellipse in pixels; its radii are percent of the width and of the height."""
    height, width = region.size_hw
    x, y, across, down, turn = numbers_in(region, "x", "y", "radiusX", "radiusY", "rotation")
    middle, radii = (x * width / 100, y * height / 100), (across * width / 100, down * height / 100)
    return ellipse_of(middle, radii, turn)


def reach_in(region: Region) -> Reach | None:
    """Return how far a box or a point reaches in pixels; None for what lies elsewhere in its value.

    A box is turned around its upper left corner.
    """
    if "x" not in region.value:
        return None
    (height, width), (x, y, across, down, turn) = (
        region.size_hw,
        numbers_in(region, "x", "y", "width", "height", "rotation"),
    )
    if "height" not in region.value:  # of a point, the width is that of its mark
        across = down = 0.0
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    corners = [(a * across * width / 100, b * down * height / 100) for a in (0, 1) for b in (0, 1)]
    xs = [x * width / 100 + right * cos - below * sin for right, below in corners]
    ys = [y * height / 100 + right * sin + below * cos for right, below in corners]
    return min(xs), min(ys), max(xs), max(ys)

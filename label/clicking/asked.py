"""What Label Studio asks of a backend: the body of its calls, as records, checked.

Interactive calls hold one task, and in ``params.context.result`` the clicks (keypointlabels) and boxes
(rectanglelabels) of one object so far, in percent of the photo.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from dataset.formats import brush_rle
from dataset.formats.label_studio_regions import Region, region_of
from dataset.idmap import Mask
from label.prelabels.task_check import Control, controls_of
from pipeline.errors import InputError, shown
from pipeline.reading import OPEN, parse_typed

WHERE = "the request"
MOST_CLICKS = 100  # in one call
MOST_REGIONS = 2000  # of a task that are looked at for one to mend
BRUSH = "brushlabels"


@with_config(OPEN)
class AskedContext(TypedDict):
    """What is read of the context of an interactive call."""

    result: Annotated[list[dict[str, Any]], Field(max_length=MOST_CLICKS)]


@with_config(OPEN)
class AskedParams(TypedDict):
    """What is read of the parameters of a call; a context of null is a call for predictions of whole tasks."""

    context: NotRequired[AskedContext | None]


@with_config(OPEN)
class AskedTask(TypedDict):
    """What is read of a task."""

    data: dict[str, Any]
    annotations: NotRequired[list[dict[str, Any]]]
    drafts: NotRequired[list[dict[str, Any]]]
    predictions: NotRequired[list[dict[str, Any]]]


@with_config(OPEN)
class AskedBody(TypedDict):
    """What is read of the body of a call."""

    tasks: list[AskedTask]
    label_config: NotRequired[str | None]
    params: NotRequired[AskedParams | None]


BODY = TypeAdapter(AskedBody)


@dataclasses.dataclass(frozen=True)
class Asked:
    """One object that is being marked."""

    address: str  # of the photo, as Label Studio names it
    size_hw: tuple[int, int]  # that Label Studio has of the photo
    clicks: tuple[tuple[float, float, bool], ...]  # x, y in pixels, whether the object is there; in their order
    box: tuple[float, float, float, float] | None  # x0, y0, x1, y1 in pixels; of several the last
    label: str
    region: str  # the id of the region that is mended, or of the first click
    earlier: Mask | None  # (H, W), the region that is mended
    control: str  # the brush that answers
    picture: str


def body_of(data: bytes) -> AskedBody:
    """Return the body of a call; raise InputError for any other text."""
    return parse_typed(data, BODY, WHERE, "ask as Label Studio does")


def asked_in(body: AskedBody) -> Asked | None:
    """Return what an interactive call asks, None for a call that shows no click and no box.

    Raises InputError for a configuration without a brush, a task without its photo, and what is neither click nor box.
    """
    context = (body.get("params") or {}).get("context")
    if not context or not context["result"]:
        return None
    if len(body["tasks"]) != 1:
        raise InputError(f"{WHERE}: has {len(body['tasks'])} tasks, wanted the one that is labelled")
    task, entries = body["tasks"][0], smart([typed(entry, k) for k, entry in enumerate(context["result"])])
    regions = [region_of([entry], f"{WHERE}: result[{k}]") for k, entry in enumerate(entries)]
    size_hw = one_size(regions)
    name, control = brush_of(body.get("label_config") or "")
    clicks = tuple(click for entry, region in zip(entries, regions, strict=True)
                   for click in click_in(entry, region))  # fmt: skip
    boxes = [box_in(region) for region in regions if region.kind == "rectangle"]
    label = label_of(regions, control)
    mended = earlier_in(task, label, clicks, size_hw)
    return Asked(
        address=address_of(task, control),
        size_hw=size_hw,
        clicks=clicks,
        box=boxes[-1] if boxes else None,
        label=label,
        region=mended[0] if mended else f"click-{regions[0].name or '0'}",
        earlier=mended[1] if mended else None,
        control=name,
        picture=control.picture,
    )


def typed(entry: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """Return an entry of a context; raise InputError for one that is neither a click nor a box."""
    kind, value = entry.get("type"), entry.get("value")
    known = isinstance(kind, str) and kind in {"keypointlabels", "rectanglelabels"}
    if not known or not isinstance(value, dict):
        raise InputError(f"{WHERE}: result[{number}] is {shown(kind)}, wanted keypointlabels or rectanglelabels")
    return entry


def smart(entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the clicks and boxes that are asked about.

    Label Studio sends the ordinary points of a smart control with them, and what a draft brought back. These do not say
    ``is_positive``, and are left out unless all that is there is such.
    """
    asked = [entry for entry in entries if entry["type"] != "keypointlabels" or "is_positive" in entry]
    return asked or entries


def one_size(regions: list[Region]) -> tuple[int, int]:
    """Return the size of the photo that all regions state; raise InputError where they differ."""
    sizes = {region.size_hw for region in regions}
    if len(sizes) > 1:
        raise InputError(
            f"{WHERE}: its clicks are on photos of {sorted(sizes)} pixels (height, width), wanted one photo"
        )
    return sizes.pop()


def brush_of(config: str) -> tuple[str, Control]:
    """Return the brush of a labelling configuration by name; raise InputError where there is none."""
    controls = controls_of(config, f"{WHERE}: label_config")
    found = [(name, control) for name, control in controls.items() if control.kind == BRUSH]
    if not found:
        raise InputError(f"{WHERE}: label_config has no BrushLabels, wanted one to answer with; add it to the project")
    return found[0]


def address_of(task: AskedTask, control: Control) -> str:
    """Return the address of a task's photo; raise InputError where there is none."""
    data = task["data"]
    address = data.get(control.picture, data.get("image"))
    if not isinstance(address, str) or not address:
        raise InputError(f"{WHERE}: data has no {control.picture!r} that names a photo, found {shown(sorted(data))}")
    return address


def percent(region: Region, key: str) -> float:
    """Return a number of a region in percent of the photo's side; raise InputError for any other."""
    found = region.value.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not -1 <= found <= 101:
        raise InputError(f"{region.where}: {key} is {shown(found)}, wanted percent of the photo's side, 0 to 100")
    return min(max(float(found), 0.0), 100.0)


def click_in(entry: Mapping[str, Any], region: Region) -> Iterator[tuple[float, float, bool]]:
    """Yield the click that a region is; nothing for a box. Without ``is_positive`` the object is there."""
    if region.kind != "keypoint":
        return
    positive = entry.get("is_positive", 1)
    if not isinstance(positive, bool | int) or positive not in {0, 1}:
        raise InputError(f"{region.where}: is_positive is {shown(positive)}, wanted 0 or 1")
    height, width = region.size_hw
    x, y = percent(region, "x") * width / 100, percent(region, "y") * height / 100
    yield min(x, width - 0.5), min(y, height - 0.5), bool(positive)


def box_in(region: Region) -> tuple[float, float, float, float]:
    """Return the box of a rectangle, in pixels; of one that is turned about its upper left corner, what holds it."""
    height, width = region.size_hw
    turned = region.value.get("rotation", 0)
    if isinstance(turned, bool) or not isinstance(turned, int | float) or not math.isfinite(turned):
        raise InputError(f"{region.where}: rotation is {shown(turned)}, wanted degrees")
    x0, y0 = percent(region, "x") * width / 100, percent(region, "y") * height / 100
    across, down = percent(region, "width") * width / 100, percent(region, "height") * height / 100
    sine, cosine = math.sin(math.radians(turned)), math.cos(math.radians(turned))
    xs, ys = zip(
        *(
            (x0 + u * cosine - v * sine, y0 + u * sine + v * cosine)
            for u, v in itertools.product((0, across), (0, down))
        ),
        strict=True,
    )
    box = max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), float(width)), min(max(ys), float(height))
    if box[2] - box[0] < 1 or box[3] - box[1] < 1:
        raise InputError(f"{region.where}: its box holds no pixel, wanted one about the object; draw it larger")
    return box


def label_of(regions: list[Region], control: Control) -> str:
    """Return the label of the clicks if the brush has it, else the brush's only one; raise InputError for none."""
    given = [label for region in regions for label in region.labels if label in control.labels]
    if given:
        return given[0]
    if len(control.labels) != 1:
        raise InputError(f"{WHERE}: its clicks have no label of the brush, wanted one of {sorted(control.labels)}")
    return next(iter(control.labels))


def earlier_in(
    task: AskedTask, label: str, clicks: tuple[tuple[float, float, bool], ...], size_hw: tuple[int, int]
) -> tuple[str, Mask] | None:
    """Return the id and the mask (H, W) of the region that clicks mend: the first of their label that holds one.

    Drafts come first, then annotations, then predictions. None where no click lies in a region.
    """
    for entry in itertools.islice(regions_of(task), MOST_REGIONS):
        value = entry.get("value")
        if entry.get("type") != BRUSH or not isinstance(value, dict) or value.get(BRUSH) != [label]:
            continue
        region = region_of([entry], f"{WHERE}: a region of the task")
        mask = brush_rle.decode(value.get("rle"), region.size_hw, region.where)
        if region.size_hw == size_hw and any(mask[int(y), int(x)] for x, y, _ in clicks):
            return region.name or "region", mask
    return None


def regions_of(task: AskedTask) -> Iterator[dict[str, Any]]:
    """Yield the entries of a task's drafts, annotations and predictions."""
    for kind in ("drafts", "annotations", "predictions"):
        for annotation in task.get(kind) or []:  # type: ignore[attr-defined]
            result = annotation.get("result")
            yield from (entry for entry in (result if isinstance(result, list) else []) if isinstance(entry, dict))

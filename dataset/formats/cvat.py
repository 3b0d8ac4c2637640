"""CVAT XML 1.1 for images, in and out: annotations.xml and images/."""

import contextlib
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from dataset.formats.coco_file import size_in
from dataset.formats.listed import (
    BROKEN_LABEL,
    NO_LICENCE,
    NO_PHOTO,
    OUTSIDE,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
)
from dataset.formats.outlines import PRELABEL, Outlines, Reach, check_numbers, placed
from dataset.formats.photo_files import named_apart, photo_of_stem
from dataset.formats.shapes import ToolShape, ellipse_of, masked_in, objects_of, tell
from dataset.formats.source import ManifestSource, name_of, say_left_out
from dataset.idmap import IdMap, Mask, ignores
from dataset.records import Instance
from pipeline.errors import InputError, shown
from pipeline.reading import head_of
from pipeline.xml_files import check_writable, children_of

ROOT = "annotations"
CR = "\r"  # which a reader of XML takes for a line break where it stands as it is
HEAD = re.compile(rb"<annotations[\s>]")
WHOLE, RUN = re.compile(r"-?[0-9]{1,9}"), re.compile(r"[0-9]{1,9}")
CORNER_X, CORNER_Y = re.compile(r"x[tb]"), re.compile(r"y[tb]")  # xtl, ybr, and of a cuboid xtl1 to ybr2


def find_cvat(root: Path) -> Path | None:
    """Return the XML file of a folder that CVAT wrote; the folder itself where there are several, a task each."""
    files = files_in(root)
    return files[0] if len(files) == 1 else root if files else None


def files_in(root: Path) -> list[Path]:
    """Return the XML files of CVAT in a folder, then the annotations.xml of the folders in it, both sorted."""
    return [path for path in (*sorted(root.glob("*.xml")), *sorted(root.glob("*/annotations.xml"))) if is_cvat(path)]


def is_cvat(path: Path) -> bool:
    """Return whether an XML file begins as CVAT's do; False for one that cannot be read."""
    return HEAD.search(head_of(path)) is not None


@dataclasses.dataclass(frozen=True)
class CvatTask:
    """What the <meta> of a file says."""

    labels: tuple[str, ...] = ()  # as they are declared; none: any is right
    name: str = ""  # of the project, else of the task
    tasks: Mapping[str, str] = dataclasses.field(default_factory=dict)  # of a project: id -> name


@dataclasses.dataclass(frozen=True)
class CvatImage:
    """One <image>."""

    where: str  # the file and the image, for messages
    file: Path  # the photo
    size_hw: tuple[int, int] | None
    element: Element


def read_cvat(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a file that CVAT wrote, or of several in a folder; photos lie beside each or in images/.

    Polygons, masks and ellipses are masks; those of one label and group_id are one object, z_order tells which lies on
    top. All others are told and left out. Categories come as they are declared, else sorted. A photo without a mask is
    not labelled. Its tags, subset and task become its tags; attributes of shapes are not read. defects: takes what is
    wrong with single photos and shapes, None = the first is raised.
    """
    defects = defects or FirstDefect()
    names: dict[str, None] = {}
    photos, shapes = list[ListedPhoto](), dict[Path, list[ToolShape]]()
    for path in [sign] if sign.is_file() else files_in(sign):
        for task, element in images_in(path):
            names |= dict.fromkeys(task.labels)
            with defects.gathering(NO_PHOTO):
                frame = frame_of(path, element, defects)
                found = shapes_in(frame, task, defects)
                shapes[frame.file] = [*shapes.get(frame.file, []), *found]
                with defects.gathering(BROKEN_LABEL, frame.file):
                    photos.append(photo_of(frame, task, found, path.parent.resolve().name))
    names |= dict.fromkeys(sorted(masked_in(shapes) - set(names)))
    apart = named_apart(photos, sign.parent if sign.is_file() else sign)
    return PhotoSet(tuple(names), apart, tell(shapes, defects))


def images_in(path: Path) -> Iterator[tuple[CvatTask, Element]]:
    """Yield every <image> of a file with its task; raise InputError for a file that describes a video."""
    task = CvatTask()
    for element in children_of(path, ROOT):
        if element.tag == "track":
            raise InputError(f'{path}: is "CVAT for video"; export the task again as "CVAT for images 1.1"')
        if element.tag == "meta":
            task = task_in(element)
        if element.tag == "image":
            yield task, element


def task_in(meta: Element) -> CvatTask:
    """Return what <meta> says of a project, a task or a job. Parts of a skeleton are no labels of their own."""
    labels = [label.findtext("name", "") for label in meta.iterfind("./*/labels/label") if not label.findtext("parent")]
    tasks = {task.findtext("id", ""): task.findtext("name", "") for task in meta.iterfind("./project/tasks/task")}
    name = meta.findtext("./project/name") or meta.findtext("./task/name") or ""
    return CvatTask(tuple(label for label in labels if label), name, tasks)


def frame_of(path: Path, element: Element, defects: Defects) -> CvatImage:
    """Return an <image> with its photo; raise InputError when there is none. A size that is none is a defect."""
    name, subset = element.get("name", ""), element.get("subset", "")
    where = f"{path}: image {shown(name)}"
    images = path.parent / "images"
    file = photo_of_stem([images / subset, images, path.parent / subset, path.parent], name, where)
    size = None
    with defects.gathering(BROKEN_LABEL, file):
        size = size_in({key: number(element, key, where) for key in ("height", "width") if element.get(key)}, where)
    return CvatImage(where, file, size, element)


def photo_of(frame: CvatImage, task: CvatTask, shapes: Sequence[ToolShape], folder: str) -> ListedPhoto:
    """Return the photo of an <image>. folder: where it came from, if the task has no name."""
    element = frame.element
    known = {"subset": element.get("subset", ""), "task": task.tasks.get(element.get("task_id", ""), "")}
    tags = {tag.get("label", ""): "true" for tag in element.iterfind("tag") if tag.get("label")}
    tags |= {key: value for key, value in known.items() if value}
    label = Outlines(frame.where, frame.size_hw, objects_of(shapes, frame.size_hw))
    return ListedPhoto(frame.file, label, task.name or folder, NO_LICENCE, tags, labelled=bool(label.outlines))


def shapes_in(frame: CvatImage, task: CvatTask, defects: Defects) -> list[ToolShape]:
    """Return the shapes of an <image>; one that cannot be read is a defect."""
    shapes = []
    for place, element in enumerate(frame.element, 1):
        if element.tag != "tag":
            with defects.gathering(BROKEN_LABEL, frame.file):
                shapes.append(shape_of(element, frame, task, f"{frame.where}: {element.tag} {place}"))
    return shapes


def shape_of(element: Element, frame: CvatImage, task: CvatTask, where: str) -> ToolShape:
    """Return one shape; raise InputError for one that is broken or whose label is not declared."""
    label = element.get("label", "")
    if not label or (task.labels and label not in task.labels):
        raise DefectError(
            UNKNOWN_NAME, f"{where}: its label is {shown(label)}, wanted one that <meta> declares; add it there"
        )
    group = element.get("group_id", "0")
    shape = ToolShape(
        where,
        label,
        element.tag,
        group="" if group == "0" else group,
        layer=number(element, "z_order", where, "0"),
        attributes=any(one.get("name") != PRELABEL for one in element.iterfind("attribute")),
        name=element.findtext(f"attribute[@name='{PRELABEL}']", ""),
    )
    if element.tag == "mask":
        return dataclasses.replace(shape, outline=runs_in(element, frame.size_hw, where))
    if element.tag == "polygon":
        return dataclasses.replace(shape, outline=[points_in(element, where)])
    if element.tag == "ellipse":
        return dataclasses.replace(shape, outline=[ellipse_in(element, where)])
    return dataclasses.replace(shape, reach=reach_in(element))


def number(element: Element, key: str, where: str, default: str = "") -> int:
    """Return a whole number among an element's attributes; raise InputError when it is none."""
    text = element.get(key, default)
    if not WHOLE.fullmatch(text):
        raise InputError(f"{where}: {key} is {shown(text)}, wanted a whole number; export it again")
    return int(text)


def decimals(texts: Iterable[str], where: str) -> list[float]:
    """Return texts as numbers; raise InputError when one is none."""
    try:
        return [float(text) for text in texts]
    except ValueError as error:
        raise InputError(f"{where}: found a coordinate that is no number ({error}); export it again") from None


def points_in(element: Element, where: str) -> list[float]:
    """Return the points "x,y;x,y" of an element as [x, y, ...]."""
    return decimals(element.get("points", "").replace(";", ",").split(","), where)


def ellipse_in(element: Element, where: str) -> list[float]:
    """Return the polygon of an <ellipse>."""
    keys = ("cx", "cy", "rx", "ry", "rotation")
    numbers = decimals((element.get(key, "0" if key == "rotation" else "") for key in keys), where)
    check_numbers(numbers, where)
    x, y, across, down, turn = numbers
    return ellipse_of((x, y), (across, down), turn)


def runs_in(element: Element, size_hw: tuple[int, int] | None, where: str) -> dict[str, Any]:
    """Return the RLE of a <mask>, whose own runs go along the rows of its box and begin with background."""
    if size_hw is None:
        raise InputError(f"{where}: its image has no width and height; export it again")
    left, top, width, height = (number(element, key, where) for key in ("left", "top", "width", "height"))
    texts = [text.strip() for text in element.get("rle", "").split(",")]
    runs = [int(text) for text in texts] if all(map(RUN.fullmatch, texts)) else []
    if width > size_hw[1] or height > size_hw[0]:
        raise DefectError(
            OUTSIDE,
            f"{where}: is {width} x {height} pixels, on an image of {size_hw[1]} x {size_hw[0]}; export it again",
        )
    if min(width, height) < 1 or sum(runs) != width * height:
        raise InputError(f"{where}: its rle is broken, wanted runs that sum to {width} x {height}; export it again")
    crop = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return placed(crop, (left, top), size_hw, where)


def reach_in(element: Element) -> Reach | None:
    """Return how far a shape that is no mask reaches, with its parts; None where it does not say so."""
    xs, ys = list[float](), list[float]()
    for part in element.iter():
        with contextlib.suppress(InputError):
            flat = points_in(part, "") if part.get("points") else []
            xs += flat[::2] or decimals((value for key, value in part.items() if CORNER_X.match(key)), "")
            ys += flat[1::2] or decimals((value for key, value in part.items() if CORNER_Y.match(key)), "")
    return (min(xs), min(ys), max(xs), max(ys)) if xs and ys else None


def write(source: ManifestSource, out: Path) -> None:
    """Write annotations.xml and images/, as CVAT takes them for a task whose labels are called as our categories.

    Every instance is a mask, exact to the pixel. The format has no place for ignored pixels, tags, provenance and
    licences, which are left out. Raises InputError for a category that XML cannot hold.
    """
    check_writable(source.categories, str(source.manifest))
    left_out = 0
    with (out / "annotations.xml").open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="utf-8"?>\n<{ROOT}>\n  <version>1.1</version>\n{meta_of(source)}')
        for place, sample in enumerate(source.samples()):
            name, ids = source.save_image(sample, out / "images", name_of(sample)), source.ids_of(sample)
            left_out += ignores(ids)
            height, width = sample.size_hw
            head = attributes({"id": place, "name": name, "width": width, "height": height})
            masks = "".join(f"    <mask {attributes(mask_row(item, ids))}/>\n" for item in sample.instances)
            file.write(f"  <image {head}>\n{masks}  </image>\n")
        file.write(f"</{ROOT}>\n")
    say_left_out(left_out, "cvat")


def meta_of(source: ManifestSource) -> str:
    """Return <meta>: how many images there are, and their labels."""
    labels = "".join(
        f"        <label><name>{escape(name, {CR: '&#13;'})}</name><type>mask</type><attributes/></label>\n"
        for name in source.categories
    )
    return (
        f"  <meta>\n    <task>\n      <size>{source.count}</size>\n      <mode>annotation</mode>\n      <labels>\n"
        f"{labels}      </labels>\n    </task>\n  </meta>\n"
    )


def attributes(values: Mapping[str, object]) -> str:
    """Return the attributes of an element."""
    return " ".join(f"{key}={quoteattr(str(value))}" for key, value in values.items())


def mask_row(item: Instance, ids: IdMap) -> dict[str, Any]:
    """Return the attributes of the <mask> of an instance."""
    x0, y0, x1, y1 = item.box
    runs = ", ".join(map(str, row_runs(ids[y0:y1, x0:x1] == item.index)))
    place = {"left": x0, "top": y0, "width": x1 - x0, "height": y1 - y0}
    return {"label": item.category, "source": "file", "occluded": 0, "rle": runs, **place, "z_order": 0}


def row_runs(mask: Mask) -> list[int]:
    """Return the lengths of runs along the rows of a mask (H, W), by turns of False and True; the first may be 0."""
    flat = mask.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=False))
    return [int(run) for run in np.diff(edges, prepend=0, append=flat.size)]

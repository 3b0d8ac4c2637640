"""What the tools' files say beyond masks: a name and a score of each proposal, and polygons where these are wanted.

The writers of `dataset.formats` make the files; here they are completed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, parse

from dataset.formats.label_studio import CONFIG, TASKS
from dataset.formats.outlines import PRELABEL
from label.prelabels.records import SentObject, SentPhoto
from label.prelabels.task_check import check_tasks, controls_in
from pipeline.files import write_json, write_text
from pipeline.reading import read_json

Rings = Mapping[str, list[float]]  # id of a proposal -> its ring [x, y, ...]; those without one stay masks
DIGITS = 4  # of a score
MODEL = "admix"  # the version that Label Studio shows beside a prediction
POLYGONS = "outline"  # what the control of polygons is called there


def complete(style: str, folder: Path, photos: Sequence[SentPhoto], rings: Rings) -> None:
    """Complete the files of a format that can hold more than masks; those of others stay as they are."""
    if style in COMPLETED:
        COMPLETED[style](folder, photos, rings)


def label_studio(folder: Path, photos: Sequence[SentPhoto], rings: Rings) -> None:
    """Make predictions of the annotations, and check them as Label Studio does not."""
    path, config = folder / TASKS, folder / CONFIG
    if rings:
        write_text(config, with_polygons(config.read_text(encoding="utf-8")))
    tasks = [task_with(task, photo, rings) for task, photo in zip(read_json(path), photos, strict=True)]
    write_text(path, "[\n" + ",\n".join(json.dumps(task, ensure_ascii=False) for task in tasks) + "\n]\n")
    check_tasks(path, controls_in(config))


def with_polygons(config: str) -> str:
    """Return a configuration with polygons for the labels of its brushes."""
    begin, end = config.index("  <BrushLabels"), config.index("</View>")
    block = config[begin:end].replace("BrushLabels", "PolygonLabels").replace('name="label"', f'name="{POLYGONS}"', 1)
    return config[:end] + block + config[end:]


def task_with(task: dict[str, Any], photo: SentPhoto, rings: Rings) -> dict[str, Any]:
    """Return a task with a prediction in place of its annotation."""
    results = task["annotations"][0]["result"]
    regions = [region(result, thing, rings.get(thing.id)) for result, thing in zip(results, photo.objects, strict=True)]
    least = min((thing.score for thing in photo.objects), default=0.0)
    return {
        "data": task["data"],
        "predictions": [{"model_version": MODEL, "score": round(least, DIGITS), "result": regions}],
    }


def region(result: dict[str, Any], thing: SentObject, ring: list[float] | None) -> dict[str, Any]:
    """Return one region with its score, a polygon where there is a ring."""
    scored = result | {"score": round(thing.score, DIGITS)}
    if ring is None:
        return scored
    width, height = result["original_width"], result["original_height"]
    points = [[100 * x / width, 100 * y / height] for x, y in pairs(ring)]
    value = {"points": points, "closed": True, "polygonlabels": [thing.category]}
    return scored | {"from_name": POLYGONS, "type": "polygonlabels", "value": value}


def pairs(ring: Sequence[float]) -> list[tuple[float, float]]:
    """Return [x, y, ...] as pairs."""
    return list(zip(ring[::2], ring[1::2], strict=True))


def coco(folder: Path, photos: Sequence[SentPhoto], rings: Rings) -> None:
    """Give every annotation its name and score; CVAT keeps what stands among the attributes."""
    path = folder / "annotations.json"
    file = read_json(path)
    things = [thing for photo in photos for thing in photo.objects]
    for row, thing in zip(file["annotations"], things, strict=True):
        row |= {PRELABEL: thing.id, "score": round(thing.score, DIGITS), "attributes": {PRELABEL: thing.id}}
        if thing.id in rings:
            row["segmentation"] = [rings[thing.id]]
    write_json(path, file)


def labelme(folder: Path, photos: Sequence[SentPhoto], rings: Rings) -> None:
    """Give every shape its name and score; LabelMe shows the description, and keeps keys that it does not know."""
    for photo in photos:
        path = folder / f"{photo.name}.json"
        file = read_json(path)
        for shape, thing in zip(file["shapes"], photo.objects, strict=True):
            shape |= {PRELABEL: thing.id, "description": f"score {thing.score:.2f}"}
            if thing.id in rings:
                shape |= {"shape_type": "polygon", "points": pairs(rings[thing.id]), "mask": None}
        write_json(path, file)


def cvat(folder: Path, photos: Sequence[SentPhoto], rings: Rings) -> None:
    """Give every shape its name and score as attributes, which the labels of the task must declare as <meta> does."""
    path = folder / "annotations.xml"
    tree: ElementTree[Element] = parse(path)
    root = tree.getroot()
    for label in root.iterfind("./meta/task/labels/label"):
        declare(label)
    for image, photo in zip(root.iterfind("image"), photos, strict=True):
        for shape, thing in zip(list(image), photo.objects, strict=True):
            if thing.id in rings:
                to_polygon(shape, rings[thing.id])
            for name, text in ((PRELABEL, thing.id), ("score", f"{thing.score:.{DIGITS}f}")):
                SubElement(shape, "attribute", name=name).text = text
    tree.write(path, encoding="utf-8", xml_declaration=True)


def declare(label: Element) -> None:
    """Declare the attributes of a label, and shapes of any kind."""
    label.find("type").text = "any"  # type: ignore[union-attr]  # our own writer put it there
    for name in (PRELABEL, "score"):
        attribute = SubElement(label.find("attributes"), "attribute")  # type: ignore[arg-type]
        for key, text in (("name", name), ("mutable", "False"), ("input_type", "text"), ("default_value", "")):
            SubElement(attribute, key).text = text


def to_polygon(shape: Element, ring: Sequence[float]) -> None:
    """Make a polygon of a <mask>."""
    shape.tag = "polygon"
    for key in ("rle", "left", "top", "width", "height"):
        del shape.attrib[key]
    shape.set("points", ";".join(f"{x:.2f},{y:.2f}" for x, y in pairs(ring)))


COMPLETED: dict[str, Callable[[Path, Sequence[SentPhoto], Rings], None]] = {
    "coco": coco,
    "cvat": cvat,
    "label_studio": label_studio,
    "labelme": labelme,
}

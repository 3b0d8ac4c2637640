"""Label Studio: tasks with their annotations as JSON, in and out, and the labelling configuration beside them."""

import contextlib
import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from dataset.formats import brush_rle
from dataset.formats.json_rows import Rows
from dataset.formats.label_studio_regions import (
    PLACES,
    Region,
    lies_somewhere,
    region_of,
    results_by_id,
    shape_of,
    value_of,
)
from dataset.formats.listed import (
    BROKEN_LABEL,
    NO_PHOTO,
    OTHER_SIZE,
    PHOTO_SUFFIXES,
    UNREAD,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    licence_of,
    tags_of,
    text_of,
)
from dataset.formats.outlines import Outlines
from dataset.formats.photo_files import named_apart
from dataset.formats.photo_urls import PhotosBelow, path_in
from dataset.formats.shapes import ToolShape, masked_in, objects_of, tell
from dataset.formats.source import ManifestSource, facts_of, name_of, say_left_out
from dataset.idmap import IdMap, ignores
from dataset.overlay import colour_of
from dataset.records import Sample
from pipeline.errors import InputError, few_of, shown
from pipeline.reading import head_of, read_json
from pipeline.xml_files import check_writable, children_of

TASKS, CONFIG = "tasks.json", "label_config.xml"
CONFIGS = (CONFIG, "config.xml")
HEAD = re.compile(
    rb'\s*\[\s*\{.*?"(annotations|completions|predictions|annotator|annotation_id|original_width|file_upload)"\s*:',
    re.DOTALL,
)
CONTROLS = {"BrushLabels", "PolygonLabels", "EllipseLabels", "Labels"}  # whose labels may be those of masks
NO_TAGS = {"licence", "license", "source"}  # of the data of a task
LOCAL = "/data/local-files/?d="
MOST_NAMED = 3  # pictures of a task in a message
CONTROL, PICTURE = "label", "image"  # what we call the control and the picture in what we write


def find_label_studio(root: Path) -> Path | None:
    """Return the JSON file of a folder that Label Studio exported; the folder itself where there are several."""
    files = files_in(root)
    return files[0] if len(files) == 1 else root if files else None


def files_in(root: Path) -> list[Path]:
    """Return the JSON files of a folder that begin as Label Studio's do, sorted."""
    return [path for path in sorted(root.glob("*.json")) if begins_with_tasks(path)]


def begins_with_tasks(path: Path) -> bool:
    """Return whether a file begins as a list of tasks, or of what JSON-MIN makes of them."""
    return HEAD.match(head_of(path)) is not None


def read_label_studio(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a file that Label Studio exported as JSON, or of all in a folder; photos lie anywhere below.

    Brushes, closed polygons and ellipses are masks; every region is an object of its own, of two that overlap the
    smaller one is seen. All others are told and left out. Of several annotations of a task the ground truth is taken,
    else the latest; none that was cancelled, and no prediction. A task without one is not labelled, one that was
    submitted without a region shows nothing. Further texts of a task and choices for its photo become tags. Categories
    come as the labelling configuration beside the file lists them, then sorted. defects: takes what is wrong with
    single tasks, None = the first is raised.
    """
    defects, home = defects or FirstDefect(), sign if sign.is_dir() else sign.parent
    places, names = PhotosBelow.of(home), dict.fromkeys(configured(home))
    photos, shapes, said = list[ListedPhoto](), dict[Path, list[ToolShape]](), Counter[str]()
    for path in files_in(sign) if sign.is_dir() else [sign]:
        for number, value in enumerate(tasks_in(path)):
            with defects.gathering(NO_PHOTO):
                task = task_of(value, places, f"{path}: task {shown(value.get('id', number))}")
                regions = regions_in(task, defects)
                found = shapes_in(regions, task.file, defects)
                shapes[task.file] = [*shapes.get(task.file, []), *found, *others_in(task)]
                said.update(words_on(value, task))
                with defects.gathering(BROKEN_LABEL, task.file):
                    photos.append(photo_of(task, regions, found, home.resolve().name))
    names |= dict.fromkeys(sorted(masked_in(shapes) - set(names)))
    counts = tuple(f"{count} tasks {words}" for words, count in sorted(said.items()))
    return PhotoSet(tuple(names), named_apart(photos, home), (*counts, *tell(shapes, defects)))


@dataclasses.dataclass(frozen=True)
class PhotoTask:
    """One task: a photo, and what is said of it."""

    where: str  # the file and the task, for messages
    file: Path  # the photo
    results: list[list[dict[str, Any]]] | None  # of the annotation that is taken, by id; None: there is none
    data: Mapping[str, Any]  # what else the task says


def tasks_in(path: Path) -> list[dict[str, Any]]:
    """Return the tasks of a file; raise InputError for any other list."""
    tasks = read_json(path)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InputError(f"{path}: not a list of tasks; export it from Label Studio again, as JSON")
    if not any("data" in task for task in tasks):
        raise InputError(
            f"{path}: found no task with 'data', as in JSON-MIN; export it from Label Studio again, as JSON"
        )
    return tasks


def task_of(task: Mapping[str, Any], places: PhotosBelow, where: str) -> PhotoTask:
    """Return a task with its photo; raise InputError when it names none, or its annotations are none."""
    data = task.get("data")
    if not isinstance(data, dict):
        raise DefectError(BROKEN_LABEL, f"{where}: data is {shown(data)}, wanted the photo and more; export it again")
    key = picture_key(data, where)
    file = places.named(data[key], where)
    taken = taken_of(task, where)
    results = None if taken is None else results_by_id(taken.get("result"), where)
    check_picture(results or [], data, key, where)
    return PhotoTask(where, file, results, {name: value for name, value in data.items() if name != key})


def check_picture(
    results: Iterable[Sequence[Mapping[str, Any]]], data: Mapping[str, Any], key: str, where: str
) -> None:
    """Raise InputError for regions of another picture of the task than the one under `key`, or of several."""
    regions = [result for each in results if lies_somewhere(each) for result in each]
    named = sorted({str(result["to_name"]) for result in regions if result.get("to_name") is not None})
    if len(named) > 1 or any(name != key and name in data for name in named):
        raise DefectError(
            BROKEN_LABEL,
            f"{where}: its regions are of {few_of(named, MOST_NAMED)}, wanted those of one picture, {key}; make a task "
            "of each picture",
        )


def picture_key(data: Mapping[str, Any], where: str) -> str:
    """Return under which key a task names its photo; raise InputError when it is none, or one of several."""
    if isinstance(data.get(PICTURE), str):
        return PICTURE
    suffixes = PHOTO_SUFFIXES | UNREAD
    keys = [key for key, value in data.items() if isinstance(value, str)]
    keys = [key for key in keys if PurePosixPath(path_in(data[key], where)).suffix.lower() in suffixes]
    if len(keys) != 1:
        raise DefectError(
            NO_PHOTO, f"{where}: data names {len(keys)} photos, wanted one, such as 'image'; export it again"
        )
    return keys[0]


def finished(task: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """Return the annotations of a task that were not cancelled; raise InputError for what are none."""
    annotations = task.get("annotations", task.get("completions")) or []
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise DefectError(
            BROKEN_LABEL, f"{where}: annotations is {shown(annotations)}, wanted a list of them; export it again"
        )
    return [one for one in annotations if not (one.get("was_cancelled") or one.get("skipped"))]


def taken_of(task: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    """Return the annotation that counts: the ground truth, else the latest; None where none was finished."""
    ordered = sorted(
        finished(task, where),
        key=lambda one: (bool(one.get("ground_truth")), str(one.get("updated_at") or one.get("created_at") or "")),
    )
    return ordered[-1] if ordered else None


def words_on(value: Mapping[str, Any], task: PhotoTask) -> list[str]:
    """Return what is to be said of a task, without its subject."""
    if task.results is not None:
        several = len(finished(value, task.where)) > 1
        return ["have several annotations: the ground truth is taken, else the latest"] if several else []
    words = ["were skipped"] if value.get("annotations") else []
    return [*words, "have predictions alone, which are no labels"] if value.get("predictions") else words


def regions_in(task: PhotoTask, defects: Defects) -> list[Region]:
    """Return the regions of a task; one that cannot be read is a defect."""
    regions = []
    for results in filter(lies_somewhere, task.results or []):
        with defects.gathering(BROKEN_LABEL, task.file):
            regions.append(region_of(results, task.where))
    return regions


def shapes_in(regions: Iterable[Region], file: Path, defects: Defects) -> list[ToolShape]:
    """Return regions as shapes; one that is broken is a defect."""
    shapes = []
    for region in regions:
        with defects.gathering(BROKEN_LABEL, file):
            shapes.append(shape_of(region))
    return shapes


def others_in(task: PhotoTask) -> list[ToolShape]:
    """Return what an annotation says that is no region, to be counted as left out: texts, relations and the like.

    Choices for the photo as a whole are no such thing, they become tags.
    """
    loose = (
        str(result["type"])
        for results in task.results or []
        for result in results
        if not PLACES & value_of(result).keys() and (result["type"] != "choices" or lies_somewhere(results))
    )
    return [ToolShape(task.where, "", kind) for kind in loose if not kind.endswith("labels")]


def choices_in(task: PhotoTask) -> dict[str, str]:
    """Return the choices that were made for the photo as a whole, by the name of their control."""
    whole = (result for results in task.results or [] if not lies_somewhere(results) for result in results)
    return {
        str(result.get("from_name")): ", ".join(map(str, choices))
        for result in whole
        if isinstance(choices := value_of(result).get("choices"), list)
    }


def photo_of(task: PhotoTask, regions: Sequence[Region], shapes: Iterable[ToolShape], folder: str) -> ListedPhoto:
    """Return the photo of a task; raise InputError when its regions were drawn on pictures of different sizes."""
    sizes = sorted({region.size_hw for region in regions})
    if len(sizes) > 1:
        raise DefectError(OTHER_SIZE, f"{task.where}: its regions say the sizes {sizes}, wanted one; export it again")
    size = sizes[0] if sizes else None
    label = Outlines(task.where, size, objects_of(shapes, size))
    source, licence = text_of(task.data, "source", task.where) or folder, licence_of(task.data, task.where)
    labelled = bool(label.outlines) or (task.results is not None and not regions)
    tags = tags_of(task.data, NO_TAGS) | choices_in(task)
    return ListedPhoto(task.file, label, source, licence, tags, labelled)


def configured(home: Path) -> list[str]:
    """Return the labels of the labelling configuration in a folder, in their order; none without one."""
    for path in (home / name for name in CONFIGS):
        with contextlib.suppress(InputError):
            controls = [part for child in children_of(path, "View") for part in child.iter() if part.tag in CONTROLS]
            labels = [label.get("alias") or label.get("value") for part in controls for label in part.iter("Label")]
            return [label for label in labels if label]
    return []


def write(source: ManifestSource, out: Path) -> None:
    """Write tasks.json, label_config.xml and images/; every instance is a brush, exact to the pixel.

    Label Studio shows the photos when it serves the folder: a local storage with the folder as its document root.
    Beside the photo a task says its tags, licence and provenance. What is ignored cannot be told, and is left out.
    Raises InputError for a category that XML cannot hold.
    """
    check_writable(source.categories, str(source.manifest))
    (out / CONFIG).write_text(config_of(source.categories), encoding="utf-8", newline="\n")
    left_out = 0
    with (out / TASKS).open("w", encoding="utf-8", newline="\n") as file:
        rows = Rows(file)
        file.write("[\n")
        for sample in source.samples():
            name, ids = source.save_image(sample, out / "images", name_of(sample)), source.ids_of(sample)
            left_out += ignores(ids)
            rows.add(task_row(sample, ids, f"images/{name}"))
        file.write("\n]\n")
    say_left_out(left_out, "label_studio")


def config_of(categories: Sequence[str]) -> str:
    """Return the labelling configuration: brushes for these categories."""
    labels = "".join(
        f'    <Label value={quoteattr(name)} background="{colour_of(number)}"/>\n'
        for number, name in enumerate(categories, 1)
    )
    brush = f'  <BrushLabels name="{CONTROL}" toName="{PICTURE}">\n{labels}  </BrushLabels>\n'
    return f'<View>\n  <Image name="{PICTURE}" value="${PICTURE}" zoom="true"/>\n{brush}</View>\n'


def task_row(sample: Sample, ids: IdMap, image: str) -> dict[str, Any]:
    """Return one task with its annotation. image: where the photo lies, from the folder of the export."""
    height, width = sample.size_hw
    common = {"from_name": CONTROL, "to_name": PICTURE, "original_width": width, "original_height": height}
    regions = [
        {"id": f"{name_of(sample)}-{item.index}", "type": "brushlabels", "image_rotation": 0, **common}
        | {"value": {"format": "rle", "rle": brush_rle.encode(ids == item.index), "brushlabels": [item.category]}}
        for item in sample.instances
    ]
    data = facts_of(sample) | {"licence": sample.licence, PICTURE: f"{LOCAL}{quote(image)}"}
    return {"data": data, "annotations": [{"result": regions}]}

"""Proposals through a real Label Studio: out, corrected by mouse in its page, and back; and its clicks answered.

``python -m benchmarks.label.studio --studio ls/bin/label-studio --out trip`` takes the program of an environment of its
own (``python -m venv ls && ls/bin/pip install label-studio``) and a Chromium, needs five minutes, and writes into
OUT the proposals, the exports, what `prelabel-back` makes of them, pictures of the page, and studio.json. Photos are
drawn, so the truth of each pixel is known.
"""

import dataclasses
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from benchmarks.browser import browser
from benchmarks.label.studio_acts import Touch, Touches, confirm, correct, delete, leave
from benchmarks.label.studio_clicks import (
    ClickedObject,
    ask_for_new,
    click_rows,
    mend_proposal,
    quick,
    serving,
    with_smart_tools,
    without_predictions,
)
from benchmarks.label.studio_page import LabellingPage, logged_in
from benchmarks.label.studio_photos import (
    CONFIRMED,
    CORRECTED,
    DELETED,
    LARGE,
    LEFT,
    SIZES,
    file_of,
    write_drawn,
    write_lessons,
)
from benchmarks.label.studio_server import LabelStudio, Project, running
from dataset.formats.label_studio import CONFIG, TASKS
from label import prelabel, prelabel_back
from label.prelabel import Prelabel
from label.prelabels.changes import Returned, changes_of
from label.prelabels.coming_back import returned
from label.prelabels.records import TASK, SentPhoto, mask_in, read_sent
from pipeline.costs import Costs
from pipeline.files import whole_folder, write_json
from pipeline.reading import read_json
from pipeline.stage import run_stage
from train.clicks import teach
from train.clicks.settings import Click
from train.settings import Fit

SHAPES = ("masks", "polygons")
RUN = "network"  # the folder of the network for clicks
KIND, STYLE = "a trip through Label Studio", "label_studio"
NOT_BACK = "not back"


@dataclasses.dataclass(frozen=True)
class ProposalRow:
    """What became of one proposal."""

    shapes: str  # masks, polygons
    photo: str
    category: str
    state: str  # as `prelabel-back` has it, or that its photo did not come back
    differ_px: int  # from what was sent
    astray_px: int  # of these beyond where the mouse went
    missed_px: int  # that the mouse went over without a change


@dataclasses.dataclass(frozen=True)
class Trips:
    """What came of all trips."""

    label_studio: str  # its release
    backend: str  # the state that it sees the click server in
    polygons: dict[str, int]  # shapes -> how many of the proposals are polygons
    seen_iou: dict[str, float]  # shapes -> IoU of what the screen shows of them with what was sent
    rows: tuple[ProposalRow, ...]
    clicks: tuple[ClickedObject, ...]
    kept: (
        int  # predictions that Label Studio keeps of a photo without proposals, since it asks for some when it opens it
    )


def photos_by_name(sent: Path) -> dict[str, SentPhoto]:
    """Return the drawn photos that were sent, by what they are drawn for."""
    names = {file_of(name): name for name in SIZES}
    return {names[photo.file]: photo for photo in read_sent(sent)[0]}


def came_back(project: Project, sent: Path, folder: Path, settings: Prelabel, costs: Costs) -> dict[str, Returned]:
    """Export a project, take it back into `folder` as `prelabel-back` does, and return what came, by drawn name."""
    export = folder / "export.json"
    write_json(export, project.exported())
    prelabel_back.main(settings, costs, sent, export, folder / "back")
    photos = photos_by_name(sent)
    came = returned(export, sent, {photo.name: photo for photo in photos.values()})
    return {name: came[photo.name] for name, photo in photos.items() if photo.name in came}


def rows_of(
    shapes: str, sent: Mapping[str, SentPhoto], came: Mapping[str, Returned], touches: Touches
) -> list[ProposalRow]:
    """Return what became of every proposal."""
    rows = []
    for name in SIZES:
        photo, back = sent[name], came.get(name)
        changes = changes_of(photo, back, 0) if back else []
        for k, thing in enumerate(photo.objects):
            if back is None:
                rows.append(ProposalRow(shapes, name, thing.category, NOT_BACK, 0, 0, 0))
                continue
            before, change = mask_in(thing, photo.size_hw), changes[k]
            after = back.ids == change.index if change.index else np.zeros_like(before)
            touch = touches.get((name, thing.category)) or Touch(*[np.zeros_like(before)] * 3)
            pixels = before ^ after, (before ^ after) & ~touch.may, (touch.on & ~after) | (touch.off & after)
            rows.append(ProposalRow(shapes, name, thing.category, change.state, *(int(each.sum()) for each in pixels)))
    return rows


def trip(tool: LabelStudio, tab: Page, part: Path, sent: Path, images: Path) -> tuple[Project, Touches, float]:
    """Send proposals, do with each photo what it is drawn for; return where the mouse went, and what was seen."""
    config, tasks = (sent / TASK / CONFIG).read_text(encoding="utf-8"), read_json(sent / TASK / TASKS)
    project, photos = tool.new_project(sent.name, config, tasks, images), photos_by_name(sent)
    number = dict(zip(photos, project.tasks(), strict=True))
    page = LabellingPage(tab, project)
    seen = confirm(page, number[CONFIRMED], photos[CONFIRMED])
    touches = Touches()
    for name in (CORRECTED, LARGE):
        touches |= correct(page, number[name], photos[name], name)
        page.save_screen(part / "screens" / f"{sent.name}-{name}.png")
        page.submit()
    touches |= delete(page, number[DELETED], photos[DELETED])
    leave(page, number[LEFT])
    return project, touches, seen


def clicked(tool: LabelStudio, tab: Page, part: Path, sent: Path, images: Path) -> tuple[Project, str]:
    """Mark objects by smart tools, answered by `click-serve`; return the state that Label Studio sees it in."""
    photos, tasks = photos_by_name(sent), read_json(sent / TASK / TASKS)
    task_of = dict(zip(photos, tasks, strict=True))
    config = with_smart_tools((sent / TASK / CONFIG).read_text(encoding="utf-8"))
    chosen = [without_predictions(task_of[CONFIRMED]), task_of[CORRECTED]]
    project = tool.new_project("clicks", config, chosen, images)
    bare, proposed = project.tasks()
    with serving(part / RUN, images) as address:
        state = project.add_backend(address)
        page = LabellingPage(tab, project)
        for name, ask, task in (("asked", ask_for_new, bare), ("mended", mend_proposal, proposed)):
            ask(page, task)
            page.save_screen(part / "screens" / f"{name}.png")
            page.submit()
    return project, state


def table(found: Trips) -> str:
    """Return what is printed."""
    lines = [f"Label Studio {found.label_studio}, its backend {found.backend}"]
    lines += [f"{shapes} on the screen: IoU {iou} with what was sent" for shapes, iou in found.seen_iou.items()]
    lines += [f"{found.kept} predictions of a photo that came without any", ""]
    lines += [f"{'shapes':9} {'photo':10} {'object':7} {'state':10} {'differ':>7} {'astray':>7} {'missed':>7}"]
    lines += [
        f"{row.shapes:9} {row.photo:10} {row.category:7} {row.state:10} {row.differ_px:7} {row.astray_px:7} "
        f"{row.missed_px:7}"
        for row in found.rows
    ]
    lines += ["", f"{'clicks':26} {'object':7} {'state':10} {'IoU before':>10} {'after':>7}"]
    lines += [f"{one.asked:26} {one.category:7} {one.state:10} {one.iou_before:10} {one.iou:7}" for one in found.clicks]
    return "\n".join(lines) + "\n"


def polygons_in(tasks: Path) -> int:
    """Return how many regions of a file of tasks are polygons."""
    every = (region for task in read_json(tasks) for region in task["predictions"][0]["result"])
    return sum(region["type"] == "polygonlabels" for region in every)


def all_trips(tool: LabelStudio, tab: Page, part: Path, settings: Prelabel, costs: Costs) -> Trips:
    """Return what came of masks, polygons and clicks. part: holds what was sent, and the run for clicks."""
    images, rows, seen = part / SHAPES[0] / TASK / "images", list[ProposalRow](), {}
    for shapes in SHAPES:
        sent = part / shapes
        project, touches, overlap = trip(tool, tab, part, sent, images)
        came = came_back(project, sent, part / "back" / shapes, settings, costs)
        rows += rows_of(shapes, photos_by_name(sent), came, touches)
        seen[shapes] = round(overlap, 3)
    sent = part / SHAPES[0]
    project, backend = clicked(tool, tab, part, sent, images)
    came = came_back(project, sent, part / "back" / "clicks", settings, costs)
    clicks = tuple(click_rows(photos_by_name(sent), came))
    polygons = {shapes: polygons_in(part / shapes / TASK / TASKS) for shapes in SHAPES}
    return Trips(tool.version(), backend, polygons, seen, tuple(rows), clicks, project.predictions(project.tasks()[0]))


def main(settings: Prelabel, costs: Costs, click: Click, fit: Fit, studio: Path, out: Path) -> None:
    """Make the trips, write what came of them, and print the table. studio: the program label-studio."""
    settings = dataclasses.replace(settings, planted=0.0)
    with whole_folder(out, KIND) as part, tempfile.TemporaryDirectory(prefix="label-studio-") as home:
        predictions, photos = write_drawn(part / "drawn")
        for shapes in SHAPES:
            prelabel.main(dataclasses.replace(settings, shapes=shapes), predictions, photos, STYLE, part / shapes)
        teach.main(quick(click), fit, [write_lessons(part / "lessons")], part / RUN)
        root = (part / SHAPES[0] / TASK).resolve()
        with (
            running(studio.resolve(), root, Path(home)) as tool,
            browser() as chrome,
            logged_in(chrome, tool.address) as tab,
        ):
            found = all_trips(tool, tab, part, settings, costs)
        write_json(part / "studio.json", dataclasses.asdict(found))
    sys.stdout.write(table(found))


if __name__ == "__main__":
    run_stage(main)

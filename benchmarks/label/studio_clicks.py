"""The click server behind a real Label Studio: a point, a box, and a proposal that is mended by clicks."""

import contextlib
import dataclasses
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.label.studio_page import LabellingPage
from benchmarks.label.studio_photos import BLOB, COLOURS, CONFIRMED, CORRECTED, RING, SIZES, drawn
from dataset.idmap import mask_iou
from label.prelabels.changes import Returned, changes_of
from label.prelabels.records import SentPhoto, mask_in
from pipeline.errors import InputError
from train.clicks.settings import Click

POINTS, BOXES = "point", "box"  # what we call the smart controls
STOP_S = 20


@dataclasses.dataclass(frozen=True)
class ClickedObject:
    """What became of one object that was asked for."""

    photo: str
    category: str
    asked: str  # in words
    state: str  # as `prelabel-back` has it
    iou_before: float  # of the proposal with the truth, 0 where there was none
    iou: float


def quick(settings: Click) -> Click:
    """Return the settings of a training of seconds: the photos are disks in two colours."""
    return dataclasses.replace(settings, img_size=64, steps=60, batch=4)


def with_smart_tools(config: str) -> str:
    """Return a labelling configuration with smart points and boxes for the labels of its brush, in their order."""
    begin, end = config.index("  <BrushLabels"), config.index("</View>")
    brush = config[begin:end]
    smart = [
        brush.replace("BrushLabels", kind).replace('name="label"', f'name="{name}" smart="true" smartonly="true"', 1)
        for kind, name in (("KeyPointLabels", POINTS), ("RectangleLabels", BOXES))
    ]
    return config[:end] + "".join(smart) + config[end:]


def key_of(control: int, category: str) -> str:
    """Return the key of a label: they count through the controls. control: 0 = the brush."""
    return str(1 + control * len(COLOURS) + sorted(COLOURS).index(category))


@contextlib.contextmanager
def serving(run: Path, photos: Path) -> Iterator[str]:
    """Yield the address of `admix label click-serve`; raise InputError where it does not start."""
    words = ["label", "click-serve", "--run", str(run), "--photos", str(photos), "--port", "0"]
    process = subprocess.Popen([sys.executable, "-m", "admix", *words], stderr=subprocess.PIPE, text=True)
    try:
        said = process.stderr.readline() if process.stderr else ""
        address = next((word for word in said.split() if word.startswith("http://")), None)
        if address is None:
            raise InputError(f"click-serve: {said.strip() or 'ended without a word'}")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()


def without_predictions(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task with its photo alone."""
    return {"data": task["data"]}


def ask_for_new(page: LabellingPage, task: int) -> None:
    """Mark the blob by a point and the ring by a box on a photo without proposals, and hand it in."""
    page.open(task, SIZES[CONFIRMED], 0)
    page.take_smart("key-point-tool", key_of(1, BLOB))
    page.ask([(225, 115)])
    page.accept()
    page.take_smart("rectangle-tool", key_of(2, RING))
    page.ask([(24, 34), (136, 146)])
    page.accept()


def mend_proposal(page: LabellingPage, task: int) -> None:
    """Mend the proposal that lacks a part: a click into it, and one into the part; Ctrl keeps them from choosing it."""
    page.open(task, SIZES[CORRECTED], len(COLOURS))
    page.take_smart("key-point-tool", key_of(1, BLOB))
    page.ask([(225, 105)], "Control")
    page.press_label(key_of(1, BLOB))
    page.ask([(264, 158)], "Control")
    page.accept()


def click_rows(sent: Mapping[str, SentPhoto], came: Mapping[str, Returned]) -> list[ClickedObject]:
    """Return what became of each object that came back; sent, came: by the names of drawn photos."""
    asked = {(CONFIRMED, BLOB): "a point", (CONFIRMED, RING): "a box", (CORRECTED, BLOB): "clicks into its proposal"}
    rows = []
    for (name, category), words in asked.items():
        truth, back = drawn(name).truth[category], came[name]
        proposed = name == CORRECTED
        photo = sent[name] if proposed else dataclasses.replace(sent[name], objects=())
        before = [mask_in(thing, photo.size_hw) for thing in photo.objects if thing.category == category]
        states = [c for c in changes_of(photo, back, 0) if c.index and back.categories[c.index - 1] == category]
        masks = [back.ids == change.index for change in states]
        state = "+".join(change.state for change in states) or "not there"
        ious = [round(max((mask_iou(mask, truth) for mask in those), default=0.0), 3) for those in (before, masks)]
        rows.append(ClickedObject(name, category, words, state, *ious))
    return rows

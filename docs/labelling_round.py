"""One round of labelling on the embedded photos, as pictures of its pages: pick, audit, route."""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from dataset.records import Sample, read_manifest
from docs.screens import top_of
from label import audit, pick, route
from pipeline.costs import Costs
from pipeline.settings import read_settings
from train.inference.settings import Predict
from train.predict import main as predict

FORMATS = ("masks", "uncertainty", "foreground", "features")  # what the three commands read
BUDGET = 8  # labels to pick: enough for one by chance
SIZE_WH = (900, 760)
SOURCE = "pose2sim"  # whose photos are shown: their licence lies beside the pictures


def shown_photos(data: Path) -> list[Sample]:
    """Return the photos that the pages show. data: of the set-up boards."""
    return [sample for sample in read_manifest(data / "photos" / "samples.jsonl") if sample.source == SOURCE]


def labelling_pages(data: Path, work: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name of a picture and the page that it is of. data: of the set-up boards; work: an empty folder."""
    photos, predictions = work / "photos", work / "predictions"
    photos.mkdir()
    for sample in shown_photos(data):
        shutil.copyfile(data / "photos" / sample.image, photos / Path(sample.image).name)
    predict(dataclasses.replace(read_settings(Predict), formats=FORMATS), data / "picked", photos, predictions)
    wanted = dataclasses.replace(read_settings(pick.Pick), budget=BUDGET, unit="labels")
    train = data / "split" / "train.jsonl"
    pick.main(wanted, read_settings(Costs), [predictions], photos, work / "next", labelled=train)
    yield "label-pick.jpg", work / "next" / "index.html"
    audit.main(read_settings(audit.Audit), data / "photos" / "samples.jsonl", predictions, work / "audit")
    yield "label-audit.jpg", work / "audit" / "index.html"
    route.main(read_settings(route.Route), read_settings(Costs), predictions, work / "routes", photos=photos)
    yield "label-route.jpg", work / "routes" / "index.html"


def labelling_pictures(chrome: Browser, data: Path) -> Iterator[tuple[str, Image.Image]]:
    """Yield the pictures of a round by name."""
    with tempfile.TemporaryDirectory() as work:
        for name, page in labelling_pages(data, Path(work)):
            yield name, top_of(chrome, page, SIZE_WH)

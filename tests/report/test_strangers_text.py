"""Text of strangers stays text, in whichever field of the page it comes."""

import json

import pytest
from page_project import leaks, paths_of, transfer, write_project
from strangers import Poison, chromium, look

from pipeline.files import write_json
from report.report import Report, main

pytestmark = pytest.mark.slow

PHOTO, RENDER, CATEGORY, FILES = "photo.id", "render.id", "category", ("train", "val", "renders")
ALIKE = {
    "train.id": PHOTO,
    "val.id": PHOTO,
    "scores.photos.id": PHOTO,
    "renders.id": RENDER,
    "settings.categories": CATEGORY,
    "transfer.advice.options.action": "transfer.advice.action",
    **{f"{name}.instances.category": CATEGORY for name in FILES},
    **{f"transfer.scores.{split}.iou_per_category.keys": CATEGORY for split in ("val", "test")},
}
WORDS_OF_CODE = {  # the code goes by them; another word is another case, or none
    *(f"{name}.{key}" for name in FILES for key in ("domain", "image", "ids", "depth", "normals")),
    *("transfer.runs.split", "transfer.runs.kind", "transfer.attribution.groups.by"),
    *("transfer.outlines.sides.split", "transfer.outlines.sides.side"),
    "transfer.attribution.groups.unit",
    *("leaks.measured.image", "leaks.trained.image", "leaks.hits.measured.image", "leaks.hits.trained.image"),
    *("transfer.ratios.against_real.verdict", "transfer.test.gain.verdict", "crashed"),
}
KEYS = {  # free text before the colon
    *("transfer.scores.val.iou_per_category", "transfer.scores.test.iou_per_category", "refused"),
    *(f"{name}.{key}" for name in FILES for key in ("tags", "draws")),
    *("transfer.runs.weights", "transfer.ratios.weights"),
}
NOT_SHOWN = {  # read, but no part of the page
    *(f"{name}.{key}" for name in FILES for key in ("group", "tags.keys", "tags.camera", "draws.keys", "draws.x")),
    *("refused.empty", "scores.split", "scores.photos.group", "pick.trial"),
    *("transfer.runs.schedule", "transfer.runs.weights.keys", "transfer.ratios.weights.keys"),
    *(
        "transfer.scores.val.run",
        "transfer.scores.test.run",
        "transfer.race.words",
        "transfer.ratios.stopped",
        "transfer.attribution.passed.names",
    ),
    *("transfer.scores.test.by_size.name", "transfer.scores.test.by_visible.name"),  # those of val are
}


def project(root, poison=None):
    """Write a small project with a text in every field; `poison` puts its payloads there."""
    found = transfer(categories=("board", "mug"))
    found["ratios"][1] |= {"schedule": "renders first", "name": "0.5 renders first"}
    found["curves"]["real"] |= {"trusted": False, "flags": ["few points"]}
    found["attribution"] |= {"check": "Checked by training."}
    write_project(root, found, categories=("board", "mug"))
    write_json(root / "leaks.json", leaks(("val1", "train1")))
    for path in (root / "split/train.jsonl", root / "split/val.jsonl", root / "renders/samples.jsonl"):
        rows = [json.loads(line) | {"group": "g", "tags": {"camera": "c"}, "draws": {"x": "y"}} for line in path.open()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if poison:
        spoil(root, poison)
    main(Report(3, 4), *paths_of(root))
    return root / "index.html"


def spoil(root, poison):
    """Poison every file that the report reads, and the names of the files that follow from them."""
    read = {
        "split/train.jsonl": "train",
        "split/val.jsonl": "val",
        "renders/samples.jsonl": "renders",
        "renders/refused.json": "refused",
        "trial/val.json": "scores",
        "trial/settings.json": "settings",
        "pick.json": "pick",
        "transfer.json": "transfer",
        "leaks.json": "leaks",
    }
    for file, field in read.items():
        poison.file(root / file, field)
    for path in (root / "trial/val").iterdir():
        path.rename(path.with_name(f"{poison.text(PHOTO, path.stem)}.png"))


POINT_AT_ALL = """() => {
  const found = new Set();
  for (const point of document.querySelectorAll(".live [role='graphics-symbol'][aria-label]")) {
    const box = point.getBoundingClientRect(), at = { clientX: box.x, clientY: box.y, bubbles: true };
    for (const kind of ["pointerover", "pointermove", "mouseover", "mousemove"])
      point.dispatchEvent(new PointerEvent(kind, at));
    for (const node of document.querySelectorAll("#vg-tooltip-element.visible *"))
      found.add(`${node.localName} ${[...node.attributes].map((one) => one.name)}`);
  }
  return [...found].sort();
}"""


def use(tab):
    """Do what a reader does, and return which elements the boxes hold that say what is pointed at."""
    tab.wait_for_function("document.querySelectorAll('.live svg').length === 5")
    said = tab.evaluate(POINT_AT_ALL)
    for number in range(4):
        tab.locator(".live").nth(number).focus()
        tab.keyboard.press("ArrowLeft")
    for fold in tab.locator("summary").all():
        fold.click()
    return said


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What a browser makes of the page of plain texts, and of that with payloads; and these payloads by field."""
    poison = Poison(ALIKE, WORDS_OF_CODE, {PHOTO, RENDER}, KEYS)
    plain = project(tmp_path_factory.mktemp("plain"))
    bad = project(tmp_path_factory.mktemp("bad"), poison)
    with chromium() as browser:
        yield look(browser, plain, use), look(browser, bad, use), poison.done


def test_nothing_of_it_runs_and_nothing_is_asked_for(pages):
    _, bad, _ = pages
    assert bad.fired == []
    assert bad.heard == []


def test_it_adds_no_element_and_no_attribute(pages):
    plain, bad, _ = pages
    assert bad.elements == plain.elements
    assert bad.drawn == plain.drawn
    assert bad.used == plain.used != []


def test_it_is_there_as_text_in_every_field_that_the_page_shows(pages):
    _, bad, payloads = pages
    assert len(payloads) > 30
    assert bad.missing({name: " ".join(text.split()) for name, text in payloads.items()}) == NOT_SHOWN

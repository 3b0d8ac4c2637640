"""Pictures of the pages, taken by a Chromium without a network."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page

from pipeline.errors import InputError

EDGE = 18  # pixels of white around a part of a page
DRAWN = "[...document.querySelectorAll('figure.chart')].every((one) => one.querySelector('.live svg'))"
ONLY = """(names) => {
  document.querySelector("#filter").remove();
  for (const card of document.querySelectorAll("article")) card.hidden = !names.includes(card.dataset.name);
  const cards = document.querySelector("#cards");
  names.forEach((name) => cards.append(document.querySelector(`article[data-name="${name}"]`)));
}"""


def visit(chrome: Browser, page: Path, size_wh: tuple[int, int], scale: float = 1) -> Page:
    """Return an opened page, its charts drawn. scale: pixels of the picture a pixel of the page."""
    context = chrome.new_context(
        offline=True,
        viewport={"width": size_wh[0], "height": size_wh[1]},
        device_scale_factor=scale,
        color_scheme="light",
        reduced_motion="reduce",
    )
    tab = context.new_page()
    tab.goto(page.resolve().as_uri())
    tab.wait_for_function(DRAWN)
    return tab


def shot_of(data: bytes) -> Image.Image:
    """Return what the browser took as a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def top_of(chrome: Browser, page: Path, size_wh: tuple[int, int]) -> Image.Image:
    """Return the upper part of a page."""
    return shot_of(visit(chrome, page, size_wh).screenshot())


def part_of(chrome: Browser, page: Path, selector: str, width: int) -> Image.Image:
    """Return one part of a page that is `width` pixels wide; raise InputError when it has no such part."""
    tab = visit(chrome, page, (width, 900), 1.5)
    part = tab.locator(selector).first
    if not part.count():
        raise InputError(f"{page}: found no part {selector}; run make repro again")
    return ImageOps.expand(shot_of(part.screenshot()), EDGE, "white")


def cards_of(chrome: Browser, page: Path, names: Sequence[str]) -> Image.Image:
    """Return the cards of some assets side by side; raise InputError when the gallery lacks one."""
    tab = visit(chrome, page, (430 * len(names), 900))
    for name in names:
        if not tab.locator(f'article[data-name="{name}"]').count():
            raise InputError(f"{page}: shows no asset {name!r}; run make assets again")
    tab.evaluate(ONLY, list(names))
    return shot_of(tab.locator("#cards").screenshot())

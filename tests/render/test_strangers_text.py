"""Text of strangers stays text, in whichever field of the page of assets it comes."""

import itertools

import numpy as np
import pytest
from strangers import chromium, full, look, payload

from pipeline.files import write_bytes, write_text
from render.audit.darkroom import names_of, webp
from render.audit.finding import FINE, MEND, Case, Finding, Seen, Uses
from render.audit.page import Card, page
from render.audit.turntable import views_of
from render.catalog import Asset
from render.entries import Entry
from render.gallery import audit, verdict
from render.stock.facts import Facts, Texture

pytestmark = pytest.mark.slow

ONE = (1.0, 1.0, 1.0)
NOT_SHOWN = {"material", "texture", "file of a twin"}  # no finding speaks of them


def cards(folder, text, name):
    """Return an asset of which all is said that can be, and one that cannot be read. text, name: field -> its text."""
    textures = (
        Texture(text("texture"), (8, 8)),
        Texture(text("lost"), (0, 0)),
        Texture(text("far"), (8, 8), outside=True),
    )
    asset = Asset(
        name("id"), "mesh", "target", text("file"), text("licence"), text("source"), "aa", text("category"), ONE,
        (text("labelled"),), faces=12,
    )  # fmt: skip
    parts, materials, code = (text("part"),), (text("material"),), (text("program"),)
    facts = Facts(ONE, ONE, 12, parts, materials, textures, False, 0, 0, 0.0, code, 1.0)
    twin = Asset(
        name("id of a twin"), "mesh", "target", text("file of a twin"), "MIT", "Ada", "aa", text("category"), ONE
    )
    case = Case(asset, facts, (asset, twin), Seen(1, (1, 2, 3), 0.5, 9), Uses((text("recipe"),)))
    views = tuple(itertools.islice(views_of(asset), 3))
    for file in {file for view in views for file in names_of(view)}:
        write_bytes(folder / file, webp(np.full((16, 16, 3), 90, np.uint8)))
    said = (Finding(MEND, text("error"), text("how")), Finding(FINE, "Fine."), *audit(case))
    unread = (Finding(MEND, text("why it is not read")),)
    return [
        Card(Entry("a.toml", asset, None), case, said, verdict(said), views, (text("help"),)),
        Card(Entry(f"{name('entry')}.toml", asset, None), case, said, verdict(said), views),
        Card(Entry(f"{name('unread entry')}.toml", None, None), None, unread, MEND, ()),
    ]


def use(tab):
    """Find, filter and sort in every way, and enlarge every picture."""
    tab.locator("#find").fill("<script>")
    tab.locator("#find").fill("")
    for choice in ("group", "verdict", "sort"):
        for number in reversed(range(tab.locator(f"#{choice} option").count())):
            tab.locator(f"#{choice}").select_option(index=number)
    tab.evaluate("document.querySelectorAll('.strip button').forEach((one) => one.click())")
    return tab.locator("#count").inner_text()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What a browser makes of the page of plain texts, and of that with payloads; and these payloads by field."""
    done = {}

    def keep(make):
        return lambda field: f"{field}{done.setdefault(field, make(field.replace(' ', '-')))}"

    shown = []
    with chromium() as browser:
        for text, name in ((str, str), (keep(full), keep(payload))):
            folder = tmp_path_factory.mktemp("page")
            made = page(cards(folder, text, name), folder, 9, [text("note")])
            write_text(folder / "assets.html", made)
            shown.append(look(browser, folder / "assets.html", use))
    return (*shown, done)


def test_nothing_of_it_runs_and_nothing_is_asked_for(pages):
    _, bad, _ = pages
    assert bad.fired == []
    assert bad.heard == []


def test_it_adds_no_element_and_no_attribute(pages):
    plain, bad, _ = pages
    assert bad.elements == plain.elements
    assert bad.used == plain.used == "3 of 3 shown"


def test_it_is_there_as_text_in_every_field_that_the_page_shows(pages):
    _, bad, payloads = pages
    assert bad.missing({field: " ".join(text.split()) for field, text in payloads.items()}) == NOT_SHOWN

"""The page in a real browser, from disk and without a network."""

import shutil

import pytest
from page_project import EVIL, transfer, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to open the page with")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with"),
]

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
CONTRAST = """() => {
  const light = (text) => {
    const part = text.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const words = [...document.querySelectorAll("body *")].filter((node) =>
    node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const found = words.map((node) => {
    const style = getComputedStyle(node), text = node.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(text), light(behind(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return [found.length, Math.min(...found)];
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page that has everything, its names as bad as they can be."""
    root = tmp_path_factory.mktemp("page")
    write_page(root, transfer(evil=EVIL), evil=EVIL)
    return f"file://{root / 'index.html'}"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, address):
    """Open the page; every message of the browser and every request is kept in `tab.heard`."""
    contexts = []

    def open_page(viewport=DESK, **options):
        contexts.append(browser.new_context(offline=True, viewport=viewport, **options))
        tab = contexts[-1].new_page()
        tab.heard = []
        tab.on("console", lambda message: tab.heard.append(message.text))
        tab.on("pageerror", lambda error: tab.heard.append(str(error)))
        tab.on("dialog", lambda dialog: tab.heard.append(dialog.message))
        tab.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or tab.heard.append(asked.url))
        tab.goto(address)
        if options.get("java_script_enabled", True):
            tab.wait_for_function("document.querySelectorAll('.live svg').length === 5")
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("viewport", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk")])
def test_all_charts_are_drawn_without_a_network_an_error_or_scrolling_sideways(visit, viewport):
    tab = visit(viewport)
    assert tab.heard == []
    assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert tab.locator(".live svg").count() == 5
    assert not tab.locator(".still").first.is_visible()


def test_on_a_phone_no_word_of_a_chart_is_cut(visit):
    tab = visit(PHONE)
    over = """[...document.querySelectorAll('.live svg text')].map((one) => {
      const svg = one.closest("svg").getBoundingClientRect(), text = one.getBoundingClientRect();
      return Math.max(text.right - svg.right, svg.left - text.left);
    })"""
    assert max(tab.evaluate(over)) <= 0.5


def test_a_point_says_its_numbers_when_it_is_pointed_at(visit):
    tab = visit()
    tab.locator("#chart-ratio .live [role='graphics-symbol'][aria-label*='test']").first.hover()
    tab.wait_for_selector("#vg-tooltip-element.visible")
    said = tab.locator("#vg-tooltip-element").inner_text()
    assert "score" in said
    assert "0.8" in said


def test_arrow_keys_go_from_point_to_point_and_say_each(visit):
    tab = visit()
    tab.locator("#chart-ratio .live").focus()
    tab.keyboard.press("ArrowRight")
    first = tab.locator("#chart-ratio .said").inner_text()
    tab.keyboard.press("ArrowRight")
    second = tab.locator("#chart-ratio .said").inner_text()
    tab.keyboard.press("ArrowLeft")
    assert first
    assert second != first
    assert tab.locator("#chart-ratio .said").inner_text() == first
    assert tab.locator("#chart-ratio .chosen").count() == 1


def test_the_first_stop_of_the_keyboard_leads_to_the_content(visit):
    tab = visit()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert tab.locator(".skip").bounding_box()["x"] >= 0


def test_every_fold_opens_by_keyboard_and_the_focus_shows(visit):
    tab = visit()
    for fold in tab.locator("summary").all():
        fold.focus()
        tab.keyboard.press("Enter")
    assert tab.locator("details:not([open])").count() == 0
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(visit, scheme):
    count, least = visit(color_scheme=scheme).evaluate(CONTRAST)
    assert count > 100
    assert least >= 4.5


def test_charts_follow_when_the_light_changes(visit):
    tab = visit(color_scheme="light")
    ink = "getComputedStyle(document.querySelector('.live svg text')).fill"
    light = tab.evaluate(ink)
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate(ink) != light


def test_without_javascript_still_charts_and_tables_are_there(visit):
    tab = visit(PHONE, java_script_enabled=False)
    assert tab.locator(".still svg").count() == 5
    assert tab.locator(".still svg").first.is_visible()
    assert tab.locator("#chart-ratio table").count() == 1
    assert tab.locator(".still svg").first.bounding_box()["width"] <= 390


def test_on_paper_the_still_charts_are_printed_with_their_numbers_and_no_table_is_cut(visit):
    tab = visit()
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 700, "height": 1000})  # A4 within its margins, at 96 pixels an inch
    assert tab.locator(".still svg").first.is_visible()
    assert not tab.locator(".live").first.is_visible()
    over = "[...document.querySelectorAll('table')].map((one) => one.getBoundingClientRect().right - innerWidth)"
    assert max(tab.evaluate(over)) <= 0

"""The page of the audit in a real browser: keys, buttons, names that are code, and what it saves."""

import json
import shutil

import pytest

from dataset.verdicts import read_verdicts
from label.suspects.gallery import SuspectCard, page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to open the page with")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with"),
]
EVIL = "</script><img src=x onerror=\"document.title='run'\">'\"&"


def card(kind: str, number: int) -> SuspectCard:
    area = {"size": [2, 2], "counts": "04"}
    line = {"photo": f"{number}", "object": "o", "kind": kind, "verdict": "wrong", "area": area, "name": EVIL}
    return SuspectCard(kind, "data:image/gif;base64,R0lGODlhAQABAAAAACw=", f"{EVIL} {number}", json.dumps(line))


def test_verdicts_by_keyboard_are_kept_and_saved_and_names_do_nothing(tmp_path):
    cards = [card("missing", 0), card("spurious", 1), card("control", 2)]
    queues = {"missing": {"listed": 1, "expected": 0.8, "sd": 0.4, "planted": 20, "found": 18}}
    (tmp_path / "index.html").write_text(page(cards, queues, 9, 1), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab, heard = browser.new_page(accept_downloads=True), []
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.goto(f"file://{tmp_path / 'index.html'}")
        for key in ("y", "n", "y", "u", "ArrowLeft", "y"):
            tab.keyboard.press(key)
        assert tab.inner_text("#told") == "2 of 3 told"
        tab.locator(".card .no").last.click()
        with tab.expect_download() as download:
            tab.click("#save")
        download.value.save_as(tmp_path / "verdicts.jsonl")
        assert tab.title() == "Audit of 9 photos"
        assert heard == []
        browser.close()
    told = read_verdicts(tmp_path / "verdicts.jsonl")
    assert {photo: those[0].verdict for photo, those in told.items()} == {"0": "wrong", "1": "wrong", "2": "right"}
    assert told["0"][0].name == EVIL

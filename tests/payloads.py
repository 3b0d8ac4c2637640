"""Payloads for every text of a value or a record, each told from the others by its number."""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

PAYLOAD = "\"'><img src=x onerror=ran=1></script><script>ran=1</script>{{{{7*7}}}}${{ran=1}}javascript:ran=1 n{}e"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Poison:
    """Makes payloads, and knows where each was put."""

    def __init__(self, start: int = 0, without: tuple[str, ...] = ()) -> None:
        """without: names of keys and fields whose texts are no text of the page but decide what it shows."""
        self.start, self.without = start, without
        self.put: dict[int, str] = {}  # number -> the way to the text

    def text(self, way: str) -> str:
        """Return a payload that belongs to one place."""
        number = self.start + len(self.put)
        self.put[number] = way
        return PAYLOAD.format(number)

    def into(self, value: Any, way: str = "") -> Any:
        """Return a value of JSON, or a record, with a payload in the place of every text."""
        if isinstance(value, str):
            return self.text(way)
        if isinstance(value, dict):
            return {
                key: part if key in self.without else self.into(part, f"{way}.{key}") for key, part in value.items()
            }
        if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
            return type(value)(self.into(part, f"{way}.{at}") for at, part in enumerate(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [field.name for field in dataclasses.fields(value) if field.name not in self.without]
            return dataclasses.replace(
                value, **{name: self.into(getattr(value, name), f"{way}.{name}") for name in fields}
            )
        return value

    def shown(self, text: str) -> set[str]:
        """Return the ways to the payloads that stand in a text, whole."""
        whole = {number for number in self.put if PAYLOAD.format(number) in text}
        return {self.put[number] for number in whole}


def elements(read: Any) -> dict[str, int]:
    """Return how many elements of the kinds that run or ask for something a page has. read: a page_reader.Reader."""
    tags = [tag for tag, _ in read.tags]
    return {
        tag: tags.count(tag) for tag in ("script", "img", "iframe", "object", "link", "base", "form", "style", "svg")
    }


def numbers_in(page: str) -> set[int]:
    """Return the numbers of all payloads of which a trace is in a page."""
    return {int(found) for found in re.findall(r"ran=1 n(\d+)e", page)}


def opened(address: Path, width: int = 1200) -> tuple[list[str], bool]:
    """Open a page in a real browser; return what the browser said or asked for, and whether a payload ran."""
    from playwright.sync_api import sync_playwright

    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("dialog", lambda dialog: heard.append(dialog.message))
        tab.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or heard.append(asked.url))
        tab.goto(f"file://{address}")
        for fold in tab.locator("summary").all():
            fold.click()
        tab.wait_for_timeout(300)
        ran = tab.evaluate("typeof ran !== 'undefined'")
        browser.close()
    return heard, bool(ran)

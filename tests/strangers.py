"""Texts that would run, load or add something if a page took them for more, and what a browser makes of them."""

import contextlib
import dataclasses
import json
import shutil
from collections import Counter

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ENDS = "</script></style></title></textarea></svg>"
NOTE = "window.fired = []; window.fire = (what) => window.fired.push(what);"  # every payload calls fire
SEEN = """() => {
  const all = [...document.querySelectorAll("*")], drawn = all.filter((node) => node.closest("svg"));
  const texts = all.flatMap((node) => [
    ...[...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data),
    ...[...node.attributes].map((one) => one.value)]);
  const kind = (node) => [node.localName, ...[...node.attributes].map((one) => one.name).sort()].join(" ");
  return {
    fired: window.fired, texts, drawn: [...new Set(drawn.map((node) => node.localName))].sort(),
    elements: all.filter((node) => !node.closest("svg")).map(kind),
  };
}"""


def payload(name):
    """Return the payload of one field; it holds no slash, as some fields become the name of a file."""
    tags = f"<script>fire('{name}')<\\script><img src=x onerror=fire('{name}')><svg onload=fire('{name}')>"
    return f"\"'><a href=javascript:fire('{name}')>{tags}{{{{7*7}}}}${{7*7}}<%=7*7%>`--><!--"


def full(name):
    """Return the payload with everything in it that ends an element, slashes too."""
    return f"{payload(name)}{ENDS}<script>fire('{name}')</script><img src=//x.invalid/x.png>"


@dataclasses.dataclass
class Poison:
    """Puts a payload of its own behind every text of a JSON value, and remembers for which fields.

    Fields are dotted, without the places in lists. alike: field -> what it is called, for fields that name one thing
    and must say the same. kept: fields, and words, that the code goes by. files: fields that become the name of a file.
    keys: fields whose keys are free text, which are the field of that name and ``.keys``.
    """

    alike: dict[str, str]
    kept: set[str]
    files: set[str]
    keys: set[str]
    done: dict[str, str] = dataclasses.field(default_factory=dict)

    def text(self, field, value):
        """Return one text with its payload."""
        field = self.alike.get(field, field)
        if field in self.kept or value in self.kept:
            return value
        self.done[field] = payload(field) if field in self.files else full(field)
        return f"{value}{self.done[field]}"

    def value(self, value, field):
        """Return a whole value of JSON with payloads in it."""
        if isinstance(value, str):
            return self.text(field, value)
        if isinstance(value, list):
            return [self.value(item, field) for item in value]
        if not isinstance(value, dict):
            return value
        named = {key: self.text(f"{field}.keys", key) if field in self.keys else key for key in value}
        return {named[key]: self.value(item, f"{field}.{key}") for key, item in value.items()}

    def file(self, path, field):
        """Poison a file of JSON, or of JSON lines."""
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines() if path.suffix == ".jsonl" else [text]
        path.write_text(
            "".join(json.dumps(self.value(json.loads(line), field)) + "\n" for line in lines), encoding="utf-8"
        )


@dataclasses.dataclass
class Seen:
    """What a browser made of a page."""

    heard: list[str]  # messages, dialogs, faults and requests
    fired: list[str]  # payloads that ran
    elements: Counter[str]  # every element outside of charts with the names of its attributes
    drawn: set[str]  # kinds of elements within charts
    texts: str  # all texts and attributes
    used: object  # what was found while the page was used

    def missing(self, payloads):
        """Return the fields whose payload is nowhere in the page, as text or in an attribute."""
        return {field for field, text in payloads.items() if text not in self.texts}


@contextlib.contextmanager
def chromium():
    """Yield a browser; skip the test where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to open the page with")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine to open the page with")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def look(browser, path, use, **options):
    """Return what a browser made of a page from disk after `use` has used it; no content policy helps the page."""
    context = browser.new_context(offline=True, bypass_csp=True, **options)
    context.add_init_script(NOTE)
    tab, heard = context.new_page(), []
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda asked: asked.url.startswith(("data:", f"file://{path}")) or heard.append(asked.url))
    tab.goto(f"file://{path}")
    used = use(tab)
    found = tab.evaluate(SEEN)
    context.close()
    texts = "\n".join(" ".join(text.split()) for text in found["texts"])
    return Seen(heard, found["fired"], Counter(found["elements"]), set(found["drawn"]), texts, used)

"""Charts in the page: a still picture that needs nothing, the specification behind it, and the library that draws."""

import base64
import dataclasses
import functools
import hashlib
import re
from pathlib import Path

import vl_convert
from markupsafe import Markup

from report.charts import Spec
from report.tables import Table

DRAW = Path(__file__).with_name("page") / "charts.js"
EXPOSE = "window.vegaEmbed = vegaEmbed;"
VERSION = "6.4"  # of Vega-Lite, for the still picture and for the page alike


@dataclasses.dataclass(frozen=True)
class Figure:
    """One chart of the page, with the table of its numbers."""

    name: str
    caption: str
    spec: Spec
    still: Markup  # <svg>, its text escaped
    table: Table | None


def figure(name: str, caption: str, spec: Spec | None, table: Table | None) -> Figure | None:
    """Return a chart ready for the page; None without a specification. name: an id, letters only."""
    return None if spec is None else Figure(name, caption, spec, still(spec, name), table)


def still(spec: Spec, name: str) -> Markup:
    """Return a chart as ``<svg>``; the ids within it begin with `name`, since a page may hold several."""
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return Markup(svg.replace('href="#', f'href="#{name}-'))  # Vega escapes all text


@functools.cache
def library() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, as one script without imports. Raises ValueError if it
    could end its own element."""
    script: str = vl_convert.javascript_bundle(EXPOSE, vl_version=VERSION)
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the library of charts cannot stand inside a page")
    return script


def scripts() -> list[Markup]:
    """Return the scripts of the page: the library and what draws with it."""
    return [Markup(library()), Markup(DRAW.read_text(encoding="utf-8"))]  # no text of files in either


def allowed(script: str) -> str:
    """Return how a page's policy names a script, so that no other one runs: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"

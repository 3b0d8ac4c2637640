"""Pages from templates: every text escaped, and a name that is missing an error."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2


def rendered(template: Path, **words: Any) -> str:
    """Return the page of a template, whole in one file. It may take others of its folder, and base.html.j2, by name."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader((template.parent, Path(__file__).parent)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template(template.name).render(**words) + "\n"


def allowed(script: str) -> str:
    """Return how a page's policy names a script, so that no other one runs: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"

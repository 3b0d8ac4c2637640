"""README.md, CONTRIBUTING.md and docs/ lead somewhere, and what they tell people to type is right."""

import csv
import re
import shlex
from pathlib import Path

import click
import pytest
from PIL import Image

from admix.cli import admix
from admix.commands import resolved

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += [ROOT / "assets" / "README.md", ROOT / "render" / "recipes" / "README.md", ROOT / "sources" / "README.md"]
IMAGES = sorted((ROOT / "docs" / "images").glob("*.[jp][pn]g"))
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`|(?m:^([a-z]+/[\w./-]+) )")
LINK = re.compile(r"\]\(([^)\s]+)\)")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"(?m)^#+ (.+)$", text_of(page))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands(page: Path) -> list[str]:
    """Return the lines of the code blocks of a page, those that go on put together, without comments."""
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```", text_of(page))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("  #")[0].split(" # ")[0].strip() for line in lines]


@every_page
def test_every_link_leads_to_something(page):
    broken = []
    for link in LINK.findall(text_of(page)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            broken.append(link)
    assert broken == []


@every_page
def test_every_path_that_is_named_is_there(page):
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"data", "reports"}
    named = [one or other for one, other in PATH.findall(text_of(page))]
    ours = [name for name in named if name.split("/")[0] in rooms and "NAME" not in name]
    assert [name for name in ours if not (ROOT / name).exists()] == []


@every_page
def test_every_make_names_a_target(page):
    targets = set(re.findall(r"(?m)^([a-z-]+):", text_of(ROOT / "Makefile")))
    used = re.findall(r"(?m)^(?:\w+=\S+ )?make ([a-z][a-z-]*)", "\n".join(commands(page)))
    used += re.findall(r"`make ([a-z][a-z-]*)(?: [A-Z][^`]*)?`", text_of(page))
    assert [name for name in used if name not in targets] == []


@every_page
def test_every_admix_can_be_typed(page):
    lines = [line for line in commands(page) if re.match(r"admix \w", line)]
    for line in lines:
        command, rest = resolved(admix, shlex.split(line)[1:])
        assert command.parse_args(click.Context(command, info_name=line), rest) == [], line


def test_the_readme_is_short_and_names_one_way_only():
    lines = text_of(ROOT / "README.md").splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if "python -m" in line] == []


def test_every_picture_is_shown_and_no_heavier_than_150_kb():
    shown = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(text_of(page))}
    assert [path.name for path in IMAGES if path not in shown] == []
    assert [path.name for path in IMAGES if path.stat().st_size > 150_000] == []
    for path in IMAGES:
        Image.open(path).verify()


def test_the_pictures_say_whose_photos_and_assets_they_show():
    folder = ROOT / "docs" / "images"
    rows = list(csv.DictReader(text_of(folder / "LICENCES.csv").splitlines()))
    assert {row["licence"] for row in rows} <= {"BSD-3-Clause", "CC0-1.0"}
    for source in {row["source"] for row in rows if row["licence"] == "BSD-3-Clause"}:  # whose text goes with copies
        assert "Redistribution and use" in text_of(folder / f"LICENSE-{source}.txt")

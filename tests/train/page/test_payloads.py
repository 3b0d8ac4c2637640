"""Whatever stands in the files behind the page, it is shown as text and nothing of it runs."""

import dataclasses

import pytest
from page_project import paths_of, transfer, write_page
from page_reader import Reader
from payloads import CHROMIUM, PAYLOAD, Poison, elements, numbers_in, opened

from dataset.records import read_manifest, write_manifest
from pipeline.files import write_json
from pipeline.reading import read_json
from train.report import Report, main

CATEGORY = PAYLOAD.format(9000)
SHOWN = (
    *(".setup", ".metric", ".ratios.0.name", ".race.budget", ".race.why_stopped", ".worth.why", ".worth.currency"),
    *(".money.rows.0.what", ".advice.why", ".advice.options.0.what", ".attribution.method"),
    *(".attribution.groups.0.name", ".attribution.groups.0.words", "pick.json.name", "cause", "set aside"),
)
DECIDES = ("split",)  # texts by which the page finds what to show


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a payload in every text of every file that the page is made from."""
    root = tmp_path_factory.mktemp("page")
    write_page(root, transfer(categories=(CATEGORY,)), categories=(CATEGORY,))
    poison = Poison(without=DECIDES)
    write_json(root / "transfer.json", poison.into(read_json(root / "transfer.json")))
    samples = Poison(start=2000, without=("id", "domain", "image", "ids", "category"))
    for path in (root / "renders/samples.jsonl", root / "split/train.jsonl", root / "split/val.jsonl"):
        write_manifest(path, [samples.into(sample, path.stem) for sample in read_manifest(path)])
    others = Poison(start=5000, without=("categories", "photos", "cell"))
    for name in ("cell/settings.json", "pick.json"):
        write_json(root / name, others.into(read_json(root / name), name))
    write_json(
        root / "renders/refused.json",
        {others.text("cause"): [others.text("scene")], "crashed": [others.text("set aside")]},
    )
    main(Report(2, 2), *paths_of(root))
    return root, (poison, samples, others)


def test_every_text_of_every_file_is_shown_as_text_or_not_at_all(project):
    root, poisons = project
    page = (root / "index.html").read_text(encoding="utf-8")
    read = Reader(page)
    attributes = " ".join(value or "" for _, attrs in read.tags for value in attrs.values())
    told = numbers_in(read.text) | numbers_in(attributes)
    assert numbers_in(page) == told  # none is anywhere else, such as in the name of a tag
    shown = set().union(*(poison.shown(f"{read.text} {attributes}") for poison in poisons))
    for way in SHOWN:
        assert way in shown, f"{way} was not found, so nothing is known of it"
    assert CATEGORY in read.text
    assert any(way.endswith(".source") for way in shown)
    assert any(way.endswith(".licence") for way in shown)
    assert any(".assets." in way for way in shown)
    assert any(way.startswith("cell/settings.json") for way in shown)


def test_no_element_comes_from_a_text(project, tmp_path):
    root, _ = project
    plain = write_page(tmp_path / "plain", transfer(), renders=2, worst=2)

    page = (root / "index.html").read_text(encoding="utf-8")
    assert elements(Reader(page)) == elements(Reader(plain))
    assert not [attrs for _, attrs in Reader(page).tags if any(name.startswith("on") for name in attrs)]
    asked = [value for _, attrs in Reader(page).tags for name, value in attrs.items() if name in {"src", "href"}]
    assert all(value.startswith(("data:image/", "#")) for value in asked)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_in_a_browser_nothing_of_it_runs_and_nothing_is_asked_for(project):
    root, _ = project
    heard, ran = opened(root / "index.html")
    assert not ran
    assert [message for message in heard if "://" in message or "ran" in message] == []


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_a_page_that_lets_a_payload_through_would_be_found_out(tmp_path):
    (tmp_path / "bad.html").write_text(f"<p>{PAYLOAD.format(1)}</p>", encoding="utf-8")
    assert opened(tmp_path / "bad.html")[1]


def test_dataclasses_are_poisoned_too():
    @dataclasses.dataclass(frozen=True)
    class Thing:
        name: str
        parts: tuple[str, ...]

    poison = Poison()
    made = poison.into(Thing("a", ("b", "c")))
    assert poison.shown(f"{made.name} {made.parts[0]} {made.parts[1]}") == {".name", ".parts.0", ".parts.1"}

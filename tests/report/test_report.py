import re
import shutil

import numpy as np
import pytest
from page_project import EVIL, NOTHING, WORTH, curve, paths_of, transfer, write_page, write_project
from page_reader import Reader

from dataset.idmap import png_bytes
from dataset.records import write_manifest
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_json
from report.report import Report, main

CATEGORIES = tuple(f"category-{number}" for number in range(12))


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The page of a project that has everything."""
    return write_page(tmp_path_factory.mktemp("usual"))


def visible(page):
    """Return the page without scripts and styles."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_names_are_text_and_never_markup(tmp_path):
    page = write_page(tmp_path, transfer(evil=EVIL), evil=EVIL)
    read = Reader(visible(page))
    assert "script" not in {tag for tag, _ in read.tags}
    assert EVIL in read.text  # as an asset's name
    assert page.count("<script") == 5 + 2  # the specifications of the charts, the library and what draws


def test_the_page_asks_for_nothing_but_itself(usual):
    read = Reader(visible(usual))
    asked = [value for _, attrs in read.tags for key, value in attrs.items() if key in {"src", "href", "xlink:href"}]
    assert asked
    assert all(value.startswith(("data:image/jpeg;base64,", "#")) for value in asked)
    assert not {"link", "iframe"} & {tag for tag, _ in read.tags}


def test_every_link_leads_to_a_section_and_no_id_is_there_twice(usual):
    read = Reader(visible(usual))
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    links = {attrs["href"][1:] for tag, attrs in read.tags if tag == "a"}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert {"ratio", "worth", "advice", "failures", "scores", "attribution", "origin"} <= links


def test_every_picture_has_words_for_those_who_do_not_see_it(usual):
    read = Reader(visible(usual))
    pictures = [attrs for tag, attrs in read.tags if tag == "img"]
    assert len(pictures) == 2 * 2 + 3 * (2 + 1) + 2 + 6  # pairs, worst and unsure, examples, beside the curve
    assert all(attrs["alt"] for attrs in pictures)


def test_the_page_is_the_same_bytes_every_time(tmp_path, usual):
    assert write_page(tmp_path) == usual


def test_the_page_stays_small_and_holds_the_library_once(usual):
    assert len(usual) < 5_000_000
    assert usual.count("window.vegaEmbed") == 1


SMALLEST = transfer(ratios=(0.5,), picked=0.5, seeds=1, **NOTHING)
UNKNOWN = WORTH | {"real_labels": None, "ci95": None, "money": None}
FALLING = {"real": curve(0.1, 0.2, trusted=False, flags=["It falls."])}
UNFITTED = {"real": curve(0.1, 0.2) | {"fit": [], "families": [], "ceiling": None}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("found", "there", "gone"),
    [
        pytest.param(SMALLEST, ["ratio", "origin"], ["worth", "advice", "money", "scores"], id="everything null"),
        pytest.param(transfer(ratios=(0.5,), picked=0.5), ["ratio", "worth"], [], id="one ratio"),
        pytest.param(transfer(seeds=1), ["ratio", "stability"], [], id="one seed"),
        pytest.param(transfer(ratios=tuple(at / 39 for at in range(40)), picked=0.0), ["ratio"], [], id="40 ratios"),
        pytest.param(transfer(worth=WORTH | {"censored": True, "ci95": None}), ["worth"], [], id="censored worth"),
        pytest.param(transfer(worth=UNKNOWN), ["worth"], [], id="unknown worth"),
        pytest.param(transfer(curves=FALLING), ["worth"], [], id="an untrusted curve"),
        pytest.param(transfer(curves=UNFITTED), ["worth"], [], id="no fit"),
    ],
)
def test_a_page_of_any_project_has_the_sections_that_it_has_numbers_for(tmp_path, found, there, gone):
    read = Reader(visible(write_page(tmp_path, found)))
    ids = {attrs["id"] for _, attrs in read.tags if "id" in attrs}
    assert set(there) <= ids
    assert not set(gone) & ids


def test_twelve_categories_each_have_a_name_and_a_colour(tmp_path):
    read = Reader(visible(write_page(tmp_path, transfer(categories=CATEGORIES), categories=CATEGORIES)))
    assert all(name in read.text for name in CATEGORIES)
    assert len([attrs for _, attrs in read.tags if attrs.get("class") == "swatch"]) == 12


def test_no_picture_is_a_page_without_sheets(tmp_path):
    page = visible(write_page(tmp_path, renders=0, worst=0))
    assert "<img" not in page
    assert "fails most" not in page


def test_no_render_is_a_page_without_pairs(tmp_path):
    write_project(tmp_path, transfer())
    write_manifest(tmp_path / "renders" / "samples.jsonl", [])
    main(Report(2, 2), *paths_of(tmp_path))
    assert 'id="renders"' not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_scored_photo_that_the_split_lost_is_named(tmp_path):
    write_project(tmp_path, transfer())
    write_manifest(tmp_path / "split" / "val.jsonl", [])
    with pytest.raises(InputError, match=r"val\.jsonl: has no photo val1"):
        main(Report(1, 1), *paths_of(tmp_path))


def test_a_prediction_of_another_size_is_named(tmp_path):
    write_project(tmp_path, transfer())
    write_bytes(tmp_path / "trial" / "val" / "val2.png", png_bytes(np.zeros((5, 5), np.uint8)))
    with pytest.raises(InputError, match=r"val2\.png: found a size of \(5, 5\), wanted \(120, 160\)"):
        main(Report(1, 1), *paths_of(tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("trial/val.json", {"photos": [{"id": "val1"}]}, id="scores"),
        pytest.param("trial/settings.json", {"seed": 1}, id="settings"),
        pytest.param("pick.json", {"ratio": 0.5}, id="pick"),
        pytest.param("transfer.json", {"runs": []}, id="transfer"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, name, value):
    write_project(tmp_path, transfer())
    write_json(tmp_path / name, value)
    with pytest.raises(InputError, match=rf"{name}: not "):
        main(Report(1, 1), *paths_of(tmp_path))


def test_a_missing_prediction_is_named(tmp_path):
    write_project(tmp_path, transfer())
    shutil.rmtree(tmp_path / "trial" / "val")
    with pytest.raises(InputError, match=r"val/val1\.png: there is no such file"):
        main(Report(1, 1), *paths_of(tmp_path))


def test_beside_forecasts_stands_how_often_such_forecasts_held(tmp_path):
    text = write_page(tmp_path)
    assert text.count("Forecasts of this kind held in 1 of 1 backtests.") == 1  # of worth
    assert "Forecasts of this kind held in 0 of 1 backtests. The advised step was among the two best in 1 of 1" in text

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from label.certificate import starts_for
from label.route import Route, main
from label.routing.drift import drifts
from label.routing.record import read_certificate
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.settings import read_settings
from tests.label.crew import block, write_photos, write_predictions

SETTINGS = dataclasses.replace(read_settings(Route), target=0.9, looks=(60,), among=1.0, spare=None, drift_photos=20)
COSTS = read_settings(Costs)
rng = np.random.default_rng(5)
SCORES = rng.random(200)
ABOVE = np.sort(SCORES)[-80]  # the lowest score of the upper 40 %


def predictions(folder: Path, scores=SCORES, category="mug", model="one") -> Path:
    photos = {f"{at:03}.png": [(category, float(score), block())] for at, score in enumerate(scores)}
    return write_predictions(folder, photos, model)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def answered(path: Path, rows, right) -> Path:
    path.write_text("".join(json.dumps(row | {"accepted": bool(right(row))}) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """Predictions, and the run before anything was checked."""
    folder = tmp_path_factory.mktemp("route")
    main(SETTINGS, COSTS, predictions(folder / "predictions"), folder / "out")
    return folder


def test_before_any_check_nothing_is_taken_and_the_draw_is_written(first):
    rows = lines(first / "out/to_check.jsonl")
    assert len(rows) == 60
    assert {row["accepted"] for row in rows} == {None}
    assert {row["answer"] for row in lines(first / "out/routes.jsonl")} <= {"ask one", "ask three"}
    assert read_certificate(first / "out/certificate.json").categories[0].missing == 29


def test_a_longer_draw_begins_with_the_shorter_one(first, tmp_path):
    main(dataclasses.replace(SETTINGS, looks=(60, 100)), COSTS, first / "predictions", tmp_path / "out")
    more = dataclasses.replace(SETTINGS, looks=(100,))
    main(more, COSTS, first / "predictions", tmp_path / "more")
    rows = lines(tmp_path / "more/to_check.jsonl")
    assert rows[:60] == lines(first / "out/to_check.jsonl")
    assert len({(row["key"], row["instance"]) for row in rows}) == 100


def test_with_right_answers_above_a_score_those_need_nobody(first, tmp_path):
    checks = answered(tmp_path / "checks.jsonl", lines(first / "out/to_check.jsonl"), lambda row: row["score"] > 0.25)
    main(SETTINGS, COSTS, first / "predictions", tmp_path / "out", checks)
    held = read_certificate(tmp_path / "out/certificate.json")
    routes = lines(tmp_path / "out/routes.jsonl")
    alone = [row for row in routes if row["answer"] == "accept" and row["why"] != "a person checked it"]
    assert held.categories[0].bound >= 0.9
    assert len(alone) > 50
    assert min(row["score"] for row in alone) >= held.categories[0].score
    assert sum(row["answer"] == "redraw" for row in routes) == sum(
        row["score"] <= 0.25 for row in lines(first / "out/to_check.jsonl")
    )


def test_checks_are_drawn_among_the_highest_scores_and_every_twentieth_below_them(first, tmp_path):
    upper = dataclasses.replace(SETTINGS, among=0.4)
    main(upper, COSTS, first / "predictions", tmp_path / "none")
    rows = lines(tmp_path / "none/to_check.jsonl")
    assert [at for at, row in enumerate(rows, 1) if row["score"] < ABOVE] == [20, 40, 60]
    main(upper, COSTS, first / "predictions", tmp_path / "out", answered(tmp_path / "checks", rows, lambda _: True))
    (row,) = read_certificate(tmp_path / "out/certificate.json").categories
    assert (row.objects, row.among, row.of, row.checked) == (80, 80, 200, 57)


def test_what_lies_below_the_part_that_is_drawn_from_is_not_taken_for_right(first, tmp_path):
    upper = dataclasses.replace(SETTINGS, among=0.4, looks=(200,))  # every object is checked
    main(upper, COSTS, first / "predictions", tmp_path / "none")
    rows = lines(tmp_path / "none/to_check.jsonl")
    half = answered(tmp_path / "checks", rows[:60], lambda row: row["score"] >= ABOVE)
    main(dataclasses.replace(upper, looks=(60,)), COSTS, first / "predictions", tmp_path / "out", half)
    none_alone, *_, all_alone = json.loads((tmp_path / "out/route.json").read_text(encoding="utf-8"))["curve"]
    true = (120 * COSTS.mask_s + 200 * COSTS.check_s) / 60
    assert none_alone["minutes"] == pytest.approx(true)  # all three below were rejected
    assert none_alone["minutes_95"][0] < true < none_alone["minutes_95"][1]
    assert all_alone["right"] == pytest.approx(0.4)


def test_where_there_are_fewer_objects_than_checks_needed_it_says_so(tmp_path, capsys):
    main(
        dataclasses.replace(SETTINGS, target=0.99), COSTS, predictions(tmp_path / "few", SCORES[:72]), tmp_path / "out"
    )
    said = "0.99 takes 299 further checks at the least, without a wrong one, and there are 72 more objects to draw"
    assert said in capsys.readouterr().err
    assert said in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_with_so_few_checks_that_a_start_cannot_be_its_part_of_the_error_goes_to_the_others():
    assert starts_for(0.99, 0.05, 320, (0, 2)) == starts_for(0.99, 0.05, 320, (0,))
    assert len(starts_for(0.99, 0.05, 950, (0, 2))) == 2
    assert starts_for(0.99, 0.05, 200, (0, 2)) == []


def test_answers_beyond_a_gap_in_the_draw_do_not_count(first, tmp_path):
    rows = lines(first / "out/to_check.jsonl")
    checks = answered(tmp_path / "checks.jsonl", [*rows[:10], *rows[11:]], lambda _: True)
    main(SETTINGS, COSTS, first / "predictions", tmp_path / "out", checks)
    said = json.loads((tmp_path / "out/route.json").read_text(encoding="utf-8"))
    assert (said["answered"], said["unused"]) == (59, 59)
    assert said["closed"]


def test_a_category_that_was_hardly_checked_is_not_carried_along(tmp_path):
    photos = {f"{at:03}.png": [("mug", 0.9 + at / 5000, block())] for at in range(150)}
    photos |= {f"r{at}.png": [("ring", 0.99, block())] for at in range(6)}
    folder = write_predictions(tmp_path / "predictions", photos)
    main(SETTINGS, COSTS, folder, tmp_path / "out")
    checks = answered(tmp_path / "checks.jsonl", lines(tmp_path / "out/to_check.jsonl"), lambda _: True)
    main(SETTINGS, COSTS, folder, tmp_path / "out", checks)
    found = {
        row.category: row.score is not None for row in read_certificate(tmp_path / "out/certificate.json").categories
    }
    assert found == {"mug": True, "ring": False}


@pytest.fixture(scope="module")
def certificate(first, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("held")
    checks = answered(folder / "checks.jsonl", lines(first / "out/to_check.jsonl"), lambda row: row["score"] > 0.2)
    main(SETTINGS, COSTS, first / "predictions", folder / "out", checks)
    return folder / "out/certificate.json"


def test_a_certificate_routes_new_photos_that_look_alike(certificate, tmp_path):
    main(SETTINGS, COSTS, predictions(tmp_path / "new", rng.random(80)), tmp_path / "out", certificate=certificate)
    said = json.loads((tmp_path / "out/route.json").read_text(encoding="utf-8"))
    assert said["closed"] == ""
    assert said["answers"]["accept"] > 20


@pytest.mark.parametrize(
    ("scores", "category", "why"),
    [
        pytest.param(rng.random(80) ** 3, "mug", "mean score", id="lower scores"),
        pytest.param(rng.random(80), "plate", "objects of mug", id="another category"),
        pytest.param(rng.random(5), "mug", "too few", id="few photos"),
    ],
)
def test_what_has_drifted_closes_the_gate(certificate, tmp_path, scores, category, why):
    main(SETTINGS, COSTS, predictions(tmp_path / "new", scores, category), tmp_path / "out", certificate=certificate)
    said = json.loads((tmp_path / "out/route.json").read_text(encoding="utf-8"))
    assert why in said["closed"]
    assert said["answers"]["accept"] == 0


def test_photos_of_one_kind_raise_no_alarm():
    alarms = 0
    draw = np.random.default_rng(1)
    for _ in range(200):
        ours, theirs = ({"a": draw.random(n), "b": draw.normal(size=n)} for n in (100, 60))
        alarms += any(drift.alarm for drift in drifts(ours, theirs, 0.05))
    assert alarms <= 10 + 2 * 3.1  # two standard deviations


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param('{"key": "key of x", "instance": 0, "accepted": true}', "none of these predictions", id="unknown"),
        pytest.param('{"key": "key of 001.png", "instance": 0, "accepted": "yes"}', "not a check", id="no answer"),
        pytest.param(
            '{"key": "key of 001.png", "instance": 0, "accepted": true}\n'
            '{"key": "key of 001.png", "instance": 0, "accepted": false}',
            "rejected in another",
            id="two answers",
        ),
    ],
)
def test_a_wrong_line_of_checks_is_one_line(first, tmp_path, line, said):
    (tmp_path / "checks.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        main(SETTINGS, COSTS, first / "predictions", tmp_path / "out", tmp_path / "checks.jsonl")
    assert not (tmp_path / "out").exists()


def test_another_network_has_no_certificate(certificate, tmp_path):
    with pytest.raises(InputError, match="by another network"):
        main(SETTINGS, COSTS, predictions(tmp_path / "new", model="two"), tmp_path / "out", certificate=certificate)


@pytest.mark.slow
def test_objects_are_checked_on_the_page_by_keyboard(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to open the page with")
    from tests.strangers import CHROMIUM

    files = [f"{at}.png" for at in range(4)]
    photos = write_photos(tmp_path / "photos", files)
    folder = write_predictions(tmp_path / "p", {file: [("<i>mug", 0.5, block())] for file in files})
    main(SETTINGS, COSTS, folder, tmp_path / "out", photos=photos)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((tmp_path / "out/index.html").as_uri())
        for key in "ynuyy":
            page.keyboard.press(key)
        with page.expect_download() as waiting:
            page.keyboard.press("s")
        waiting.value.save_as(tmp_path / "checks.jsonl")
        assert page.locator("i").count() == 0
        browser.close()
    assert [row["accepted"] for row in lines(tmp_path / "checks.jsonl")] == [True, True, True]
    main(SETTINGS, COSTS, folder, tmp_path / "out", tmp_path / "checks.jsonl")
    assert json.loads((tmp_path / "out/route.json").read_text(encoding="utf-8"))["answered"] == 3

import csv
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.records import Sample, write_manifest
from label.doubt import agreement, expected_loss, vote_entropy
from label.pick import Pick, main
from label.wins import Win, Wins, write_wins
from pipeline.costs import Costs
from pipeline.errors import InputError
from tests.label.predicted import prediction, square, write_folder, write_photo
from tests.page_reader import Reader

COSTS = Costs("EUR", 1.5, 20.0, None, 0.1, 0.25, 0.5, 4, 0, 0)
SETTINGS = Pick(1, "entropy", "pool", 6, "labels", 3, 0.5, 0.2, 1.5, 6, 0.98)
NAMES = [f"{floor}/{at}.png" for floor in ("oak", "tiles") for at in range(6)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write twelve photos of two floors, and what a network finds there: the later the photo, the less sure."""
    for number, name in enumerate(NAMES):
        write_photo(tmp_path / "photos" / name, number)
    predict(tmp_path / "predictions")
    return tmp_path


def predict(folder: Path, x: int = 8, features: bool = True) -> Path:
    found = [
        prediction(
            name, [square(x)] * (1 + at % 2), [0.9] * (1 + at % 2), at / 20,
            doubts={"margin": at / 20, "least confidence": at / 40}, features=(float(at), 1.0) if features else (),
        )
        for at, name in enumerate(NAMES)
    ]  # fmt: skip
    return write_folder(folder, found)


def pick(project: Path, settings: Pick = SETTINGS, *more: Path, **files: Path) -> dict:
    folders = [project / "predictions", *more]
    main(settings, COSTS, folders, project / "photos", project / "next", **files)
    return json.loads((project / "next" / "pick.json").read_text(encoding="utf-8"))


def chosen(found: dict) -> list[str]:
    return [row["file"] for row in found["photos"] if not row["control"]]


def test_the_unsure_are_picked_beside_a_control(project):
    found = pick(project)
    assert sum(row["control"] for row in found["photos"]) == 1
    assert len(chosen(found)) == 5
    assert min(NAMES.index(file) for file in chosen(found)) >= 6
    reasons = {row["reason"] for row in found["photos"]}
    assert "by chance, as a control" in reasons
    assert any("of the pool" in reason for reason in reasons)


def test_minutes_follow_the_objects_and_money_the_minutes(project):
    found = pick(project, dataclasses.replace(SETTINGS, unit="money", budget=4.5))
    minutes = {row["file"]: row["minutes"] for row in found["photos"]}
    assert set(minutes.values()) <= {1.5, 3.0}
    assert found["head"]["money"] == pytest.approx(sum(minutes.values()) / 60 * 20, abs=0.01)
    assert found["head"]["money"] <= 4.5


def test_what_is_labelled_and_what_is_nearly_the_same_is_never_picked(project):
    name = "oak/5.png"
    image = Image.open(project / "photos" / name)
    image.resize((60, 60)).save(project / "larger.png")
    shutil.copy(project / "photos" / "tiles/5.png", project / "same.png")
    samples = [Sample(one, "real", one, "m", (60, 60), (), "s", "CC0-1.0") for one in ("larger.png", "same.png")]
    write_manifest(project / "samples.jsonl", samples)
    found = pick(project, dataclasses.replace(SETTINGS, budget=40), labelled=project / "samples.jsonl")
    files = {row["file"] for row in found["photos"]}
    assert found["head"]["taken"] == 2
    assert files == set(NAMES) - {name, "tiles/5.png"}


def test_a_committee_asks_for_what_its_networks_see_differently(project):
    other = predict(project / "other")
    torn = "tiles/2.png"
    write_folder(other, [prediction(torn, [square(20)], [0.9], doubts={"margin": 0.1, "least confidence": 0.1})])
    settings = dataclasses.replace(SETTINGS, strategy="committee", budget=1, control=0.001)
    assert chosen(pick(project, settings, other)) == [torn]


def test_the_list_is_the_page_and_the_table(project):
    found = pick(project)
    rows = list(csv.DictReader((project / "next" / "pick.csv").read_text().splitlines()))
    page = Reader((project / "next" / "index.html").read_text(encoding="utf-8"))
    assert [row["file"] for row in rows] == [row["file"] for row in found["photos"]]
    assert all(row["file"] in page.text for row in found["photos"])
    assert all(line in page.text for line in found["head"]["said"])
    assert not [tag for tag, _ in page.tags if tag == "script"]


def test_the_same_asked_twice_gives_the_same_bytes(project):
    pick(project)
    first = {p.name: p.read_bytes() for p in (project / "next").iterdir()}
    pick(project)
    assert {p.name: p.read_bytes() for p in (project / "next").iterdir()} == first


def test_it_says_that_nothing_was_measured_or_what_was(project):
    assert "was not measured" in " ".join(pick(project)["head"]["said"])
    none, gain = (Win((0.5, 0.6), area, (low, 0.1), 2.0, (1.4, 2.0)) for area, low in ((0.01, -0.01), (0.05, 0.01)))
    wins = Wins("dominoes", "a layer", 8, 20, (40, 80), 40, 2.0, {"entropy": none, "k-centre": gain})
    write_wins(project / "wins.json", wins)
    said = " ".join(pick(project, simulated=project / "wins.json")["head"]["said"])
    assert "No gain shown" in said
    settings = dataclasses.replace(SETTINGS, strategy="k-centre")
    said = " ".join(pick(project, settings, simulated=project / "wins.json")["head"]["said"])
    assert "k-centre beat chance on dominoes" in said
    assert "2 or more times" in said


@pytest.mark.parametrize(("x", "word"), [pytest.param(8, "Stop:", id="the same"), pytest.param(14, "Go on:", id="not")])
def test_it_says_stop_when_two_rounds_see_the_same(project, x, word):
    said = pick(project, before=predict(project / "before", x))["head"]["said"]
    assert any(line.startswith(word) for line in said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"strategy": "committee"}, "committee, which wants --predictions of two", id="no committee"),
        pytest.param({"protocol": "stream", "strategy": "k-centre"}, "stream wants a strategy of", id="no stream"),
        pytest.param({"protocol": "stream", "threshold": 9.0, "control": 0.01}, "nothing to pick", id="none so unsure"),
    ],
)
def test_what_cannot_be_picked_is_said(project, changes, message):
    with pytest.raises(InputError, match=message):
        pick(project, dataclasses.replace(SETTINGS, **changes))


def test_predictions_without_features_are_told(project):
    predict(project / "predictions", features=False)
    with pytest.raises(InputError, match=r"put features in predict\.formats"):
        pick(project, dataclasses.replace(SETTINGS, strategy="k-centre"))


def test_folders_of_other_photos_are_no_committee(project):
    other = write_folder(project / "other", [prediction("oak/0.png", [], [])])
    with pytest.raises(InputError, match=r"other: oak/1\.png is not in all folders"):
        pick(project, SETTINGS, other)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"strategy": "best"}, "strategy is 'best'", id="no strategy"),
        pytest.param({"control": 0.0}, "control is 0.0, wanted a share above 0", id="no control"),
        pytest.param({"budget": 0}, "budget is 0", id="no budget"),
        pytest.param({"near_duplicates": 40}, "near_duplicates is 40", id="all are near"),
        pytest.param({"settled": 2}, "settled is 2", id="no share"),
        pytest.param({"minutes_per_object": 0}, "minutes_per_object is 0", id="no time"),
    ],
)
def test_settings_that_no_pick_can_use_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **changes)


def test_votes_that_are_split_in_half_are_one_bit():
    one, other = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)
    other[:2] = 1
    assert vote_entropy([one, other]) == pytest.approx(0.5)
    assert vote_entropy([one, one]) == 0
    assert agreement(one, one) == 1
    assert agreement(one, other) == 0


def test_the_expected_loss_is_the_area_that_the_scores_give_up():
    assert expected_loss(prediction("a", [square(0, 10), square(20, 10)], [1.0, 0.5])) == pytest.approx(0.25)
    assert expected_loss(prediction("a", [], [])) == 1

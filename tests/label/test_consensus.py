import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from dataset.formats.listed import Defects
from dataset.idmap import instances_in, png_bytes, write_ids
from dataset.known_formats import read_set
from dataset.records import REAL, Sample, write_manifest
from label.consensus import Consensus, main
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.settings import read_settings
from tests.label.crew import SIZE, block, write_predictions

SETTINGS = read_settings(Consensus)
PHOTOS = ("a", "b", "c")


def write_member(folder: Path, drawn: dict[str, list[tuple[str, np.ndarray]]]) -> None:
    samples = []
    for name, objects in drawn.items():
        ids = np.zeros(SIZE, np.uint16)
        for number, (_, mask) in enumerate(objects, 1):
            ids[mask] = number
        write_bytes(folder / f"images/{name}.png", png_bytes(np.full((*SIZE, 3), 90, np.uint8)))
        write_ids(folder / f"ids/{name}.png", ids)
        _, instances = instances_in(ids, [category for category, _ in objects])
        samples.append(Sample(name, REAL, f"images/{name}.png", f"ids/{name}.png", SIZE, instances, "hall", "CC0-1.0"))
    write_manifest(folder / "samples.jsonl", samples)


def two(grown: int = 0, name: str = "mug"):
    return [(name, block(8 - grown, 8 - grown, 12 + 2 * grown)), ("plate", block(34, 16, 14))]


@pytest.fixture
def crew(tmp_path) -> Path:
    for who in ("ann", "ben", "cy"):
        write_member(tmp_path / "crew" / who, {name: two() for name in PHOTOS})
    write_member(tmp_path / "crew" / "dan", {name: two(3) for name in PHOTOS})
    return tmp_path / "crew"


def test_what_is_written_is_read_again_with_all_objects_and_categories(crew, tmp_path):
    main(SETTINGS, crew, tmp_path / "out")
    found = read_set(tmp_path / "out/set", Defects())
    assert found.categories == ("mug", "plate")
    for photo in found.photos:
        ids, names = photo.label.draw(SIZE)
        assert names == ["mug", "plate"]
        assert ((ids == 1) == two()[0][1]).all()
    skills = json.loads((tmp_path / "out/consensus.json").read_text(encoding="utf-8"))["skills"]
    assert [skill["annotator"] for skill in skills] == ["ann", "ben", "cy", "dan"]


def test_who_missed_or_misnamed_is_told_and_disputes_go_to_somebody_else(crew, tmp_path):
    write_member(crew / "dan", {"a": [("plate", block(8, 8, 12))], "b": two()})
    write_member(crew / "cy", {"a": two()})
    main(SETTINGS, crew, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out/ask_again.jsonl").read_text(encoding="utf-8").splitlines()]
    skills = json.loads((tmp_path / "out/consensus.json").read_text(encoding="utf-8"))["skills"]
    dan = next(skill for skill in skills if skill["annotator"] == "dan")
    assert (dan["missed"], dan["misnamed"]) == (pytest.approx(1 / 4), pytest.approx(1 / 3))
    assert {row["photo"] for row in rows} == {"a"}
    assert {row["ask"] for row in rows} == {""}


def test_a_network_that_sees_something_else_has_no_vote(crew, tmp_path):
    for model, fate in ((block(8, 8, 12), "has a vote"), (block(40, 2, 9), "is ignored")):
        found = {f"{name}.png": [("mug", 0.9, model), ("plate", 0.9, block(34, 16, 14) & ~model)] for name in PHOTOS}
        if fate == "is ignored":
            found = {file: objects[:1] for file, objects in found.items()}
        predictions = write_predictions(tmp_path / fate, found)
        main(SETTINGS, crew, tmp_path / "out", predictions)
        said = json.loads((tmp_path / "out/consensus.json").read_text(encoding="utf-8"))
        assert said["model"].endswith(fate)
        assert said["skills"][-1]["annotator"] == "model"


def test_known_labels_move_what_all_draw_too_wide(crew, tmp_path):
    for who in ("ann", "ben", "cy", "dan"):
        write_member(crew / who, {name: [("mug", block(5, 5, 18))] for name in PHOTOS})
    write_member(tmp_path / "golden", {"a": [("mug", block(8, 8, 12))]})
    main(SETTINGS, crew, tmp_path / "out", golden=tmp_path / "golden")
    skills = json.loads((tmp_path / "out/consensus.json").read_text(encoding="utf-8"))["skills"]
    assert [skill["offset_px"] for skill in skills] == pytest.approx([3, 3, 3, 3], abs=0.6)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda crew: (crew / "ann/samples.jsonl").unlink(), "admix ingest", id="no manifest"),
        pytest.param(lambda crew: (crew / "cy").rename(crew / "model"), "the name is the network's", id="named model"),
        pytest.param(
            lambda crew: write_ids(crew / "ben/ids/a.png", np.zeros((4, 4), np.uint16)), "is \\(4, 4\\)", id="size"
        ),
    ],
)
def test_a_wrong_crew_is_one_line_and_nothing_is_written(crew, tmp_path, spoil, said):
    spoil(crew)
    with pytest.raises(InputError, match=said):
        main(SETTINGS, crew, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_anchor_that_is_nobody_is_refused(crew, tmp_path):
    with pytest.raises(InputError, match=r"consensus\.anchor is 'eve', wanted one of: ann, ben, cy, dan"):
        main(dataclasses.replace(SETTINGS, anchor="eve"), crew, tmp_path / "out")

import dataclasses
import json
from pathlib import Path

import pytest

from measure import probe
from measure.attribute import Attribute, chosen, main
from measure.pick import attributed_row
from measure.trials.candidate import Trial
from measure.trials.runner import Machine, open_trials
from measure.trials.trainer import Trainer
from measure.worth.tried import read_probes
from tests.measure.attribution.squares import SETTINGS, squares

pytestmark = pytest.mark.training

PLAIN = Attribute(least=5, most=100, runs=1, leave_out=0, resamples=200)
MIX = (("real", 0.25), ("render", 0.75))


def write_pools(folder: Path) -> None:
    real, renders = squares(folder)
    sources = [
        {"name": "real", "domain": "real", "manifest": "train.jsonl", "ids": [s.id for s in real]},
        {"name": "render", "domain": "render", "manifest": "renders.jsonl", "ids": [s.id for s in renders]},
    ]
    held = {"manifest": "renders.jsonl", "ids": []}
    (folder / "pools.json").write_text(json.dumps({"sources": sources, "held_out": held}))
    (folder / "categories.json").write_text('["board"]')


def pick_of(rows: list[dict]) -> dict:
    """A whole pick.json whose first row is the picked one."""
    usual = {"n_real": 3, "n_render": 9, "ci95": [0.4, 0.6], "seeds": {"1": 0.5}, "iou": 0.5, "on_renders": None}
    usual |= {"schedule": "mix", "weights": {}, "trials": {}}
    whole = [usual | row | {"picked": at == 0} for at, row in enumerate(rows)]
    head = {key: whole[0][key] for key in ("name", "ratio", "schedule", "iou", "ci95")}
    return head | {"seed": 1, "trial": "race", "race": {"spent": 1.0}, "ratios": whole}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up whose mix was trained with one seed, in this process."""
    made = tmp_path_factory.mktemp("set-up")
    write_pools(made)
    files = made / "pools.json", made / "val.jsonl", made / "categories.json"
    trials, trial = open_trials(Machine(1), SETTINGS, *files, made / "race"), Trial(MIX, 1)
    trials.warm([trial])
    Trainer(trials.ground).run(trials.job(trial, 1.0))
    row = {"name": "0.75", "ratio": 0.75, "schedule": "mix", "weights": dict(MIX), "iou": 0.5, "picked": True}
    rows = [row | {"trials": {"1": trials.name(trial, made)}}]
    (made / "pick.json").write_text(json.dumps(pick_of(rows)))
    return made


def run(folder: Path, settings: Attribute, out: Path) -> dict:
    files = [folder / name for name in ("pools.json", "val.jsonl", "categories.json", "race", "pick.json")]
    main(settings, Machine(1), SETTINGS, *files, out.parent / "trials", out)
    return json.loads(out.read_text(encoding="utf-8"))


def test_without_any_further_training_misplaced_labels_are_found_and_twice_the_same(folder: Path, tmp_path: Path):
    found = run(folder, PLAIN, tmp_path / "attribution.json")
    assert found["groups"][-1]["name"] == "misplaced"
    assert found["groups"][-1]["ci95"][1] < 0
    assert {row["by"] for row in found["groups"]} == {"estimate"}
    assert found["passed"]["names"] == ["recipe squares"]
    assert found == run(folder, PLAIN, tmp_path / "again.json")


@pytest.fixture(scope="module")
def left_out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What leaving out the group of misplaced labels showed, by training without it."""
    out = tmp_path_factory.mktemp("left out") / "attribution.json"
    return run(folder, dataclasses.replace(PLAIN, leave_out=1), out)


@pytest.mark.slow
def test_training_without_misplaced_labels_shows_what_they_cost(left_out: dict):
    found, first = left_out, left_out["groups"][0]
    assert (first["name"], first["by"]) == ("misplaced", "training")
    assert first["help"] < -0.02  # so short a training rounds to -0.04 or -0.06 by the processor
    assert "too little to say" in found["check"]


@pytest.mark.slow
def test_probe_leaves_out_what_the_estimate_finds_worst_as_attribute_does(folder: Path, left_out: dict, tmp_path: Path):
    run(folder, PLAIN, tmp_path / "attribution.json")
    files = [folder / name for name in ("pools.json", "val.jsonl", "categories.json", "race", "race")]
    more = tmp_path / "attribution.json", folder / "pick.json", tmp_path / "probes", tmp_path / "probes.json"
    probe.main(probe.Probe(1.0, ("groups",), (1,), 200), Machine(1), SETTINGS, *files, *more)
    (found,) = read_probes(tmp_path / "probes.json").changes
    assert (found.name, found.action) == ("without asset misplaced", "assets")
    (measured, *_) = left_out["groups"]
    ends = [-end for end in reversed(measured["ci95"])]
    assert [found.gain, *found.ci95] == pytest.approx([-measured["help"], *ends], abs=2e-6)
    assert found.gain > 0.02


def test_a_set_up_without_renders_in_any_trained_mix_has_no_groups(tmp_path: Path):
    (tmp_path / "pick.json").write_text(json.dumps(pick_of([row("0", 0.0)])))
    assert run(tmp_path, PLAIN, tmp_path / "attribution.json")["groups"] == []


def row(name: str, ratio: float, iou: float = 0.5, picked: bool = False, trained: bool = True) -> dict:
    return {"name": name, "ratio": ratio, "iou": iou, "picked": picked, "trials": {"1": "race/x"} if trained else {}}


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        pytest.param([row("0.5", 0.5), row("0.8", 0.8, 0.4, picked=True)], "0.8", id="the picked mix"),
        pytest.param([row("0", 0, 0.9, picked=True), row("0.5", 0.5), row("0.8", 0.8, 0.6)], "0.8", id="the best mix"),
        pytest.param([row("0.5", 0.5), row("1", 1.0, 0.9)], "0.5", id="a mix before renders only"),
        pytest.param([row("0.5", 0.5, 0.9, trained=False), row("1", 1.0)], "1", id="what was trained"),
        pytest.param([row("0", 0.0, picked=True)], None, id="nothing with renders"),
    ],
)
def test_this_mix_is_attributed(rows: list[dict], name: str | None):
    found = attributed_row({"ratios": rows})
    assert (found["name"] if found else None) == name


def test_of_many_renders_a_part_is_looked_at_that_grows_in_order():
    places = [(Path(), str(n)) for n in range(20)]
    few, more = chosen(places, 5), chosen(places, 9)
    assert len(few) == 5
    assert set(few) < set(more)
    assert more == sorted(more, key=places.index)
    assert chosen(places, 50) == places


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"least": 1}, "least is 1, wanted 2 or more", id="groups of one"),
        pytest.param({"runs": 0}, "runs is 0, wanted 1 or more", id="no run"),
        pytest.param({"leave_out": -1}, "leave_out is -1, wanted 0 or more", id="fewer than no group"),
        pytest.param({"resamples": 0}, "resamples is 0, wanted 2 or more", id="no bootstrap"),
    ],
)
def test_settings_that_leave_nothing_to_do_are_refused(changes: dict[str, int], message: str):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PLAIN, **changes)

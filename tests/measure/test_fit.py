import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dataset.idmap import read_ids
from dataset.records import RENDER, write_manifest
from measure.fit import main
from measure.scoring.evaluation import predict_manifest
from measure.scoring.scores import count, read_scores
from pipeline.errors import InputError
from tests.train.boards import board
from train.data import load_pools, read_categories, read_mix
from train.inference.outputs import predict
from train.loop import train
from train.plan import Phase
from train.run import WEIGHTS, load_run
from train.settings import Fit

pytestmark = pytest.mark.training

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 2, 2, 2, 0.001, 0.0001, decoder_channels=64)


@dataclasses.dataclass(frozen=True)
class Inputs:
    mix: Path
    val: Path
    categories: Path


def write_inputs(tmp_path: Path) -> Inputs:
    """Write a mix of four photos of one group, and three val photos of another."""
    photos = tmp_path / "photos"
    train = [board(photos, f"train{n}", group="kitchen") for n in range(4)]
    write_manifest(photos / "train.jsonl", train)
    write_manifest(photos / "val.jsonl", [board(photos, f"val{n}", group="garden") for n in range(3)])
    (photos / "categories.json").write_text('["board"]')
    source = {"name": "real", "manifest": "photos/train.jsonl", "weight": 1.0, "ids": [s.id for s in train]}
    (tmp_path / "mix.json").write_text(json.dumps({"ratio": 0.0, "sources": [source]}))
    return Inputs(tmp_path / "mix.json", photos / "val.jsonl", photos / "categories.json")


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network only waits for more
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return write_inputs(tmp_path)


@dataclasses.dataclass(frozen=True)
class Made:
    inputs: Inputs
    out: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One run of two steps, for the tests that only read it."""
    folder = tmp_path_factory.mktemp("made")
    inputs = write_inputs(folder)
    return Made(inputs, run_main(SMALL, inputs, folder / "runs" / "0.0-1"))


def run_main(settings: Fit, inputs: Inputs, out: Path, seed: int = 1) -> Path:
    main(settings, inputs.mix, inputs.val, inputs.categories, seed, out)
    return out


def test_a_run_holds_what_its_scores_come_from(made: Made):
    assert sorted(p.relative_to(made.out).as_posix() for p in made.out.rglob("*")) == [
        *(
            ".admix",
            "log.json",
            "settings.json",
            "val",
            "val.json",
            "val/val0.png",
            "val/val1.png",
            "val/val2.png",
            "weights.safetensors",
        )
    ]
    scores = read_scores(made.out / "val.json")
    assert (scores.split, scores.seed, scores.n_real, scores.n_render) == ("val", 1, 4, 0)
    for photo in scores.photos:
        truth = read_ids(made.inputs.val.parent / f"{photo.id}_ids.png")  # one instance of the first category
        predicted = np.asarray(Image.open(made.out / "val" / f"{photo.id}.png"))
        assert photo.pixels == count(predicted, truth.astype(np.uint8), ["board"])


def test_a_loaded_run_predicts_as_the_run_that_was_saved(made: Made):
    for sample, predicted, _ in predict_manifest(load_run(made.out), made.inputs.val):
        np.testing.assert_array_equal(predicted, np.asarray(Image.open(made.out / "val" / f"{sample.id}.png")))


def test_a_mirrored_photo_gives_the_mirrored_prediction(made: Made):
    run = load_run(made.out)
    images = np.random.default_rng(1).integers(0, 256, (2, 32, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        predict(run.model, images[:, :, ::-1], 64), predict(run.model, images, 64)[:, :, ::-1]
    )
    assert predict(run.model, images[:, :31, :50], 64).shape == (2, 31, 50)


def test_the_same_seed_gives_the_same_run(made: Made, tmp_path: Path):
    again = run_main(SMALL, made.inputs, tmp_path / "again")
    for file in made.out.rglob("*.*"):
        assert file.read_bytes() == (again / file.relative_to(made.out)).read_bytes(), file.name


def test_another_seed_gives_another_run(made: Made, tmp_path: Path):
    other = run_main(SMALL, made.inputs, tmp_path / "other", seed=2)
    assert (other / WEIGHTS).read_bytes() != (made.out / WEIGHTS).read_bytes()


def test_fifteen_steps_find_red_squares(inputs: Inputs, tmp_path: Path):
    out = run_main(dataclasses.replace(SMALL, steps=15, batch=4, decoder_channels=None), inputs, tmp_path / "run")
    assert read_scores(out / "val.json").iou > 0.6


def test_a_photo_of_a_trained_group_is_refused_and_nothing_written(inputs: Inputs, tmp_path: Path):
    write_manifest(inputs.val, [board(inputs.val.parent, "val0", group="kitchen")])
    with pytest.raises(InputError, match="kitchen"):
        run_main(SMALL, inputs, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_render_in_val_is_refused_and_nothing_written(inputs: Inputs, tmp_path: Path):
    write_manifest(inputs.val, [board(inputs.val.parent, "val0", RENDER)])
    with pytest.raises(InputError, match="wanted real photos only"):
        run_main(SMALL, inputs, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_photo_that_breaks_while_scoring_leaves_no_half_run(inputs: Inputs, tmp_path: Path):
    (inputs.val.parent / "val2.png").write_bytes(b"\x89PNG torn off")
    with pytest.raises(InputError, match=r"val2\.png: cannot be read"):
        run_main(SMALL, inputs, tmp_path / "runs" / "0.0-1")
    assert not list((tmp_path / "runs").iterdir())


def test_a_learning_rate_that_explodes_is_said(inputs: Inputs, tmp_path: Path):
    with pytest.raises(InputError, match=r"fit\.learning_rate .* lower the learning rate"):
        run_main(dataclasses.replace(SMALL, learning_rate=1e30, steps=3), inputs, tmp_path / "run")


@pytest.mark.slow
def test_torchrun_trains_one_run_on_two_processes_and_the_first_writes_it(made: Made, tmp_path: Path):
    (tmp_path / "setups").mkdir()
    (tmp_path / "setups" / "tiny.yaml").write_text("fit: {}\n")
    section = dataclasses.asdict(SMALL)
    (tmp_path / "params.yaml").write_text(json.dumps({"setup": "tiny", "fit": section}))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    inputs = ["--mix", made.inputs.mix, "--val", made.inputs.val, "--categories", made.inputs.categories]
    out = ["--seed", "1", "--out", tmp_path / "runs" / "0.0-1"]
    own = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, "-m", "measure.fit", *map(str, inputs + out)],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["0.0-1"]
    assert load_run(tmp_path / "runs" / "0.0-1").settings["n_real"] == 4
    assert len(read_scores(tmp_path / "runs" / "0.0-1" / "val.json").photos) == 3


def test_a_training_that_was_cut_short_goes_on_and_leaves_nothing_behind(inputs: Inputs, tmp_path: Path):
    settings = dataclasses.replace(SMALL, steps=4, checkpoint_steps=2)
    whole = run_main(settings, inputs, tmp_path / "whole")
    names, mix = read_categories(inputs.categories), read_mix(inputs.mix)
    phases = [Phase((1.0,), 1.0)]
    pools = load_pools(mix, names, settings.img_size)
    train(settings, phases, pools, names, 1, folder=tmp_path / "runs" / ".run.unfinished", until=0.5)
    again = run_main(settings, inputs, tmp_path / "runs" / "run")
    assert (again / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run"]


def test_a_folder_of_somebody_else_is_refused_before_hours_of_training(tmp_path: Path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out in (tmp_path, Path(".."), Path()):
        with pytest.raises(InputError, match=r"holds files that are no earlier run|not a folder|runs in it"):
            main(SMALL, Path("no mix"), Path("no val"), Path("no categories"), 1, out)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["here", "thesis.txt"]

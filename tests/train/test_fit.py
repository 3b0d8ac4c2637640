import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dataset.idmap import instance_of, png_bytes, read_ids, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.errors import InputError
from train.fit import Fit, main, rate_at
from train.inference.predict import WEIGHTS, load_run, predict, predict_manifest
from train.loop.losses import loss_of, soft_dice
from train.scoring.scores import count, read_scores

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 2, 2, 2, 0.001, 0.0001)


def board(folder: Path, name: str, domain: str = REAL, group: str = "") -> Sample:
    """Write a photo of one red square on grey noise, its place drawn by `name`; return its sample."""
    rng = np.random.default_rng(list(name.encode()))
    top, left = rng.integers(4, 28, 2)
    ids = np.zeros((56, 80), np.uint16)
    ids[top : top + 24, left : left + 24] = 1
    image = rng.integers(90, 160, (56, 80, 1), dtype=np.uint8).repeat(3, axis=2)
    image[ids == 1] = (230, 20, 20)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.png").write_bytes(png_bytes(image))
    write_ids(folder / f"{name}_ids.png", ids)
    found = (instance_of(ids, 1, "board"),)
    return Sample(name, domain, f"{name}.png", f"{name}_ids.png", (56, 80), found, "test", "CC0", group)


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
        *("settings.json", "val", "val.json", "val/val0.png", "val/val1.png", "val/val2.png", "weights.safetensors")
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
    out = run_main(dataclasses.replace(SMALL, steps=15, batch=4), inputs, tmp_path / "run")
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"steps": 0}, "steps is 0, wanted more than 0", id="no step"),
        pytest.param({"batch": -1}, "batch is -1, wanted more than 0", id="a negative batch"),
        pytest.param({"learning_rate": float("nan")}, "learning_rate is nan", id="no number"),
        pytest.param({"img_size": 100}, "img_size is 100, wanted a multiple of 32", id="a size that halves unevenly"),
        pytest.param({"weight_decay": -0.1}, "weight_decay is -0.1, wanted 0 or more", id="negative decay"),
    ],
)
def test_settings_that_cannot_train_are_refused(changes: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **changes)


def test_a_learning_rate_that_explodes_is_said(inputs: Inputs, tmp_path: Path):
    with pytest.raises(InputError, match=r"fit\.learning_rate .* lower the learning rate"):
        run_main(dataclasses.replace(SMALL, learning_rate=1e30, steps=3), inputs, tmp_path / "run")


def test_the_learning_rate_rises_then_falls_to_nothing():
    rates = [rate_at(step, 100) for step in range(101)]
    assert rates[:10] == pytest.approx([(n + 1) / 10 for n in range(10)])
    assert max(rates) == rates[10] == 1
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[10:]))
    assert rates[100] == pytest.approx(0)


def test_the_loss_of_a_sure_and_right_answer_is_nothing():
    truth = torch.tensor([[[0, 1], [2, 1]]], dtype=torch.uint8)
    right = torch.nn.functional.one_hot(truth.long(), 3).permute(0, 3, 1, 2) * 100.0
    assert loss_of(right, truth).item() == pytest.approx(0, abs=1e-6)
    assert loss_of(-right, truth).item() > 1


def test_half_an_overlap_is_half_a_dice():
    logits = torch.zeros(1, 2, 100, 100)
    logits[:, 1, :, :50] = 100  # sure of the left half
    logits[:, 0, :, 50:] = 100
    upper = torch.zeros(1, 100, 100, dtype=torch.int64)
    upper[:, :50] = 1
    assert soft_dice(logits, upper).item() == pytest.approx(0.5, abs=1e-3)

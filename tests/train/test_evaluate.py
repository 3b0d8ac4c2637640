import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_json
from train.evaluate import main, ratios_to_score, refuse_leak
from train.loop.model import build, save_weights
from train.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores, from_json, write_scores
from train.sweep import Sweep

SIZE_HW = (40, 64)


def photo(folder: Path, name: str, domain: str = REAL, group: str = "") -> Sample:
    """A grey photo with one white square of 20 pixels a side, written into the manifest's folder."""
    ids = np.zeros(SIZE_HW, np.uint16)
    ids[10:30, 10:30] = 1
    write_ids(folder / f"{name}_ids.png", ids)
    write_bytes(folder / f"{name}.png", png_bytes(np.repeat((90 + 150 * ids[..., None]).astype(np.uint8), 3, axis=2)))
    square = (instance_of(ids, 1, "board"),)
    return Sample(name, domain, f"{name}.png", f"{name}_ids.png", SIZE_HW, square, "drawn", "CC0-1.0", group)


def val_scores(ratio: float, seed: int, ids: str = "v", group: str = "") -> Scores:
    pixels = {"board": Pixels(1, 2), FOREGROUND: Pixels(1, 2)}
    return Scores("val", ratio, seed, 3, 9, tuple(PhotoScore(name, group, pixels) for name in ids))


def write_run(folder: Path, ratio: float, seed: int) -> None:
    """A run whose network was never trained."""
    torch.manual_seed(seed)
    fit = {"encoder": "test_resnet", "decoder": "FPN", "img_size": 64}
    head = {"ratio": ratio, "seed": seed, "n_real": 3, "n_render": 9}
    folder.mkdir(parents=True)
    save_weights(build(fit["encoder"], fit["decoder"], 2, pretrained=False), folder / "weights.safetensors")
    write_json(folder / "settings.json", {"fit": fit, "categories": ["board"]} | head)
    write_scores(folder / "val.json", val_scores(ratio, seed))


@pytest.mark.parametrize(
    ("ratios", "picked", "expected"),
    [
        pytest.param((0.0, 0.5, 0.8, 1.0), 0.8, [0.0, 0.8, 1.0], id="the pick and both ends"),
        pytest.param((0.5, 0.8), 0.5, [0.5], id="no end in the sweep"),
        pytest.param((0.0, 0.5, 1.0), 0.0, [0.0, 1.0], id="real only is the pick, and is scored once"),
        pytest.param((0, 0.5), 0.0, [0], id="0 written without a point"),
    ],
)
def test_these_ratios_are_scored_on_test(ratios, picked, expected):
    assert ratios_to_score(Sweep(ratios, (1,)), picked) == expected


def test_a_pick_of_an_older_sweep_is_refused():
    with pytest.raises(InputError, match=r"sweep\.ratios has no 0\.8, which pick\.json chose"):
        ratios_to_score(Sweep((0.0, 0.5), (1,)), 0.8)


@pytest.mark.parametrize(
    ("val", "leaks"),
    [
        pytest.param(val_scores(0.5, 1, "v"), False, id="no photo in common"),
        pytest.param(val_scores(0.5, 1, "vt"), True, id="the photo itself"),
        pytest.param(val_scores(0.5, 1, "v", group="room"), True, id="a photo of its group"),
    ],
)
def test_a_photo_that_chose_the_ratio_is_no_test_photo(tmp_path, val, leaks):
    samples = [photo(tmp_path, "t", group="room")]
    if not leaks:
        refuse_leak(samples, val, tmp_path / "test.jsonl")
        return
    with pytest.raises(InputError, match=r"test\.jsonl: photo t of group 'room' is in val too"):
        refuse_leak(samples, val, tmp_path / "test.jsonl")


def test_the_picked_run_and_the_ends_are_scored_and_only_the_pick_is_drawn(tmp_path):
    write_manifest(tmp_path / "test.jsonl", [photo(tmp_path, "t1"), photo(tmp_path, "t2")])
    for ratio in (0.0, 0.5):
        write_run(tmp_path / "runs" / f"{ratio}-1", ratio, 1)
    write_json(tmp_path / "pick.json", {"run": "0.5-1", "ratio": 0.5, "seed": 1})
    out = tmp_path / "test"
    main(Sweep((0.0, 0.5), (1,)), tmp_path / "pick.json", tmp_path / "runs", tmp_path / "test.jsonl", out)
    found = json.loads((out / "test.json").read_text(encoding="utf-8"))
    scores = [from_json(run) for run in found["runs"]]
    assert found["photos"] == 2
    assert [(run.split, run.ratio, run.seed) for run in scores] == [("test", 0.0, 1), ("test", 0.5, 1)]
    assert sorted(path.name for path in out.iterdir()) == ["t1.png", "t2.png", "test.json"]
    assert all(photo.pixels[FOREGROUND].union >= 400 for run in scores for photo in run.photos)  # the square's pixels


@pytest.mark.parametrize("name", ["test.jsonl", "other.jsonl"])
def test_a_render_among_the_test_photos_is_refused_and_nothing_is_written(tmp_path, name):
    write_manifest(tmp_path / name, [photo(tmp_path, "t1"), photo(tmp_path, "t2", domain=RENDER)])
    write_json(tmp_path / "pick.json", {"run": "0.5-1", "ratio": 0.5, "seed": 1})
    with pytest.raises(InputError, match="t2 is a render"):
        main(Sweep((0.5,), (1,)), tmp_path / "pick.json", tmp_path, tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_empty_test_split_is_refused(tmp_path):
    write_manifest(tmp_path / "test.jsonl", [])
    write_json(tmp_path / "pick.json", {"run": "0.5-1", "ratio": 0.5, "seed": 1})
    with pytest.raises(InputError, match=r"test\.jsonl"):
        main(Sweep((0.5,), (1,)), tmp_path / "pick.json", tmp_path, tmp_path / "test.jsonl", tmp_path / "out")

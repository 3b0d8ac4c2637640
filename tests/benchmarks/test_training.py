import dataclasses
from pathlib import Path

import pytest
import torch

from benchmarks.plain_loop import train_plainly
from benchmarks.training import SEEDS, ground_of, main, pair, summary
from dataset.records import write_manifest
from pipeline.errors import InputError
from pipeline.reading import read_json
from tests.train.boards import board
from train.data import Source
from train.settings import Fit

pytestmark = pytest.mark.training

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 3, 2, 1, 0.001, 0.0001, decoder_channels=64, ema=0.9)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Write the data of a set-up: four photos to train on and two to score on."""
    split = tmp_path / "split"
    write_manifest_of(split, "train", 4)
    write_manifest_of(split, "val", 2)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "categories.json").write_text('["board"]')
    return tmp_path


def write_manifest_of(split: Path, name: str, photos: int) -> None:
    samples = [board(split, f"{name}{number}", group=name) for number in range(photos)]
    write_manifest(split / f"{name}.jsonl", samples)


def test_both_sides_are_timed_and_scored(real: Path):
    numbers = pair(SMALL, ground_of(real), seed=1)
    assert numbers["images_per_s"] > 0
    assert numbers["ratio"] == pytest.approx(numbers["images_per_s"] / numbers["peer_images_per_s"])
    assert numbers["difference"] == pytest.approx(numbers["iou"] - numbers["peer_iou"])
    assert 0 <= numbers["loader_wait_fraction"] <= 1


def test_the_peer_learns(real: Path):
    ground = ground_of(real)
    settings = dataclasses.replace(SMALL, steps=25, batch=4)
    source = Source("real", 1.0, ground.train.parent, ground.samples)
    network = train_plainly(settings, [source], ground.categories, 1).network
    red = torch.zeros(1, 64, 64, 3, dtype=torch.uint8) + 125
    red[:, 16:48, 16:48] = torch.tensor([230, 20, 20], dtype=torch.uint8)
    found = network(red).argmax(1)[0].bool()
    wanted = torch.zeros(64, 64, dtype=torch.bool)
    wanted[16:48, 16:48] = True
    assert (found & wanted).sum() / (found | wanted).sum() > 0.6


def block(ratio: float, difference: float) -> dict[str, float]:
    return {"ratio": ratio, "iou": 0.5 + difference, "peer_iou": 0.5, "difference": difference}


def test_times_are_summed_up_by_medians_and_scores_by_means():
    found = summary([block(4.0, 0.0), block(5.0, 0.03), block(9.0, 0.09)])
    assert (found["ratio"], found["ratio_spread"]) == (5.0, 1.0)
    assert (found["iou"], found["difference"]) == (0.54, 0.04)
    assert [one["ratio"] for one in found["blocks"]] == [4.0, 5.0, 9.0]


def test_nothing_cannot_be_summed_up():
    with pytest.raises(ValueError, match="no blocks"):
        summary([])


def test_the_benchmark_writes_its_section_and_leaves_the_others(real: Path, tmp_path: Path):
    out = tmp_path / "bench.json"
    out.write_text('{"render": {"ratio": 4.9}}')
    main(dataclasses.replace(SMALL, steps=1), real, out)
    written = read_json(out)
    assert written["render"] == {"ratio": 4.9}
    assert written["train"]["seeds"] == list(SEEDS)
    assert len(written["train"]["blocks"]) == len(SEEDS)


def test_photos_that_are_not_split_are_one_line(tmp_path: Path):
    with pytest.raises(InputError, match=r"split/train\.jsonl: there is no such file; run 'dvc repro split' first"):
        ground_of(tmp_path)

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from dataset.records import Sample, read_manifest
from measure.attribute import Attribute, estimate_all
from measure.attribution.estimate import gradients_of, pulls
from measure.fit import fit
from tests.measure.attribution.squares import SETTINGS, squares
from train.data import Mix, Photo, Source
from train.inference.preprocess import padded
from train.learner import loss_of
from train.model import build
from train.run import Run

pytestmark = pytest.mark.training

ATTRIBUTE = Attribute(least=5, most=100, runs=1, leave_out=0, resamples=300)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network only waits for more
    yield
    torch.set_num_threads(threads)


@dataclasses.dataclass(frozen=True)
class Made:
    run: Run
    folder: Path
    renders: tuple[Sample, ...]
    val: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run on 4 real photos and 36 renders of three assets, one of which has its labels in the wrong place."""
    folder = tmp_path_factory.mktemp("squares")
    real, renders = squares(folder)
    mix = Mix(0.75, (Source("real", 0.25, folder, real), Source("render", 0.75, folder, renders)))
    network = fit(SETTINGS, mix, ("board",), 1).network
    run = Run(network, {"fit": dataclasses.asdict(SETTINGS)}, ("board",))
    return Made(run, folder, renders, folder / "val.jsonl")


def test_the_asset_with_misplaced_labels_is_ranked_last_and_a_coin_shows_nothing(made: Made):
    places = [(made.folder, sample) for sample in made.renders]
    photos = [sample.id for sample in read_manifest(made.val)]
    found, passed = estimate_all(ATTRIBUTE, [[(made.run, photos)]], places, made.val)
    helps = {item.group.name: item.help for item in found}
    worst = min(found, key=lambda item: item.pull)
    assert worst.group.name == "misplaced"
    assert worst.ci95[1] < 0
    assert min(helps["good-one"], helps["good-two"]) > max(0, helps["coin = heads"], helps["coin = tails"])
    assert all(item.ci95[0] < 0 < item.ci95[1] for item in found if item.group.name.startswith("coin"))
    assert [group.name for group in passed] == ["squares"]  # every render is of that recipe


def test_a_sample_has_the_same_gradient_in_any_company(made: Made):
    whole = gradients_of(made.run, made.folder, made.renders[:9], "renders")
    np.testing.assert_allclose(gradients_of(made.run, made.folder, made.renders[3:4], "one")[0], whole[3], atol=1e-3)


def test_no_sample_has_no_gradient(made: Made):
    with pytest.raises(ValueError, match="need a sample"):
        gradients_of(made.run, made.folder, [], "none")


def test_a_gradient_says_how_the_loss_changes_when_the_last_layer_does():
    torch.manual_seed(1)
    network = build("test_resnet", "FPN", 2, pretrained=False).eval()
    rng = np.random.default_rng(1)
    photo = Photo(rng.integers(0, 256, (40, 64, 3), dtype=np.uint8), rng.integers(0, 2, (40, 64), dtype=np.uint8))
    (gradient,) = pulls(network, [photo], 64)
    along, step = torch.from_numpy(gradient / np.linalg.norm(gradient)), 0.01
    parameters = list(network.body.segmentation_head.parameters())
    losses = []
    for sign in (1, -1):
        for parameter, part in zip(parameters, along.split([p.numel() for p in parameters]), strict=True):
            parameter.data += (step if sign == 1 else -2 * step) * part.view_as(parameter)
        with torch.no_grad():
            logits = network(torch.from_numpy(padded(photo.image, (40, 64))[None]))[..., :40, :]
            losses.append(loss_of(logits, torch.from_numpy(photo.truth)[None]).item())
    assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(float(np.linalg.norm(gradient)), rel=0.05)

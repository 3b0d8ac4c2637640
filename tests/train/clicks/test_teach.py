import dataclasses

import numpy as np
import pytest
import torch

from dataset.idmap import instances_in, png_bytes, write_ids
from dataset.records import REAL, Sample, write_manifest
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.settings import read_settings
from train.clicks.answer import Segmenter, load_segmenter
from train.clicks.objects import object_pool
from train.clicks.points import EARLIER, blank, put_click
from train.clicks.settings import Click
from train.clicks.task import further
from train.clicks.teach import main, teach
from train.model import build, widen
from train.settings import Fit

FIT = read_settings(Fit)
SMALL = dataclasses.replace(read_settings(Click), img_size=64, steps=3, batch=2)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """Two photos of red squares; in the second one two of them touch."""
    folder = tmp_path_factory.mktemp("squares")
    samples = []
    for name, places in (("a", [(10, 10)]), ("b", [(10, 10), (10, 26)])):
        ids = np.zeros((48, 64), np.uint16)
        for number, (top, left) in enumerate(places, 1):
            ids[top : top + 16, left : left + 16] = number
        image = np.full((48, 64, 3), 60, np.uint8)
        image[ids > 0] = (220, 30, 30)
        write_bytes(folder / f"{name}.png", png_bytes(image))
        write_ids(folder / f"{name}-ids.png", ids)
        _, instances = instances_in(ids, ["mug"] * len(places))
        samples.append(Sample(name, REAL, f"{name}.png", f"{name}-ids.png", (48, 64), instances, "test", "CC0-1.0"))
    write_manifest(folder / "samples.jsonl", samples)
    return folder / "samples.jsonl"


@pytest.fixture(scope="module")
def run(manifest, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "clicks"
    main(SMALL, FIT, [manifest], out)
    return out


@pytest.fixture(scope="module")
def plain():
    torch.manual_seed(1)
    return build("tf_efficientnet_lite0", "FPN", 2, channels=64).eval()


def test_touching_objects_come_alone_and_together(manifest):
    pool = object_pool(manifest, 64)
    assert [int(photo.truth.max()) for photo in pool] == [1, 2, 1]
    assert (pool[2].truth > 0).sum() == (pool[1].truth > 0).sum() == 2 * 16 * 16


def test_a_manifest_without_objects_is_refused(tmp_path):
    write_bytes(tmp_path / "samples.jsonl", b"")
    with pytest.raises(InputError, match=r"samples\.jsonl: shows no object"):
        object_pool(tmp_path / "samples.jsonl", 64)


def test_a_wider_network_answers_as_before_until_it_learns(plain):
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    with torch.no_grad():
        before = plain(torch.from_numpy(image[None]))
        widen(plain, 3)
        channels = blank(image)
        put_click(channels, (30.0, 30.0, True))
        after = plain(torch.from_numpy(channels[None]))
    torch.testing.assert_close(after, before)


@pytest.mark.slow
def test_further_rounds_click_into_the_networks_own_errors(run):
    network = load_segmenter(run).network
    images = torch.from_numpy(np.stack([blank(np.zeros((64, 64, 3), np.uint8))] * 2))
    truths = torch.zeros(2, 64, 64, dtype=torch.uint8)
    truths[0, 20:40, 20:40] = 1
    settings = dataclasses.replace(SMALL, most_rounds=2)
    rounds = [further(settings, network, images, truths, seed) for seed in range(8)]
    counts = {int((made[..., 3:5] > 0).any(-1).flatten(1).any(1).sum()) for made in rounds}
    assert 0 in counts  # no round at all
    assert max(counts) >= 1
    assert all((made[..., :3] == 0).all() for made in rounds)
    assert torch.equal(rounds[3], further(settings, network, images, truths, 3))
    assert not images.any()


@pytest.mark.training
def test_the_same_seed_teaches_the_same_network(manifest, run):
    again = teach(SMALL, FIT, [manifest]).network.body.state_dict()
    other = teach(dataclasses.replace(SMALL, seed=2), FIT, [manifest]).network.body.state_dict()
    first = load_segmenter(run).network.body.state_dict()
    assert all(torch.equal(first[name], tensor) for name, tensor in again.items())
    assert not all(torch.equal(first[name], tensor) for name, tensor in other.items())


def test_the_stem_learns_what_clicks_are(run):
    stem = next(iter(load_segmenter(run).network.body.encoder.parameters()))
    assert stem.shape[1] == 6
    assert (stem[:, 3:].abs().amax((0, 2, 3)) > 0).all()


def test_answers_are_masks_of_the_photo(run):
    segmenter = load_segmenter(run)
    photo = np.full((90, 130, 3), 50, np.uint8)
    for clicks, box in (
        ([(40.0, 30.0, True)], None),
        ([], (20.0, 20.0, 60.0, 60.0)),
        ([(3.0, 3.0, False)], (0.0, 0.0, 9.0, 9.0)),
    ):
        mask = segmenter.segment(photo, clicks, box)
        assert mask.shape == (90, 130)
        assert mask.dtype == bool
    assert (mask == segmenter.segment(photo, clicks, box)).all()


def test_nothing_to_go_by_is_refused():
    photo = np.zeros((40, 40, 3), np.uint8)
    for clicks in ([], [(3.0, 3.0, False)]):
        with pytest.raises(ValueError, match="wanted a click on the object"):
            Segmenter(Echo(), 64).segment(photo, clicks)


class Echo(torch.nn.Module):
    """A network that answers with the earlier mask that it is shown."""

    def forward(self, images):
        earlier = images[..., EARLIER].float() - 127
        return torch.stack([-earlier, earlier], 1)


@pytest.mark.parametrize("where", [(5, 25, 10, 40), (0, 30, 0, 30), (60, 90, 100, 130), (40, 43, 50, 53)])
def test_a_mask_goes_through_the_window_and_back(where):
    top, below, left, right = where
    mask = np.zeros((90, 130), bool)
    mask[top:below, left:right] = True
    made = Segmenter(Echo(), 128).segment(np.zeros((90, 130, 3), np.uint8), [(left + 1.0, top + 1.0, True)], None, mask)
    assert (made ^ mask).sum() <= 2 * (below - top + right - left)  # a pixel along the edge


def test_a_folder_that_is_no_run_for_clicks_is_refused(run, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_segmenter(tmp_path)
    for name, data in (("settings.json", b'{"fit": {}}'), ("weights.safetensors", b"")):
        write_bytes(tmp_path / name, data)
    with pytest.raises(InputError, match=r"settings\.json: not the settings of a run for clicks"):
        load_segmenter(tmp_path)
    write_bytes(tmp_path / "settings.json", (run / "settings.json").read_bytes())
    with pytest.raises(InputError, match="not this network's weights"):
        load_segmenter(tmp_path)

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.train.inference.runs import Colours, write_run
from train.inference.outputs import categories_of
from train.inference.preprocess import mirrored_logits, ramp, scaled_hw, starts, tiled_logits, whole_logits
from train.run import load_run

pytestmark = pytest.mark.training


@pytest.mark.parametrize(
    ("length", "side", "overlap", "wanted"),
    [
        pytest.param(50, 64, 0.25, [0], id="a window covers all"),
        pytest.param(64, 64, 0.25, [0], id="just so"),
        pytest.param(65, 64, 0.25, [0, 1], id="one pixel more"),
        pytest.param(112, 64, 0.25, [0, 48], id="two with the least overlap"),
        pytest.param(200, 100, 0.0, [0, 100], id="no overlap"),
    ],
)
def test_windows_begin(length, side, overlap, wanted):
    assert starts(length, side, overlap) == wanted


@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("length", [65, 100, 333, 1000])
def test_windows_cover_every_pixel_and_overlap_as_much_as_asked(length, overlap):
    places = starts(length, 64, overlap)
    assert (places[0], places[-1] + 64) == (0, length)
    assert all(later - earlier <= 64 * (1 - overlap) + 1 for earlier, later in itertools.pairwise(places))


def test_the_weights_of_two_neighbours_sum_to_one():
    weight = ramp(64, 0.25)
    np.testing.assert_allclose(weight[-16:] + weight[:16], 1, atol=1e-6)
    np.testing.assert_allclose(weight[16:48], 1)
    np.testing.assert_array_equal(ramp(64, 0), torch.ones(64))
    assert weight.min() > 0


@pytest.mark.parametrize(
    ("own", "tile", "wanted"),
    [
        pytest.param((3000, 4000), 1280, (750, 1000), id="shrunk four times"),
        pytest.param((3000, 4000), 100, (3000, 4000), id="nothing is enlarged"),
        pytest.param((1, 4000), 3200, (1, 400), id="no side vanishes"),
    ],
)
def test_a_photo_is_seen_at_the_scale_of_its_tiles(own, tile, wanted):
    assert scaled_hw(own, tile, 320) == wanted


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_tiles_of_a_network_that_looks_at_single_pixels_are_the_whole(batch):
    image = np.random.default_rng(1).integers(0, 256, (150, 230, 3), dtype=np.uint8)
    tiled = tiled_logits(Colours(), image, 64, 64, 0.25, batch)
    np.testing.assert_allclose(tiled, whole_logits(Colours(), image[None], 230)[0], atol=1e-4)


class Neighbourhood(nn.Module):
    """Sees at each pixel the mean of the 9 x 9 around it; what lies outside is black."""

    def forward(self, images):
        """Return logits (B, 3, H, W) of images (B, H, W, 3)."""
        return nn.functional.avg_pool2d(images.permute(0, 3, 1, 2).float(), 9, 1, 4)


def test_tiles_of_a_network_that_looks_around_are_the_whole_beside_the_blend_of_borders():
    image = np.tile(np.random.default_rng(2).integers(0, 256, (16, 16, 3), dtype=np.uint8), (12, 12, 1))  # periodic
    tiled = tiled_logits(Neighbourhood(), image, 96, 96, 0.5, 8)
    whole = mirrored_logits(Neighbourhood(), image[None])[0]
    far = np.zeros(192, bool)  # further than 4 pixels from the borders of all windows, which begin at 0, 48 and 96
    far[[x for x in range(4, 188) if all(min(abs(x - b), abs(x + 1 - b)) > 4 for b in (48, 96, 144))]] = True
    np.testing.assert_allclose(tiled[:, far][:, :, far], whole[:, far][:, :, far], atol=1e-3)
    assert float((tiled - whole)[:, 4:-4, 4:-4].abs().max()) < 0.02 * 255  # where a window is blind its weight is small


def test_a_real_network_leaves_no_seam_at_the_borders_of_tiles(tmp_path: Path):
    run = load_run(write_run(tmp_path / "run"))
    rng = np.random.default_rng(3)
    image = np.kron(rng.integers(0, 256, (20, 30, 3)), np.ones((16, 16, 1))).astype(np.uint8)  # 320 x 480
    places = starts(480, 96, 0.5)
    borders = sorted({*places[1:], *(x + 96 for x in places[:-1])})

    def steps(overlap: float) -> tuple[float, float]:
        """Return the mean step of the logits across the borders of tiles, and across all other columns."""
        logits = tiled_logits(run.model, image, 96, 96, overlap, 8)
        across = (logits[..., 1:] - logits[..., :-1]).abs().mean((0, 1))
        at = [x - 1 for x in (borders if overlap else starts(480, 96, 0)[1:])]
        return float(across[at].mean()), float(np.delete(across.numpy(), at).mean())

    seam, elsewhere = steps(0.5)
    assert seam < 1.3 * elsewhere
    hard, elsewhere = steps(0.0)
    assert hard > 2 * elsewhere  # so the measure does see seams where tiles are only put side by side


def test_what_vanishes_in_a_shrunk_photo_is_found_in_tiles():
    image = np.full((640, 640, 3), 120, np.uint8)
    image[300:304, 500:504] = (230, 20, 20)
    whole = categories_of(whole_logits(Colours(), image[None], 64)[0], (640, 640))
    tiled = categories_of(tiled_logits(Colours(), image, 128, 64, 0.25, 8), (640, 640))
    assert not whole.any()
    assert tiled[301:303, 501:503].all()
    assert tiled.sum() <= 64

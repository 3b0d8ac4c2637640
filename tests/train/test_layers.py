"""Layers in the place of torch's own: the same weights, and the same results but for rounding."""

import numpy as np
import pytest
import torch
from segmentation_models_pytorch.decoders.fpn.decoder import MergeBlock
from timm.layers import Conv2dSame
from torch import nn

from train.layers import (
    SMALL,
    Added,
    Depthwise,
    FloatGroupNorm,
    Halving,
    Pointwise,
    multiplies_bf16,
    with_added,
    with_depthwise,
    with_float_norms,
    with_halving,
    with_pointwise,
)
from train.model import build_from, device

FIT = {"encoder": "tf_efficientnet_lite0", "decoder": "FPN", "decoder_channels": 64}


def gradients(layer: nn.Module, images: torch.Tensor, slope: torch.Tensor) -> list[torch.Tensor]:
    """Return the output of a layer, and the gradients of the images and of its weights."""
    seen = images.clone().requires_grad_()
    made = layer(seen)
    return [made, *torch.autograd.grad(made, [seen, *layer.parameters()], slope)]


@pytest.mark.parametrize("side", [1, 2, 5, 8, SMALL, SMALL + 2, 33])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda: nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False), id="5x5"),
        pytest.param(lambda: nn.Conv2d(6, 6, 7, padding=3, groups=6, bias=False), id="7x7"),
        pytest.param(lambda: nn.Conv2d(6, 6, 5, stride=2, padding=2, groups=6, bias=False), id="stride 2"),
        pytest.param(lambda: Conv2dSame(6, 6, 5, stride=2, groups=6, bias=False), id="as TensorFlow pads"),
        pytest.param(lambda: Conv2dSame(6, 6, 5, groups=6, bias=False), id="as TensorFlow pads, stride 1"),
    ],
)
def test_a_depthwise_convolution_has_torch_s_output_and_gradients(kind, side):
    torch.manual_seed(1)
    plain = nn.Sequential(kind())
    images = torch.randn(3, 6, side, side + 1).to(memory_format=torch.channels_last)
    slope = torch.randn_like(plain(images))
    wanted = gradients(plain, images, slope)
    names = plain.state_dict().keys()
    with_depthwise(plain)
    assert type(plain[0]) is Depthwise
    assert plain.state_dict().keys() == names
    for found, right in zip(gradients(plain, images, slope), wanted, strict=True):
        assert torch.allclose(found, right, rtol=1e-4, atol=1e-4)


def test_the_gradient_is_that_of_a_small_step():
    torch.manual_seed(1)
    layer = nn.Sequential(nn.Conv2d(2, 2, 5, stride=2, padding=2, groups=2, bias=False)).double()
    with_depthwise(layer)
    images = torch.randn(2, 2, 6, 6, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda seen, _: layer(seen), (images, layer[0].weight))


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False), id="3x3 is fast"),
        pytest.param(nn.Conv2d(6, 6, 5, padding=2, groups=2, bias=False), id="not depthwise"),
        pytest.param(nn.Conv2d(6, 12, 5, padding=2, groups=6, bias=False), id="two outputs a channel"),
        pytest.param(nn.Conv2d(6, 6, 5, padding=2, groups=6), id="a bias"),
        pytest.param(nn.Conv2d(6, 6, 5, padding=1, groups=6, bias=False), id="another size"),
        pytest.param(nn.Conv2d(6, 6, 5, padding=4, dilation=2, groups=6, bias=False), id="dilated"),
        pytest.param(nn.Conv2d(6, 6, (5, 3), padding=(2, 1), groups=6, bias=False), id="not square"),
    ],
)
def test_other_convolutions_stay(layer):
    some = nn.Sequential(layer)
    with_depthwise(some)
    assert some[0] is layer


def test_without_gradients_nothing_is_kept_for_them():
    layer = nn.Sequential(nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False))
    with_depthwise(layer)
    with torch.no_grad():
        assert layer(torch.ones(1, 6, 8, 8)).grad_fn is None
    layer[0].weight.requires_grad_(False)
    assert layer(torch.ones(1, 6, 8, 8)).grad_fn is None


def test_pointwise_convolutions_in_bfloat16_are_the_float_ones_to_eight_bits():
    torch.manual_seed(1)
    plain = nn.Sequential(nn.Conv2d(16, 24, 1), nn.Conv2d(24, 24, 3, groups=24), nn.Conv2d(24, 8, 1, stride=2))
    images = torch.randn(2, 16, 8, 8).to(memory_format=torch.channels_last)
    wanted, names = plain(images), plain.state_dict().keys()
    wanted.square().sum().backward()
    slope, plain[0].weight.grad = plain[0].weight.grad, None
    with_pointwise(plain)
    assert [type(module) for module in plain] == [Pointwise, nn.Conv2d, nn.Conv2d]  # the stride is not for a product
    found = plain(images)
    found.square().sum().backward()
    assert plain.state_dict().keys() == names
    assert found.dtype == torch.float32
    assert (found - wanted).abs().max() <= wanted.abs().max() * 4 / 256
    assert (plain[0].weight.grad - slope).abs().max() <= slope.abs().max() * 8 / 256


@pytest.mark.skipif(device().type != "cpu", reason="a GPU multiplies in bfloat16 by itself")
def test_an_encoder_has_them_where_the_processor_multiplies_bfloat16():
    found = {type(module) for module in build_from(FIT, 2).body.encoder.modules()}
    assert (Pointwise in found) == multiplies_bf16()


def test_a_group_norm_is_float_whatever_autocast_says():
    torch.manual_seed(1)
    plain = nn.Sequential(nn.GroupNorm(4, 16, eps=1e-3))
    nn.init.normal_(plain[0].weight)
    images = torch.randn(2, 16, 8, 8).to(memory_format=torch.channels_last)
    slope = torch.randn_like(images)
    wanted, names = gradients(plain, images, slope), plain.state_dict().keys()
    with_float_norms(plain)
    assert type(plain[0]) is FloatGroupNorm
    assert plain.state_dict().keys() == names
    for found, right in zip(gradients(plain, images, slope), wanted, strict=True):
        assert torch.equal(found, right)
    with torch.autocast("cpu", torch.bfloat16):
        found = plain(images.bfloat16())
    assert found.dtype == torch.bfloat16
    assert np.abs((found.float() - wanted[0]).detach().numpy()).max() <= wanted[0].abs().max() * 2 / 256


@pytest.mark.parametrize("size_hw", [(8, 8), (8, 7), (7, 10), (32, 30), (1, 2)])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda: Conv2dSame(4, 6, 3, stride=2), id="plain"),
        pytest.param(lambda: Conv2dSame(4, 4, 3, stride=2, groups=4, bias=False), id="depthwise"),
    ],
)
def test_a_convolution_that_halves_has_timm_s_output_and_gradients(kind, size_hw):
    torch.manual_seed(1)
    plain = nn.Sequential(kind())
    images = torch.randn(2, 4, *size_hw).to(memory_format=torch.channels_last)
    slope = torch.randn_like(plain(images))
    wanted, names = gradients(plain, images, slope), plain.state_dict().keys()
    with_halving(plain)
    assert type(plain[0]) is Halving
    assert plain.state_dict().keys() == names
    for found, right in zip(gradients(plain, images, slope), wanted, strict=True):
        assert torch.allclose(found, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(nn.Conv2d(4, 4, 3, stride=2, padding=1), id="padded on all sides"),
        pytest.param(Conv2dSame(4, 4, 3), id="stride 1"),
        pytest.param(Conv2dSame(4, 4, 5, stride=2), id="5x5"),
        pytest.param(Conv2dSame(4, 4, 3, stride=2, dilation=2), id="dilated"),
    ],
)
def test_convolutions_that_halve_otherwise_stay(layer):
    some = nn.Sequential(layer)
    with_halving(some)
    assert some[0] is layer


def test_the_pyramid_is_added_as_the_library_does():
    some = nn.Sequential(MergeBlock("add"), MergeBlock("cat"))
    maps = [torch.randn(2, 3, 4, 5) for _ in range(4)]
    wanted, joined = some[0](maps), some[1]
    with_added(some)
    assert (type(some[0]), some[1]) == (Added, joined)
    assert torch.allclose(some[0](maps), wanted, atol=1e-6)

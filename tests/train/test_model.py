from pathlib import Path

import pytest
import torch

from pipeline.errors import InputError
from train.layers import multiplies_bf16
from train.model import (
    Network,
    autocast,
    build,
    build_from,
    device,
    load_weights,
    save_weights,
    widths,
)

ENCODER = "tf_efficientnet_lite0"
FIT = {"encoder": ENCODER, "decoder": "FPN"}


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)  # of the decoder: else it would be another one in each order of the tests
    return build(ENCODER, "FPN", 3).eval()


def images(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1)).to(device())


def test_logits_have_the_size_of_the_images(network: Network):
    assert network(images(2, 64, 96, 3)).shape == (2, 3, 64, 96)


def test_the_encoder_sees_what_timm_trained_it_on(network: Network):
    extremes = torch.tensor([0, 255], dtype=torch.uint8, device=device()).view(2, 1, 1, 1).expand(2, 1, 1, 3)
    network_sees = (extremes.permute(0, 3, 1, 2) - network.shift) * network.scale
    assert network_sees.aminmax() == pytest.approx((-1, 1))  # mean 0.5 and deviation 0.5 of 0..1


def test_the_default_encoder_comes_with_its_weights(network: Network):
    by_chance = build(ENCODER, "FPN", 3, pretrained=False)
    stem = network.body.encoder.model.conv_stem.weight
    assert not torch.equal(stem, by_chance.body.encoder.model.conv_stem.weight)
    assert torch.equal(stem, build(ENCODER, "FPN", 3).body.encoder.model.conv_stem.weight)


def test_weights_come_back_from_their_file(network: Network, tmp_path: Path):
    save_weights(network, tmp_path / "weights.safetensors")
    other = build(ENCODER, "FPN", 3, pretrained=False).eval()
    load_weights(other, tmp_path / "weights.safetensors")
    assert torch.equal(network(images(1, 64, 64, 3)), other(images(1, 64, 64, 3)))


@pytest.mark.parametrize("content", [b"", b"not tensors"], ids=["empty", "text"])
def test_a_broken_weights_file_is_named(network: Network, tmp_path: Path, content: bytes):
    (tmp_path / "weights.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.safetensors: not this network's weights"):
        load_weights(network, tmp_path / "weights.safetensors")


def test_weights_of_other_categories_are_refused(network: Network, tmp_path: Path):
    save_weights(network, tmp_path / "weights.safetensors")
    with pytest.raises(InputError, match="not this network's weights"):
        load_weights(build(ENCODER, "FPN", 2, pretrained=False), tmp_path / "weights.safetensors")


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        pytest.param(
            "tf_efficientnet_light0", "FPN", "wanted a timm name, such as tf_efficientnet_lite0", id="encoder"
        ),
        pytest.param(ENCODER, "FPM", "fit.decoder is 'FPM', wanted one of .*fpn", id="decoder"),
        pytest.param("vit_tiny_patch16_224", "DeepLabV3Plus", "does not take fit.encoder", id="a pair that cannot be"),
    ],
)
def test_a_name_that_no_library_knows_is_one_line(encoder: str, decoder: str, message: str):
    with pytest.raises(InputError, match=message):
        build(encoder, decoder, 2, pretrained=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("decoder", "wanted"),
    [
        pytest.param("Unet", {"decoder_channels": (64, 32, 16, 16, 16)}, id="one width a stage"),
        pytest.param("FPN", {"decoder_pyramid_channels": 64, "decoder_segmentation_channels": 32}, id="two widths"),
        pytest.param("DeepLabV3Plus", {"decoder_channels": 64}, id="one width"),
    ],
)
def test_a_decoder_is_as_wide_as_asked(decoder: str, wanted: dict[str, object]):
    assert widths(decoder, 64) == wanted
    narrow = build_from({"encoder": ENCODER, "decoder": decoder, "decoder_channels": 64}, 2).eval()
    wide = build_from({"encoder": ENCODER, "decoder": decoder}, 2).eval()
    count = [sum(p.numel() for p in network.body.decoder.parameters()) for network in (narrow, wide)]
    assert count[0] < count[1]
    assert narrow(images(1, 64, 64, 3)).shape == (1, 2, 64, 64)


def test_a_decoder_without_a_width_is_one_line():
    with pytest.raises(InputError, match=r"fit\.decoder_channels is 64, which Linknet does not take: set it to null"):
        build(ENCODER, "Linknet", 2, pretrained=False, channels=64)


@pytest.mark.skipif(device().type != "cpu", reason="only a CPU spares its encoder")
def test_on_a_cpu_mixed_precision_spares_the_encoder(network: Network):
    kinds = {}
    inner = network.body
    hooks = [
        inner.encoder.model.conv_stem.register_forward_hook(lambda *a: kinds.update(encoder=a[2].dtype)),
        inner.segmentation_head[0].register_forward_hook(lambda *a: kinds.update(decoder=a[2].dtype)),
    ]
    with autocast():
        network(images(1, 64, 64, 3))
    for hook in hooks:
        hook.remove()
    assert kinds == {"encoder": torch.float32, "decoder": torch.bfloat16 if multiplies_bf16() else torch.float32}


def test_the_network_answers_as_its_body_does(network: Network):
    seen = images(1, 64, 64, 3)
    assert torch.equal(network(seen), network.body((seen.permute(0, 3, 1, 2) - network.shift) * network.scale))


@pytest.mark.slow
def test_a_compiled_network_answers_as_the_plain_one(network: Network):
    seen = images(2, 64, 64, 3)
    compiled = torch.compile(network, backend="aot_eager")  # what a compiler is given, without minutes of compiling
    with torch.no_grad(), autocast():
        wanted, found = network(seen), compiled(seen)
    # bfloat16 keeps eight bits, and rounds in every layer: six decoders differed by 1.0 to 2.3 parts of 256
    assert (found - wanted).abs().max() <= wanted.abs().max() * 4 / 256

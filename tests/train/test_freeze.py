import pytest
import torch

from pipeline.errors import InputError
from train.model import Network, build, freeze, to_training

ENCODER = "tf_efficientnet_lite0"


def frozen(encoder: str, levels: int, decoder: str = "FPN") -> Network:
    network = build(encoder, decoder, 2, pretrained=False)
    freeze(network, levels, 64)
    return network


def still(network: Network) -> set[str]:
    """Return the first two parts of the names of all parameters that do not learn."""
    inner = network.body.encoder.model.named_parameters()
    return {".".join(name.split(".")[:2]) for name, parameter in inner if not parameter.requires_grad}


STEM = {"conv_stem.weight", "bn1.weight", "bn1.bias"}


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        pytest.param(0, set(), id="nothing"),
        pytest.param(1, STEM | {"blocks.0"}, id="half the size"),
        pytest.param(2, STEM | {"blocks.0", "blocks.1"}, id="a quarter"),
        pytest.param(4, STEM | {f"blocks.{n}" for n in range(5)}, id="a sixteenth"),
    ],
)
def test_levels_are_frozen_from_the_image_on(levels: int, wanted: set[str]):
    assert still(frozen(ENCODER, levels)) == wanted


@pytest.mark.parametrize(
    ("encoder", "inside", "outside"),
    [
        pytest.param("resnet18", {"conv1.weight", "layer1.0"}, "layer2.0", id="resnet"),
        pytest.param("convnext_atto", {"stem_0.weight"}, "stages_3.downsample", id="convnext"),
        pytest.param("mobilenetv3_small_050", {"conv_stem.weight", "blocks.0"}, "blocks.5", id="mobilenet"),
    ],
)
def test_other_encoders_freeze_too(encoder: str, inside: set[str], outside: str):
    names = still(frozen(encoder, 2))
    assert inside <= names
    assert outside not in names


def test_more_levels_than_there_are_is_one_line():
    with pytest.raises(InputError, match=r"fit\.freeze is 6, wanted 0 to 5"):
        frozen(ENCODER, 6)


def test_an_encoder_without_levels_is_one_line():
    network = build("vit_tiny_patch16_224", "DPT", 2, pretrained=False)
    with pytest.raises(InputError, match=r"fit\.freeze is above 0, but this encoder has no levels"):
        freeze(network, 1, 224)


def test_frozen_parts_keep_their_statistics_and_the_rest_learns_them():
    network = frozen(ENCODER, 2)
    to_training(network, keep_norms=False)
    before = {name: tensor.clone() for name, tensor in network.body.encoder.model.state_dict().items()}
    network(torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8))
    after = network.body.encoder.model.state_dict()
    moved = {name.split(".bn")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert not [name for name in moved if name.startswith(("bn1", "blocks.0", "blocks.1"))]


def test_kept_norms_keep_every_statistic_of_the_encoder_and_still_learn():
    network = frozen(ENCODER, 0)
    to_training(network, keep_norms=True)
    before = {name: tensor.clone() for name, tensor in network.body.encoder.state_dict().items()}
    network(torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)).sum().backward()
    after = network.body.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert network.body.encoder.model.bn1.weight.grad is not None

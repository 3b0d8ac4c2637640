import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from torchvision.ops import sigmoid_focal_loss

from dataset.idmap import IGNORED
from train.learner import GAMMA, PARTS, cross_entropy, focal, loss_of, soft_dice


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def truth(classes: int, *shape: int) -> torch.Tensor:
    return torch.randint(0, classes, shape, generator=torch.Generator().manual_seed(2))


def test_the_loss_of_a_sure_and_right_answer_is_nothing():
    asked = torch.tensor([[[0, 1], [2, 1]]], dtype=torch.uint8)
    right = torch.nn.functional.one_hot(asked.long(), 3).permute(0, 3, 1, 2) * 100.0
    for loss in ("ce", "focal", "dice", "ce+dice", "focal+dice"):
        assert loss_of(right, asked, loss).item() == pytest.approx(0, abs=1e-6)
        assert loss_of(-right, asked, loss).item() > 0.5


def test_half_an_overlap_is_half_a_dice():
    logits = torch.zeros(1, 2, 100, 100)
    logits[:, 1, :, :50] = 100  # sure of the left half
    logits[:, 0, :, 50:] = 100
    upper = torch.zeros(1, 100, 100, dtype=torch.int64)
    upper[:, :50] = 1
    assert soft_dice(logits, upper).item() == pytest.approx(0.5, abs=1e-3)


def test_dice_is_the_library_s_where_every_category_is_there():
    logits, asked = drawn(2, 4, 32, 32), truth(4, 2, 32, 32)
    reference = smp.losses.DiceLoss(
        "multiclass", classes=[1, 2, 3], smooth=0.5
    )  # it adds half of what ours adds, twice
    assert soft_dice(logits, asked).item() == pytest.approx(reference(logits, asked).item(), abs=1e-5)


def test_cross_entropy_is_its_formula():
    logits, asked = drawn(2, 3, 4, 5), truth(3, 2, 4, 5)
    weights = torch.tensor([0.5, 1.0, 3.0])
    chance = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(axis=1, keepdims=True)
    picked = np.take_along_axis(chance, asked.numpy()[:, None], axis=1)[:, 0]
    of_pixel = weights.numpy()[asked.numpy()]
    wanted = (-np.log(picked) * of_pixel).sum() / of_pixel.sum()
    assert cross_entropy(logits, asked, weights).item() == pytest.approx(wanted, rel=1e-5)


def test_focal_is_its_formula():
    logits, asked = drawn(2, 3, 4, 5), truth(3, 2, 4, 5)
    weights = torch.tensor([0.5, 1.0, 3.0])
    chance = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(axis=1, keepdims=True)
    picked = np.take_along_axis(chance, asked.numpy()[:, None], axis=1)[:, 0]
    of_pixel = weights.numpy()[asked.numpy()]
    wanted = (-((1 - picked) ** GAMMA) * np.log(picked) * of_pixel).sum() / of_pixel.sum()
    assert focal(logits, asked, weights).item() == pytest.approx(wanted, rel=1e-5)


def test_focal_of_two_categories_is_torchvision_s():
    score, asked = drawn(2, 8, 8), truth(2, 2, 8, 8)
    both = torch.stack([torch.zeros_like(score), score], dim=1)  # softmax of (0, x) is the sigmoid of x
    reference = sigmoid_focal_loss(score, asked.float(), alpha=-1, gamma=GAMMA, reduction="mean")
    assert focal(both, asked, torch.ones(2)).item() == pytest.approx(reference.item(), rel=1e-5)


def test_a_sum_of_losses_is_the_sum():
    logits, asked = drawn(1, 3, 8, 8), truth(3, 1, 8, 8).to(torch.uint8)
    parts = loss_of(logits, asked, "focal") + loss_of(logits, asked, "dice")
    assert loss_of(logits, asked, "focal+dice").item() == pytest.approx(parts.item())


def test_a_category_s_weight_turns_the_gradient_its_way():
    asked = torch.zeros(1, 2, 2, dtype=torch.uint8)
    asked[0, 0, 0] = 1  # one pixel of four
    pulls = []
    for weights in (None, torch.tensor([1.0, 3.0])):
        logits = torch.zeros(1, 2, 2, 2, requires_grad=True)
        loss_of(logits, asked, "ce", weights).backward()
        pulls.append(logits.grad[0, 1].sum().item())
    assert pulls == pytest.approx([0.25, 0.0], abs=1e-6)  # three times the weight outweighs three pixels


every_loss = pytest.mark.parametrize("loss", ["ce", "focal", "dice", "ce+dice", "focal+dice"])
WEIGHTS = torch.tensor([0.5, 1.0, 3.0])


def pulled(
    logits: torch.Tensor, asked: torch.Tensor, loss: str, weights: torch.Tensor | None
) -> tuple[float, torch.Tensor]:
    """Return a loss and its gradient."""
    free = logits.clone().requires_grad_()
    found = loss_of(free, asked, loss, weights)
    found.backward()
    return found.item(), free.grad


@every_loss
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_pixels_that_are_ignored_pull_at_nothing_and_the_others_as_if_they_were_alone(loss: str, weights):
    logits, asked = drawn(2, 3, 10, 12), truth(3, 2, 10, 12).to(torch.uint8)
    wide = asked.clone()
    wide[:, 4:] = IGNORED  # what is left is a picture of four rows
    found, gradient = pulled(logits, wide, loss, weights)
    wanted, alone = pulled(logits[:, :, :4], asked[:, :4], loss, weights)
    assert found == pytest.approx(wanted, rel=1e-6)
    assert (gradient[:, :, 4:] == 0).all()
    assert torch.allclose(gradient[:, :, :4], alone, rtol=1e-4, atol=1e-8)
    assert (alone != 0).any()


@every_loss
def test_pixels_are_ignored_wherever_they_lie(loss: str):
    logits, asked = drawn(2, 3, 16, 16), truth(3, 2, 16, 16).to(torch.uint8)
    asked[drawn(2, 16, 16) > 0.5] = IGNORED
    found, gradient = pulled(logits, asked, loss, WEIGHTS)
    out = (asked == IGNORED)[:, None].expand_as(logits)
    assert (gradient[out] == 0).all()
    assert (gradient[~out] != 0).all()
    assert pulled(torch.where(out, 7.0, logits), asked, loss, WEIGHTS)[0] == found  # whatever is said there


@every_loss
def test_a_loss_without_ignored_pixels_is_its_parts_to_the_last_bit(loss: str):
    logits, asked = drawn(3, 3, 33, 21), truth(3, 3, 33, 21).to(torch.uint8)
    found, gradient = pulled(logits, asked, loss, WEIGHTS)
    free = logits.clone().requires_grad_()
    parts = torch.stack([PARTS[name](free, asked.long(), WEIGHTS) for name in loss.split("+")]).sum()
    parts.backward()
    assert found == parts.item()
    assert torch.equal(gradient, free.grad)


@every_loss
def test_a_batch_in_which_all_is_ignored_costs_and_pulls_nothing(loss: str):
    found, gradient = pulled(drawn(2, 3, 4, 5), torch.full((2, 4, 5), IGNORED, dtype=torch.uint8), loss, WEIGHTS)
    assert found == 0
    assert (gradient == 0).all()

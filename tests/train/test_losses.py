import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from torchvision.ops import sigmoid_focal_loss

from train.learner import GAMMA, cross_entropy, focal, loss_of, soft_dice


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

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.label.pseudo import iou_on, pseudo_deal, pseudo_labelled, seen_by, shifted, truth_of
from dataset.idmap import IGNORED
from dataset.records import Sample
from label.proposals import CheckedObject
from train.data import Photo

SIDE = 96


class Red(nn.Module):
    """Sees the object where a photo is red."""

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, 2, H, W) of images (B, H, W, 3)."""
        red = images[..., 0].float()
        return torch.stack([torch.zeros_like(red), (red - 128) / 8], 1)


def photo() -> Photo:
    image, truth = np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    image[16:48, 16:56, 0] = 255
    truth[16:48, 16:56] = 1
    return Photo(image, truth)


def checked(right: bool) -> list[CheckedObject]:
    return [CheckedObject("domino tile", 0.9, right)] * 30


def test_what_a_network_sees_becomes_a_label_where_it_is_certified():
    made = pseudo_labelled(Red().eval(), [photo()], checked(True), 0.0, 1)
    assert len(made) == 1
    known = made[0].truth != IGNORED
    assert (made[0].truth == photo().truth)[known].mean() > 0.98
    assert pseudo_labelled(Red().eval(), [photo()], checked(False), 0.0, 1) == []


def test_planted_wrong_labels_lie_elsewhere():
    made = pseudo_labelled(Red().eval(), [photo()] * 40, checked(True), 0.3, 1)
    moved = sum(bool((one.truth[16:32, 16:32] != 1).all()) for one in made)
    assert 5 <= moved <= 20
    assert shifted(photo().truth).sum() == photo().truth.sum()


def test_the_score_is_the_iou_of_what_is_seen():
    assert iou_on(Red().eval(), [photo()]) == pytest.approx(1, abs=0.15)
    assert len(seen_by(Red().eval(), photo())[0].instances) == 1
    assert [one.area_px for one in truth_of(photo())[1]] == [32 * 40]


def test_no_near_duplicate_lies_in_two_parts():
    tags = [{"near_dup_group": str(at // 2), "collection": "old" if at < 100 else "new"} for at in range(400)]
    samples = [Sample(f"{n}", "real", "a.png", "m", (9, 9), (), "s", "CC0-1.0", tags=tag) for n, tag in enumerate(tags)]
    deal = pseudo_deal(samples, 1)
    parts = [{at // 2 for at in rows} for rows in (deal.val, deal.test, deal.bare)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert len({at // 2 for at in deal.labelled}) == len(deal.labelled) == 20

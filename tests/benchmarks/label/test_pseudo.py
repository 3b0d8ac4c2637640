import dataclasses
import itertools

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.label.nets import iou_on
from benchmarks.label.pseudo import (
    DOMINO,
    plan_for,
    planted_wrong,
    pseudo_deal,
    pseudo_labelled,
    seen_by,
    shifted,
    truth_of,
)
from dataset.idmap import IGNORE, IGNORED
from dataset.records import Sample
from label.proposals import CheckedObject
from train.data import Photo

SIDE, NAMES = 96, ("domino tile",)


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


def labelled(photos: list[Photo], right: bool) -> list[Photo]:
    return pseudo_labelled(Red().eval(), photos, [CheckedObject("domino tile", 0.9, right)] * 30, NAMES)


def test_what_a_network_sees_becomes_a_label_where_it_is_certified():
    made = labelled([photo()], True)
    assert len(made) == 1
    known = made[0].truth != IGNORED
    assert (made[0].truth == photo().truth)[known].mean() > 0.98
    assert labelled([photo()], False) == []


def test_planted_wrong_labels_lie_elsewhere():
    made = planted_wrong(labelled([photo()] * 40, True), 0.3, 1)
    moved = sum(bool((one.truth[16:32, 16:32] != 1).all()) for one in made)
    assert 5 <= moved <= 20
    assert shifted(photo().truth).sum() == photo().truth.sum()


def test_the_score_is_the_iou_of_what_is_seen():
    assert iou_on(Red().eval(), [photo()]) == pytest.approx(1, abs=0.15)
    assert len(seen_by(Red().eval(), photo(), NAMES)[0].instances) == 1
    assert [one.area_px for one in truth_of(photo(), NAMES)[1]] == [32 * 40]


def test_pieces_of_two_categories_are_objects_of_theirs_and_what_is_ignored_stays_so():
    truth = photo().truth
    truth[60:80, 16:26] = truth[60:80, 40:50] = 2
    truth[0, 0] = IGNORED
    ids, found = truth_of(Photo(photo().image, truth), ("a", "b"))
    assert [(one.category, one.area_px) for one in found] == [("a", 32 * 40), ("b", 200), ("b", 200)]
    assert ids[0, 0] == IGNORE
    assert sorted({int(each) for each in ids.flat}) == [0, 1, 2, 3, IGNORE]


@pytest.mark.parametrize("home", [{}, DOMINO.home])
def test_no_near_duplicate_lies_in_two_parts(home):
    tags = [{"near_dup_group": str(at // 2), "collection": "old" if at < 100 else "new"} for at in range(400)]
    deal = pseudo_deal(samples_with(tags), dataclasses.replace(DOMINO, home=home), 1)
    parts = [{at // 2 for at in rows} for rows in dataclasses.astuple(deal)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert len(parts[0]) == len(deal.labelled) == 20
    assert home == {} or (max(deal.labelled) < 100 <= min(deal.val + deal.test + deal.bare))


def test_a_small_set_is_dealt_whole_and_in_proportion():
    samples = samples_with([{}] * 42)
    deal = pseudo_deal(samples, plan_for(samples), 1)
    assert [len(rows) for rows in dataclasses.astuple(deal)] == [10, 10, 10, 12]
    assert sorted(itertools.chain(*dataclasses.astuple(deal))) == list(range(42))


def samples_with(tags: list[dict[str, str]]) -> list[Sample]:
    return [Sample(f"{n}", "real", "a.png", "m", (9, 9), (), "s", "CC0-1.0", tags=tag) for n, tag in enumerate(tags)]

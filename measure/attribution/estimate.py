"""The cheap estimate: whether a group's renders pull the network the way real photos do, with intervals."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dataset.records import Sample
from measure.attribution.groups import Group, GroupEstimate
from measure.scoring.intervals import membership
from pipeline.progress import track
from pipeline.seeds import rng_for
from train.data import Photo, load_photo, same_sized
from train.inference.preprocess import fitted_hw, padded
from train.learner import loss_of
from train.model import Network, autocast, device
from train.run import Run

BATCH = 8  # images in one forward pass

Gradients = NDArray[np.float32]  # (N, D), a row an image


def gradients_of(run: Run, folder: Path, samples: Sequence[Sample], title: str) -> Gradients:
    """Return the gradient of the training loss of each sample, (N, D) float32, in the samples' order.

    D: the weights and biases of the network's last layer. Images are looked at whole, with the longer side
    `img_size`. title: what the progress bar says. Raises InputError when a file cannot be read, ValueError without
    samples.
    """
    if not samples:
        raise ValueError("gradients need a sample")
    loss = str(run.settings["fit"].get("loss", "ce+dice"))
    return np.stack(list(track(rows_of(run, folder, samples, loss), len(samples), title, "images")))


def rows_of(run: Run, folder: Path, samples: Sequence[Sample], loss: str) -> Iterator[NDArray[np.float32]]:
    """Yield the gradient (D,) of each sample."""
    for some in same_sized(samples, BATCH):
        photos = [load_photo(folder, sample, run.categories) for sample in some]
        yield from pulls(run.model, photos, run.img_size, loss)


def pulls(network: Network, photos: Sequence[Photo], longest: int, loss: str = "ce+dice") -> list[NDArray[np.float32]]:
    """Return the gradient (D,) of the loss of each photo; all photos have one size. network: in eval mode.

    Only the last layer is differentiated (Pruthi et al. 2020, section 3.5), so that one forward pass is all it takes.
    """
    height, width = fitted_hw(photos[0].truth.shape, longest)
    features = features_of(network, np.stack([padded(photo.image, (height, width)) for photo in photos]))
    head: nn.Module = network.body.segmentation_head
    found = []
    for feature, photo in zip(features, photos, strict=True):
        truth = cv2.resize(photo.truth, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        logits: Tensor = head(feature[None])[..., :height, :width]  # what was padded has no label
        error = loss_of(logits, torch.from_numpy(truth)[None].to(device()), loss)
        parts = torch.autograd.grad(error, list(head.parameters()))
        found.append(torch.cat([part.reshape(-1) for part in parts]).cpu().numpy())
    return found


def features_of(network: Network, images: NDArray[np.uint8]) -> Tensor:
    """Return what the last layer is given, (B, K, h, w) float32, for images (B, H, W, 3), without a gradient."""
    caught: list[Tensor] = []
    head: nn.Module = network.body.segmentation_head
    handle = head.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    try:
        with torch.no_grad(), autocast():
            network(torch.from_numpy(images).to(device()))
    finally:
        handle.remove()
    return caught[0].float()


SEED = 1  # not a setting: nobody should be able to choose an interval
LEVEL = 95  # percent

Array = NDArray[np.float64]


def agreement(renders: NDArray[np.float32], photos: NDArray[np.float32]) -> Array:
    """Return (N, P): the dot products of gradients (N, D) of renders and (P, D) of photos.

    Above 0, a step that lowers the render's loss lowers the photo's loss too (Pruthi et al. 2020, equation 4). Divided
    by the standard deviation over renders of their mean over photos; zeros where all renders agree alike. Runs are
    averaged by the caller. Raises ValueError for gradients of two networks.
    """
    if renders.shape[1:] != photos.shape[1:]:
        raise ValueError(f"gradients of {renders.shape[1:]} and {photos.shape[1:]} numbers, wanted one network's")
    products = renders.astype(np.float64) @ photos.astype(np.float64).T
    spread = float(products.mean(axis=1).std())
    tiny = 1e-9 * float(np.abs(products).max(initial=0.0))
    return products / spread if spread > tiny else np.zeros_like(products)


def members_of(groups: Sequence[Group], ids: Sequence[str]) -> Array:
    """Return (K, N) of ones where a render, one of `ids`, is in a group, else zeros."""
    inside = [set(group.ids) for group in groups]
    return np.array([[name in some for name in ids] for some in inside], float).reshape(len(groups), len(ids))


def bundles(photos: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
    """Return (P,) the number of each photo's bundle, from (id, group): photos of a group are drawn together."""
    keys = [("group", group) if group else ("photo", name) for name, group in photos]
    return np.asarray(membership(keys).argmax(axis=1), np.int64)


def differences(agreed: Array, members: Array, renders: Array, photos: Array) -> Array:
    """Return (B, K): mean agreement inside each group less that outside, in each of B redrawings.

    agreed: (N, P). members: (K, N). renders: (B, N) and photos: (B, P), how often each is drawn.
    """
    rows = agreed @ photos.T / photos.sum(axis=1)  # (N, B)
    weighed = renders.T * rows
    inside, count = members @ weighed, members @ renders.T  # (K, B)
    outside, others = weighed.sum(axis=0) - inside, renders.sum(axis=1) - count
    return np.asarray((inside / np.maximum(count, 1) - outside / np.maximum(others, 1)).T)


def estimates(
    agreed: Array, groups: Sequence[Group], ids: Sequence[str], photos: Sequence[tuple[str, str]], resamples: int
) -> list[GroupEstimate]:
    """Return the estimate of each group, in the given order; none without groups.

    agreed: (N, P). ids: of the N renders. photos: (id, group) of the P photos. The bootstrap draws renders and groups
    of photos anew. The intervals hold for all groups at once (the maximum of the studentised differences, Efron and
    Tibshirani 1993, chapter 12; Westfall and Young 1993): of many groups that do nothing, none should seem to do
    something by chance, except once in twenty times. A group's renders must be neither none nor all of `ids`, else
    ValueError.
    """
    if not groups:
        return []
    members = members_of(groups, ids)
    share = members.mean(axis=1)
    if ((share == 0) | (share == 1)).any():
        raise ValueError("a group holds none or all of the renders, so there is nothing to compare")
    number = bundles(photos)
    total, many = len(ids), int(number.max()) + 1
    rng = rng_for(SEED, "attribution")
    drawn = rng.multinomial(total, np.full(total, 1 / total), size=resamples).astype(float)
    sets = rng.multinomial(many, np.full(many, 1 / many), size=resamples).astype(float)[:, number]
    found = differences(agreed, members, np.ones((1, total)), np.ones((1, len(photos))))[0]
    again = differences(agreed, members, drawn, sets)
    half = simultaneous(found, again)
    return [
        GroupEstimate(group, float(f), float(d), (float(d - h), float(d + h)))
        for group, f, d, h in zip(groups, share, found, half, strict=True)
    ]


def simultaneous(found: Array, again: Array) -> Array:
    """Return (K,) half widths of intervals around `found` (K,) that hold together, from redrawings `again` (B, K)."""
    error = again.std(axis=0)
    away = np.abs(again - found) / np.where(error > 0, error, np.inf)
    return np.asarray(np.percentile(away.max(axis=1), LEVEL) * error)

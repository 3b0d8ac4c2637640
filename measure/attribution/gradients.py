"""Which way a labelled image pulls a trained network: the gradient of its loss in the network's last layer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dataset.records import Sample
from pipeline.progress import track
from train.data import Photo, load_photo, same_sized
from train.inference.preprocess import fitted_hw, padded
from train.losses import loss_of
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

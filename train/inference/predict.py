"""From a run and photos to predicted category maps at the photos' own size."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dataset.idmap import png_bytes
from dataset.records import Sample
from pipeline.errors import InputError
from pipeline.files import read_json, write_bytes
from pipeline.progress import track
from train.loop.augment import GREY
from train.loop.data import load_photo, real_samples, same_sized
from train.loop.model import Network, autocast, build, device, load_weights
from train.scoring.scores import CategoryMap, PhotoScore, Scores, count

WEIGHTS, SETTINGS = "weights.safetensors", "settings.json"
STRIDE = 32  # an encoder halves five times
TOGETHER = 8  # photos in one forward pass
CLOSER = 1.25  # longer side of a photo to predict / img_size: the middle of the sizes that training shows


@dataclasses.dataclass(frozen=True)
class Run:
    """One trained network and what it takes to use it."""

    model: Network
    settings: dict[str, Any]  # settings.json: "fit" (the section), seed, ratio, n_real, n_render, categories
    categories: tuple[str, ...]

    @property
    def img_size(self) -> int:
        """The side of the squares it was trained on, in pixels."""
        return int(self.settings["fit"]["img_size"])


def load_run(folder: Path) -> Run:
    """Return the run that stage fit wrote; raise InputError when the folder holds no whole run."""
    settings = read_json(folder / SETTINGS)
    try:
        fit, categories = settings["fit"], tuple(settings["categories"])
        model = build(fit["encoder"], fit["decoder"], len(categories) + 1, pretrained=False)
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / SETTINGS}: not a run's settings ({error!r}); run stage fit again") from error
    load_weights(model, folder / WEIGHTS)
    return Run(model.eval(), settings, categories)


def fitted_hw(size_hw: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return (height, width) in the same aspect with the longer side `longest`, no side below 1."""
    factor = longest / max(size_hw)
    return max(round(size_hw[0] * factor), 1), max(round(size_hw[1] * factor), 1)


def padded(image: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) resized to `size_hw`, grey added below and right up to multiples of the stride."""
    way = cv2.INTER_AREA if size_hw[0] < image.shape[0] else cv2.INTER_LINEAR
    small = cv2.resize(image, size_hw[::-1], interpolation=way)
    below, right = -size_hw[0] % STRIDE, -size_hw[1] % STRIDE
    return np.pad(small, ((0, below), (0, right), (0, 0)), constant_values=GREY)


def predict(network: Network, images: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return the category maps (B, H, W) uint8 of images (B, H, W, 3) uint8 RGB; 0 = background.

    network: in eval mode. longest: the longer side at which it looks, in pixels; the image and its mirror image are
    averaged.
    """
    own = images.shape[1:3]
    height, width = fitted_hw(own, longest)
    batch = torch.from_numpy(np.stack([padded(image, (height, width)) for image in images])).to(device())
    with torch.inference_mode(), autocast():
        logits = network(batch) + network(batch.flip(2)).flip(3)
    whole = functional.interpolate(logits[..., :height, :width].float(), own, mode="bilinear")  # (B, C + 1, H, W)
    return whole.argmax(1).to(torch.uint8).cpu().numpy()


def predict_manifest(run: Run, manifest: Path) -> Iterator[tuple[Sample, CategoryMap, CategoryMap]]:
    """Yield each real sample with its predicted and its true category map, both (H, W) uint8, in the file's order.

    Raises InputError when the manifest is empty, holds renders, or a file of it cannot be read.
    """
    for together in same_sized(real_samples(manifest), TOGETHER):
        photos = [load_photo(manifest.parent, sample, run.categories) for sample in together]
        maps = predict(run.model, np.stack([photo.image for photo in photos]), round(run.img_size * CLOSER))
        for sample, predicted, photo in zip(together, maps, photos, strict=True):
            yield sample, predicted, photo.truth


def judge(run: Run, manifest: Path, split: str, title: str, keep: Path | None) -> Scores:
    """Return a run's scores on a manifest of real photos; write its predictions as ``keep/<id>.png`` unless None.

    split: "val" or "test". title: what the progress bar says. Errors as `predict_manifest`.
    """
    photos = []
    total = len(real_samples(manifest))
    for sample, predicted, truth in track(predict_manifest(run, manifest), total, title, "photos"):
        photos.append(PhotoScore(sample.id, sample.group, count(predicted, truth, run.categories)))
        if keep:
            write_bytes(keep / f"{sample.id}.png", png_bytes(predicted))
    of_run = {key: run.settings[key] for key in ("ratio", "seed", "n_real", "n_render")}
    return Scores(split=split, photos=tuple(photos), **of_run)

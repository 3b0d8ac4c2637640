"""The peer of the benchmark: a training as tutorials write it, with nothing done for speed.

A U-Net of segmentation-models-pytorch in float32, a DataLoader that reads every photo from its file, albumentations,
Adam and cross entropy.
"""

import dataclasses
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import albumentations
import torch
from albumentations.pytorch import ToTensorV2
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

from dataset.records import Sample
from pipeline.seeds import seed_for
from train.data import load_photo
from train.model import Network, build, device
from train.settings import Fit

DECODER = "Unet"


class Files(Dataset[tuple[Tensor, Tensor]]):
    """Photos as they lie on the disk, each read, augmented and normalised when it is asked for."""

    def __init__(
        self,
        folder: Path,
        samples: Sequence[Sample],
        categories: Sequence[str],
        img_size: int,
        network: Network,
        seed: int,
    ) -> None:
        """network: whose normalisation to use."""
        self.folder, self.samples, self.categories = folder, samples, categories
        std = 1 / (network.scale.flatten() * 255)
        mean = network.shift.flatten() / 255
        self.chain = albumentations.Compose(
            [
                albumentations.RandomResizedCrop((img_size, img_size), scale=(0.3, 1.0)),
                albumentations.HorizontalFlip(p=0.5),
                albumentations.RandomBrightnessContrast(p=0.5),
                albumentations.Normalize(mean.tolist(), std.tolist()),
                ToTensorV2(),
            ],
            seed=seed_for(seed, "plain"),
        )

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        photo = load_photo(self.folder, self.samples[place], self.categories)
        done: dict[str, Any] = self.chain(image=photo.image, mask=photo.truth)
        return done["image"], done["mask"].long()


@dataclasses.dataclass(frozen=True)
class Plain:
    """What the plain training gave."""

    network: Network  # in eval mode
    seconds: float  # in the loop


def train_plainly(
    settings: Fit, folder: Path, samples: Sequence[Sample], categories: Sequence[str], seed: int
) -> Plain:
    """Return a U-Net of the same encoder trained for the same steps and batch on the samples below a folder."""
    torch.manual_seed(seed_for(seed, "plain"))
    network = build(settings.encoder, DECODER, len(categories) + 1).to(memory_format=torch.contiguous_format)
    body: nn.Module = network.body.train()
    photos = Files(folder, samples, categories, settings.img_size, network, seed)
    chance = torch.Generator().manual_seed(seed_for(seed, "plain", "order"))
    order = RandomSampler(photos, replacement=True, num_samples=settings.steps * settings.batch, generator=chance)
    loader = DataLoader(photos, settings.batch, sampler=order, num_workers=os.cpu_count() or 1, generator=chance)
    optimiser = torch.optim.Adam(body.parameters(), lr=settings.learning_rate)
    loss_of = nn.CrossEntropyLoss()
    began = time.perf_counter()
    for images, truths in loader:
        loss = loss_of(body(images.to(device())), truths.to(device()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return Plain(network.eval(), time.perf_counter() - began)

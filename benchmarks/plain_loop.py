"""The peer of the benchmarks: a training as tutorials write it, with nothing done for speed.

A U-Net of segmentation-models-pytorch in float32, a DataLoader that reads every photo from its file, our own
augmentation (so that what is learnt from is the same), Adam and cross entropy.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import albumentations
import torch
from albumentations.pytorch import ToTensorV2
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from dataset.idmap import IGNORED
from pipeline.seeds import seed_for
from train.data import Source, load_photo
from train.loader import augmentation
from train.model import Network, build, device
from train.settings import Fit

DECODER = "Unet"
Watch = Callable[[int, Network, float], None]  # steps done, the network in eval mode, CPU seconds so far


class Files(Dataset[tuple[Tensor, Tensor]]):
    """Photos as they lie on the disk, each read, augmented and normalised when it is asked for."""

    def __init__(
        self, sources: Sequence[Source], categories: Sequence[str], img_size: int, network: Network, seed: int
    ) -> None:
        """network: whose normalisation to use."""
        self.photos = [(source.folder, sample) for source in sources for sample in source.samples]
        self.categories = categories
        std = 1 / (network.scale.flatten() * 255)
        mean = network.shift.flatten() / 255
        self.chain = albumentations.Compose(
            [augmentation(img_size), albumentations.Normalize(mean.tolist(), std.tolist()), ToTensorV2()],
            seed=seed_for(seed, "plain"),
        )

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        folder, sample = self.photos[place]
        photo = load_photo(folder, sample, self.categories)
        done: dict[str, Any] = self.chain(image=photo.image, mask=photo.truth)
        return done["image"], done["mask"].long()


@dataclasses.dataclass(frozen=True)
class Plain:
    """What the plain training gave."""

    network: Network  # in eval mode
    seconds: float  # in the loop


def train_plainly(
    settings: Fit,
    sources: Sequence[Source],
    categories: Sequence[str],
    seed: int,
    *,
    workers: int = 0,
    marks: Sequence[int] = (),
    watch: Watch = lambda *_: None,
) -> Plain:
    """Return a U-Net of the same encoder trained for the same steps and batch on the sources in their shares.

    workers: processes of the DataLoader. watch is called after the steps `marks`; its own time counts as nothing.
    """
    torch.manual_seed(seed_for(seed, "plain"))
    network = build(settings.encoder, DECODER, len(categories) + 1).to(memory_format=torch.contiguous_format)
    body: nn.Module = network.body.train()
    photos = Files(sources, categories, settings.img_size, network, seed)
    chance = torch.Generator().manual_seed(seed_for(seed, "plain", "order"))
    shares = [source.weight / len(source.samples) for source in sources for _ in source.samples]
    order = WeightedRandomSampler(shares, settings.steps * settings.batch, replacement=True, generator=chance)
    loader = DataLoader(photos, settings.batch, sampler=order, num_workers=workers, generator=chance)
    optimiser = torch.optim.Adam(body.parameters(), lr=settings.learning_rate)
    loss_of = nn.CrossEntropyLoss(ignore_index=IGNORED)
    wall, cpu, idle = time.perf_counter(), time.process_time(), 0.0
    for done, (images, truths) in enumerate(loader, 1):
        loss = loss_of(body(images.to(device())), truths.to(device()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if done in marks:
            used, began = time.process_time() - cpu, time.perf_counter()
            watch(done, network.eval(), used)
            body.train()
            cpu, idle = time.process_time() - used, idle + time.perf_counter() - began
    return Plain(network.eval(), time.perf_counter() - wall - idle)

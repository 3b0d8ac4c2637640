"""A learner that takes a tenth of a second: pretrained features of each cell of a photo, and a logistic layer on them.

For simulations that train thousands of times. The encoder is the one of section `fit`, as it comes, never trained here.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dataset.idmap import read_ids, read_image, without_ignored
from dataset.records import Sample
from pipeline.progress import track
from pipeline.seeds import rng_for
from train.model import Network

SIDE_PX, GRID = 128, 16  # a photo as the encoder sees it, and how many cells a side it is cut into
KEPT = 64  # principal components of a cell's features
DECAY, STEPS = 3.0, 6  # of the logistic layer: ridge, and Newton's steps
AT_ONCE = 16
MEMBERS = 4  # of a committee

Reals = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Cells:
    """Photos cut into cells: features (N, G, KEPT + 1), the last a constant; truth (N, G) share of object, 0..1."""

    features: Reals
    truth: Reals
    vectors: Reals  # (N, D) of whole photos: the encoder's last level, averaged

    def part(self, begin: int, end: int | None = None) -> "Cells":
        """Return the pictures from one place to before another."""
        return Cells(self.features[begin:end], self.truth[begin:end], self.vectors[begin:end])


def square(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image or a map made a square of SIDE_PX, its aspect given up."""
    return np.asarray(cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def truth_of(path: Path) -> Reals:
    """Return (GRID * GRID,) the share of object in each cell of an id map."""
    inside = np.asarray(without_ignored(read_ids(path)) > 0, np.float32)
    return np.asarray(cv2.resize(inside, (GRID, GRID), interpolation=cv2.INTER_AREA), np.float32).ravel()


def levels(network: Network, images: NDArray[np.uint8]) -> tuple[Reals, Reals]:
    """Return features (B, G, C) of each cell, of all levels from a quarter of the size on, and (B, D) of photos."""
    seen = (torch.from_numpy(images).permute(0, 3, 1, 2) - network.shift) * network.scale
    with torch.inference_mode():
        found = [level.float() for level in network.body.encoder(seen)[2:]]
    cells = [
        functional.adaptive_avg_pool2d(level, GRID)
        if level.shape[-1] > GRID
        else functional.interpolate(level, (GRID, GRID), mode="bilinear")
        for level in found
    ]
    grid = torch.cat(cells, 1).flatten(2).transpose(1, 2)
    return grid.numpy(), found[-1].mean((2, 3)).numpy()


def cells_of(places: Sequence[tuple[Path, Sample]], network: Network) -> Cells:
    """Return pictures as cells, features as principal components of unit variance, of all of them together.

    places: the folder of each sample's manifest, and the sample.
    """
    raw: list[Reals] = []
    vectors: list[Reals] = []
    for begin in track(range(0, len(places), AT_ONCE), -(-len(places) // AT_ONCE), "features", "batches"):
        images = [square(read_image(folder / sample.image)) for folder, sample in places[begin : begin + AT_ONCE]]
        grid, vector = levels(network, np.stack(images))
        raw.append(grid.astype(np.float16).astype(np.float32))
        vectors.append(vector)
    truth = np.stack([truth_of(folder / sample.ids) for folder, sample in places])
    return Cells(components(np.concatenate(raw)), truth, np.concatenate(vectors))


def components(raw: Reals) -> Reals:
    """Return (N, G, KEPT + 1): the first principal components, each of unit variance, and a constant 1."""
    flat = raw.reshape(-1, raw.shape[-1])
    mean, scale = flat.mean(axis=0), flat.std(axis=0) + 1e-6
    flat = (flat - mean) / scale
    values, axes = np.linalg.eigh(flat.T @ flat / len(flat))
    first = slice(-1, -KEPT - 1, -1)
    made = flat @ (axes[:, first] / np.sqrt(np.maximum(values[first], 1e-6)))
    return np.concatenate([made, np.ones((len(made), 1))], axis=1).astype(np.float32).reshape(*raw.shape[:2], -1)


def fitted(features: Reals, truth: Reals, weight: Reals | None = None) -> Reals:
    """Return the weights (KEPT + 1,) of a logistic layer on cells (M, KEPT + 1) of truth (M,), by Newton's steps.

    weight: (M,) how often each cell counts, None = once. The ridge DECAY keeps what the cells do not decide near 0.
    """
    found: Reals = np.zeros(features.shape[1], np.float32)
    often = np.ones(len(truth), np.float32) if weight is None else weight
    ridge = DECAY * np.eye(features.shape[1], dtype=np.float32)
    for _ in range(STEPS):
        seen = sure(features @ found)
        bend = often * seen * (1 - seen)
        slope = features.T @ (often * (truth - seen)) - DECAY * found
        found += np.linalg.solve((features * bend[:, None]).T @ features + ridge, slope).astype(np.float32)
    return found


def sure(logits: Reals) -> Reals:
    """Return the logistic function."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def iou_of(seen: Reals, truth: Reals) -> float:
    """Return the IoU of cells (N, G) seen as object with a probability of half or more, all photos' cells together.

    A cell counts by its share of object, so that its border costs what it covers.
    """
    inside = seen >= 0.5
    both = float(truth[inside].sum())
    return both / (float(truth.sum()) + float(inside.sum()) - both)


def bits_of(seen: Reals) -> NDArray[np.float64]:
    """Return (N,) the mean entropy of a photo's cells (N, G), in bits."""
    inside = np.clip(seen, 1e-6, 1 - 1e-6)
    return np.asarray(-(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside)).mean(axis=1), np.float64)


class CellTraining:
    """Trains the logistic layer on photos given by their places; a `Training` of the simulation."""

    def __init__(self, cells: Cells, renders: Cells | None = None, ratio: float = 0.0) -> None:
        """renders: what every training takes as well; None = none. ratio: their share of what the layer is fitted to.

        Raises ValueError for a ratio that leaves nothing to either.
        """
        if renders and not 0 < ratio < 1:
            raise ValueError(f"ratio is {ratio}, wanted above 0 and below 1 with renders")
        self.cells, self.renders, self.ratio = cells, renders, ratio

    @property
    def vectors(self) -> Reals:
        """The encoder's vectors of all photos."""
        return self.cells.vectors

    def layer(self, rows: NDArray[np.int64]) -> Reals:
        """Return the layer trained on some photos, and on the renders where there are some."""
        width = self.cells.features.shape[-1]
        features, truth = self.cells.features[rows].reshape(-1, width), self.cells.truth[rows].ravel()
        if self.renders is None:
            return fitted(features, truth)
        made = self.renders.truth.ravel()
        often = np.full(len(made), len(truth) / len(made) * self.ratio / (1 - self.ratio), np.float32)
        weight = np.concatenate([np.ones(len(truth), np.float32), often])
        features = np.concatenate([features, self.renders.features.reshape(-1, width)])
        return fitted(features, np.concatenate([truth, made]), weight)

    def score(self, rows: NDArray[np.int64], test: NDArray[np.int64], seed: int) -> float:  # noqa: ARG002 - no chance
        """Return the IoU on the photos `test` after training on the photos `rows`."""
        return iou_of(sure(self.cells.features[test] @ self.layer(rows)), self.cells.truth[test])

    def doubts(
        self, rows: NDArray[np.int64], pool: NDArray[np.int64], seed: int, *, committee: bool
    ) -> dict[str, NDArray[np.float64]]:
        """Return the scores of the strategies; a committee's members train on photos redrawn (query by bagging)."""
        features = self.cells.features[pool]
        seen = sure(features @ self.layer(rows))
        unsure = np.minimum(seen, 1 - seen)
        found = {"entropy": bits_of(seen), "least confidence": unsure.mean(axis=1).astype(np.float64)}
        found["margin"] = 2 * found["least confidence"]
        inside = seen >= 0.5
        wrong, area = (unsure * inside).sum(axis=1), inside.sum(axis=1)
        found["expected loss"] = np.where(area > 0, wrong / np.maximum(area, 1), 1.0).astype(np.float64)
        if committee:
            drawn = [rng_for(seed, "member", k).integers(len(rows), size=len(rows)) for k in range(MEMBERS)]
            votes = np.mean([sure(features @ self.layer(rows[some])) >= 0.5 for some in drawn], axis=0)
            found["committee"] = bits_of(votes)
        return found

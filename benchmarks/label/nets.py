"""The project's own training, small: for simulations that can pay for a few dozen. Finished ones are found again."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.records import Sample
from pipeline.files import write_json
from pipeline.reading import read_json
from train.data import Mix, Photo, Source, load_pools
from train.inference.outputs import predict
from train.inference.preprocess import side_of
from train.loop import Phase, train
from train.settings import Fit

TESTED = 80  # photos that a network is scored on, evenly over those of a draw
SMALL = Fit(
    encoder="tf_efficientnet_lite0",
    decoder="FPN",
    decoder_channels=64,
    img_size=96,
    steps=50,
    batch=8,
    epoch_steps=10,
    learning_rate=0.001,
    weight_decay=0.0001,
    freeze=2,
    keep_norms=True,
    ema=0.9,
    object_crops=0.4,
    threads=1,
)


class NetTraining:
    """Trains networks on photos given by their places; a `Training` of the simulation."""

    def __init__(
        self,
        folder: Path,
        samples: Sequence[Sample],
        categories: tuple[str, ...],
        vectors: NDArray[np.float32],
        kept: Path,
    ) -> None:
        """folder: of the samples' manifest. vectors: (N, D) of the encoder. kept: where finished scores lie."""
        self.folder, self.samples, self.categories, self.kept = folder, samples, categories, kept
        self.vectors = vectors

    def photos(self, rows: Sequence[int]) -> list[Photo]:
        """Return the pixels of photos by their places."""
        source = Source("real", 1.0, self.folder, tuple(self.samples[at] for at in rows))
        return load_pools(Mix(0.0, (source,)), self.categories, SMALL.img_size)[0]

    def score(self, rows: NDArray[np.int64], test: NDArray[np.int64], seed: int) -> float:
        """Return the IoU on `TESTED` of the photos `test` after training on the photos `rows`."""
        some = test[:: max(len(test) // TESTED, 1)][:TESTED]
        facts = [
            sorted(rows.tolist()),
            some.tolist(),
            seed,
            dataclasses.asdict(SMALL),
            [one.id for one in self.samples],
        ]
        path = self.kept / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}.json"
        if not path.is_file():
            write_json(path, {"iou": self.trained(sorted(rows.tolist()), some.tolist(), seed)})
        return float(read_json(path)["iou"])

    def trained(self, rows: Sequence[int], test: Sequence[int], seed: int) -> float:
        """Return the IoU over all pixels of the photos `test` of a network trained on the photos `rows`."""
        network = train(SMALL, [Phase((1.0,), 1.0)], [self.photos(rows)], self.categories, seed, folder=None).network
        both = either = 0
        for photo in self.photos(test):
            seen = predict(network, photo.image[None], side_of(SMALL.img_size))[0]
            known = photo.truth < 255
            both += int(((seen == photo.truth) & (photo.truth > 0) & known).sum())
            either += int((((seen > 0) | (photo.truth > 0)) & known).sum())
        return both / max(either, 1)

    def doubts(
        self, rows: NDArray[np.int64], pool: NDArray[np.int64], seed: int, *, committee: bool
    ) -> dict[str, NDArray[np.float64]]:
        """Raise ValueError: what networks say of a whole pool costs more than these simulations pay."""
        raise ValueError(f"networks are simulated without doubts ({len(rows)} of {len(pool)}, {seed}, {committee})")

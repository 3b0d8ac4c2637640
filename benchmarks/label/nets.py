"""The project's own training, small: for simulations that can pay for a few dozen. Finished ones are found again.

``python -m benchmarks.label.nets --real REAL --work data/bench/pick --draws 8`` prints the scores
with 40 and 80 labels more.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.labelling import Deal, Rows, Ties, asked_for, deal_of, ground_of
from benchmarks.label.photo_sets import ingested
from benchmarks.label.pick import DOMINO
from benchmarks.label.simulate import cells_in
from dataset.idmap import IGNORED
from dataset.records import Sample
from pipeline.files import write_json
from pipeline.reading import read_json
from pipeline.stage import run_stage
from train.data import Mix, Photo, Source, load_pools, read_categories
from train.inference.outputs import predict
from train.loop import train
from train.model import Network
from train.plan import Phase
from train.settings import Fit, side_of

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


def loaded(folder: Path, samples: Iterable[Sample], categories: Sequence[str]) -> list[Photo]:
    """Return the pixels of labelled photos, as small as `SMALL` sees them. folder: of their manifest."""
    source = Source("real", 1.0, folder, tuple(samples))
    return load_pools(Mix(0.0, (source,)), categories, SMALL.img_size)[0]


def iou_on(network: Network, photos: Sequence[Photo]) -> float:
    """Return the IoU over all pixels of photos, a pixel of another category a miss."""
    both = either = 0
    for photo in photos:
        seen = predict(network, photo.image[None], side_of(SMALL.img_size))[0]
        known = photo.truth != IGNORED
        both += int(((seen == photo.truth) & (photo.truth > 0) & known).sum())
        either += int((((seen > 0) | (photo.truth > 0)) & known).sum())
    return both / max(either, 1)


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
        return loaded(self.folder, (self.samples[at] for at in rows), self.categories)

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
        return iou_on(network, self.photos(test))

    def doubts(
        self, rows: NDArray[np.int64], pool: NDArray[np.int64], seed: int, *, committee: bool
    ) -> dict[str, NDArray[np.float64]]:
        """Raise ValueError: what networks say of a whole pool costs more than these simulations pay."""
        raise ValueError(f"networks are simulated without doubts ({len(rows)} of {len(pool)}, {seed}, {committee})")


def rows_after(training: NetTraining, ground: Ties, deal: Deal, strategy: str, labels: Sequence[int]) -> Rows:
    """Return the photos that are labelled after the last of `labels`, asked for from one of them to the next."""
    have = deal.start
    for size in labels:
        more = size + len(deal.start) - len(have)
        have = np.concatenate([have, asked_for(training, ground, deal, strategy, (have, more))])
    return have


def main(fit: Fit, real: Path, work: Path, draws: int) -> None:
    """Print the IoU of networks with 40 and 80 labels by chance and with 40 of k-centre, a draw a line."""
    one = ingested("domino", real, work)
    manifest, samples = one.manifest, one.samples
    vectors = cells_in(fit, [(manifest.parent, sample) for sample in samples]).vectors
    names = read_categories(manifest.parent / "categories.json")
    training = NetTraining(manifest.parent, samples, names, vectors, work / "nets")
    ground = ground_of(samples, DOMINO.apart, DOMINO.stratum, DOMINO.start_where)
    for draw in range(1, draws + 1):
        deal = deal_of(ground, DOMINO.start, DOMINO.test, DOMINO.other, draw)
        for strategy, labels in (("random", (20, 40)), ("random", (20, 40, 80)), ("k-centre", (20, 40))):
            rows = rows_after(training, ground, deal, strategy, labels)
            sys.stdout.write(f"{draw} {strategy} {labels[-1]} {training.score(rows, deal.test, draw):.4f}\n")


if __name__ == "__main__":
    run_stage(main)

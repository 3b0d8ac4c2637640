"""What a worker does with one trial: train it, evaluate it on real val photos and on held-out renders, keep its log."""

import dataclasses
import shutil
import time

from measure.scoring.evaluation import evaluate, scored_in
from measure.scoring.records import Scores
from measure.scoring.scores import write_scores
from measure.trials.job import (
    CHECKPOINT,
    HELD_OUT,
    LOG,
    TrialInputs,
    TrialJob,
    log_of,
    val_name,
    watched_ids,
    weights_name,
)
from pipeline.files import write_json
from train.cache import Cache
from train.data import real_samples
from train.loop import train
from train.model import Network, build_from, load_weights, save_weights
from train.run import SETTINGS, Run


class TrialWorker:
    """A worker: trains one trial after the other, each with the settings and the photos that come with it."""

    def run(self, given: tuple[TrialInputs, TrialJob]) -> None:
        """Train and evaluate a trial. Raises InputError as `Trainer`."""
        ground, job = given
        Trainer(ground).run(job)


class Trainer:
    """Trains and evaluates trials on the same photos."""

    def __init__(self, ground: TrialInputs):
        """Map the photos. Raises InputError when the cache is missing."""
        self.ground = ground
        self.cache = Cache(ground.cache)
        val = real_samples(ground.val)
        self.photos, self.scored = [sample.id for sample in val], scored_in(val, ground.categories)

    def scored_photos(self, job: TrialJob) -> list[str]:
        """Return the ids of the val photos that a job is scored on, in the order of val."""
        return self.photos if job.photos is None else [name for name in self.photos if name in set(job.photos)]

    def run(self, job: TrialJob) -> None:
        """Train and evaluate a trial, from its last checkpoint if there is one; trained weights are evaluated alone.

        Weights are written after the log, and val scores last: a folder that holds them is finished.
        """
        trained = (job.folder / weights_name(job.until)).is_file()
        self.evaluate(self.load(job) if trained else self.train(job), job)
        if job.until == 1:
            shutil.rmtree(job.folder / CHECKPOINT, ignore_errors=True)

    def load(self, job: TrialJob) -> Network:
        """Return a network that was trained before."""
        network = build_from(dataclasses.asdict(self.ground.fit), len(self.ground.categories) + 1)
        load_weights(network, job.folder / weights_name(job.until))
        return network.eval()

    def train(self, job: TrialJob) -> Network:
        """Return the trained network of a trial; keep its log, its settings and its weights."""
        start = time.perf_counter()
        job.folder.mkdir(parents=True, exist_ok=True)
        watched = watched_ids(self.scored_photos(job))
        pools = [[self.cache.photo(digest) for digest in some] for some in job.digests]
        outcome = train(
            self.ground.fit,
            job.phases,
            pools,
            self.ground.categories,
            job.head["seed"],
            folder=job.folder / CHECKPOINT,
            until=job.until,
            watch=(lambda network: self.evaluated(network, job, only=watched).iou) if watched else None,
        )
        seconds = log_of(job.folder).get("seconds", {}) | {f"{job.until:g}": time.perf_counter() - start}
        write_json(job.folder / LOG, outcome.log | {"seconds": seconds, "evaluation": job.evaluation})
        if job.until == 1:
            write_json(job.folder / SETTINGS, self.run_of(outcome.network, job).settings)
        save_weights(outcome.network, job.folder / weights_name(job.until))
        return outcome.network

    def evaluated(
        self, network: Network, job: TrialJob, *, only: frozenset[str] | None = None, details: bool = False
    ) -> Scores:
        """Return a network's scores on the val photos. only: their ids; None = all."""
        found = evaluate(self.run_of(network, job), self.ground.val, "val", "val", None, only, details)
        return dataclasses.replace(found, scored=self.scored)  # some of the photos may lack a category

    def run_of(self, network: Network, job: TrialJob) -> Run:
        """Return the network with the settings it was trained by."""
        settings = {"fit": dataclasses.asdict(self.ground.fit), "categories": list(self.ground.categories)}
        return Run(network, settings | job.head, self.ground.categories)

    def evaluate(self, network: Network, job: TrialJob) -> None:
        """Write the scores of a trained network: of a fold on its photos, of another one on held-out renders too.

        With folds one that saw all val photos is scored on renders alone.
        """
        out, photos = job.folder / job.evaluation, frozenset(self.scored_photos(job))
        scores = self.evaluated(network, job, only=photos, details=job.until == 1) if photos else None
        if job.until == 1 and self.ground.held_out_ids and not job.photos:
            held_out, ids = self.ground.held_out, self.ground.held_out_ids
            found = evaluate(self.run_of(network, job), held_out, "held_out", "held out", None, only=ids)
            write_scores(out / HELD_OUT, found)
        if scores:
            write_scores(out / val_name(job.until), scores)

"""What a worker does with one trial: train it, evaluate it on real val photos and on held-out renders, keep its log."""

import dataclasses
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from measure.scoring.evaluation import evaluate, scored_in
from measure.scoring.records import Scores
from measure.scoring.scores import write_scores
from pipeline.files import write_json
from pipeline.reading import OPEN, read_typed
from train.cache import Cache
from train.data import real_samples
from train.loop import Phase, train
from train.model import Network, build_from, load_weights, save_weights
from train.run import SETTINGS, WEIGHTS, Run
from train.settings import Fit

WATCHED = 48  # val photos: as many as say whether a score still rises, at a small part of a training's time
CHECKPOINT, LOG, HELD_OUT = "checkpoint", "log.json", "held_out.json"


@dataclasses.dataclass(frozen=True)
class TrialInputs:
    """What all trials of a stage share. Paths are absolute, since workers have working folders of their own."""

    fit: Fit
    categories: tuple[str, ...]
    cache: Path
    val: Path  # manifest of the real photos that trials are evaluated on
    held_out: Path  # manifest of the renders
    held_out_ids: tuple[str, ...]  # those of it that no trial trains on


@dataclasses.dataclass(frozen=True)
class TrialJob:
    """One trial to train up to a share of its steps."""

    folder: Path  # of its weights
    evaluation: str  # name of the folder in it for the scores on these val photos and held-out renders
    until: float
    head: dict[str, Any]  # what its scores files say of it
    phases: tuple[Phase, ...]
    digests: tuple[tuple[str, ...], ...]  # of the samples of each source


def weights_name(until: float) -> str:
    """Return the name of the weights of a trial trained up to a share of its steps."""
    return WEIGHTS if until == 1 else f"weights-{until:g}.safetensors"


def val_name(until: float) -> str:
    """Return the name of the scores file of a trial trained up to a share of its steps."""
    return "val.json" if until == 1 else f"val-{until:g}.json"


def watched_ids(val: Sequence[str]) -> frozenset[str]:
    """Return the photos that a training is scored on while it goes on: at most `WATCHED`, evenly spaced over val."""
    count = min(WATCHED, len(val))
    return frozenset(val[place * len(val) // count] for place in range(count))


class Trainer:
    """A worker: trains one trial after the other."""

    def __init__(self, ground: TrialInputs):
        """Map the photos. Raises InputError when the cache is missing."""
        self.ground = ground
        self.cache = Cache(ground.cache)
        val = real_samples(ground.val)
        self.watched, self.scored = watched_ids([sample.id for sample in val]), scored_in(val, ground.categories)

    def run(self, job: TrialJob) -> None:
        """Train and evaluate a trial, from its last checkpoint if there is one; trained weights are evaluated alone.

        Weights are written after the log, and val scores last: a folder that holds them is finished.
        """
        if not (job.folder / weights_name(job.until)).is_file():
            self.train(job)
        network = build_from(dataclasses.asdict(self.ground.fit), len(self.ground.categories) + 1)
        load_weights(network, job.folder / weights_name(job.until))
        self.evaluate(network.eval(), job)
        if job.until == 1:
            shutil.rmtree(job.folder / CHECKPOINT, ignore_errors=True)

    def train(self, job: TrialJob) -> None:
        """Train a trial and keep its log, its settings and its weights."""
        start = time.perf_counter()
        job.folder.mkdir(parents=True, exist_ok=True)
        pools = [[self.cache.photo(digest) for digest in some] for some in job.digests]
        outcome = train(
            self.ground.fit,
            job.phases,
            pools,
            self.ground.categories,
            job.head["seed"],
            folder=job.folder / CHECKPOINT,
            until=job.until,
            watch=lambda network: self.evaluated(network, job, only=self.watched).iou,
        )
        seconds = log_of(job.folder).get("seconds", {}) | {f"{job.until:g}": time.perf_counter() - start}
        write_json(job.folder / LOG, outcome.log | {"seconds": seconds, "evaluation": job.evaluation})
        if job.until == 1:
            write_json(job.folder / SETTINGS, self.run_of(outcome.network, job).settings)
        save_weights(outcome.network, job.folder / weights_name(job.until))

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
        """Write the scores of a trained network."""
        out = job.folder / job.evaluation
        scores = self.evaluated(network, job, details=job.until == 1)
        if job.until == 1 and self.ground.held_out_ids:
            held_out, ids = self.ground.held_out, self.ground.held_out_ids
            found = evaluate(self.run_of(network, job), held_out, "held_out", "held out", None, only=ids)
            write_scores(out / HELD_OUT, found)
        write_scores(out / val_name(job.until), scores)


@with_config(OPEN)
class Logged(TypedDict, total=False):
    """What is read of a log: steps done, seconds by the share of the steps, pairs of steps done and score on val."""

    steps: Annotated[int, Field(ge=0)]
    watched: list[tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(ge=0, le=1)]]]
    evaluation: str  # of `watched`: a trial's weights outlive the val photos that it was watched on
    seconds: dict[Annotated[str, Field(pattern=r"^(1|0\.\d{1,9})$")], float]


LOGGED = TypeAdapter(Logged)


def log_of(folder: Path) -> Logged:
    """Return the log of a trial, empty before its first scores."""
    path = folder / LOG
    return (
        read_typed(path, LOGGED, "the log of a training", "remove its folder, and train again")
        if path.is_file()
        else {}
    )

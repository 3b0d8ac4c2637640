"""What a worker does with one cell: train it, judge it on real val photos and on held-out renders, keep its log."""

import dataclasses
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants it below Python 3.12

from pipeline.files import write_json
from pipeline.reading import OPEN, read_typed
from train.cells.cache import Cache
from train.inference.judge import judge
from train.inference.run import SETTINGS, WEIGHTS, Run
from train.loop.model import Network, save_weights
from train.loop.settings import Fit
from train.loop.training import Outcome, Phase, train
from train.scoring.records import Scores
from train.scoring.scores import write_scores

CHECKPOINT, LOG, HELD = "checkpoint", "log.json", "held.json"


@dataclasses.dataclass(frozen=True)
class Ground:
    """What all cells of a stage share. Paths are absolute, since workers have working folders of their own."""

    fit: Fit
    categories: tuple[str, ...]
    cache: Path
    val: Path  # manifest of the real photos that cells are judged on
    held: Path  # manifest of the renders
    held_ids: tuple[str, ...]  # those of it that no cell trains on


@dataclasses.dataclass(frozen=True)
class Job:
    """One cell to train up to a share of its steps."""

    folder: Path
    until: float
    head: dict[str, Any]  # what its scores files say of it
    phases: tuple[Phase, ...]
    digests: tuple[tuple[str, ...], ...]  # of the samples of each source


def val_name(until: float) -> str:
    """Return the name of the scores file of a cell trained up to a share of its steps."""
    return "val.json" if until == 1 else f"val-{until:g}.json"


class Trainer:
    """A worker: trains one cell after the other."""

    def __init__(self, ground: Ground):
        """Map the photos. Raises InputError when the cache is missing."""
        self.ground = ground
        self.cache = Cache(ground.cache)

    def run(self, job: Job) -> None:
        """Train and judge a cell, from its last checkpoint if there is one.

        The val scores are written last: a folder that holds them is finished.
        """
        start = time.perf_counter()
        job.folder.mkdir(parents=True, exist_ok=True)
        fit, seed = self.ground.fit, job.head["seed"]
        pools = [[self.cache.photo(digest) for digest in some] for some in job.digests]
        outcome = train(
            fit,
            job.phases,
            pools,
            self.ground.categories,
            seed,
            folder=job.folder / CHECKPOINT,
            until=job.until,
            watch=lambda network: self.judged(network, job, details=False).iou,
        )
        self.keep(outcome, job, start)

    def judged(self, network: Network, job: Job, details: bool) -> Scores:
        """Return a network's scores on the val photos."""
        return judge(self.run_of(network, job), self.ground.val, "val", "val", None, details=details)

    def run_of(self, network: Network, job: Job) -> Run:
        """Return the network with the settings it was trained by."""
        settings = {"fit": dataclasses.asdict(self.ground.fit), "categories": list(self.ground.categories)}
        return Run(network, settings | job.head, self.ground.categories)

    def keep(self, outcome: Outcome, job: Job, start: float) -> None:
        """Write what is to be kept of a cell; a finished one no longer needs its checkpoint."""
        run = self.run_of(outcome.network, job)
        scores = self.judged(outcome.network, job, details=job.until == 1)
        if job.until == 1:
            save_weights(run.model, job.folder / WEIGHTS)
            write_json(job.folder / SETTINGS, run.settings)
            if self.ground.held_ids:
                held = judge(run, self.ground.held, "held", "held", None, only=self.ground.held_ids)
                write_scores(job.folder / HELD, held)
        seconds = log_of(job.folder).get("seconds", {}) | {f"{job.until:g}": time.perf_counter() - start}
        write_json(job.folder / LOG, outcome.log | {"seconds": seconds})
        write_scores(job.folder / val_name(job.until), scores)
        if job.until == 1:
            shutil.rmtree(job.folder / CHECKPOINT, ignore_errors=True)


@with_config(OPEN)
class Logged(TypedDict, total=False):
    """What is read of a log: seconds by the share of the steps."""

    seconds: dict[Annotated[str, Field(pattern=r"^(1|0\.\d{1,9})$")], float]


LOGGED = TypeAdapter(Logged)


def log_of(folder: Path) -> Logged:
    """Return the log of a cell, empty before its first scores."""
    path = folder / LOG
    return (
        read_typed(path, LOGGED, "the log of a training", "remove its folder, and train again")
        if path.is_file()
        else {}
    )

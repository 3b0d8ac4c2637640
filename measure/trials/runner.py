"""Trials side by side on Ray: what is finished is read, what is missing is trained."""

import dataclasses
import functools
import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dataset.folds import Folds
from measure.scoring.scores import Scores, read_scores, write_scores
from measure.trials.candidate import Trial, head_of, phases_of, shares_of
from measure.trials.job import HELD_OUT, Logged, TrialInputs, TrialJob, log_of, val_name
from measure.trials.keys import EVALUATION_CODE, TRAINING_CODE, key_of
from measure.trials.pools import Pools, read_pools
from pipeline.engine import Failed, actor_of, each, engine, gpu_count
from pipeline.errors import InputError
from pipeline.files import way_to
from pipeline.progress import track
from train.cache import digest_of, warm
from train.data import ROOM, read_categories, real_samples
from train.run import WEIGHTS
from train.settings import Fit

CACHE = "pixels"  # folder beside the pools file, one a size of pictures; no stage's output
# Of glibc and torch, elsewhere without effect: each step of a training allocates what the one before it freed. Large
# blocks would go back to the system in between, which then clears every page anew: a tenth of a step on a CPU.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**31 - 1),
    "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1),
    "MALLOC_TOP_PAD_": str(2**28),
    "THP_MEM_ALLOC_ENABLE": "1",
}
WORKER = "measure.trials.trainer:TrialWorker"  # by name: a stage that finds all trained need not load torch
RECYCLE = 50  # trials a worker trains before it is replaced

Wanted = tuple[Trial, float]  # a trial, and the share of its steps it is to be trained to


class Trials:
    """The trials of one set-up: trained at most once, found by all that decides them."""

    def __init__(self, pools: Pools, ground: TrialInputs, own: Path, others: Sequence[Path] = (), workers: int = 0):
        """own: folder that new trials are put in. others: folders of other stages that may hold finished ones."""
        self.pools, self.ground, self.own, self.others, self.workers = pools, ground, own, others, workers
        self.digests = {
            (source.name, sample.id): digest_of(source.folder, sample)
            for source in pools.sources
            for sample in source.samples
        }
        self.val = {sample.id: digest_of(ground.val.parent, sample) for sample in real_samples(ground.val)}
        self.held_out = [digest_of(pools.held_out.folder, sample) for sample in pools.held_out.samples]
        self.evaluation = key_of([*self.val.values(), *self.held_out, *self.folds_of(pools.folds)], EVALUATION_CODE)

    def folds_of(self, folds: Folds) -> list[list[str]]:
        """Return the digests of the val photos of each fold; raise InputError for one that val does not hold."""
        strange = next((name for fold in folds for name in fold if name not in self.val), None)
        if strange:
            raise InputError(f"{self.ground.val}: has no photo {strange}, which a fold names; run stage split again")
        return [[self.val[name] for name in fold] for fold in folds]

    def parts(self, trial: Trial) -> list[Trial]:
        """Return the trainings behind a trial's val scores: one a fold, each scored on the photos that it left out.

        Where val has photos of its own, or the trial trains on none of its photos, that is the trial itself.
        """
        if trial.fold is not None or not self.sees_val(trial):
            return [trial]
        return [dataclasses.replace(trial, fold=fold) for fold in range(len(self.pools.folds))]

    def sees_val(self, trial: Trial) -> bool:
        """Return whether a trial trains on photos that are val in turn."""
        val = {name for fold in self.pools.folds for name in fold}
        return any(sample.id in val for share in shares_of(trial, self.pools) for sample in share.samples)

    def evaluation_of(self, trial: Trial) -> str:
        """Return the name of the folder for a trial's scores: the hash of the photos that it is scored on."""
        if trial.fold is None:
            return self.evaluation
        return key_of(self.folds_of(self.pools.folds)[trial.fold], EVALUATION_CODE)

    def key(self, trial: Trial) -> str:
        """Return the name of a trial's folder: the hash of all that decides its weights."""
        fit = self.ground.fit
        samples: dict[str, Any] = {"n_real": None, "n_render": None, "draw": None, "without": []}  # the digests say it
        own = dataclasses.asdict(trial) | samples
        own.pop("fold")  # too
        facts = {
            "trial": own,
            "samples": self.digests_of(trial),
            "fit": dataclasses.asdict(fit) | {"checkpoint_steps": None},  # changes nothing of what is trained
            "categories": self.ground.categories,
            "val": self.evaluation_of(trial) if fit.patience else None,  # then the scores on it say when to stop
        }
        return key_of(facts, TRAINING_CODE)

    def digests_of(self, trial: Trial) -> tuple[tuple[str, ...], ...]:
        """Return the digests of the samples of each source of a trial."""
        return tuple(
            tuple(self.digests[share.pool.name, sample.id] for sample in share.samples)
            for share in shares_of(trial, self.pools)
        )

    def folder(self, trial: Trial, until: float = 1.0) -> Path:
        """Return where a trial's scores lie, or would be put: in the folder of its weights, one an evaluation."""
        name = Path(self.key(trial), self.evaluation_of(trial))
        places = [root / name for root in (self.own, *self.others)]
        return next((place for place in places if (place / val_name(until)).is_file()), self.own / name)

    def name(self, trial: Trial, start: Path) -> str:
        """Return the folder of a finished trial's scores as other files name it: relative to `start`."""
        return way_to(self.folder(trial), start)

    def scores(self, trial: Trial, until: float = 1.0) -> Scores | None:
        """Return the val scores of a trial trained to a share of its steps, None if it is not yet."""
        return self.trained(trial, until) if self.has(trial, until) else None

    def trained(self, trial: Trial, until: float = 1.0) -> Scores:
        """Return the val scores of a trial that was trained; raise InputError for another one."""
        return read_scores(self.folder(trial, until) / val_name(until))

    def has(self, trial: Trial, until: float = 1.0) -> bool:
        """Return whether a trial was trained to a share of its steps."""
        return (self.folder(trial, until) / val_name(until)).is_file()

    def seconds(self, trial: Trial, until: float = 1.0) -> float:
        """Return how long a finished trial took up to a share of its steps, 0.0 if it is not finished."""
        kept = [log_of(self.folder(part, until).parent).get("seconds", {}) for part in self.parts(trial)]
        return float(sum(took for each in kept for share, took in each.items() if float(share) <= until))

    def watched(self, trial: Trial) -> dict[int, float]:
        """Return steps done -> IoU on val on the way, of what was trained of a part; empty for other val photos."""
        log = self.log(trial)
        return dict(log.get("watched", [])) if log.get("evaluation") == self.evaluation_of(trial) else {}

    def steps(self, trial: Trial) -> int:
        """Return how many steps a finished trial took: those of `fit`, or fewer where patience ended it."""
        return self.log(trial).get("steps", self.ground.fit.steps)

    def log(self, trial: Trial) -> Logged:
        """Return the log of what was trained of a trial, empty before its first scores."""
        return log_of(self.folder(trial).parent)

    def train(self, wanted: Iterable[Wanted], title: str) -> None:
        """Train what is missing of the wanted trials, with folds one training each. Raises InputError as `do`."""
        missing = list(dict.fromkeys((trial, until) for trial, until in wanted if not self.has(trial, until)))
        parts = [(part, until) for trial, until in missing for part in self.parts(trial) if not self.has(part, until)]
        self.do([(trial, self.job(trial, until)) for trial, until in parts], title)
        for trial, until in missing:
            if not self.has(trial, until):
                self.join(trial, until)

    def join(self, trial: Trial, until: float) -> None:
        """Write the val scores of a trial whose parts are trained: of each photo by the training that left it out."""
        found = [self.trained(part, until) for part in self.parts(trial)]
        write_scores(self.folder(trial, until) / val_name(until), self.joined(trial, found))

    def joined(self, trial: Trial, parts: Sequence[Scores]) -> Scores:
        """Return the scores of the trainings behind a trial as one, photos in the order of val."""
        photos, head = {photo.id: photo for part in parts for photo in part.photos}, head_of(trial, self.pools)
        sizes = {name: head[name] for name in ("n_real", "n_render")}
        return dataclasses.replace(parts[0], photos=tuple(photos[name] for name in self.val), **sizes)

    def train_on_all(self, wanted: Iterable[Trial], title: str) -> None:
        """Train trials that have their val scores by folds once more, on all photos, for what test is scored with.

        Raises InputError as `do`.
        """
        missing = [trial for trial in dict.fromkeys(wanted) if self.parts(trial) != [trial]]
        missing = [trial for trial in missing if not self.is_on_all(trial)]
        self.do([(trial, self.job_on_all(trial)) for trial in missing], title)

    def is_on_all(self, trial: Trial) -> bool:
        """Return whether a trial was trained on all photos, and scored on the held-out renders if there are any."""
        folder = self.folder(trial)
        return (folder.parent / WEIGHTS).is_file() and (not self.held_out or (folder / HELD_OUT).is_file())

    def do(self, todo: Sequence[tuple[Trial, TrialJob]], title: str) -> None:
        """Do jobs side by side; those of one folder one after the other, since the first trains what the others score.

        Folds may leave the same photos to train on where few are wanted. Raises InputError when one cannot be trained.
        """
        if not todo:
            return
        first = {job.folder: (trial, job) for trial, job in reversed(todo)}
        self.side_by_side(list(first.values()), title)
        self.do([pair for pair in todo if pair not in first.values()], title)

    def side_by_side(self, todo: Sequence[tuple[Trial, TrialJob]], title: str) -> None:
        """Do jobs of different folders. Raises InputError when one cannot be trained."""
        self.warm([trial for trial, _ in todo])
        jobs = [(self.ground, job) for _, job in todo]
        count, gpus = engine(self.workers, gpus=True), gpu_count()
        side_by_side = count if self.workers or gpus else workers_for(count, self.ground.fit.threads)
        done_jobs = each(jobs, worker(gpus > 0), side_by_side, RECYCLE, math.inf, keep=True)
        for (_, job), done in track(done_jobs, len(jobs), title, "runs"):
            if isinstance(done, Failed):
                raise InputError(
                    f"{job.folder}: its training {done.cause} three times; look whether the machine has memory "
                    "enough (lower fit.batch or machine.workers), then run the same command again"
                )

    def warm(self, trials: Sequence[Trial]) -> None:
        """Decode the photos of these trials, unless the cache holds them."""
        photos = [
            (self.digests[share.pool.name, sample.id], (share.pool.folder, sample))
            for trial in trials
            for share in shares_of(trial, self.pools)
            for sample in share.samples
        ]
        warm(self.ground.cache, photos, self.ground.categories, size_of(self.ground.fit))

    def job(self, trial: Trial, until: float) -> TrialJob:
        """Return what a worker needs to know of a trial."""
        phases, head = phases_of(trial, self.pools), head_of(trial, self.pools)
        folder = (self.own / self.key(trial)).absolute()
        photos = None if trial.fold is None else self.pools.folds[trial.fold]
        return TrialJob(folder, self.evaluation_of(trial), until, head, phases, self.digests_of(trial), photos)

    def job_on_all(self, trial: Trial) -> TrialJob:
        """Return what a worker needs to know of a trial that has its scores by folds, to train it on all photos."""
        return dataclasses.replace(self.job(trial, 1.0), folder=self.folder(trial).parent.absolute(), photos=())

    def networks(self, trial: Trial) -> list[tuple[Path, tuple[str, ...]]]:
        """Return the folder of each training behind a trial's val scores, and the val photos that it is scored on."""
        ids = [tuple(self.val) if part.fold is None else self.pools.folds[part.fold] for part in self.parts(trial)]
        return [(self.folder(part).parent, some) for part, some in zip(self.parts(trial), ids, strict=True)]


@functools.cache
def worker(gpu: bool) -> Callable[[], tuple[Any, Any]]:
    """Return what starts a worker: one and the same, so that trials of other settings find those that are up."""
    return actor_of(WORKER, gpu=gpu, environment=KEEP_MEMORY)


def size_of(fit: Fit) -> int:
    """Return the longer side, in pixels, at which photos are kept for a training."""
    return round(fit.img_size * ROOM)


def workers_for(cores: int, threads: int | None) -> int:
    """Return how many trials fit side by side on so many cores; threads None: each takes all of this machine's."""
    return max(1, cores // (threads or os.cpu_count() or 1))


@dataclasses.dataclass(frozen=True)
class Machine:
    """Section `machine` of params.yaml."""

    workers: int  # trials trained side by side; 0 = one a GPU, without GPUs as many as the cores hold

    def __post_init__(self) -> None:
        """Raise ValueError for a number of workers below 0."""
        if self.workers < 0:
            raise ValueError(f"workers is {self.workers}, wanted 0 or more")


def open_trials(
    machine: Machine, fit: Fit, pools: Path, val: Path, categories: Path, own: Path, *others: Path
) -> Trials:
    """Return the trials of a set-up. pools, val, categories: files that earlier stages wrote; the cache lies beside."""
    found = read_pools(pools)
    ids = tuple(sample.id for sample in found.held_out.samples)
    cache = pools.parent / f"{CACHE}-{size_of(fit)}"
    places = (cache.absolute(), val.absolute(), found.held_out.manifest.absolute())
    return Trials(found, TrialInputs(fit, read_categories(categories), *places, ids), own, others, machine.workers)

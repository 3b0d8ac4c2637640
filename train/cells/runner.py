"""Cells side by side on Ray: what is finished is read, what is missing is trained."""

import dataclasses
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.engine import Failed, actor_of, each, engine, gpu_count
from pipeline.errors import InputError
from pipeline.files import way_to
from pipeline.progress import track
from train.cells.cache import digest_of, warm
from train.cells.cell import Cell, head_of, key_of, phases_of, shares_of
from train.cells.pools import Pools, read_pools
from train.cells.trainer import Ground, Job, Trainer, log_of, val_name
from train.loop.data import ROOM, read_categories, real_samples
from train.loop.settings import Fit
from train.scoring.scores import Scores, read_scores

CACHE = "pixels"  # folder beside the pools file; no stage's output
RECYCLE = 50  # cells a worker trains before it is replaced

Wanted = tuple[Cell, float]  # a cell, and the share of its steps it is to be trained to


class Cells:
    """The cells of one set-up: trained at most once, found by all that decides them."""

    def __init__(self, pools: Pools, ground: Ground, own: Path, others: Sequence[Path] = (), workers: int = 0):
        """own: folder that new cells are put in. others: folders of other stages that may hold finished ones."""
        self.pools, self.ground, self.own, self.others, self.workers = pools, ground, own, others, workers
        self.digests = {
            (source.name, sample.id): digest_of(source.folder, sample)
            for source in pools.sources
            for sample in source.samples
        }
        judged = [(ground.val.parent, sample) for sample in real_samples(ground.val)]
        judged += [(pools.held.folder, sample) for sample in pools.held.samples]
        self.judged = [digest_of(folder, sample) for folder, sample in judged]

    def key(self, cell: Cell) -> str:
        """Return the name of a cell's folder."""
        ground = {
            "fit": dataclasses.asdict(self.ground.fit)
            | {"checkpoint_steps": None},  # changes nothing of what is trained
            "categories": self.ground.categories,
            "judged": self.judged,
        }
        return key_of(cell, self.digests_of(cell), ground)

    def digests_of(self, cell: Cell) -> tuple[tuple[str, ...], ...]:
        """Return the digests of the samples of each source of a cell."""
        return tuple(
            tuple(self.digests[share.pool.name, sample.id] for sample in share.samples)
            for share in shares_of(cell, self.pools)
        )

    def folder(self, cell: Cell, until: float = 1.0) -> Path:
        """Return where a cell's scores lie, or would be put."""
        key = self.key(cell)
        return next(
            (root / key for root in (self.own, *self.others) if (root / key / val_name(until)).is_file()),
            self.own / key,
        )

    def name(self, cell: Cell, start: Path) -> str:
        """Return the folder of a finished cell as other files name it: relative to `start`."""
        return way_to(self.folder(cell), start)

    def scores(self, cell: Cell, until: float = 1.0) -> Scores | None:
        """Return the val scores of a cell trained to a share of its steps, None if it is not yet."""
        return self.trained(cell, until) if self.has(cell, until) else None

    def trained(self, cell: Cell, until: float = 1.0) -> Scores:
        """Return the val scores of a cell that was trained; raise InputError for another one."""
        return read_scores(self.folder(cell, until) / val_name(until))

    def has(self, cell: Cell, until: float = 1.0) -> bool:
        """Return whether a cell was trained to a share of its steps."""
        return (self.folder(cell, until) / val_name(until)).is_file()

    def seconds(self, cell: Cell, until: float = 1.0) -> float:
        """Return how long a finished cell took up to a share of its steps, 0.0 if it is not finished."""
        kept = log_of(self.folder(cell, until)).get("seconds", {})
        return float(sum(took for share, took in kept.items() if float(share) <= until))

    def train(self, wanted: Iterable[Wanted], title: str) -> None:
        """Train what is missing of the wanted cells. Raises InputError when one cannot be trained."""
        missing = [(cell, until) for cell, until in wanted if not self.has(cell, until)]
        if not missing:
            return
        self.warm([cell for cell, _ in missing])
        jobs = [self.job(cell, until) for cell, until in missing]
        with engine(self.workers, gpus=True) as count:
            gpus = gpu_count()
            make = actor_of(Trainer, self.ground, gpu=gpus > 0)
            side_by_side = count if self.workers or gpus else workers_for(count, self.ground.fit.threads)
            for job, done in track(each(jobs, make, side_by_side, RECYCLE, math.inf), len(jobs), title, "runs"):
                if isinstance(done, Failed):
                    raise InputError(
                        f"{job.folder}: its training {done.cause} three times; look whether the machine has memory "
                        "enough (lower fit.batch or tune.workers), then run the same command again"
                    )

    def warm(self, cells: Sequence[Cell]) -> None:
        """Decode the photos of these cells, unless the cache holds them."""
        photos = [
            (self.digests[share.pool.name, sample.id], (share.pool.folder, sample))
            for cell in cells
            for share in shares_of(cell, self.pools)
            for sample in share.samples
        ]
        warm(self.ground.cache, photos, self.ground.categories, round(self.ground.fit.img_size * ROOM))

    def job(self, cell: Cell, until: float) -> Job:
        """Return what a worker needs to know of a cell."""
        phases, head = phases_of(cell, self.pools), head_of(cell, self.pools)
        return Job((self.own / self.key(cell)).absolute(), until, head, phases, self.digests_of(cell))


def workers_for(cores: int, threads: int | None) -> int:
    """Return how many cells fit side by side on so many cores; threads None: each takes all of this machine's."""
    return max(1, cores // (threads or os.cpu_count() or 1))


@dataclasses.dataclass(frozen=True)
class Machine:
    """Section `machine` of params.yaml."""

    workers: int  # cells trained side by side; 0 = one a GPU, without GPUs as many as the cores hold

    def __post_init__(self) -> None:
        """Raise ValueError for a number of workers below 0."""
        if self.workers < 0:
            raise ValueError(f"workers is {self.workers}, wanted 0 or more")


def open_cells(machine: Machine, fit: Fit, pools: Path, val: Path, categories: Path, own: Path, *others: Path) -> Cells:
    """Return the cells of a set-up. pools, val, categories: files that earlier stages wrote; the cache lies beside."""
    found = read_pools(pools)
    ids = tuple(sample.id for sample in found.held.samples)
    cache = pools.parent / CACHE
    places = (cache.absolute(), val.absolute(), found.held.manifest.absolute())
    return Cells(found, Ground(fit, read_categories(categories), *places, ids), own, others, machine.workers)

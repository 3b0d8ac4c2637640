"""Command `click-train`: a network that marks one object from clicks, a box or an earlier mask.

``admix label click-train --samples data/boards/renders/samples.jsonl --out clicks`` writes into OUT:

weights.safetensors  the network's tensors
settings.json        the sections fit and click that it was taught by, and how many photos each manifest gave
log.json             losses, and what the training took
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json
from train.checkpoint import forget
from train.clicks.objects import object_pool
from train.clicks.settings import Click, fit_of
from train.clicks.task import click_task
from train.loop import Outcome, train
from train.model import save_weights
from train.plan import Phase
from train.run import SETTINGS, WEIGHTS
from train.settings import Fit

OBJECT = ("object",)  # the one category there is
LOG = "log.json"


def teach(settings: Click, fit: Fit, samples: Sequence[Path], folder: Path | None = None) -> Outcome:
    """Return a network taught on the objects of manifests, each with an equal share of what it sees.

    folder: where a checkpoint may lie, as of `train`. The same arguments give the same weights on one machine.
    """
    pools = [object_pool(manifest, settings.img_size) for manifest in samples]
    phase = Phase(tuple(1 / len(pools) for _ in pools), 1.0)
    return train(fit_of(settings, fit), [phase], pools, OBJECT, settings.seed, folder=folder, task=click_task(settings))


def main(settings: Click, fit: Fit, samples: Sequence[Path], out: Path) -> None:
    """Write the run; raise InputError for manifests without objects, or when `out` holds something else."""
    if not samples:
        raise InputError("found no manifest, wanted one or more; name them with --samples")
    unfinished = out.with_name(f".{out.name}.unfinished")  # a killed training goes on from there
    with whole_folder(out, "clicks") as part:
        outcome = teach(settings, fit, samples, unfinished)
        save_weights(outcome.network, part / WEIGHTS)
        facts = {"fit": dataclasses.asdict(fit_of(settings, fit)), "click": dataclasses.asdict(settings)}
        write_json(part / SETTINGS, facts)
        write_json(part / LOG, outcome.log)
    forget(unfinished)
    sys.stderr.write(f"click-train: {out}\n")

"""Command `fit`: train one run by hand on a mix and score it on real val photos; tune trains its own."""

import dataclasses
from pathlib import Path

from dataset.folds import refuse_folds
from dataset.guards import no_overlap
from dataset.records import REAL, RENDER
from measure.scoring.evaluation import evaluate
from measure.scoring.scores import write_scores
from pipeline.files import check_free, whole_folder, write_json
from pipeline.stage import run_stage
from train.checkpoint import forget
from train.data import Mix, load_pools, read_categories, read_mix, real_samples
from train.loop import Outcome, train
from train.model import save_weights
from train.plan import Phase
from train.ranks import joined, rank
from train.run import SETTINGS, WEIGHTS, Run
from train.settings import Fit as Fit

KIND, LOG = "run", "log.json"
CLOCKED = {"train_s", "data_wait_share", "images_per_s"}  # what differs between two runs of one seed


def fit(settings: Fit, mix: Mix, categories: tuple[str, ...], seed: int, folder: Path | None = None) -> Outcome:
    """Return what training on a mix gives; the same seed on the same machine gives the same weights.

    folder: where the training keeps its checkpoint (`train`); None = nowhere.
    """
    phases = [Phase(tuple(source.weight for source in mix.sources), 1.0)]
    pools = load_pools(mix, categories, settings.img_size)
    return train(settings, phases, pools, categories, seed, folder=folder)


def run_of(outcome: Outcome, settings: Fit, mix: Mix, categories: tuple[str, ...], seed: int) -> Run:
    """Return the trained network with the settings it came from."""
    resolved = {
        "fit": dataclasses.asdict(settings),
        "seed": seed,
        "ratio": mix.ratio,
        "n_real": mix.size(REAL),
        "n_render": mix.size(RENDER),
        "categories": list(categories),
    }
    return Run(outcome.network, resolved, categories)


def write_run(run: Run, log: dict[str, object], val: Path, out: Path) -> None:
    """Write a run's folder: weights, settings, log, scores on val and the predictions they come from."""
    with whole_folder(out, KIND) as part:
        save_weights(run.model, part / WEIGHTS)
        write_json(part / SETTINGS, run.settings)
        write_json(part / LOG, {name: value for name, value in log.items() if name not in CLOCKED})
        write_scores(part / "val.json", evaluate(run, val, "val", "val", part / "val"))


def main(settings: Fit, mix: Path, val: Path, categories: Path, seed: int, out: Path) -> None:
    """Write one run; on several GPUs: ``torchrun --nproc-per-node N -m measure.fit ...``.

    A killed training goes on from its last checkpoint, which stands beside the run's folder until that is written.
    """
    check_free(out, KIND)  # before hours of training
    refuse_folds(val)
    names, trained_on = read_categories(categories), read_mix(mix)
    no_overlap(train=(s for source in trained_on.sources for s in source.samples), val=real_samples(val))
    unfinished = out.with_name(f".{out.name}.unfinished")
    with joined():
        outcome = fit(settings, trained_on, names, seed, unfinished)
        if rank() == 0:
            write_run(run_of(outcome, settings, trained_on, names, seed), outcome.log, val, out)
            forget(unfinished)


if __name__ == "__main__":
    run_stage(main)

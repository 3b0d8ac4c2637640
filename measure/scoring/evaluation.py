"""A run's predictions for labelled samples, and its scores."""

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.guards import is_measured
from dataset.idmap import IdMap, categories_map, png_bytes
from dataset.records import Sample, read_manifest
from measure.scoring.photo import CategoryMap, count, score_photo
from measure.scoring.records import PhotoScore, Scores, scored_on
from pipeline.errors import InputError
from pipeline.files import inside, write_bytes
from pipeline.progress import track
from train.data import load_labelled, real_samples, same_sized
from train.run import Run
from train.settings import side_of

BATCH = 8  # photos in one forward pass

Probabilities = NDArray[np.float32]  # (C + 1, H, W), sums to 1 over the first axis


def samples_to_evaluate(manifest: Path, split: str) -> list[Sample]:
    """Return a manifest's samples; raise InputError when there is none.

    split: for "val" and "test" a sample that is not a real photo is an InputError too; for any other name, such as
    "held_out" (renders kept out of training), samples may be of any domain.
    """
    if is_measured(split):
        return real_samples(manifest)
    samples = read_manifest(manifest)
    if not samples:
        raise InputError(f"{manifest}: holds no sample to score on; run the stage that writes it with more samples")
    return samples


def looked_at(run: Run, folder: Path, samples: Sequence[Sample]) -> Iterator[tuple[Sample, IdMap, Probabilities]]:
    """Yield each sample with its id map and its probabilities at the photo's own size, in the given order.

    folder: what the samples' paths are relative to. Neighbours of one size share a forward pass, but only one photo's
    probabilities exist at a time. Raises InputError when a file cannot be read.
    """
    # here: torch takes seconds to load, and what checks the settings needs none of it
    from train.inference.outputs import probabilities_of
    from train.inference.preprocess import whole_logits

    longest = side_of(run.img_size)
    for together in same_sized(samples, BATCH):
        images, maps = zip(*(load_labelled(folder, sample) for sample in together), strict=True)
        logits = whole_logits(run.model, np.stack(images), longest)
        for sample, ids, own in zip(together, maps, logits, strict=True):
            yield sample, ids, probabilities_of(own, sample.size_hw)


def predict_manifest(run: Run, manifest: Path, split: str = "val") -> Iterator[tuple[Sample, CategoryMap, CategoryMap]]:
    """Yield each sample with its predicted and its true category map, both (H, W) uint8, in the file's order.

    Raises InputError as `samples_to_evaluate`, or when a file cannot be read.
    """
    for sample, ids, found in looked_at(run, manifest.parent, samples_to_evaluate(manifest, split)):
        yield sample, found.argmax(0).astype(np.uint8), categories_map(ids, sample.instances, run.categories)


def evaluate(
    run: Run,
    manifest: Path,
    split: str,
    title: str,
    keep: Path | None,
    only: Collection[str] | None = None,
    details: bool = True,
) -> Scores:
    """Return a run's scores on the samples of a manifest; write its predictions as ``keep/<id>.png`` unless None.

    split: "val" or "test", which take real photos alone, or "held_out" for renders kept out of training.
    title: what the progress bar says. only: ids of the samples to evaluate; None = all.
    details: count more than overlaps, which takes longer than predicting. Errors as `predict_manifest`.
    """
    samples = [sample for sample in samples_to_evaluate(manifest, split) if only is None or sample.id in only]
    photos = []
    for sample, ids, found in track(looked_at(run, manifest.parent, samples), len(samples), title, "photos"):
        predicted = found.argmax(0).astype(np.uint8)
        if details:
            counted = score_photo(found, ids, sample.instances, run.categories)
            photos.append(dataclasses.replace(counted, id=sample.id, group=sample.group))
        else:
            truth = categories_map(ids, sample.instances, run.categories)
            photos.append(PhotoScore(sample.id, sample.group, count(predicted, truth, run.categories)))
        if keep:
            write_bytes(inside(keep, f"{sample.id}.png", str(manifest)), png_bytes(predicted))
    return Scores(split=split, photos=tuple(photos), scored=scored_in(samples, run.categories), **facts_of(run))


def scored_in(samples: Sequence[Sample], categories: Sequence[str]) -> tuple[str, ...]:
    """Return what the score on these samples is the mean of (`scored_on`)."""
    return scored_on({instance.category for sample in samples for instance in sample.instances}, categories)


def facts_of(run: Run) -> dict[str, Any]:
    """Return what scores say of the run that reached them; a run without a name is called by its ratio."""
    settings = run.settings
    always = {key: settings[key] for key in ("ratio", "seed", "n_real", "n_render")}
    usual = {"schedule": "mix", "weights": {}, "name": f"{settings['ratio']:g}"}
    return always | {key: settings.get(key, default) for key, default in usual.items()}

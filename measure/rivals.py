"""Rivals: what other tools predicted for the test photos, scored as a run is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dataset.formats.coco import read_outlines_by_photo
from dataset.formats.coco_places import find_coco
from dataset.formats.folder import masks_by_stem
from dataset.formats.mask_files import listed, mask_values
from dataset.formats.mask_values import names_in
from dataset.idmap import categories_map
from dataset.records import Sample
from measure.scoring.evaluation import scored_in
from measure.scoring.photo import CategoryMap, count
from measure.scoring.records import PhotoScore, Scores
from pipeline.errors import InputError, shown
from train.data import load_labelled

MASKS, NAMES = "masks", "categories.json"


def rivals_in(folder: Path, test: Path, samples: Sequence[Sample], categories: tuple[str, ...]) -> list[Scores]:
    """Return the scores of every rival of a set-up on the test photos, by name; none without the folder.

    folder: rivals/SETUP. test: the manifest that `samples` are from. Scores have overlaps alone, no details. Raises
    InputError for a photo without a prediction, a prediction of another size, and a category the set-up has not.
    """
    if not folder.is_dir():
        return []
    return [
        scores_of(own, test, samples, categories)
        for own in sorted(folder.iterdir())
        if own.is_dir() and not own.name.startswith(".")
    ]


def scores_of(own: Path, test: Path, samples: Sequence[Sample], categories: tuple[str, ...]) -> Scores:
    """Return the scores of one rival. own: its folder."""
    found = masks_of(own, samples, categories) if (own / MASKS).is_dir() else outlined(own, samples, categories)
    photos = []
    for sample in samples:
        predicted = found[sample.id]
        if predicted.shape != sample.size_hw:
            raise InputError(
                f"{own}: the prediction for {sample.id} is {predicted.shape} pixels (height, width), the photo is "
                f"{sample.size_hw}; make it at the photo's own size"
            )
        _, ids = load_labelled(test.parent, sample)
        truth = categories_map(ids, sample.instances, categories)
        photos.append(PhotoScore(sample.id, sample.group, count(predicted, truth, categories)))
    scored = scored_in(samples, categories)
    return Scores("test", ratio=0.0, seed=0, n_real=0, n_render=0, photos=tuple(photos), name=own.name, scored=scored)


def masks_of(own: Path, samples: Sequence[Sample], categories: tuple[str, ...]) -> dict[str, CategoryMap]:
    """Return the category map of every photo from a rival's masks."""
    files = masks_by_stem(own / MASKS)
    check_all_there(own / MASKS, samples, files)
    names = names_in(own / NAMES) if (own / NAMES).is_file() else categories
    numbers = {value: number_of(name, categories, own / NAMES) for value, name in enumerate(names, 1)}
    return {sample.id: mapped(files[sample.id], numbers, names, categories) for sample in samples}


def mapped(file: Path, numbers: Mapping[int, int], names: Sequence[str], categories: tuple[str, ...]) -> CategoryMap:
    """Return the category map of one mask. numbers: value -> number of the set-up's category."""
    values = mask_values(file)
    if len(categories) == 1 and len(names) == 1:
        return (values > 0).astype(np.uint8)
    strange = sorted(set(np.unique(values).tolist()) - {0, *numbers})
    if strange:
        raise InputError(
            f"{file}: found the value {strange[0]}, wanted 0 or one of {listed(dict(enumerate(names, 1)))}"
        )
    table = np.zeros(max(numbers) + 1, np.uint8)
    table[list(numbers)] = list(numbers.values())
    return table[values]


def outlined(own: Path, samples: Sequence[Sample], categories: tuple[str, ...]) -> dict[str, CategoryMap]:
    """Return the category map of every photo from a rival's COCO file; where two overlap, the smaller is on top."""
    path = find_coco(own)
    if path is None:
        raise InputError(f"{own}: found neither {MASKS}/ nor a COCO file; see rivals/README.md")
    outlines = {Path(name).stem: label for name, label in read_outlines_by_photo(path).items()}
    check_all_there(path, samples, outlines)
    found = {}
    for sample in samples:
        ids, names = outlines[sample.id].draw(sample.size_hw)
        table = np.array([0, *(number_of(name, categories, path) for name in names)], np.uint8)
        found[sample.id] = table[ids]
    return found


def check_all_there(where: Path, samples: Sequence[Sample], found: Mapping[str, object]) -> None:
    """Raise InputError unless every test photo has a prediction, if only an empty one."""
    lost = [sample.id for sample in samples if sample.id not in found]
    if lost:
        raise InputError(
            f"{where}: has no prediction for the test photo {lost[0]} ({len(lost)} such photos); where nothing was "
            "found, an empty one says so"
        )


def number_of(name: str, categories: tuple[str, ...], where: Path) -> int:
    """Return the number of a category of the set-up; raise InputError for another name."""
    if name not in categories:
        raise InputError(f"{where}: has the category {shown(name)}, the set-up has {', '.join(categories)}; rename it")
    return categories.index(name) + 1

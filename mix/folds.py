"""Folds: the labelled photos in parts of nearly the same size, each of which val is in turn."""

from collections import defaultdict
from collections.abc import Sequence

from dataset.folds import Folds
from mix.groups import GroupedPhoto
from pipeline.errors import InputError
from pipeline.seeds import rng_for


def folds_of(photos: Sequence[GroupedPhoto], count: int, seed: int) -> Folds:
    """Return the ids of the photos of each fold, sorted; groups are whole, in the order that the seed draws.

    The largest groups come first, each to the fold that has the fewest photos. Raises InputError for fewer groups than
    folds.
    """
    groups = defaultdict[str, list[str]](list)
    for photo in photos:
        groups[photo.group].append(photo.id)
    if len(groups) < count:
        raise InputError(
            f"split.folds is {count}, but the photos of train are of {len(groups)} groups, which never part; lower it, "
            "or give train more photos"
        )
    names = sorted(groups)
    order = [names[at] for at in rng_for(seed, "split", "folds").permutation(len(names))]
    folds: list[list[str]] = [[] for _ in range(count)]
    for name in sorted(order, key=lambda name: -len(groups[name])):
        min(folds, key=len).extend(groups[name])
    return tuple(tuple(sorted(fold)) for fold in folds)

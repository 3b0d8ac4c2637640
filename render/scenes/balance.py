"""Rare categories rendered more often: how often a recipe shows each follows from the real training photos."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping

from dataset.records import REAL, Sample
from render.scenes.recipe import Recipe

POWERS = {"none": 0.0, "root": 0.5, "inverse": 1.0}


def objects_of(samples: Iterable[Sample]) -> Counter[str]:
    """Return how many objects of each category the real photos among the samples show."""
    return Counter(each.category for sample in samples if sample.domain == REAL for each in sample.instances)


def balanced(recipe: Recipe, objects: Mapping[str, int], balance: str) -> Recipe:
    """Return the recipe with each category's weight times (most / its objects) to the power that `balance` names.

    objects: category -> how many the real photos show; most: the largest number of them among the recipe's categories.
    "inverse" is the inverse frequency of King and Zeng 2001, which also `fit.class_weights` knows; "root" its square
    root, half-way to it, as Mahajan et al. 2018 (section 2.2) draw photos by rare hashtags. A category of which no
    object is shown counts as one that shows one. "none" returns the recipe as it is. Weights matter only against each
    other, so a recipe of one category draws the same scenes.
    """
    power = POWERS[balance]
    if not power:
        return recipe
    known = {name: max(objects.get(name, 0), 1) for name in recipe.targets.categories}
    most, own = max(known.values()), recipe.targets.weights
    weights = {name: own.get(name, 1.0) * (most / count) ** power for name, count in known.items()}
    return dataclasses.replace(recipe, targets=dataclasses.replace(recipe.targets, weights=weights))

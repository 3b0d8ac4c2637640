import numpy as np
import pytest

from measure.worth.points import Point
from pipeline.costs import Costs
from pipeline.seeds import rng_for


@pytest.fixture
def points():
    """Return a maker of points: what a law of the error gives at sizes, with noise between seeds and photos.

    spread: between seeds, as a share of the error. shared: of a shift that all sizes have in common, as photos cause
    it, known through draws.
    """

    def make(law, sizes, *names, seeds=3, spread=0.08, shared=0.0, draws=0):
        rng = rng_for(1, "points", *names)
        shift = rng.normal(0, shared)
        photos = rng_for(2, "photos", *names[-1:]).normal(0, shared, draws) if draws else None
        return [measured(n, 1 - law(n) + shift, seeds, spread * law(n), rng, photos) for n in sizes]

    def measured(n, iou, seeds, sd, rng, photos):
        scores = {str(seed): float(np.clip(iou + rng.normal(0, sd), 0, 1)) for seed in range(1, seeds + 1)}
        return Point(n, scores, None if photos is None else np.mean(list(scores.values())) + photos)

    return make


@pytest.fixture
def costs():
    """Return costs with round products: a label 1, a render 0.001, an asset 240 EUR."""
    return Costs("EUR", 6.0, 10.0, None, 1.0, 3.6, 0.36, 2.0, 0, 8.0)

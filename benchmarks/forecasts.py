"""What the page would have forecast from the labels that are left when others are hidden, and what came of it."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from measure.evidence import curve, point
from measure.scoring.records import Scores
from measure.worth.backtests import Forecast, ForecastKind, judged
from measure.worth.curve import Curve
from measure.worth.points import estimate_of
from measure.worth.worth import worth_of

Line = Mapping[int, Sequence[Scores]]  # real labels -> val scores of every seed


@dataclasses.dataclass(frozen=True)
class SeenLabels:
    """What is known from the labels that are not hidden."""

    set: str
    labels: int
    real: Curve | None
    mixed: Curve | None


def seen_from(name: str, labels: int, real: Line, mixed: Line, resamples: int) -> SeenLabels:
    """Return the curves over the labels that are not hidden. Sizes above `labels` are refused with a ValueError."""
    if max([*real, *mixed], default=0) > labels:
        raise ValueError(f"a size above {labels} would show what is hidden")
    return SeenLabels(name, labels, curve(real, "real", resamples), curve(mixed, "mixed", resamples))


def score_forecasts(seen: SeenLabels, real: Line, mixed: Line) -> list[Forecast]:
    """Return the forecasts of the score at every size of the hidden labels. real, mixed: what was trained there."""
    lines: tuple[tuple[ForecastKind, Curve | None, Line], ...] = (
        ("real labels", seen.real, real),
        ("labels with renders", seen.mixed, mixed),
    )
    return [
        score_forecast(seen, kind, known, at, line[at])
        for kind, known, line in lines
        for at in sorted(line)
        if at > seen.labels
    ]


def score_forecast(
    seen: SeenLabels, kind: ForecastKind, known: Curve | None, at: int, truth: Sequence[Scores]
) -> Forecast:
    """Return the forecast of a score; without a number where the curve may not be read so far."""
    came = float(np.mean([run.iou for run in truth]))
    if known is None or at > known.limit:
        return Forecast(seen.set, kind, seen.labels, at, None, None, came)
    found = estimate_of(known.at(at))
    return judged(Forecast(seen.set, kind, seen.labels, at, found.iou, (found.lo, found.hi), came))


def worth_forecast(seen: SeenLabels, real: Line, mixed: Line, resamples: int) -> Forecast:
    """Return the forecast of how many labels the renders replace, and how many it takes in truth.

    real: all that was trained with real labels alone, those that were hidden too.
    """
    runs = mixed[seen.labels]
    found = worth_of(seen.real, point(seen.labels, runs, resamples))
    came, beyond = labels_for(real, seen.labels, float(np.mean([run.iou for run in runs])))
    ci95 = None if found.lo is None or found.hi is None else (found.lo, None if found.open_above else found.hi)
    return judged(Forecast(seen.set, "worth", seen.labels, seen.labels, found.labels, ci95, came, beyond))


def labels_for(real: Line, labels: int, score: float) -> tuple[float, bool]:
    """Return how many labels beyond `labels` real photos alone took for a score, and whether it takes more than that.

    Between two sizes the way is straight over log n, as between points of a curve.
    """
    sizes = [n for n in sorted(real) if n >= labels]
    means = [float(np.mean([run.iou for run in real[n]])) for n in sizes]
    at = next((place for place, mean in enumerate(means) if mean >= score), None)
    if at is None:
        return float(sizes[-1] - labels), True
    if at == 0:
        return 0.0, False
    part = (score - means[at - 1]) / (means[at] - means[at - 1])
    return float(np.exp(np.interp(part, [0, 1], np.log(sizes[at - 1 : at + 1]))) - labels), False

"""Forecasts put to the test: labels that exist were hidden, the page forecast, and the truth was trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from pipeline.reading import Count, Record, read_typed

ForecastKind = Literal["real labels", "labels with renders", "worth"]


@dataclasses.dataclass(frozen=True)
class Forecast(Record):
    """One forecast and what came of it; a curve that may not be read so far says nothing, and is not counted."""

    set: str
    kind: ForecastKind  # the score with more labels, of real only or the mix; or the labels that renders replace
    seen: Count  # labels that were not hidden
    at: Count  # labels the forecast is about; of a worth, those the mix was trained with
    forecast: float | None
    ci95: tuple[float, float | None] | None  # None at the end = open above
    came_true: float | None
    beyond: bool = False  # what came true is more than that: the last number of labels did not reach the score
    held: bool | None = None


@dataclasses.dataclass(frozen=True)
class AdviceTest(Record):
    """An advised step beside the others, all carried out."""

    set: str
    seen: Count
    action: str
    scores: dict[str, float]  # action -> score after it
    held: bool | None  # among the two best; None if no training could show it


@dataclasses.dataclass(frozen=True)
class Backtests(Record):
    """The whole file."""

    forecasts: tuple[Forecast, ...]
    advice: tuple[AdviceTest, ...]
    n: Count  # forecasts that said something
    held: float | None  # share of these whose interval held
    advice_held: float | None


BACKTESTS = TypeAdapter(Backtests)


def read_backtests(path: Path) -> Backtests:
    """Return what `make backtest` wrote; raise InputError for another kind of file."""
    return read_typed(path, BACKTESTS, "backtests of forecasts", "run make backtest again")


def backtests_of(forecasts: Sequence[Forecast], advice: Sequence[AdviceTest]) -> Backtests:
    """Return the file of these forecasts, with its shares."""
    said = [row.held for row in forecasts if row.held is not None]
    tried = [row.held for row in advice if row.held is not None]
    return Backtests(tuple(forecasts), tuple(advice), len(said), share(said), share(tried))


def share(held: Sequence[bool]) -> float | None:
    """Return the share that is true; None of nothing."""
    return sum(held) / len(held) if held else None


def judged(row: Forecast) -> Forecast:
    """Return a forecast with whether its interval held what came true; unknown where either says nothing.

    Where all that is known of the truth is that it is more than a number, an interval holds that reaches as far.
    """
    if row.ci95 is None or row.came_true is None:
        return dataclasses.replace(row, held=None)
    lo, hi = row.ci95
    below = hi is None or row.came_true <= hi
    return dataclasses.replace(row, held=below and (row.beyond or lo <= row.came_true))


def among_best(action: str, scores: dict[str, float], best: int = 2) -> bool | None:
    """Return whether a step is among the best that were carried out; None if it was not, or if all of them are."""
    if action not in scores or len(scores) <= best:
        return None
    return scores[action] >= sorted(scores.values(), reverse=True)[best - 1]


def held_words(found: Backtests, kinds: Sequence[ForecastKind]) -> str:
    """Return "Forecasts of this kind held in 17 of 20 backtests."; the empty text where none was tried."""
    said = [row.held for row in found.forecasts if row.kind in kinds and row.held is not None]
    return f"Forecasts of this kind held in {sum(said)} of {len(said)} backtests." if said else ""


def advice_words(found: Backtests) -> str:
    """Return how often the advised step was among the two best; the empty text where it was not tried."""
    tried = [row.held for row in found.advice if row.held is not None]
    if not tried:
        return ""
    return f"The advised step was among the two best in {sum(tried)} of {len(tried)} backtests."

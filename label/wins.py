"""What simulations found of the strategies, as `admix label simulate` writes it and `pick` repeats it in words."""

import dataclasses
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.files import write_json
from pipeline.reading import Record, read_typed

RANDOM = "random"


@dataclasses.dataclass(frozen=True)
class Win(Record):
    """What one strategy reached, beside a draw by chance from the same pool."""

    iou: tuple[float, ...]  # mean over the draws, after each of `Wins.labels`
    area: float  # mean over the labels of what it is above chance, in IoU
    area_ci95: tuple[float, float]
    factor: float  # labels of chance to the score of `Wins.at` labels of the strategy, over these; `most` at most
    factor_ci95: tuple[float, float]

    @property
    def beats(self) -> bool:
        """Whether it is above chance, with the whole interval."""
        return self.area_ci95[0] > 0


@dataclasses.dataclass(frozen=True)
class Wins(Record):
    """A simulation: labels hidden, then revealed in the order of each strategy."""

    photos: str  # which photos, in words
    learner: str  # what was trained, in words
    draws: int  # starting sets, test sets and seeds
    start: int  # labels that all begin with
    labels: tuple[int, ...]  # added to these
    at: int  # of `labels`: where the factor is taken
    most: float  # a factor that is censored: chance was not simulated any further
    strategies: dict[str, Win]

    def words(self, strategy: str) -> str:
        """Return what is to be said of a strategy."""
        if strategy == RANDOM:
            return "These photos are drawn by chance."
        win = self.strategies.get(strategy)
        if win is None:
            return f"{strategy} was not simulated; the simulation knows: {', '.join(self.strategies)}."
        where = f"on {self.photos} ({self.learner}, {self.draws} draws)"
        low, high = win.area_ci95
        if not win.beats:
            return (
                f"No gain shown: {where} {strategy} was {win.area:+.3f} IoU from chance, 95 % interval {low:+.3f} to "
                f"{high:+.3f}. A draw by chance is as good here."
            )
        factor = f"{win.factor:.1f}" if win.factor < self.most else f"{self.most:g} or more"
        return (
            f"{strategy} beat chance {where}: {win.area:+.3f} IoU, 95 % interval {low:+.3f} to {high:+.3f}; {self.at} "
            f"labels did what {factor} times as many by chance do (interval from {win.factor_ci95[0]:.1f})."
        )


WINS = TypeAdapter(Wins)


def read_wins(path: Path) -> Wins:
    """Return what a simulation found; raise InputError for another kind of file."""
    return read_typed(path, WINS, "what a simulation wrote", "run `admix label simulate` again")


def write_wins(path: Path, wins: Wins) -> None:
    """Write what a simulation found."""
    write_json(path, dataclasses.asdict(wins))

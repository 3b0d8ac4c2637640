"""One label of many functions' votes, pixel by pixel: Dawid and Skene, in which copies of one function count once."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from label.voting.skeene import ABSTAIN, Agreed, Reals, agreed

BASE = 3  # what a function says: nothing, no, yes
MOST_FUNCTIONS = 39  # whose votes fit into 63 bits


@dataclasses.dataclass
class VoteTally:
    """How often each row of votes was seen, over all photos."""

    functions: int
    rows: Counter[int] = dataclasses.field(default_factory=Counter)


def codes(votes: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return (H, W): the votes (F, H, W) of each pixel as one number."""
    weights = BASE ** np.arange(len(votes), dtype=np.int64)
    return np.asarray(np.tensordot(weights, votes.astype(np.int64) + 1, 1))


def decoded(numbers: Sequence[int], functions: int) -> NDArray[np.int_]:
    """Return (N, F): the votes of each number that `codes` made."""
    rest = np.array(numbers, np.int64)[:, None] // BASE ** np.arange(functions, dtype=np.int64)
    return np.asarray(rest % BASE - 1, int)


def tallied(tally: VoteTally, votes: NDArray[np.int8]) -> None:
    """Count the votes (F, H, W) of one photo."""
    found, times = np.unique(codes(votes), return_counts=True)
    tally.rows.update(dict(zip(found.tolist(), times.tolist(), strict=True)))


def weights_of(rows: NDArray[np.int_], times: Reals, copies: float) -> Reals:
    """Return (F,): 1 over how many functions say the same as each one, itself counted.

    rows (N, F), times (N,): how often each was seen. Two are copies where they abstain alike and agree in a share of
    `copies` or more of the pixels on which either says yes.
    """
    count = rows.shape[1]
    alike = np.eye(count, dtype=bool)
    for a in range(count):
        for b in range(a):
            yes = (rows[:, a] == 1) | (rows[:, b] == 1)
            seen = float(times[yes].sum())
            same = float(times[yes & (rows[:, a] == rows[:, b])].sum())
            alike[a, b] = alike[b, a] = seen > 0 and same / seen >= copies
    return np.asarray(1 / alike.sum(1))


@dataclasses.dataclass(frozen=True)
class LabelModel:
    """What was learned of the functions."""

    found: Agreed
    weight: Reals  # (F,)
    belief: dict[int, float]  # row of votes as `codes` has it -> probability of the object


def learned_from(tally: VoteTally, copies: float) -> LabelModel:
    """Return the label model of all votes; rows on which all abstain are background, and teach nothing."""
    numbers = sorted(tally.rows)
    rows, times = decoded(numbers, tally.functions), np.array([tally.rows[n] for n in numbers], float)
    spoken = (rows != ABSTAIN).any(1)
    weight = weights_of(rows, times, copies)
    found = agreed(rows[spoken], 2, times[spoken], weight)
    sure = np.zeros(len(rows))
    sure[spoken] = found.belief[:, 1]
    return LabelModel(found, weight, dict(zip(numbers, sure.tolist(), strict=True)))


def believed_in(model: LabelModel, votes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return (H, W): how likely each pixel of a photo is the object. votes (F, H, W): counted before."""
    kinds, place = np.unique(codes(votes), return_inverse=True)
    return np.array([model.belief[int(kind)] for kind in kinds], np.float32)[place.reshape(votes.shape[1:])]


@dataclasses.dataclass(frozen=True)
class FunctionFound:
    """What was learned of one function."""

    name: str
    photos: float  # share of the photos on which it says anything
    hits: float  # share of the object's pixels that it finds, where it speaks
    precision: float  # share of the pixels it calls the object that are, by the model
    weight: float  # 1, or less for copies


def functions_found(model: LabelModel, names: Sequence[str], spoke: Sequence[int], photos: int) -> list[FunctionFound]:
    """Return what was learned of each function. spoke: of how many photos each said anything."""
    rows = []
    for number, name in enumerate(names):
        object_yes = float(model.found.confusion[number, 1, 1] * model.found.share[1])
        other_yes = float(model.found.confusion[number, 0, 1] * model.found.share[0])
        rows.append(
            FunctionFound(
                name, spoke[number] / max(photos, 1), float(model.found.confusion[number, 1, 1]),
                object_yes / max(object_yes + other_yes, 1e-12), float(model.weight[number]),
            )
        )  # fmt: skip
    return rows

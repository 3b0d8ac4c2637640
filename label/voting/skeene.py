"""What is true where several voters differ, and how often each is right: Dawid and Skene, Applied Statistics 1979."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

ABSTAIN = -1
ROUNDS, SETTLED = 50, 1e-5
PRIOR = 1.0  # votes that each voter is thought to have given before, and FAITH of them more for the right class
FAITH = 2.0

Votes = NDArray[np.int_]  # (N, V): the class that each voter gives each item, or ABSTAIN
Reals = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Agreed:
    """What the votes come to."""

    belief: Reals  # (N, K): probability of each class
    confusion: Reals  # (V, K, K): of an item of the class of the row, the voter says the column
    share: Reals  # (K,): of items in each class


def majority(votes: Votes, classes: int, weight: Reals) -> Reals:
    """Return (N, K): the share of the votes for each class; all alike where all abstain. weight (V,): of the voters."""
    counted = np.stack([((votes == k) * weight).sum(1) for k in range(classes)], axis=1).astype(float)
    total = counted.sum(1, keepdims=True)
    return np.where(total > 0, counted / np.maximum(total, 1e-12), 1 / classes)


def agreed(votes: Votes, classes: int, times: Reals | None = None, weight: Reals | None = None) -> Agreed:
    """Return what is true by expectation and maximisation, begun at the majority.

    times (N,): how often each row of votes occurs; None = once. weight (V,): how much each voter counts; None = fully.
    A voter that abstains says nothing. Without items the belief is (0, K) and the confusion is the prior's.
    """
    times = np.ones(len(votes)) if times is None else times
    weight = np.ones(votes.shape[1]) if weight is None else weight
    belief = majority(votes, classes, weight)
    said = np.stack([votes == k for k in range(classes)], axis=2).astype(float)  # (N, V, K)
    for _ in range(ROUNDS):
        confusion, share = learned(belief * times[:, None], said)
        sure = np.einsum("nvk,vck,v->nc", said, np.log(confusion), weight) + np.log(share)
        new = np.exp(sure - sure.max(1, keepdims=True, initial=-np.inf))
        new /= new.sum(1, keepdims=True)
        moved = float(np.abs(new - belief).max(initial=0))
        belief = new
        if moved < SETTLED:
            break
    return Agreed(belief, *learned(belief * times[:, None], said))


def learned(belief: Reals, said: Reals) -> tuple[Reals, Reals]:
    """Return the confusion (V, K, K) and the shares (K,) that beliefs (N, K) and votes (N, V, K) make likely."""
    classes = belief.shape[1]
    prior = np.full((classes, classes), PRIOR) + FAITH * np.eye(classes)
    counted = np.einsum("nc,nvk->vck", belief, said) + prior
    share = belief.sum(0) + PRIOR
    return counted / counted.sum(2, keepdims=True), share / share.sum()


def accuracy(found: Agreed) -> Reals:
    """Return (V,): how often each voter is right where it votes, over the classes as they occur."""
    return np.asarray(np.einsum("vcc,c->v", found.confusion, found.share))

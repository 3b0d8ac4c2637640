"""How good labels are that nobody drew: the functions for QR codes on the set qr, without a network.

`python -m benchmarks.label.weak FOLDER` takes the folder of the measured sets. The functions' constants were set
looking at qr; the set codes was not looked at: a second word, such as codes, measures another set.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.photo_sets import each_photo, iou
from label.record import Effect
from label.voting.skeene import ABSTAIN
from label.weakly.combine import LabelModel, VoteTally, believed_in, learned_from, tallied
from label.weakly.functions import qr_functions, vote_of
from pipeline.costs import Costs

COPIES = 0.99
Votes = list[NDArray[np.int8]]


def votes_on(folder: Path) -> tuple[Votes, list[NDArray[np.bool_]]]:
    """Return the votes (F, H, W) and the truth (H, W) of each photo of a set."""
    functions = qr_functions()
    votes, truths = [], []
    for _, image, mask in each_photo(folder):
        votes.append(np.stack([vote_of(name, function, image) for name, function in functions.items()]))
        truths.append(mask)
    return votes, truths


def combined(votes: Votes) -> tuple[LabelModel, list[NDArray[np.bool_]]]:
    """Return the label model and the mask of each photo."""
    tally = VoteTally(len(votes[0]))
    for each in votes:
        tallied(tally, each)
    model = learned_from(tally, COPIES)
    return model, [believed_in(model, each) > 0.5 for each in votes]


def ious_of(masks: list[NDArray[np.bool_]], truths: list[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Return the IoU of each photo."""
    return np.array([iou(mask, truth) for mask, truth in zip(masks, truths, strict=True)])


def measure(real: Path, costs: Costs, name: str = "qr") -> Effect:
    """Return the effect for label.json. real: the folder of the measured sets."""
    votes, truths = votes_on(real / name)
    _, masks = combined(votes)
    ious = ious_of(masks, truths)
    single = [float(ious_of([each[at] == 1 for each in votes], truths).mean()) for at in range(len(votes[0]))]
    spread = 1.96 * float(ious.std(ddof=1)) / np.sqrt(len(ious))
    minutes = costs.mask_s / 60 * int((ious >= 0.75).sum())
    middle = float(ious.mean())
    return Effect(
        what=f"mean IoU of labels that nobody drew, over all {len(ious)} photos of {name}",
        measured=round(middle, 3),
        beside_what="the best single function",
        beside=round(max(single), 3),
        ci95=(round(middle - spread, 3), round(middle + spread, 3)),
        minutes=round(minutes, 1),
        money=round(minutes / 60 * costs.labeller_per_hour, 2),
        how=f"{len(single)} functions, no network; {int((ious >= 0.75).sum())} photos have an IoU of 0.75 or more",
    )


def main(words: list[str]) -> None:
    """Print the effect, each function's share of photos and IoU, and what a copied function changes."""
    votes, truths = votes_on(Path(words[0]) / (words[1] if words[1:] else "qr"))
    model, masks = combined(votes)
    ious = ious_of(masks, truths)
    sys.stdout.write(f"all: {ious.mean():.4f}\n")
    for at, name in enumerate(qr_functions()):
        own = ious_of([each[at] == 1 for each in votes], truths)
        spoke = np.array([bool((each[at] != ABSTAIN).any()) for each in votes])
        sys.stdout.write(f"{name}: speaks of {spoke.sum()}, {own[spoke].mean():.3f} there, {own.mean():.3f} over all\n")
    for at in (0, 9, 10):
        again = [np.concatenate([each, each[at : at + 1]]) for each in votes]
        sys.stdout.write(f"with function {at} copied: {ious_of(combined(again)[1], truths).mean():.4f}\n")
    sys.stdout.write(f"hits {model.found.confusion[:, 1, 1].round(2)}, share {model.found.share.round(4)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

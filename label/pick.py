"""Command `label pick`: which photos to label next, from folders of predictions of photos that nobody has labelled.

``admix label pick --predictions OUT --photos FOLDER --out NEXT`` writes into NEXT:

pick.json    head (what was asked, and what is to be said of it) and photos: file, sha256, control, score, reason,
             minutes
pick.csv     the same photos, in the order in which they are to be labelled: that of chance, so that it does not tell
             which of them are the control
index.html   the photos to look at, with the reason in words

A committee is several folders of the same photos, one a training. Photos that a manifest holds already, and what is
nearly the same as one of them, are never picked.
"""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.page_pictures import SetPicture, set_picture
from dataset.pictures import upright
from dataset.records import read_manifest
from label.choosing import PROTOCOLS, PickedPlace, PickPlan, above, choices_of, shuffled
from label.pool import PoolPhoto, candidates_of, marks_of, photos_of
from label.strategies import STRATEGIES, UNSURE, Candidates
from label.wins import Wins, read_wins
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_json, write_text
from pipeline.pages import rendered
from pipeline.reading import read_bytes
from pipeline.tables import write_table

TEMPLATE = Path(__file__).with_name("pick.html.j2")
KIND, UNITS = "label-pick", ("labels", "minutes", "money")
HEAD = ("file", "control", "score", "minutes", "reason")
WORDS = {
    "least confidence": "its pixels are unsure",
    "margin": "two categories are close in its pixels",
    "entropy": "its pixels are unsure",
    "committee": "the networks differ on it",
    "expected loss": "much of what was found is likely wrong, or nothing was found",
    "k-centre": "far from everything labelled or picked so far",
    "clusters": "in the middle of a heap of photos of which few are labelled",
    "density": "typical of a heap of photos of which few are labelled",
    "diverse then unsure": "the least sure of a heap of photos of which few are labelled",
    "k-centre of unsure": "unsure, and far from everything labelled or picked so far",
    "random": "by chance",
    "stratified": "by chance, from a folder of which few are labelled",
}


@dataclasses.dataclass(frozen=True)
class Pick:
    """Section `pick` of params.yaml."""

    seed: int
    strategy: str
    protocol: str  # pool, batch or stream
    budget: float
    unit: str  # of the budget: labels, minutes, or money in the currency of `costs`
    batch: int  # photos of a round, by the protocol batch
    threshold: float  # by the protocol stream: the score from which on a photo is labelled
    control: float  # share of the budget that is spent by chance, to tell what the strategy is worth
    minutes_per_object: float | None  # null = every photo takes costs.minutes_per_label
    near_duplicates: int | None  # photos whose hashes differ in at most so many of 64 bits are never both picked
    settled: float  # stop when networks of two rounds agree on this share of the object pixels

    def __post_init__(self) -> None:
        """Raise ValueError for a value no pick can use."""
        for name, known in (("strategy", STRATEGIES), ("protocol", PROTOCOLS), ("unit", UNITS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}, wanted one of: {', '.join(known)}")
        if not 0 < self.budget < math.inf or self.batch < 1:
            raise ValueError(f"budget is {self.budget} and batch {self.batch}, wanted more than 0 of each")
        if not 0 < self.control < 1:
            raise ValueError(f"control is {self.control}, wanted a share above 0 and below 1, such as 0.15")
        if self.minutes_per_object is not None and not 0 < self.minutes_per_object < math.inf:
            raise ValueError(f"minutes_per_object is {self.minutes_per_object}, wanted null, or more than 0")
        if self.near_duplicates is not None and not 0 <= self.near_duplicates < 32:
            raise ValueError(f"near_duplicates is {self.near_duplicates}, wanted null, or 0 to 31 bits")
        if not 0 <= self.settled <= 1:
            raise ValueError(f"settled is {self.settled}, wanted a share from 0 to 1")


def minutes_of(photos: Sequence[PoolPhoto], settings: Pick, costs: Costs) -> NDArray[np.float64]:
    """Return (N,) how long a person takes for each photo; one in which nothing was found counts as one object."""
    if settings.minutes_per_object is None:
        return np.full(len(photos), costs.minutes_per_label)
    return np.array([max(photo.found, 1) * settings.minutes_per_object for photo in photos])


def prices_of(minutes: NDArray[np.float64], unit: str, costs: Costs) -> NDArray[np.float64]:
    """Return (N,) what a label of each photo costs in the unit of the budget."""
    if unit == "labels":
        return np.ones(len(minutes))
    return minutes * costs.labeller_per_hour / 60 if unit == "money" else minutes


def row_of(choice: PickedPlace, pool: Candidates, photo: PoolPhoto, minutes: float, strategy: str) -> dict[str, Any]:
    """Return one picked photo as pick.json names it."""
    share = above(pool, strategy, choice.place)
    why = WORDS[strategy] + (f": more so than {share:.0%} of the pool" if share is not None else "")
    return {
        "file": photo.file,
        "sha256": photo.sha256,
        "control": choice.control,
        "score": round(photo.scores[strategy], 6) if strategy in photo.scores else None,
        "reason": "by chance, as a control" if choice.control else why,
        "minutes": round(minutes, 2),
    }


def settled_share(photos: Sequence[PoolPhoto]) -> float | None:
    """Return the mean agreement with the round before, of the photos that it saw; None without such a round."""
    known = [photo.settled for photo in photos if photo.settled is not None]
    return sum(known) / len(known) if known else None


def lines_of(
    rows: Sequence[dict[str, Any]], photos: Sequence[PoolPhoto], settings: Pick, wins: Wins | None
) -> list[str]:
    """Return what is to be said of a pick, in words."""
    control = sum(row["control"] for row in rows)
    said = [
        f"{len(rows)} photos, {control} of them by chance as a control: compare what a network trained without the "
        "control scores on it before you trust any gain."
    ]
    if not control:
        said.append("The budget is too small for a control: nothing will tell whether the strategy was worth it.")
    said.append(wins.words(settings.strategy) if wins else unmeasured(settings.strategy))
    share = settled_share(photos)
    if share is not None and share >= settings.settled:
        said.append(
            f"Stop: the networks of this round and of the one before agree on {share:.1%} of the object pixels; "
            "further labels of this pool will change little."
        )
    elif share is not None:
        said.append(f"Go on: this round's network and the one before agree on {share:.1%} of the object pixels.")
    return said


def unmeasured(strategy: str) -> str:
    """Return what is to be said where nobody has measured the strategy."""
    return (
        f"Whether {strategy} beats a draw by chance on photos such as these was not measured: studies seldom find that "
        "it does. `admix label simulate` measures it on photos that are labelled."
    )


def asked(settings: Pick, pool: Candidates, folders: Sequence[Path]) -> None:
    """Raise InputError for a strategy that these predictions do not allow."""
    strategy = settings.strategy
    if strategy == "committee" and len(folders) < 2:
        raise InputError(
            "params.yaml: pick.strategy is committee, which wants --predictions of two trainings or more; give the "
            "option once for each seed"
        )
    if strategy in UNSURE and strategy not in pool.scores:
        raise InputError(f"{folders[0]}: holds no {strategy} of a photo; predict again with this version")
    spread = strategy not in UNSURE and strategy not in {"random", "stratified"}
    if spread and not pool.vectors.shape[1]:
        raise InputError(f"{folders[0]}: holds no features; put features in predict.formats and predict again")
    if settings.protocol == "stream" and strategy not in UNSURE:
        raise InputError(f"params.yaml: pick.protocol stream wants a strategy of: {', '.join(UNSURE)}; not {strategy}")


def picked(settings: Pick, costs: Costs, pool: Candidates, photos: Sequence[PoolPhoto]) -> list[dict[str, Any]]:
    """Return the photos to label as pick.json names them, in an order of chance; none where all are taken."""
    minutes = minutes_of(photos, settings, costs)
    plan = PickPlan(
        settings.strategy, settings.protocol, settings.budget, settings.batch, settings.threshold, settings.control,
        settings.seed,
    )  # fmt: skip
    chosen = shuffled(choices_of(pool, prices_of(minutes, settings.unit, costs), plan), settings.seed)
    return [row_of(one, pool, photos[one.place], float(minutes[one.place]), settings.strategy) for one in chosen]


def pictured(photos: Path, row: dict[str, Any]) -> SetPicture:
    """Return a picked photo as the page shows it."""
    image = upright(read_bytes(photos / row["file"]), row["file"])
    return set_picture(image, f"{row['file']}: {row['reason']}; {row['minutes']:g} min")


def main(
    settings: Pick,
    costs: Costs,
    predictions: Sequence[Path],
    photos: Path,
    out: Path,
    labelled: Path | None = None,
    before: Path | None = None,
    simulated: Path | None = None,
) -> None:
    """Write the photos to label next.

    predictions: folders that `admix predict` wrote of `photos`. labelled: manifest of the photos that are labelled.
    before: predictions of an earlier round, by which the stopping rule goes. simulated: what `admix label simulate`
    wrote.
    """
    found = photos_of(predictions, photos, before)
    marks = marks_of(labelled, read_manifest(labelled)) if labelled else []
    pool = candidates_of(found, marks, settings.near_duplicates)
    asked(settings, pool, predictions)
    rows = picked(settings, costs, pool, found)
    if not rows:
        raise InputError(f"{photos}: nothing to pick: all is labelled, below the threshold, or dearer than the budget")
    said = lines_of(rows, found, settings, read_wins(simulated) if simulated else None)
    minutes = sum(row["minutes"] for row in rows)
    money = round(minutes * costs.labeller_per_hour / 60, 2)
    head = {"pick": dataclasses.asdict(settings), "pool": pool.size, "taken": len(pool.taken), "minutes": minutes}
    head |= {"money": money, "currency": costs.currency, "said": said}
    with whole_folder(out, KIND) as part:
        write_json(part / "pick.json", {"head": head, "photos": rows})
        write_table(part / "pick.csv", HEAD, [[row[key] for key in HEAD] for row in rows])
        pictures = [pictured(photos, row) for row in rows]
        bill = f"{minutes:.0f} minutes, {money:g} {costs.currency}"
        write_text(part / "index.html", rendered(TEMPLATE, said=said, bill=bill, count=len(rows), pictures=pictures))

"""The page's first words: what renders are worth, in one sentence, and what that rests on."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from measure.convergence import FLAT
from measure.worth.records import sentences
from report.record import Ends, Gain, OnTest, RatioRow, TransferRecord, WorthRecord
from report.words import BETTER, WORSE, claim, known_ends, money, several, span, whole

NAMED = 2  # tags that a sentence names
FEW = 30  # with fewer independent groups of photos than this every interval is itself uncertain


@dataclasses.dataclass(frozen=True)
class Subject:
    """What the answer is about: one ratio and what it is compared with, on test where test was scored, else on val."""

    ratio: float
    iou: float
    ci95: Ends
    real: float | None  # score of real photos alone on the same photos
    render: float | None  # score of renders alone on the same photos
    gain: Gain | None  # difference to real photos alone
    where: str  # "test" or "val"


def subject_of(transfer: TransferRecord) -> Subject:
    """Return what the answer of a transfer.json is about."""
    test, best, ends = transfer.test, transfer.best, transfer.test or transfer
    real, render = (end.iou if end else None for end in (ends.real_only, ends.render_only))
    if test:
        return Subject(test.ratio, test.mean_iou, test.mean_ci95, real, render, test.gain, "test")
    gain = next((row.against_real for row in transfer.ratios if row.picked), None)
    return Subject(best.ratio, best.iou, best.ci95, real, render, gain, "val")


def answer(transfer: TransferRecord) -> str:
    """Return in one sentence what the renders are worth; it claims a difference only where one was shown."""
    case = subject_of(transfer)
    if case.ratio == 0:
        return of_real_alone(case, single(transfer))
    if case.gain is None:
        return uncompared(case)
    found = claim(case.gain)
    if found == BETTER:
        return f"{of_worth(transfer.worth)}: {both(case)}."
    if found == WORSE:
        return f"The renders make it worse: {both(case)}."
    return f"No difference shown: {both(case)}. {what_would_show(case.gain, transfer.test)}"


MOST_TIMES = 100  # as many photos as there are: nobody labels more to see a difference


def what_would_show(gain: Gain, test: OnTest | None) -> str:
    """Return what a difference that was not shown can be at most, and how many test photos would show it.

    Its interval narrows with the square root of the number of photos, as far as it comes from photos.
    """
    lo, hi = gain.ci95
    bound = f"They differ by {max(abs(lo), abs(hi)):.3f} at most"
    room = gain.iou - lo if gain.iou > 0 else hi - gain.iou
    times = (room / gain.iou) ** 2 if gain.iou else math.inf
    if not test or not times < MOST_TIMES:
        return f"{bound}."
    return f"{bound}; about {whole(math.ceil(test.n_photos * times))} test photos would show one of {gain.iou:+.3f}."


def of_real_alone(case: Subject, alone: bool) -> str:
    """Return the answer where real photos alone were picked. alone: nothing else was run."""
    lead = "Real photos alone reach" if alone else "No mix was chosen over real photos alone; they reach"
    end = "" if case.render is None else f", renders alone {case.render:.2f}"
    return f"{lead} {case.iou:.2f} ({span(case.ci95)}) on the {case.where} photos{end}."


def uncompared(case: Subject) -> str:
    """Return the answer where nothing says what real photos alone reach on the same photos."""
    known = case.real is not None
    lead = "Renders alone reach" if case.ratio == 1 else f"With renders at ratio {case.ratio:g} the network reaches"
    text = f"{lead} {case.iou:.2f} ({span(case.ci95)}) on the {case.where} photos"
    if not known:
        return f"{text}; real photos alone were not run, so what renders are worth is not known."
    return f"{text}, real photos alone {case.real:.2f}; whether that is a difference was not judged."


def both(case: Subject) -> str:
    """Return both scores, in as many digits as tell them apart."""
    digits = 2 if case.real is None or abs(case.iou - case.real) >= 0.01 else 3
    how = "with renders alone" if case.ratio == 1 else f"with renders at ratio {case.ratio:g}"
    text = f"{how} the network reaches {case.iou:.{digits}f} ({span(case.ci95, digits)}) on the {case.where} photos"
    return text if case.real is None else f"{text}, with real photos alone {case.real:.{digits}f}"


def of_worth(worth: WorthRecord | None) -> str:
    """Return the worth of renders that made it better, as far as it is known to be above nothing."""
    if not worth or not worth.real_labels or not above_nothing(worth):
        return "The renders make it better"
    over = "over " if worth.censored else ""
    cost = f", which saves {over}{money(worth.money, worth.currency)} of labelling" if worth.money else ""
    lead = f"{several(worth.n_real, 'labelled photo')} and renders do what"
    if worth.censored:
        return f"{lead} more than {whole(worth.n_real + worth.real_labels)} labelled photos do{cost}"
    lo, hi = known_ends(worth.ci95, worth.open_above) or (None, None)
    ends = tuple(None if end is None else worth.n_real + end for end in (lo, hi))
    ci95 = f" ({span(ends, 0)})" if worth.ci95 else ""
    return f"{lead} about {whole(worth.n_real + worth.real_labels)} labelled photos{ci95} do{cost}"


def above_nothing(worth: WorthRecord) -> bool:
    """Return whether the interval of a worth leaves 0 out; without an interval it does so where it is censored."""
    if not worth.ci95:
        return worth.censored
    return worth.ci95[0] is not None and worth.ci95[0] > 0


def single(transfer: TransferRecord) -> bool:
    """Return whether only one ratio was run, so that nothing is compared."""
    return len({run.ratio for run in transfer.runs} | {row.ratio for row in transfer.ratios}) <= 1


def notes(transfer: TransferRecord) -> list[str]:
    """Return the sentences, four at most, that say what the answer rests on and how far it can be trusted."""
    case = subject_of(transfer)
    found = [measured(transfer), judged(transfer, case), *doubts(transfer, case)]
    if transfer.worth and transfer.worth.why:
        found.append(f"Worth: {transfer.worth.why}")
    return [sentence for sentence in found if sentence][:4]


def measured(transfer: TransferRecord) -> str:
    """Return on which photos the answer was measured, and what a score is."""
    metric = f"A score is {transfer.metric}, from 0 to 1; in brackets its 95 % interval."
    if not transfer.test:
        return f"Measured on the val photos that also chose the ratio: test photos were not scored. {metric}"
    photos = several(transfer.test.n_photos, "real test photo")
    took = f"Measured on {photos} that took no part in training or in the choice of the ratio{labels(transfer)}."
    return sentences(took, one_place(transfer.test.alike), metric)


def one_place(alike: Mapping[str, str]) -> str:
    """Return the sentence on what all test photos have in common and not all photos have; empty for nothing."""
    if not alike:
        return ""
    tags = " and ".join(f"{tag} {value}" for tag, value in list(alike.items())[:NAMED])
    return f"All of them have {tags}: the score speaks of such photos, and its interval of no others."


def labels(transfer: TransferRecord) -> str:
    """Return how many further labels the answer took: to train on, and to choose by; empty where not known."""
    val = next((each.n_photos for each in transfer.val if each.name == "val"), None)
    train = max((row.n_real for row in transfer.ratios), default=0)
    if val is None:
        return ""
    if folds := transfer.race.folds if transfer.race else 0:
        also = f"which chose too: each of {whole(folds)} parts was scored by trainings without it"
        return f", trained with {several(train, 'labelled photo')}, {also}"
    return f", trained with {several(train, 'labelled photo')} and chosen by {whole(val)} more (val)"


def judged(transfer: TransferRecord, case: Subject) -> str:
    """Return the difference that was judged, or the gap where there is none; empty where neither is known."""
    if case.gain:
        return f"The difference to real photos alone is {case.gain.iou:+.3f} ({span(case.gain.ci95, 3, '+')})."
    gap = transfer.gap
    if gap is None:
        return ""
    return (
        f"On val, renders alone are {abs(gap):.3f} {'behind' if gap >= 0 else 'ahead of'} real photos alone (the gap)."
    )


def doubts(transfer: TransferRecord, case: Subject) -> list[str]:
    """Return at most two sentences on what weakens the answer; none where nothing does."""
    groups = transfer.test.n_groups if transfer.test else 0
    seeds = max((len(row.seeds) for row in transfer.ratios), default=0)
    found = [said] if (said := unconverged(transfer.ratios)) else []
    if single(transfer):
        found.append("Only one ratio was run, so nothing is compared.")
    if groups == 1:
        found.append("All test photos belong to one group, so the intervals show nothing of how photos differ.")
    elif 0 < groups < FEW:
        found.append(f"{whole(groups)} independent groups of photos are few, so the intervals are rough.")
    if seeds == 1:
        found.append("One training run a ratio: how much a score changes from run to run is not known.")
    return ahead(transfer, case) + found[:1] if len(found) < 2 else found[:2]


def unconverged(rows: Sequence[RatioRow]) -> str:
    """Return the sentence on the candidate that was furthest from its end; empty where all had converged."""
    rising = [row for row in rows if row.rise is not None and row.rise >= FLAT]
    if not rising:
        return ""
    most = max(rising, key=lambda row: row.rise or 0.0)
    steps = max(steps for row in rows for steps, _ in row.training_curve)
    others = f", and {whole(len(rising) - 1)} more rose" if len(rising) > 1 else ""
    return (
        f"Trainings were too short: the last doubling of their steps still added {most.rise:.3f} to the score of ratio "
        f"{most.name} on val{others} (wanted: less than {FLAT:g}). Set fit.steps to {whole(2 * steps)} and run again."
    )


def ahead(transfer: TransferRecord, case: Subject) -> list[str]:
    """Return the sentence that explains a pick which another ratio beats on val; none where the pick is ahead."""
    by = max((row.iou - transfer.best.iou for row in transfer.ratios if not row.picked), default=0)
    if by <= 0 or case.ratio == 0:
        return []
    return [f"On val another ratio is ahead by {by:.3f}, within what the set-up lets a mix stay behind."]

"""The page's first words: what renders are worth, in one sentence, and what that rests on."""

import dataclasses

from report.words import BETTER, WORSE, Interval, Row, claim, known_ends, money, several, span, whole

FEW = 30  # with fewer independent groups of photos than this every interval is itself uncertain


@dataclasses.dataclass(frozen=True)
class Subject:
    """What the answer is about: one ratio and what it is compared with, on test where test was scored, else on val."""

    ratio: float
    iou: float
    ci95: Interval
    real: float | None  # score of real photos alone on the same photos
    render: float | None  # score of renders alone on the same photos
    gain: Row | None  # difference to real photos alone: iou, ci95, maybe a verdict
    where: str  # "test" or "val"


def case_of(transfer: Row) -> Subject:
    """Return the case of a transfer.json."""
    test, best = transfer.get("test"), transfer["best"]
    ends = test or transfer
    real, render = ((ends.get(name) or {}).get("iou") for name in ("real_only", "render_only"))
    if test:
        return Subject(test["ratio"], test["mean_iou"], test["mean_ci95"], real, render, test.get("gain"), "test")
    picked: Row = next((row for row in transfer.get("ratios") or () if row.get("picked")), {})
    return Subject(best["ratio"], best["iou"], best["ci95"], real, render, picked.get("against_real"), "val")


def answer(transfer: Row) -> str:
    """Return in one sentence what the renders are worth; it claims a difference only where one was shown."""
    case = case_of(transfer)
    if case.ratio == 0:
        return of_real_alone(case, single(transfer))
    if case.gain is None:
        return uncompared(case)
    found = claim(case.gain)
    if found == BETTER:
        return f"{of_worth(transfer.get('worth'))}: {both(case)}."
    return f"{'The renders make it worse' if found == WORSE else 'No difference shown'}: {both(case)}."


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


def of_worth(worth: Row | None) -> str:
    """Return the worth of renders that made it better, as far as it is known to be above nothing."""
    if not worth or not worth.get("real_labels") or not above_nothing(worth):
        return "The renders make it better"
    saved = worth.get("money")
    cost = f", {money(saved, worth['currency'])} of labelling" if saved else ""
    lead = f"Beside {several(worth['n_real'], 'labelled photo')} the renders are worth"
    if worth.get("censored"):
        over = cost.replace(", ", ", over ", 1)
        return f"{lead} more than {whole(worth['real_labels'])} others{over}"
    ci95 = f" ({span(known_ends(worth), 0)})" if worth.get("ci95") else ""
    return f"{lead} about {whole(worth['real_labels'])} others{ci95}{cost}"


def above_nothing(worth: Row) -> bool:
    """Return whether the interval of a worth leaves 0 out; without an interval it does not."""
    ci95 = worth.get("ci95")
    return bool(ci95 and ci95[0] is not None and ci95[0] > 0) or bool(worth.get("censored") and not ci95)


def single(transfer: Row) -> bool:
    """Return whether only one ratio was run, so that nothing is compared."""
    return len({run["ratio"] for run in [*transfer["runs"], *(transfer.get("ratios") or ())]}) <= 1


def notes(transfer: Row) -> list[str]:
    """Return the sentences, four at most, that say what the answer rests on and how far it can be trusted."""
    case = case_of(transfer)
    found = [measured(transfer, case), judged(transfer, case), *doubts(transfer, case)]
    worth = transfer.get("worth")
    if worth and worth.get("why"):
        found.append(f"Worth: {worth['why']}")
    return [sentence for sentence in found if sentence][:4]


def measured(transfer: Row, case: Subject) -> str:
    """Return on which photos the answer was measured, and what a score is."""
    metric = f"A score is {transfer.get('metric') or 'IoU'}, from 0 to 1; in brackets its 95 % interval."
    if case.where == "val":
        return f"Measured on the val photos that also chose the ratio: test photos were not scored. {metric}"
    photos = several(transfer["test"]["n_photos"], "real test photo")
    return f"Measured on {photos} that took no part in training or in the choice of the ratio. {metric}"


def judged(transfer: Row, case: Subject) -> str:
    """Return the difference that was judged, or the gap where there is none; empty where neither is known."""
    if case.gain:
        return f"The difference to real photos alone is {case.gain['iou']:+.3f} ({span(case.gain['ci95'], 3, '+')})."
    gap = transfer.get("gap")
    if gap is None:
        return ""
    return (
        f"On val, renders alone are {abs(gap):.3f} {'behind' if gap >= 0 else 'ahead of'} real photos alone (the gap)."
    )


def doubts(transfer: Row, case: Subject) -> list[str]:
    """Return at most two sentences on what weakens the answer; none where nothing does."""
    groups = (transfer.get("test") or {}).get("n_groups")
    seeds = max((len(row["seeds"]) for row in transfer.get("ratios") or ()), default=0)
    found = []
    if single(transfer):
        found.append("Only one ratio was run, so nothing is compared.")
    if groups == 1:
        found.append("All test photos belong to one group, so the intervals show nothing of how photos differ.")
    elif groups and groups < FEW:
        found.append(f"{whole(groups)} independent groups of photos are few, so the intervals are rough.")
    if seeds == 1:
        found.append("One training run a ratio: how much a score changes from run to run is not known.")
    return ahead(transfer, case) + found[:1] if len(found) < 2 else found[:2]


def ahead(transfer: Row, case: Subject) -> list[str]:
    """Return the sentence that explains a pick which another ratio beats on val; none where the pick is ahead."""
    best = transfer["best"]
    others = [row for row in transfer.get("ratios") or () if not row.get("picked")]
    by = max((row["iou"] - best["iou"] for row in others), default=0)
    if by <= 0 or case.ratio == 0:
        return []
    return [f"On val another ratio is ahead by {by:.3f}, within what the set-up lets a mix stay behind."]

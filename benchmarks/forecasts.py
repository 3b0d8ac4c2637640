"""`make forecasts`: what the page would have forecast from few labels, and what came of it, on the recorded trainings.

Curves are drawn in two ways: as the page does, with all families of `measure.worth.families`, and with one law alone.
"""

import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.lines import STEPS_TAKEN, LabelStudy, read_study
from measure.curves import FEWEST, sizes_of
from measure.evidence import curve, point
from measure.probe import HALF, LONGER
from measure.scoring.differences import compare, interval, score_of
from measure.scoring.records import Scores
from measure.worth.advice import advise
from measure.worth.backtests import AdviceTest, Backtests, Forecast, ForecastKind, among_best, backtests_of, judged
from measure.worth.curve import Curve
from measure.worth.families import FAMILIES, Family
from measure.worth.points import RESAMPLES, ScoreEstimate, estimate_of
from measure.worth.records import Evidence
from measure.worth.tried import Action, TriedChange
from measure.worth.worth import worth_of
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.stage import run_stage
from pipeline.tables import table_text

ONE_LAW = tuple(family for family in FAMILIES if family.name == "power law with a floor")
WAYS: dict[str, Sequence[Family]] = {"all families": FAMILIES, "one power law with a floor": ONE_LAW}

Line = Mapping[int, Sequence[Scores]]  # real labels -> val scores of every seed


@dataclasses.dataclass(frozen=True)
class SeenLabels:
    """What is known from the labels that are not hidden."""

    set: str
    labels: int
    real: Curve | None
    mixed: Curve | None


def seen_from(
    name: str, labels: int, real: Line, mixed: Line, resamples: int, families: Sequence[Family] = FAMILIES
) -> SeenLabels:
    """Return the curves over the labels that are not hidden. Sizes above `labels` are refused with a ValueError."""
    if max([*real, *mixed], default=0) > labels:
        raise ValueError(f"a size above {labels} would show what is hidden")
    lines = {"real": real, "mixed": mixed}
    return SeenLabels(name, labels, *(curve(line, key, resamples, families) for key, line in lines.items()))


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

    "0 or more" can never fail: such a forecast says nothing. real: all that was trained with real labels alone, those
    that were hidden too.
    """
    runs = mixed[seen.labels]
    found = worth_of(seen.real, point(seen.labels, runs, resamples))
    came, beyond = labels_for(real, seen.labels, float(np.mean([run.iou for run in runs])))
    ci95 = None if found.lo is None or found.hi is None else (found.lo, None if found.open_above else found.hi)
    if ci95 is None or ci95 == (0, None):
        return Forecast(seen.set, "worth", seen.labels, seen.labels, None, None, came, beyond)
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


def forecasts_of(study: LabelStudy, labels: int, families: Sequence[Family], resamples: int) -> list[Forecast]:
    """Return all forecasts of somebody with so many labels, and what came of each."""
    mine = study.lines(labels)
    seen = seen_from(study.set, labels, mine.real, mine.mixed, resamples, families)
    real, mixed = study.truths("real"), study.truths("mixed")
    return [*score_forecasts(seen, real, mixed), worth_forecast(seen, real, mixed, resamples)]


def advice_test(study: LabelStudy, labels: int, costs: Costs, resamples: int) -> AdviceTest:
    """Return the step that the page would have advised, and the scores after it and the others.

    Stage probe has spent two trainings, of the first seed; what comes true is scored with the seeds that it did not
    use, else a probe would be its own proof.
    """
    seeds = sorted({run.seed for run in study.runs(labels, "mixed", labels)})
    advice = advise(evidence_of(study, labels, seeds[:1], resamples), study.target, costs)
    later = {line: [run for run in study.runs(labels, line) if run.seed in seeds[1:]] for line in STEPS_TAKEN}
    after: dict[str, float] = {line: score_of(runs) for line, runs in later.items() if runs}
    return AdviceTest(study.set, labels, advice.action, after, among_best(advice.action, after))


def probed(study: LabelStudy, labels: int, seeds: Sequence[int], resamples: int) -> tuple[TriedChange, ...]:
    """Return what stage probe would have found with these seeds: twice the steps, and half of the labels."""
    picked = study.runs(labels, "mixed", labels)
    longer, half = study.runs(labels, "architecture"), study.runs(labels, "mixed", sizes_of(labels, (HALF,), FEWEST)[0])
    pairs: tuple[tuple[str, Action, float, list[Scores], list[Scores]], ...] = (
        ("longer training", "architecture", LONGER, [run for run in longer if run.seed in seeds], picked),
        ("half the labels", "label", 1.0, picked, [run for run in half if run.seed in seeds]),
    )
    found = [(name, action, times, compare(a, b, resamples)) for name, action, times, a, b in pairs if a and b]
    return tuple(TriedChange(name, action, one.iou, one.ci95, times) for name, action, times, one in found)


def evidence_of(study: LabelStudy, labels: int, probes: Sequence[int], resamples: int) -> Evidence:
    """Return what advice may use with the labels and renders that are seen. probes: seeds that stage probe used."""
    mine = study.lines(labels)
    runs = {"real": mine.real[labels], "mixed": mine.mixed[labels]}
    scores = {name: ScoreEstimate(score_of(some), *interval(some, resamples)) for name, some in runs.items()}
    return Evidence(
        score=scores["mixed"],
        n_real=labels,
        n_render=study.renders,
        real=curve(mine.real, "real", resamples),
        mixed=curve(mine.mixed, "mixed", resamples),
        renders=curve(mine.renders, "renders", resamples),
        real_only=scores["real"],
        tried=probed(study, labels, probes, resamples),
    )


def last_points(study: LabelStudy, families: Sequence[Family], resamples: int) -> Iterator[Forecast]:
    """Yield the forecast of each curve's last point from its points before."""
    for labels in study.begun():
        kinds: dict[ForecastKind, Line] = {
            "real labels": study.line(labels, "real"), "labels with renders": study.line(labels, "mixed")
        }  # fmt: skip
        for kind, line in kinds.items():
            before = {n: runs for n, runs in line.items() if n < labels}
            known = curve(before, kind, resamples, families)
            seen = SeenLabels(study.set, max(before, default=0), None, None)
            yield score_forecast(seen, kind, known, labels, line[labels])


def table(found: Backtests) -> str:
    """Return the forecasts as a table to print, and the shares."""
    heads = ("set", "kind", "seen", "at", "forecast", "lo", "hi", "came true", "held")
    rows = [
        (r.set, r.kind, r.seen, r.at, short(r.forecast), *map(short, r.ci95 or (None, None)),
         f"{'more than ' if r.beyond else ''}{short(r.came_true)}", {True: "yes", False: "NO", None: "silent"}[r.held])
        for r in found.forecasts
    ]  # fmt: skip
    told = f"{found.n} forecasts, held: {short(found.held)}; advice among the two best: {short(found.advice_held)}"
    return f"{table_text(heads, rows)}{told}\n"


def short(value: float | None) -> str:
    """Return a number in few digits; nothing for none."""
    return "" if value is None else f"{value:.3f}" if abs(value) < 1 else f"{value:.1f}"


def way_row(way: str, what: str, rows: Iterable[Forecast]) -> tuple[str | int, ...]:
    """Return how a way to draw curves did: forecasts of scores, share held, mean error and width in IoU."""
    said = [row for row in rows if row.forecast is not None and row.ci95 and row.kind != "worth"]
    errors = [abs(row.forecast - row.came_true) for row in said if row.forecast is not None and row.came_true]
    widths = [row.ci95[1] - row.ci95[0] for row in said if row.ci95 and row.ci95[1] is not None]
    means = [short(float(np.mean(some)) if some else None) for some in ([bool(r.held) for r in said], errors, widths)]
    return way, what, len(said), *means


def main(costs: Costs, studies: Path, out: Path) -> None:
    """Write the backtests of all recorded sets, and print them. studies: folder of what `make backtest` recorded."""
    sets = [read_study(path) for path in sorted(studies.glob("*.json"))]
    if not sets:
        raise InputError(f"{studies}: holds no .json file, wanted what make backtest records; run it first")
    begun = [(study, labels) for study in sets for labels in study.begun()]
    ways = {
        way: [row for some in begun for row in forecasts_of(*some, families, RESAMPLES)]
        for way, families in WAYS.items()
    }
    found = backtests_of(ways["all families"], [advice_test(*some, costs, RESAMPLES) for some in begun])
    write_json(out, dataclasses.asdict(found))
    heads = ("curve", "forecast of", "forecasts", "held", "error", "width")
    rows = [way_row(way, "hidden labels", rows) for way, rows in ways.items()]
    rows += [
        way_row(way, "the last point", [row for study in sets for row in last_points(study, families, RESAMPLES)])
        for way, families in WAYS.items()
    ]
    sys.stdout.write(f"{table(found)}\n{table_text(heads, rows)}")


if __name__ == "__main__":
    run_stage(main)

"""Stage `transfer`: gather scores, worth, money and advice into transfer.json, and into flat extracts for DVC."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.outline_habit import outlines_of
from dataset.records import Sample, read_manifest
from measure.attribution.record import IOU, AttributionRecord, read_attribution
from measure.evidence import Lines, curve, detail_of, evidence, points_of, read_lines
from measure.objects import CategoryObjects, objects_by_category
from measure.pick import (
    REAL_ONLY,
    RENDER_ONLY,
    Runs,
    TunedRuns,
    attributed_row,
    end_row,
    mean_row,
    plain,
    read_home,
    read_more_val,
    read_pick,
    read_race,
    read_rivals,
    read_test,
    run_row,
    score_in,
)
from measure.scoring.differences import against, interval, pool, score_of
from measure.scoring.records import Scores, scored_by
from measure.scoring.scores import read_scores
from measure.scoring.summary import summary
from measure.trials.pools import read_pools
from measure.worth.advice import advice_json, advise
from measure.worth.costs import LabelledPhotos, Spent, money_json
from measure.worth.curve import curve_json
from measure.worth.tried import ProbeFile, read_probes
from measure.worth.worth import telling, worth_json, worths_of
from pipeline.costs import Costs
from pipeline.files import whole_folder, write_json, write_text
from pipeline.stage import run_stage
from pipeline.tables import table_text
from report.outlines import MeasuredOutlines, allowed, outlines_json
from report.record import CurveRecord, RaceRecord, RatioRow, RunRecord, TransferRecord, as_record, write_transfer
from train.run import SETTINGS, read_run_settings


def metrics_of(transfer: TransferRecord) -> dict[str, float]:
    """Return the flat numbers for ``dvc metrics``; what was not run, or is not known, is left out."""
    test, scores, worth = transfer.test, transfer.scores, transfer.worth
    rows = {
        "val_best": transfer.best,
        "val_real_only": transfer.real_only,
        "val_render_only": transfer.render_only,
        "test_picked": test,
        "test_real_only": test and test.real_only,
        "test_render_only": test and test.render_only,
        "test_gain": test and test.gain,
    }
    found: dict[str, float | None] = {name: row.iou for name, row in rows.items() if row}
    found |= {"best_ratio": transfer.best.ratio, "test_mean": test.mean_iou if test else None}
    for split, some in (("val", scores.val), ("test", scores.test)) if scores else ():
        named = {key: getattr(some, key) for key in ("boundary_iou", "off_outlines_iou", "calibration_error")}
        found |= {f"{split}_{key}": row.value for key, row in named.items() if row}
    if worth:
        found |= {"worth_real_labels": worth.real_labels, "worth_n_real": worth.n_real, "worth_net": worth.net}
    return {name: value for name, value in (found | {"gap": transfer.gap}).items() if value is not None}


def ratio_csv(runs: Iterable[RunRecord]) -> str:
    """Return one line a val run of the race, ascending in ratio, with its interval over photos."""
    return table_text(("ratio", "schedule", "seed", "iou", "lo", "hi"), [
        (run.ratio, run.schedule, run.seed, run.iou, *run.ci95)
        for run in runs if run.split == "val" and run.kind == "race"
    ])  # fmt: skip


def labels_csv(curves: Mapping[str, CurveRecord] | None) -> str:
    """Return one line a size of each learning curve, with its interval over photos and seeds."""
    return table_text(("labels", "photos", "iou", "lo", "hi"), [
        (point.n, name, point.iou, *point.ci95)
        for name in ("real", "mixed") if curves and name in curves
        for point in curves[name].points
    ])  # fmt: skip


NO_PLACES = {"licence", "split"}  # tags of where photos were published, not of where they were taken
METRIC, MEAN_METRIC = "IoU of the foreground", "IoU, mean over categories"


def metric_of(run: Scores) -> str:
    """Return in words what a score is; of one category both are the same number."""
    return MEAN_METRIC if len(run.scored) > 1 else METRIC


@dataclasses.dataclass(frozen=True)
class Transfer:
    """Section `transfer` of params.yaml."""

    resamples: int  # how often the bootstrap draws photos and seeds anew
    target: float  # the IoU on real photos that is wanted

    def __post_init__(self) -> None:
        """Raise ValueError if there is nothing to draw, or for a target that no score can be."""
        if self.resamples < 2:
            raise ValueError(f"resamples is {self.resamples}, wanted 2 or more")
        if not 0 < self.target <= 1:
            raise ValueError(f"target is {self.target}, wanted an IoU above 0 and up to 1")


@dataclasses.dataclass(frozen=True)
class Gathered:
    """Everything that was trained and scored."""

    race: TunedRuns
    test: Runs
    rivals: Sequence[Scores]
    home: Runs
    more_val: Mapping[str, Runs]
    lines: Lines
    on_training: Scores | None
    attribution: AttributionRecord
    probes: ProbeFile
    renders: Sequence[Sample]
    steps: int  # of one training
    detail: float | None  # of the val photos, as advice wants it
    objects: Sequence[CategoryObjects]
    outlines: MeasuredOutlines
    alike: Mapping[str, str]  # of the test photos, as `OnTest` has it


def on_test(found: Gathered, resamples: int) -> dict[str, Any]:
    """Return what the test photos say of the picked run, of all its seeds, and of both ends of the ratio."""
    pick, name = found.race.pick, found.race.picked["name"]
    runs = found.test[name]
    picked = next(run for run in runs if run.seed == pick["seed"])
    row = run_row(picked, "test", resamples)
    real, render = end_name(pick, REAL_ONLY), end_name(pick, RENDER_ONLY)
    base = found.test.get(real, ()) if real and pick["ratio"] != REAL_ONLY else ()
    return {key: row[key] for key in ("ratio", "seed", "iou", "ci95", "iou_per_category")} | {
        "n_photos": len(picked.photos),
        "n_groups": pool([picked]).union.shape[1],
        "alike": found.alike,
        "mean_iou": score_of(runs),
        "mean_ci95": interval(runs, resamples),
        "real_only": mean_row(found.test, real, resamples),
        "render_only": mean_row(found.test, render, resamples),
        "gain": against(runs, base),
        "rivals": [
            {
                "name": rival.name,
                "iou": rival.iou,
                "ci95": interval([rival], resamples),
                "behind": against(runs, [rival]),
            }
            for rival in found.rivals
        ],
        "home": at_home(found, resamples),
    }


def at_home(found: Gathered, resamples: int) -> dict[str, Any] | None:
    """Return the scores on photos of the training photos' places, None where there are none."""
    return three_rows(found.race, found.home, resamples) if found.home else None


def on_val(found: Gathered, resamples: int) -> list[dict[str, Any]]:
    """Return the scores on every validation set: on val, which chooses, and on the further ones by name."""
    sets = {"val": found.race.runs} | dict(found.more_val)
    return [{"name": name} | three_rows(found.race, runs, resamples) for name, runs in sets.items()]


def three_rows(race: TunedRuns, runs: Runs, resamples: int) -> dict[str, Any]:
    """Return the scores of the picked candidate, of real only and of renders only on the photos of `runs`."""
    names = {"picked": race.picked["name"]}
    names |= {"real_only": end_name(race.pick, REAL_ONLY), "render_only": end_name(race.pick, RENDER_ONLY)}
    rows = {key: mean_row(runs, name, resamples) for key, name in names.items()}
    return rows | {"n_photos": len(runs[names["picked"]][0].photos)}


def end_name(pick: Mapping[str, Any], ratio: float) -> str | None:
    """Return the name of real only or renders only, None if it was not trained to the end."""
    row = end_row(pick, ratio)
    return row["name"] if row else None


def all_runs(found: Gathered, resamples: int) -> list[dict[str, Any]]:
    """Return every run: the race by ratio and seed, the further points of the curves, then the test."""
    race = [run for runs in found.race.runs.values() for run in runs]
    known = {(run.ratio, run.seed, run.n_real, run.n_render) for run in race}
    lines = (found.lines.real, found.lines.mixed, found.lines.renders)
    curves = [run for line in lines for runs in line.values() for run in runs]
    more = [run for run in curves if (run.ratio, run.seed, run.n_real, run.n_render) not in known]
    test = [run for runs in found.test.values() for run in runs]
    return [
        run_row(run, kind, resamples)
        for kind, some in (("race", race), ("curve", more), ("test", test))
        for run in some
    ]


def summarise(found: Gathered, settings: Transfer, costs: Costs, setup: str) -> TransferRecord:
    """Return transfer.json: all scores are on val but those under `test`."""
    race, times = found.race, settings.resamples
    real, render = (mean_row(race.runs, end_name(race.pick, ratio), times) for ratio in (REAL_ONLY, RENDER_ONLY))
    name = race.picked["name"]
    curves = {key: curve(getattr(found.lines, key), key, times) for key in ("real", "mixed", "renders")}
    scores = {
        "val": summary(race.runs[name], times),
        "test": summary(found.test[name], times),
    }
    spent = Spent(len(found.renders), round(trainings(found) * found.steps))
    val = 0 if race.folds else len(race.runs[name][0].photos)
    photos = LabelledPhotos(race.picked["n_real"], val, len(found.test[name][0].photos))
    worths = worths_of(curves["real"], points_of(found.lines.mixed, times))
    told = telling(worths)
    ends = real, render
    known = evidence(
        race,
        curves,
        ends,
        found.on_training,
        scores["val"],
        found.attribution,
        found.renders,
        found.detail,
        found.probes,
        found.steps,
    )
    known = dataclasses.replace(known, labels=allowed(found.outlines, max(row["iou"] for row in race.pick["ratios"])))
    return as_record(plain({
        "setup": setup,
        "metric": metric_of(race.runs[name][0]),
        "runs": all_runs(found, times),
        "real_only": real,
        "render_only": render,
        "best": {key: race.pick[key] for key in ("ratio", "iou", "ci95")},
        "gap": real["iou"] - render["iou"] if real and render else None,
        "ratios": [only(row, dataclasses.fields(RatioRow)) for row in race.pick["ratios"]],
        "race": only(race.pick["race"], dataclasses.fields(RaceRecord)),
        "scores": scores,
        "val": on_val(found, times),
        "test": on_test(found, times),
        "curves": {key: curve_json(item) for key, item in curves.items() if item} or None,
        "worth": worth_json(worths, costs, spent),
        "money": money_json(costs, spent, photos, told.labels, told.censored),
        "advice": advice_json(advise(known, settings.target, costs)),
        "attribution": dataclasses.asdict(found.attribution),
        "objects": [dataclasses.asdict(row) for row in found.objects],
        "outlines": outlines_json(found.outlines, known.labels),
    }))  # fmt: skip


def trainings(found: Gathered) -> float:
    """Return how many whole trainings were done: for the race and the report, curves, probes, and without groups."""
    pick = found.race.pick
    known = {trial for row in pick["ratios"] for trial in row["trials"].values()}
    row = attributed_row(pick)
    lacking = sum(group.unit == IOU for group in found.attribution.groups) * (len(row["trials"]) if row else 0)
    tried = sum(row.times * len(set(row.trials) - known - found.lines.trials) for row in found.probes.changes)
    raced, each = float(pick["race"].get("trained", pick["race"]["spent"])), max(found.race.folds, 1)
    lacking *= each if row and row["ratio"] < RENDER_ONLY else 1
    tried *= each if found.race.picked["ratio"] < RENDER_ONLY else 1
    return raced + each * len(found.lines.trials - known) + lacking + tried


def alike(photos: Sequence[Sample], others: Sequence[Sample]) -> dict[str, str]:
    """Return the tags of which all of several photos have one value, and some of the others another, by name.

    Not those that say nothing of a place (`NO_PLACES`).
    """
    if len(photos) < 2:
        return {}
    shared = sorted(set.intersection(*(set(photo.tags.items()) for photo in photos)))
    apart = {tag for tag, value in shared for other in others if other.tags.get(tag, value) != value}
    return {tag: value for tag, value in shared if tag in apart - NO_PLACES}


def only(row: Mapping[str, Any], fields: Iterable[dataclasses.Field[Any]]) -> dict[str, Any]:
    """Return these fields of a table of pick.json, which may hold more."""
    return {field.name: row[field.name] for field in fields if field.name in row}


def read_all(
    pick: Path,
    picked: Path,
    pools: Path,
    val: Path,
    curves: Path,
    attribution: Path,
    probes: Path,
    test: Path,
    renders: Path,
) -> Gathered:
    """Return everything that the stages before wrote; raise InputError for what is missing or another kind of file."""
    chosen, training, run = read_pick(pick), picked / "train.json", read_run_settings(picked / SETTINGS)
    race, sampling = read_race(chosen, pick.parent), dict(run["fit"]).get("sampling", "even")
    photos, made = read_manifest(val), read_manifest(renders / "samples.jsonl")
    labels = {"train": read_manifest(val.with_name("train.jsonl")), "val": photos}
    measured = read_manifest(val.with_name("test.jsonl"))
    return Gathered(
        race=race,
        test=read_test(test),
        rivals=read_rivals(test),
        home=read_home(test),
        more_val=read_more_val(test),
        lines=read_lines(curves, score_in(chosen)),
        on_training=scored_by(score_in(chosen), read_scores(training)) if training.is_file() else None,
        attribution=read_attribution(attribution),
        probes=read_probes(probes),
        renders=made,
        steps=run["fit"]["steps"],
        detail=detail_of(photos, run["fit"]["img_size"]),
        objects=objects_by_category(read_pools(pools), race.picked["weights"], run["categories"], str(sampling)),
        outlines=MeasuredOutlines(
            {split: outlines_of(val.parent, some) for split, some in labels.items()}, outlines_of(renders, made)
        ),
        alike=alike(measured, [*labels["train"], *photos]),
    )


def main(
    settings: Transfer,
    costs: Costs,
    setup: str,
    pick: Path,
    picked: Path,
    pools: Path,
    val: Path,
    curves: Path,
    attribution: Path,
    probes: Path,
    test: Path,
    renders: Path,
    out: Path,
    metrics: Path,
    plots: Path,
) -> None:
    """Write transfer.json, the flat metrics, and the tables behind the plots."""
    all_of = read_all(pick, picked, pools, val, curves, attribution, probes, test, renders)
    found = summarise(all_of, settings, costs, setup)
    write_transfer(out, found)
    write_json(metrics, metrics_of(found))
    with whole_folder(plots, "plots") as part:
        write_text(part / "ratio.csv", ratio_csv(found.runs))
        write_text(part / "labels.csv", labels_csv(found.curves))


if __name__ == "__main__":
    run_stage(main)

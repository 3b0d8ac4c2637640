"""The report's words and tables: the answer in one sentence, what it rests on, and where the data come from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.records import Sample

SET_ASIDE = ("crashed", "timed out")  # causes for which scenes are named
FEW = 30  # with fewer photos than this the bootstrap's interval is itself uncertain

Row = Mapping[str, Any]


def span(row: Sequence[float], digits: int = 2) -> str:
    """Return an interval (lo, hi) as e.g. "0.90 to 0.95"."""
    return f"{row[0]:.{digits}f} to {row[1]:.{digits}f}"


def answer(transfer: Row) -> str:
    """Return in one sentence what the renders are worth on the test photos, seeds averaged."""
    test = transfer["test"]
    ratio, real = test["ratio"], test["real_only"]
    score = f"{test['mean_iou']:.2f} ({span(test['mean_ci95'])})"
    if ratio == 0:
        lead = "Real photos alone reach" if single(transfer) else "No mix beat real photos alone on val; they reach"
        return f"{lead} {score} on the test photos."
    if real is None:
        lead = "Renders alone reach" if ratio == 1 else f"With renders at ratio {ratio:g} the network reaches"
        return f"{lead} {score} on the test photos; real photos alone were not run."
    other = "renders alone reach" if ratio == 1 else f"with renders at ratio {ratio:g} it is"
    return f"Real photos alone reach {real['iou']:.2f} on the test photos; {other} {score}{verdict(test['gain'])}"


def verdict(gain: Row) -> str:
    """Return how the sentence ends: with nothing if the gain's interval is above 0, else with what it shows."""
    lo, hi = gain["ci95"]
    if lo > 0:
        return "."
    return ": the renders made it worse." if hi < 0 else ": no difference shown."


def single(transfer: Row) -> bool:
    """Return whether only one ratio was run, so that nothing is compared."""
    return len({run["ratio"] for run in transfer["runs"]}) == 1


def notes(transfer: Row, seeds: int) -> list[str]:
    """Return the sentences that say what the answer rests on, and how far it can be trusted."""
    test, gain = transfer["test"], transfer["test"]["gain"]
    photos, groups = test["n_photos"], test["n_groups"]
    found = [f"Measured on {photos} real test photos that took no part in training or in the choice of the ratio."]
    if gain:
        found.append(f"The difference is {gain['iou']:+.2f} ({gain['ci95'][0]:+.2f} to {gain['ci95'][1]:+.2f}).")
    found.append(
        f"A score is IoU, the overlap of predicted and true masks from 0 to 1, here the mean of {seeds} "
        f"training run{'s' * (seeds > 1)} a ratio; in brackets 95 % intervals over photos and runs."
    )
    ahead = max((row["iou"] - transfer["best"]["iou"] for row in ends(transfer)), default=0)
    if ahead > 0:
        found.append(
            f"On val another ratio is ahead by {ahead:.3f}; the set-up asks for a mix where one is so near "
            "(tune.prefer_mix)."
        )
    if groups == 1:
        found.append("All test photos belong to one group, so the intervals show nothing of how photos differ.")
    elif groups < FEW:
        found.append(f"{groups} independent groups of photos are few, so the intervals are rough.")
    if single(transfer):
        found.append("Only one ratio was run, so nothing is compared.")
    return found


def ends(transfer: Row) -> list[Row]:
    """Return the val rows of real only and renders only, as far as they were run."""
    return [row for row in (transfer["real_only"], transfer["render_only"]) if row]


def table(transfer: Row, pick: Row) -> list[dict[str, Any]]:
    """Return one row a ratio, rising: how many photos and renders, val and test scores; test is None if not scored."""
    test = transfer["test"]
    on_test = {row["ratio"]: (row["iou"], row["ci95"]) for row in (test["real_only"], test["render_only"]) if row}
    on_test[test["ratio"]] = (test["mean_iou"], test["mean_ci95"])
    sizes = {run["ratio"]: (run["n_real"], run["n_render"]) for run in transfer["runs"]}
    return [
        {
            "ratio": f"{row['ratio']:g}",
            "picked": row["ratio"] == pick["ratio"],
            "n_real": sizes[row["ratio"]][0],
            "n_render": sizes[row["ratio"]][1],
            "val": row["iou"],
            "val_span": span(row["ci95"], 3),
            "seeds": " · ".join(f"{iou:.3f}" for iou in row["seeds"].values()),
            "test": on_test[row["ratio"]][0] if row["ratio"] in on_test else None,
            "test_span": span(on_test[row["ratio"]][1], 3) if row["ratio"] in on_test else "",
        }
        for row in pick["ratios"]
    ]


def sources(parts: Mapping[str, Sequence[Sample]]) -> list[dict[str, Any]]:
    """Return one row for each part ("train photos", ...), source and licence, with the number of its samples."""
    return [
        {"part": part, "source": source, "licence": licence, "count": count}
        for part, samples in parts.items()
        for (source, licence), count in sorted(Counter((s.source, s.licence) for s in samples).items())
    ]


def refused(causes: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return one row for each cause of refusal, most frequent first: how many scenes, and by name those set aside.

    causes: cause -> scene ids. A scene is set aside when Blender crashed or hung on it each time.
    """
    return [
        {"cause": cause, "count": len(scenes), "names": list(scenes) if cause in SET_ASIDE else []}
        for cause, scenes in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def assets(renders: Sequence[Sample]) -> list[tuple[str, int]]:
    """Return every asset in view of a render and in how many, by id."""
    return sorted(Counter(asset for sample in renders for asset in set(sample.assets)).items())

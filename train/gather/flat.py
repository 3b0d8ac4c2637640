"""The flat extracts for ``dvc metrics`` and ``dvc plots``."""

from collections.abc import Mapping
from typing import Any

from pipeline.tables import table_text


def metrics_of(transfer: Mapping[str, Any]) -> dict[str, float]:
    """Return the flat numbers for ``dvc metrics``; what was not run, or is not known, is left out."""
    test, scores = transfer["test"], transfer["scores"]
    rows = {
        "val_best": transfer["best"],
        "val_real_only": transfer["real_only"],
        "val_render_only": transfer["render_only"],
        "test_picked": test,
        "test_real_only": test["real_only"],
        "test_render_only": test["render_only"],
        "test_gain": test["gain"],
    }
    found = {name: row["iou"] for name, row in rows.items() if row}
    found |= {"best_ratio": transfer["best"]["ratio"], "test_mean": test["mean_iou"]}
    for split, some in scores.items():
        named = {key: some[key] for key in ("boundary_iou", "calibration_error")}
        found |= {f"{split}_{key}": row["value"] for key, row in named.items() if row}
    worth = transfer["worth"] or {}
    found |= {f"worth_{key}": worth[key] for key in ("real_labels", "n_real", "net") if worth.get(key) is not None}
    return found | ({} if transfer["gap"] is None else {"gap": transfer["gap"]})


def ratio_csv(transfer: Mapping[str, Any]) -> str:
    """Return one line a val run of the race, by rising ratio, with its interval over photos."""
    rows = [run for run in transfer["runs"] if run["split"] == "val" and run["kind"] == "race"]
    return table_text(("ratio", "schedule", "seed", "iou", "lo", "hi"), [
        (run["ratio"], run["schedule"], run["seed"], run["iou"], *run["ci95"]) for run in rows
    ])  # fmt: skip


def labels_csv(transfer: Mapping[str, Any]) -> str:
    """Return one line a size of each learning curve, with its interval over photos and seeds."""
    curves = transfer["curves"] or {}
    return table_text(("labels", "photos", "iou", "lo", "hi"), [
        (point["n"], name, point["iou"], *point["ci95"])
        for name in ("real", "mixed")
        if curves.get(name)
        for point in curves[name]["points"]
    ])  # fmt: skip

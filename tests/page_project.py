"""A small project as the report finds it: numbers with known shapes, and pictures with known mistakes."""

import json

import numpy as np
from pydantic import TypeAdapter

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.files import write_bytes, write_json
from pipeline.seeds import rng_for
from report.record import TransferRecord
from report.report import Report, main

SIZE_HW = (120, 160)
EVIL = '</script><script>alert("x")</script>'


def typed(value, kind=TransferRecord):
    """Return plain JSON as a record, as it is after it was written and read."""
    return TypeAdapter(kind).validate_json(json.dumps(value))


def near(value, width=0.02):
    return {"iou": round(value, 6), "ci95": [round(value - width, 6), round(min(value + width, 1.0), 6)]}


def valued(value, **more):
    found = near(value)
    return {"value": found["iou"], "ci95": found["ci95"]} | more


def ratio_row(ratio, seeds=3, picked=False, schedule="mix", name=None):
    """One candidate: a curve that is best in the middle; every seed a little apart."""
    iou = 0.8 + 0.3 * ratio * (1 - ratio) - 0.04 * ratio
    return near(iou) | {
        "name": name or f"{ratio:g}",
        "ratio": ratio,
        "schedule": schedule,
        "weights": {"real": 1 - ratio, "renders": ratio},
        "n_real": 14 if ratio < 1 else 0,
        "n_render": 480 if ratio else 0,
        "seeds": {str(seed): round(iou + 0.004 * (seed - 2), 6) for seed in range(1, seeds + 1)},
        "share": 1.0,
        "sd": 0.004 if seeds > 1 else None,
        "stopped": "expected 0.010 IoU behind 0.5" if ratio > 0.9 else None,
        "p_best": 0.7 if picked else 0.1,
        "as_good": not picked and 0.4 < ratio < 0.7,
        "picked": picked,
        "on_renders": round(iou + 0.1, 6) if ratio else None,
        "overstates": 0.1 if ratio else None,
        "training_curve": [[42, iou - 0.1], [84, iou - 0.012], [168, iou - 0.01], [240, iou]],
        "rise": 0.002,
        "against_real": {"verdict": "better", "iou": 0.05, "ci95": [0.02, 0.08]} if ratio else None,
    }


def summary(run, categories):
    """One summary of scores in full."""
    thresholds = [round(0.5 + 0.05 * step, 2) for step in range(10)]
    seen = {"iou": None, "covered": None}
    return {
        "run": run,
        "leaves_out": None,
        "iou": valued(0.85),
        "mean_iou": valued(0.82),
        "rare_iou": None,
        "boundary_iou": valued(0.61),
        "off_outlines_iou": valued(0.88),
        "lost": {"outline": valued(0.1), "missed": valued(0.04), "made_up": None},
        "calibration_error": valued(0.04),
        "iou_per_category": {
            name: valued(0.85 - 0.02 * at, photos=13, instances=20 - at, rare=at > 1)
            for at, name in enumerate(categories)
        },
        "instances": [{"iou": t, "precision": valued(1.2 - t), "recall": valued(1.1 - t)} for t in thresholds],
        "by_size": [{"name": "small", "photos": 3, "instances": 5, "recall": valued(0.4)} | seen],
        "by_visible": [{"name": "half hidden", "photos": 3, "instances": 5, "recall": valued(0.5)} | seen],
    }


def curve(floor, gain, trusted=True, flags=()):
    """A power law with a floor, and its points at 4, 8 and 14 photos."""

    def iou(n):
        return round(1 - (floor + (1 - gain) * n**-0.5), 6)

    fit = [{"n": n, "iou": iou(n), "lo": iou(n) - 0.03, "hi": min(iou(n) + 0.03, 1.0)} for n in range(4, 61, 2)]
    points = [{"n": n, "seeds": {"1": iou(n) - 0.005, "2": iou(n) + 0.005}} | near(iou(n)) for n in (4, 8, 14)]
    families = [
        {"name": "power law", "weight": 0.8, "floor": floor},
        {"name": "exponential", "weight": 0.2, "floor": None},
    ]
    ceiling = near(1 - floor)
    return {
        "points": points,
        "fit": fit,
        "families": families,
        "ceiling": ceiling,
        "trusted": trusted,
        "flags": list(flags),
        "notes": [],
    }


WORTH = {
    "real_labels": 31.0,
    "ci95": [12.0, 58.0],
    "censored": False,
    "multiplier": 3.2,
    "money": 12.4,
    "money_ci95": [4.8, 23.2],
    "net": 7.1,
    "currency": "EUR",
    "why": "Beside 14 real labels the renders replace about 31 others, within what was trained.",
    "n_real": 14,
    "iou_real": 0.8,
    "iou_mix": 0.86,
    "open_above": False,
    "each": [],
}


def option(action, what, amount, iou, cost, reaches):
    """One option of the advice; None where it is not known."""
    return {
        "action": action,
        "what": what,
        "amount": amount,
        "iou": iou,
        "ci95": None if iou is None else near(iou)["ci95"],
        "cost": cost,
        "cost_ci95": None if cost is None else [cost - 1, cost + 2],
        "reaches": reaches,
        "value": None if iou is None else iou - 0.85,
        "value_per_cost": None if iou is None or not cost else (iou - 0.85) / cost,
        "compared": bool(reaches),
    }


ADVICE = {
    "action": "render",
    "why": "800 more renders are expected to reach the target at the lowest cost.",
    "target": 0.9,
    "options": [
        option("render", "Render 800 more", 800, 0.9, 4.2, True),
        option("label", "Label 60 more photos", 60, 0.89, 24.0, False),
        option("assets", "Add an asset", None, None, None, None),
    ],
}


def on_test(ratio=0.8, verdict="better", groups=40):
    """The object `test`."""
    gain = {
        "better": (0.05, [0.02, 0.08]),
        "no difference shown": (0.01, [-0.02, 0.04]),
        "worse": (-0.05, [-0.08, -0.02]),
    }
    difference, ci95 = gain[verdict]
    mixed = near(0.8 + difference)
    facts = {"ratio": ratio, "seed": 1, "iou_per_category": {}, "n_photos": 40, "n_groups": groups, "alike": {}}
    return facts | mixed | {
        "mean_iou": mixed["iou"],
        "mean_ci95": mixed["ci95"],
        "real_only": near(0.8) | {"ratio": 0.0},
        "render_only": near(0.7) | {"ratio": 1.0},
        "gain": {"verdict": verdict, "iou": difference, "ci95": ci95},
        "rivals": [],
        "home": None,
    }  # fmt: skip


def group(name, by):
    """What one group of renders does for the score."""
    ends = [by - 0.003, by + 0.003]
    words = {"words": f"{name} helps by {by}", "by": "training", "unit": "IoU"}
    guess = {"estimate": {"help": 10 * by, "ci95": [10 * end for end in ends]}}
    return {"name": name, "kind": "asset", "samples": 20, "help": by, "ci95": ends} | words | guess


def transfer(ratios=(0.0, 0.5, 0.8, 1.0), picked=0.8, seeds=3, categories=("board",), evil="boards", **more):
    """A whole transfer.json; what `more` names replaces what is here."""
    rows = [ratio_row(ratio, seeds, ratio == picked) for ratio in ratios]
    best = next(row for row in rows if row["picked"])
    runs = [
        {"ratio": row["ratio"], "seed": int(seed), "n_real": 14, "n_render": 480, "schedule": "mix", "iou": iou}
        | {"weights": row["weights"], "iou_per_category": {}, "ci95": row["ci95"], "split": "val", "kind": "race"}
        for row in rows
        for seed, iou in row["seeds"].items()
    ]
    ends = [
        next((near(row["iou"]) | {"ratio": end} for row in rows if row["ratio"] == end), None) for end in (0.0, 1.0)
    ]
    return {
        "setup": evil,
        "metric": "IoU of the foreground",
        "runs": runs,
        "real_only": ends[0],
        "render_only": ends[1],
        "best": {key: best[key] for key in ("ratio", "iou", "ci95")},
        "gap": ends[0]["iou"] - ends[1]["iou"] if all(ends) else None,
        "ratios": rows,
        "race": {"spent": 7.5, "full_grid": 12.0, "trials": 9, "budget": "8 runs", "why_stopped": "the best is clear",
                 "words": ["1.0 was stopped in round 4."], "rule": "", "optimism": 0.004, "folds": 0},
        "scores": {split: summary("0.8-1", categories) for split in ("val", "test")},
        "val": [],
        "test": on_test(picked),
        "curves": {"real": curve(0.05, 0.2), "mixed": curve(0.04, 0.55)},
        "worth": WORTH,
        "money": {"currency": "EUR", "rows": [{"what": "labelling 14 photos", "hours": 0.3, "money": 4.5}]},
        "advice": ADVICE,
        "attribution": {
            "method": "Agreement of gradients.",
            "passed": {"least": 12, "names": ["asset rare"]},
            "check": None,
            "spearman": None,
            "steadiness": None,
            "groups": [group(name, by) for name, by in ((evil, 0.004), ("mug-red", -0.006), ("mug-green", 0.001))],
        },
        "objects": [
            {"category": name, "real": 40 >> at, "render": 300, "seen": 95.0} for at, name in enumerate(categories)
        ],
        "outlines": {
            "sides": [{"split": "val", "side": "right", "px": 1.02, "ci95": [0.9, 1.1], "objects": 41}],
            "words": ["Val labels reach 1.0 px beyond edges to the right."],
            "ceiling": {"iou": 0.93, "ci95": [0.92, 0.95]},
        },
    } | more  # fmt: skip


def backtests():
    """What `make backtest` wrote: two forecasts, one of which held, and an advised step that was good."""
    row = {"set": "mugs", "kind": "worth", "seen": 8, "at": 8, "forecast": 9.0, "ci95": [4.0, None], "came_true": 7.0}
    score = row | {"kind": "real labels", "at": 16, "forecast": 0.8, "ci95": [0.78, 0.82], "came_true": 0.83}
    return {
        "forecasts": [row | {"beyond": False, "held": True}, score | {"beyond": False, "held": False}],
        "advice": [{"set": "mugs", "seen": 8, "action": "label", "scores": {"label": 0.8}, "held": True}],
        "n": 2,
        "held": 0.5,
        "advice_held": 1.0,
    }


NOTHING = dict.fromkeys((
    "race",
    "scores",
    "test",
    "curves",
    "worth",
    "money",
    "advice",
    "attribution",
    "gap",
    "real_only",
    "render_only",
))


def sample(folder, name, domain, rel, categories, evil):
    """One picture: bright rectangles on noise, one a category."""
    rng = rng_for(1, "page", name)
    image, ids = rng.integers(60, 120, (*SIZE_HW, 3)).astype(np.uint8), np.zeros(SIZE_HW, np.uint16)
    for number in range(1, len(categories) + 1):
        y, x = (int(rng.integers(0, side - 40)) for side in SIZE_HW)
        ids[y : y + 30, x : x + 40] = number
        image[y : y + 30, x : x + 40] = rng.integers(120, 256, 3)
    write_ids(folder / "ids" / f"{name}.png", ids)
    write_bytes(folder / "images" / f"{name}.png", png_bytes(image))
    there = [number for number in range(1, len(categories) + 1) if (ids == number).any()]
    boxes = tuple(instance_of(ids, number, categories[number - 1]) for number in there)
    paths, assets = (f"{rel}images/{name}.png", f"{rel}ids/{name}.png"), (evil, "tile") if domain == RENDER else ()
    return Sample(name, domain, *paths, SIZE_HW, boxes, f"source {evil}", "CC0-1.0", "", assets)


def write_trial(root, photos, categories):
    """The picked run's folder: the first photo is right, the second empty, the others shifted."""
    rows = []
    for at, photo in enumerate(photos):
        said = np.zeros(SIZE_HW, np.uint8)
        for one in photo.instances if at != 1 else ():
            x0, y0, x1, y1 = one.box
            said[y0 + 4 * at : y1, x0:x1] = categories.index(one.category) + 1
        write_bytes(root / "trial" / "val" / f"{photo.id}.png", png_bytes(said))
        rows.append({
            "id": photo.id,
            "group": photo.group,
            "iou": [1.0, 0.0, 0.6, 0.7][at],
            "details": {"uncertainty": 0.1 * at},
            "pixels": {},
        })
    write_json(root / "trial" / "val.json", {"split": "val", "ratio": 0.8, "seed": 1, "photos": rows})
    settings = {
        "fit": {"encoder": "tf_efficientnet_lite0", "decoder": "FPN", "img_size": 256, "steps": 120},
        "ratio": 0.8,
        "seed": 1,
    }
    write_json(root / "trial" / "settings.json", settings | {"categories": list(categories)})


def write_project(root, found, categories=("board",), evil="boards", photos=4):
    """Everything before the stage report. found: transfer.json."""
    splits = {}
    for split in ("train", "val", "test"):
        names = [f"{split}{number}" for number in range(1, photos + 1)]
        splits[split] = [sample(root / "photos", name, REAL, "../photos/", categories, evil) for name in names]
        write_manifest(root / "split" / f"{split}.jsonl", splits[split])
    renders = [sample(root / "renders", f"r{number}", RENDER, "", categories, evil) for number in range(3)]
    write_manifest(root / "renders" / "samples.jsonl", renders)
    write_json(root / "renders" / "refused.json", {"crashed": ["5cee"], "empty": ["1a", "2b"]})
    write_trial(root, splits["val"], categories)
    write_json(root / "pick.json", {"name": "0.8", "ratio": 0.8, "seed": 1, "trial": "trial", "ratios": [], "race": {}})
    write_json(root / "transfer.json", found)
    write_json(root / "leaks.json", leaks())
    write_json(root / "backtests.json", backtests())


def leaks(*pairs):
    """What the search for leaks found. pairs: of ids, a val photo and the photo to train on that shows the same."""
    hits = [
        {
            "measured": {"part": "val", "id": val, "image": f"photos/images/{val}.png"},
            "trained": {"part": "train", "id": train, "image": f"photos/images/{train}.png"},
            "mirrored": False,
            "agreement": 0.95,
        }
        for val, train in pairs
    ]
    planted = {"found": 1.0, "false_alarms": 0.0, "found_per_kind": {"crop": 1.0}, "photos": 4}
    return {"planted": planted, "hits": hits, "searched": {"train": 4, "val": 4, "test": 3}}


def paths_of(root):
    """What `main` of the report takes after its settings."""
    names = ("transfer.json", "pick.json", "trial", "renders", "split", "leaks.json", "backtests.json", "index.html")
    return [root / name for name in names]


def write_page(root, found=None, renders=2, worst=2, **more):
    """Return the page of a whole small project."""
    write_project(root, transfer() if found is None else found, **more)
    main(Report(renders, worst), *paths_of(root))
    return (root / "index.html").read_text(encoding="utf-8")

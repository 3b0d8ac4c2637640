"""Command `label simulate`: which strategy of `label pick` would have been worth it on photos that are labelled.

Their labels are hidden, and revealed in the order in which each strategy asks for them; after so many labels a small
network is trained and scored on photos of its own. ``admix label simulate --photos data/boards/photos/samples.jsonl
--out SIM`` writes into SIM:

wins.json    of each strategy: scores by number of labels, the area above chance and the factor of labels, with 95 %
             intervals over draws of start, pool, test photos and seed; `pick --simulated` repeats it in words
index.html   the same with a chart, and which strategies did not beat chance
courses/     a file a draw and strategy: what is there is done, unless photos or settings changed
"""

import base64
import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import vl_convert
from numpy.typing import NDArray

from benchmarks.label.cells import Cells, CellTraining, cells_of
from benchmarks.label.labelling import Simulate, Ties, Training, deal_of, ground_of, simulated
from benchmarks.label.verdict import win_of
from dataset.page_pictures import SetPicture
from dataset.records import Sample, read_manifest
from label.wins import RANDOM, Wins, write_wins
from pipeline.errors import InputError
from pipeline.files import sha256_of, write_json, write_text
from pipeline.pages import rendered
from pipeline.progress import track
from pipeline.reading import read_json
from pipeline.stage import run_stage
from train.model import build_from
from train.settings import Fit

TEMPLATE = Path(__file__).with_name("simulate.html.j2")
RENDERS = 120  # of a manifest: more make each of thousands of trainings longer
CELLS = "pretrained features and a logistic layer"


def courses_of(
    settings: Simulate, training: Training, ground: Ties, strategy: str, kept: Path, about: str
) -> NDArray[np.float64]:
    """Return the scores (draws, 1 + labels) of a strategy; a draw that lies in `kept` is read, not trained again.

    about: all that decides a course beside the strategy, the draw and the settings. Raises InputError for too few
    photos.
    """
    named = {key: value for key, value in dataclasses.asdict(settings).items() if key not in {"strategies", "draws"}}
    rows = []
    for draw in track(range(settings.draws), settings.draws, f"simulate {strategy}", "draws"):
        facts = json.dumps([named, about, strategy, draw], sort_keys=True)
        path = kept / f"{hashlib.sha256(facts.encode()).hexdigest()}.json"
        if not path.is_file():
            try:
                deal = deal_of(ground, settings.start, settings.test, settings.other, settings.seed * 1000 + draw)
                write_json(path, simulated(training, ground, deal, strategy, settings.labels, settings.batch))
            except ValueError as error:
                raise InputError(f"params.yaml: simulate: {error}") from error
        rows.append(read_json(path))
    return np.array(rows, float)


def wins_of(settings: Simulate, scores: Mapping[str, NDArray[np.float64]], photos: str, learner: str) -> Wins:
    """Return what the strategies are worth. scores: strategy -> (draws, 1 + labels), that of chance among them."""
    chance = scores[RANDOM]
    found = {name: win_of(own, chance, settings.labels, settings.at) for name, own in scores.items() if name != RANDOM}
    most = settings.labels[-1] / settings.at
    return Wins(photos, learner, settings.draws, settings.start, settings.labels, settings.at, most, found)


def chart_of(scores: Mapping[str, NDArray[np.float64]], settings: Simulate) -> SetPicture:
    """Return the chart of score against labels, a line a strategy."""
    steps = [0, *settings.labels]
    rows = [
        {"strategy": name, "labels": settings.start + step, "IoU": float(value)}
        for name, own in scores.items()
        for step, value in zip(steps, own.mean(axis=0), strict=True)
    ]
    x = {"field": "labels", "type": "quantitative", "title": "labels"}
    y = {"field": "IoU", "type": "quantitative", "scale": {"zero": False}}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {"x": x, "y": y, "color": {"field": "strategy", "type": "nominal"}},
        "width": 560,
        "height": 320,
        "background": "white",
    }
    drawn = vl_convert.vegalite_to_svg(spec)
    return SetPicture("data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode("ascii"), "")


def page_of(wins: Wins, scores: Mapping[str, NDArray[np.float64]], settings: Simulate) -> str:
    """Return the page: what is to be said of each strategy, the best first, and the chart."""
    order = sorted(wins.strategies, key=lambda name: -wins.strategies[name].area)
    rows = [(name, wins.strategies[name], wins.words(name)) for name in order]
    means = [round(float(value), 3) for value in scores[RANDOM].mean(axis=0)[1:]]
    return rendered(TEMPLATE, wins=wins, rows=rows, chance=means, chart=chart_of(scores, settings))


def compare(
    settings: Simulate, training: Training, samples: Sequence[Sample], kept: Path, about: str
) -> dict[str, NDArray[np.float64]]:
    """Return strategy -> scores (draws, 1 + labels), chance first."""
    ground = ground_of(samples, settings.apart, settings.stratum, settings.start_where)
    names = dict.fromkeys((RANDOM, *settings.strategies))
    return {name: courses_of(settings, training, ground, name, kept, about) for name in names}


def cells_in(fit: Fit, places: Sequence[tuple[Path, Sample]]) -> Cells:
    """Return pictures as the pretrained encoder of `fit` sees them. places: as of `cells_of`."""
    return cells_of(places, build_from(dataclasses.asdict(fit), 2, pretrained=True).eval())


def listed(manifest: Path) -> list[tuple[Path, Sample]]:
    """Return the samples of a manifest, each with its folder; raise InputError where there are none."""
    found = [(manifest.parent, sample) for sample in read_manifest(manifest)]
    if not found:
        raise InputError(f"{manifest}: holds no samples; name the manifest of labelled photos, or of renders")
    return found


def training_on(
    fit: Fit, real: Sequence[tuple[Path, Sample]], made: Sequence[tuple[Path, Sample]], ratio: float
) -> CellTraining:
    """Return what is trained on photos, and on renders if there are any. real, made: as of `cells_of`."""
    cells = cells_in(fit, [*real, *made])
    return CellTraining(cells.part(0, len(real)), cells.part(len(real)) if made else None, ratio)


def main(settings: Simulate, fit: Fit, photos: Path, out: Path, renders: Path | None = None) -> None:
    """Write what each strategy would have been worth on the labelled photos of a manifest.

    renders: manifest of renders that each training takes as well.
    """
    real, made = listed(photos), listed(renders)[:RENDERS] if renders else []
    training, samples = training_on(fit, real, made, settings.ratio), [sample for _, sample in real]
    about = sha256_of(photos) + fit.encoder + (sha256_of(renders) if renders else "")
    scores = compare(settings, training, samples, out / "courses", about)
    learner = f"{CELLS}, {settings.ratio:.0%} of it renders" if renders else CELLS
    wins = wins_of(settings, scores, f"{len(samples)} photos of {samples[0].source}", learner)
    write_wins(out / "wins.json", wins)
    write_text(out / "index.html", page_of(wins, scores, settings))


if __name__ == "__main__":
    run_stage(main)

"""Networks trained on some photos of a set, and what they see in others: out-of-sample predictions, for benches.

They are kept in the folder of work: a training or a prediction that is there is not made again.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.label.photo_sets import LabelledSet
from dataset.records import Sample
from measure.fit import run_of
from measure.trials.keys import TRAINING_CODE, key_of
from pipeline.files import write_json
from pipeline.seeds import rng_for
from pipeline.settings import read_settings
from train.data import Mix, Source, load_pools, read_categories
from train.inference.settings import Predict
from train.loop import train
from train.model import save_weights
from train.plan import Phase
from train.predict import about_run, predict_photo
from train.run import SETTINGS, WEIGHTS, Run, load_run
from train.settings import Fit

SEED = 1
CHANNELS, FROZEN = 64, 3  # a judge need not be the best network, and is trained in two CPU minutes


@dataclasses.dataclass(frozen=True)
class JudgePlan:
    """How the photos of a set are judged: each round trains on some of them and looks at others."""

    img_size: int
    steps: int
    rounds: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]  # ids to train on, ids to look at
    words: str  # what the networks were trained on


def other_floors(samples: Sequence[Sample], train_on: int = 200, look_at: int = 300) -> JudgePlan:
    """Return the plan of domino: trained on photos of one session, which others never saw."""
    by_session = {name: [s.id for s in samples if s.tags.get("collection") == name] for name in ("old", "new")}
    chosen = [drawn(by_session["old"], train_on), drawn(by_session["new"], look_at)]
    return JudgePlan(192, 140, ((chosen[0], chosen[1]),), "trained on photos of another session")


def folds(samples: Sequence[Sample], count: int = 3) -> JudgePlan:
    """Return the plan of a small set: every photo is looked at by the network that was trained without it."""
    names = drawn([sample.id for sample in samples], len(samples))
    parts = [names[part::count] for part in range(count)]
    rest = [tuple(name for name in names if name not in set(part)) for part in parts]
    words = f"trained on the other {count - 1} of {count} parts of these photos"
    return JudgePlan(192, 100, tuple(zip(rest, parts, strict=True)), words)


PLANS: dict[str, Callable[[Sequence[Sample]], JudgePlan]] = {"domino": other_floors, "balloon": folds}


def drawn(names: Sequence[str], count: int) -> tuple[str, ...]:
    """Return `count` of the names in an order of chance, the same each time."""
    return tuple(names[at] for at in rng_for(SEED, "judges").permutation(len(names))[:count].tolist())


def judged(one: LabelledSet, plan: JudgePlan) -> Path:
    """Return a folder of predictions of all photos that the plan looks at, made as far as they are not there."""
    samples = {sample.id: sample for sample in one.samples}
    categories, settings = read_categories(one.folder / "categories.json"), settings_of(plan)
    facts = [one.key, plan.rounds, dataclasses.asdict(settings), categories]
    work = one.work / "judges" / key_of(facts, (*TRAINING_CODE, "train.inference"))
    for number, (train_on, look_at) in enumerate(plan.rounds):
        folder = work / f"run-{number}"
        source = Source("real", 1.0, one.folder, tuple(samples[name] for name in train_on))
        if not (folder / WEIGHTS).is_file():
            trained(Mix(0.0, (source,)), categories, settings, folder)
        look(load_run(folder), folder, one.folder, [samples[name] for name in look_at], work / "predictions")
    write_json(work / "predictions" / "categories.json", list(categories))
    return work / "predictions"


def settings_of(plan: JudgePlan) -> Fit:
    """Return how a judge is trained: by section `fit`, but small and short."""
    return dataclasses.replace(
        read_settings(Fit), img_size=plan.img_size, steps=plan.steps, decoder_channels=CHANNELS, freeze=FROZEN
    )


def trained(mix: Mix, categories: tuple[str, ...], settings: Fit, folder: Path) -> None:
    """Train one judge and keep it; its weights are written last."""
    pools = load_pools(mix, categories, settings.img_size)
    outcome = train(settings, [Phase((1.0,), 1.0)], pools, categories, SEED, folder=None)
    run = run_of(outcome, settings, mix, categories, SEED)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / SETTINGS, run.settings)
    save_weights(run.model, folder / WEIGHTS)


def look(run: Run, folder: Path, photos: Path, samples: Sequence[Sample], out: Path) -> None:
    """Write the predictions of some photos with their maps of the foreground, each photo seen as a whole."""
    settings = Predict(None, 0.25, 8, 30, ("foreground",))
    about = about_run(run, folder, settings)
    for sample in samples:
        predict_photo(run, settings, about, photos / sample.image, out, (sample.image, sample.id))

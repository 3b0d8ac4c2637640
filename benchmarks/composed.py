"""What the stages `split` and `compose` left in a set-up's folder of data, for the benches that train on it."""

from pathlib import Path

from measure.trials.runner import Machine, Trials, open_trials
from pipeline.errors import InputError
from train.settings import Fit

TRAIN, VAL, TEST = "split/train.jsonl", "split/val.jsonl", "split/test.jsonl"
CATEGORIES = "photos/categories.json"


def pools_in(real: Path) -> Path:
    """Return the pools of a set-up's folder; raise InputError where they are missing."""
    pools = real / "pools.json"
    if not pools.is_file():
        raise InputError(f"{pools}: there is no such file; run 'dvc repro compose' first")
    return pools


def trials_in(real: Path, name: str, machine: Machine, fit: Fit) -> Trials:
    """Return the trials of a set-up, which lie in a folder of this name in its own. Raises InputError as `pools_in`."""
    pools, own = pools_in(real), real / name
    own.mkdir(parents=True, exist_ok=True)
    return open_trials(machine, fit, pools, real / VAL, real / CATEGORIES, own)

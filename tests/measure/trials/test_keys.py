"""What the names of trainings and evaluations follow from, and what changes nothing of them."""

import dataclasses
import shutil

import pytest

from measure.trials import keys
from measure.trials.candidate import RENDERS_FIRST, Trial
from measure.trials.runner import Machine, Trials, open_trials
from tests.measure.trials.ground import SMALL, write_ground

HALF = Trial((("real", 0.5), ("render", 0.5)), 1)


def opened(folder, fit=SMALL) -> Trials:
    files = (folder / name for name in ("pools.json", "split/val.jsonl", "categories.json", "race"))
    return open_trials(Machine(1), fit, *files)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ground")
    write_ground(folder)
    return folder


@pytest.fixture
def fewer_val(ground, tmp_path):
    """The same set-up with one val photo less."""
    folder = tmp_path / "other"
    shutil.copytree(ground, folder)
    lines = (folder / "split/val.jsonl").read_text().splitlines(keepends=True)
    (folder / "split/val.jsonl").write_text("".join(lines[1:]))
    return folder


def test_a_training_is_named_by_what_decides_its_weights_and_by_nothing_else(ground):
    key = opened(ground).key(HALF)
    assert key == opened(ground).key(dataclasses.replace(HALF, n_real=4))  # the same samples by another way
    assert key == opened(ground, dataclasses.replace(SMALL, checkpoint_steps=7)).key(HALF)
    others = [
        opened(ground).key(dataclasses.replace(HALF, seed=2)),
        opened(ground).key(dataclasses.replace(HALF, schedule=RENDERS_FIRST)),
        opened(ground).key(dataclasses.replace(HALF, n_real=3)),
        opened(ground, dataclasses.replace(SMALL, steps=5)).key(HALF),
    ]
    assert len({key, *others}) == 5


def test_another_val_photo_makes_another_evaluation_of_the_same_training(ground, fewer_val):
    assert opened(ground).key(HALF) == opened(fewer_val).key(HALF)
    assert opened(ground).evaluation != opened(fewer_val).evaluation


def test_another_val_photo_makes_another_training_where_its_score_says_when_to_stop(ground, fewer_val):
    patient = dataclasses.replace(SMALL, patience=2)
    assert opened(ground, patient).key(HALF) != opened(fewer_val, patient).key(HALF)


def test_another_library_makes_another_training(ground, monkeypatch):
    key, found = opened(ground).key(HALF), keys.versions()
    monkeypatch.setattr(keys, "versions", lambda: found | {"timm": "0.1"})  # no second timm is installed
    assert opened(ground).key(HALF) != key


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param('"""Other words."""\n\n\ndef f(a):  # a comment\n    return (a + 1)\n', True, id="words"),
        pytest.param('"""Words."""\n\ndef f(a):\n    """Say it."""\n    return a + 1\n', True, id="a docstring"),
        pytest.param('"""Words."""\n\ndef f(a):\n    return a + 2\n', False, id="another result"),
    ],
)
def test_code_counts_by_what_it_does(tmp_path, text, same):
    (tmp_path / "one.py").write_text('"""Words."""\n\ndef f(a):\n    return a + 1\n')
    (tmp_path / "other.py").write_text(text)
    assert (keys.dump(tmp_path / "one.py") == keys.dump(tmp_path / "other.py")) is same


def test_a_package_stands_for_its_files_and_an_unknown_one_is_refused():
    names = {path.relative_to(path.parents[1]).as_posix() for path in keys.files_of("train")}
    assert {"train/loop.py", "train/model.py"} <= names
    with pytest.raises(ValueError, match="nobody has no file"):
        keys.files_of("nobody")

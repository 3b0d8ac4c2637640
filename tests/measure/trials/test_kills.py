"""What a training has kept survives SIGKILL at any moment, and the next run goes on from it."""

import random
import shutil
import time

import pytest

from measure.scoring.scores import read_scores
from measure.trials.trainer import HELD_OUT, LOG, log_of
from tests.measure.trials.ground import write_ground
from tests.measure.trials.killed import HALF, killed_at, save_again_and_again, started, train_trial, trials_in
from train.checkpoint import load, tidy
from train.run import SETTINGS, WEIGHTS, load_run

pytestmark = pytest.mark.slow


def test_a_checkpoint_is_the_earlier_one_or_the_new_one_after_every_kill(tmp_path):
    rng, step = random.Random("checkpoint"), 0
    started(save_again_and_again, tmp_path).kill()  # the server that starts the others is there now
    for _ in range(25):
        assert killed_at(rng, 0.1, save_again_and_again, tmp_path)
        tidy(tmp_path)
        found = load(tmp_path, "key")
        if found is None:
            assert step == 0  # none was ever written
            continue
        step = found.history.step
        assert set(found.tensors["numbers"].tolist()) == {float(step)}
    assert step > 0


def whole_so_far(scores):
    """Read all that a trial has kept; an error for a file that is not whole. Return whether the trial is finished.

    scores: the folder of its scores, in that of its weights.
    """
    log_of(scores.parent)
    if (scores.parent / WEIGHTS).is_file():
        load_run(scores.parent)
    if (scores / HELD_OUT).is_file():
        read_scores(scores / HELD_OUT)
    if not (scores / "val.json").is_file():
        return False
    read_scores(scores / "val.json")
    assert (scores / HELD_OUT).is_file()
    assert all((scores.parent / name).is_file() for name in (LOG, SETTINGS, WEIGHTS))
    return True


def train(folder):
    """Train the trial in a process of its own to its end."""
    process = started(train_trial, folder)
    process.join()
    assert process.exitcode == 0


def test_a_trial_that_is_killed_again_and_again_ends_as_one_that_never_was(tmp_path):
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
        write_ground(tmp_path / name)
    train(tmp_path / "whole")
    folder, start = trials_in(tmp_path / "whole").folder(HALF).parent, time.monotonic()
    shutil.rmtree(folder)
    train(tmp_path / "whole")
    longest_s = 1.2 * (time.monotonic() - start)  # the second time nothing is loaded for the first time
    weights = (folder / WEIGHTS).read_bytes()

    rng, own, kills = random.Random("trial"), trials_in(tmp_path / "broken").folder(HALF), 0
    while kills < 8:
        kills += killed_at(rng, longest_s, train_trial, tmp_path / "broken")
        if whole_so_far(own):
            assert (own.parent / WEIGHTS).read_bytes() == weights
            shutil.rmtree(own.parent)
    train(tmp_path / "broken")
    assert whole_so_far(own)
    assert (own.parent / WEIGHTS).read_bytes() == weights

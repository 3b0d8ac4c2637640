import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from measure.scoring.scores import read_scores
from measure.trials.candidate import Trial
from measure.trials.runner import Machine, open_trials, workers_for
from measure.trials.trainer import CHECKPOINT, HELD_OUT, Trainer
from pipeline.errors import InputError
from tests.measure.trials.ground import SMALL, write_ground
from train.run import WEIGHTS, load_run

pytestmark = pytest.mark.training

HALF = Trial((("real", 0.5), ("render", 0.5)), 1)


def trials_in(folder, own="race", *others, workers=1):
    files = (folder / name for name in ("pools.json", "split/val.jsonl", "categories.json", own, *others))
    return open_trials(Machine(workers), SMALL, *files)


def train_here(trials, trial, until=1.0):
    """Train in this process, as a worker does in its own."""
    trials.warm([trial])
    Trainer(trials.ground).run(trials.job(trial, until))


def weights_of(trials):
    return (trials.folder(HALF).parent / WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A set-up with one finished trial that was never stopped."""
    folder = tmp_path_factory.mktemp("made")
    write_ground(folder)
    train_here(trials_in(folder), HALF)
    return folder


def test_a_finished_trial_holds_weights_settings_and_scores_on_photos_and_on_held_renders(made):
    folder = trials_in(made).folder(HALF)
    scores = trials_in(made).scores(HALF)
    assert (scores.ratio, scores.seed, scores.n_real, scores.n_render) == (0.5, 1, 4, 5)
    assert [photo.id for photo in scores.photos] == ["val0", "val1", "val2"]
    assert [photo.id for photo in read_scores(folder / HELD_OUT).photos] == ["render5"]
    assert load_run(folder.parent).categories == ("board",)
    assert not (folder.parent / CHECKPOINT).exists()


def test_a_trial_that_stopped_at_a_rung_ends_as_one_that_never_stopped(made, tmp_path):
    shutil.copytree(made, tmp_path / "other", ignore=shutil.ignore_patterns("race"))
    trials = trials_in(tmp_path / "other")
    train_here(trials, HALF, 0.5)
    assert trials.scores(HALF) is None
    assert trials.scores(HALF, 0.5) is not None
    half = trials.seconds(HALF, 0.5)
    train_here(trials, HALF)
    assert trials.seconds(HALF) > half > 0
    assert weights_of(trials) == weights_of(trials_in(made))


def test_a_finished_trial_of_another_stage_is_found_and_not_trained_again(made):
    trials = trials_in(made, "curves", "race")
    assert trials.name(HALF, made).startswith("race/")
    trials.train([(HALF, 1.0)], "nothing to do")  # would start Ray
    assert not (made / "curves").exists()


def test_another_photo_of_val_trains_nothing_again_and_evaluates_rung_and_end(made, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(made, folder)
    train_here(trials_in(folder), Trial(HALF.weights, 2), 0.5)
    lines = (folder / "split/val.jsonl").read_text().splitlines(keepends=True)
    (folder / "split/val.jsonl").write_text("".join(lines[1:]))
    trials = trials_in(folder)
    assert trials.scores(HALF) is None
    before = {path: path.stat().st_mtime_ns for path in (folder / "race").glob("*/weights*")}
    Trainer(trials.ground).run(trials.job(HALF, 1.0))
    Trainer(trials.ground).run(trials.job(Trial(HALF.weights, 2), 0.5))
    assert [photo.id for photo in trials.trained(HALF).photos] == ["val1", "val2"]
    assert len(trials.trained(Trial(HALF.weights, 2), 0.5).photos) == 2
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "race").glob("*/weights*")}
    assert len(before) == 2
    assert trials.watched(HALF) == {}  # it was watched on the other photos
    assert trials.seconds(HALF) == trials_in(made).seconds(HALF) > 0


@pytest.mark.parametrize(("cores", "threads", "workers"), [(2, 1, 2), (8, 4, 2), (2, 4, 1), (1, None, 1)])
def test_as_many_trials_as_the_cores_hold(cores, threads, workers):
    assert workers_for(cores, threads) == workers


@pytest.mark.slow
def test_trials_side_by_side_on_ray_give_what_one_process_gives(made, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("race"))
    trials = trials_in(folder)
    second = Trial(HALF.weights, 2)
    trials.train([(HALF, 1.0), (second, 0.5)], "side by side")
    assert weights_of(trials) == weights_of(trials_in(made))
    assert trials.scores(second) is None
    assert trials.scores(second, 0.5).seed == 2


@pytest.mark.slow
def test_a_trial_that_cannot_be_trained_ends_in_one_line(made, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("race"))
    pools = json.loads((folder / "pools.json").read_text())
    (folder / "renders" / "render0.png").write_bytes(b"no image")
    assert pools["sources"][1]["ids"][0] == "render0"
    with pytest.raises(InputError, match=r"render0\.png: cannot be read as an image"):
        trials_in(folder).train([(HALF, 1.0)], "broken")


CODE = """
import sys
from pathlib import Path
from measure.trials.candidate import Trial
from tests.measure.trials.test_runner import HALF, trials_in

trials = trials_in(Path(sys.argv[1]), workers=0)
trials.train([(HALF, 1.0), (Trial(HALF.weights, 2), 1.0)], "on two nodes")
"""


@pytest.mark.slow
def test_trials_on_two_nodes_with_a_disk_in_common_give_what_one_process_gives(made, tmp_path, two_nodes):
    folder = tmp_path / "other"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("race"))
    words = [sys.executable, "-c", CODE, str(folder)]
    subprocess.run(words, env=two_nodes.environment(), cwd=Path(__file__).parents[3], check=True, timeout=300)
    assert weights_of(trials_in(folder)) == weights_of(trials_in(made))
    assert trials_in(folder).scores(Trial(HALF.weights, 2)).seed == 2

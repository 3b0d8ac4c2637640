"""With folds each photo is scored by the training that left it out, and a network of all photos is there for test."""

import dataclasses
import json
import shutil

import pytest

from measure.scoring.scores import read_scores
from measure.trials.candidate import Trial, shares_of
from measure.trials.job import HELD_OUT
from measure.trials.pools import read_pools
from measure.trials.runner import Machine, open_trials
from measure.trials.trainer import Trainer
from tests.measure.trials.ground import SMALL, write_ground
from train.run import WEIGHTS, load_run

HALF = Trial((("real", 0.5), ("render", 0.5)), 1)
FOLDS = [["train0", "train3"], ["train1"], ["train2"]]


def with_folds(folder, folds=FOLDS):
    """Make val the photos of train, in folds."""
    shutil.copyfile(folder / "split/train.jsonl", folder / "split/val.jsonl")
    path = folder / "pools.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"folds": folds}))


def trials_in(folder, fit=SMALL, workers=1):
    files = (folder / name for name in ("pools.json", "split/val.jsonl", "categories.json", "race"))
    return open_trials(Machine(workers), fit, *files)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    write_ground(folder)
    with_folds(folder)
    return folder


@pytest.fixture(scope="module")
def made(empty):
    """One trial, trained in this process as workers do in theirs: its folds, then all photos."""
    trials = trials_in(empty)
    trials.warm([HALF])
    for part in trials.parts(HALF):
        Trainer(trials.ground).run(trials.job(part, 1.0))
    trials.train([(HALF, 1.0)], "nothing is left to train")  # would start Ray
    Trainer(trials.ground).run(trials.job_on_all(HALF))
    trials.train_on_all([HALF], "nothing is left to train")
    return empty


def names(trials, trial, source="real"):
    return {s.id for share in shares_of(trial, trials.pools) if share.pool.name == source for s in share.samples}


def test_a_part_trains_on_all_photos_but_its_fold_and_on_all_renders(empty):
    trials = trials_in(empty)
    parts = trials.parts(HALF)
    assert [{"train0", "train1", "train2", "train3"} - names(trials, part) for part in parts] == list(map(set, FOLDS))
    assert {len(names(trials, part, "render")) for part in parts} == {5}
    assert [trials.parts(part) for part in parts] == [[part] for part in parts]
    assert len({trials.key(trial) for trial in (HALF, *parts)}) == 4


def test_a_trial_of_renders_alone_is_scored_on_all_photos_as_it_is(empty):
    trials = trials_in(empty)
    renders = Trial((("render", 1.0),), 1)
    assert trials.parts(renders) == [renders]
    assert trials.job(renders, 1.0).photos is None
    assert trials.evaluation_of(renders) == trials.evaluation_of(HALF)


@pytest.mark.training
@pytest.mark.slow
def test_folds_that_leave_the_same_photos_are_trained_once(empty, tmp_path):
    shutil.copytree(empty, tmp_path / "other", ignore=shutil.ignore_patterns("race"))
    trials = trials_in(tmp_path / "other", workers=2)
    few = dataclasses.replace(HALF, n_real=1, draw=1)
    parts = trials.parts(few)
    assert len({trials.key(part) for part in parts}) == 2
    trials.train([(few, 1.0)], "two at once")
    assert [photo.id for photo in trials.trained(few).photos] == [f"train{n}" for n in range(4)]
    assert len(list((tmp_path / "other/race").glob("*/weights.safetensors"))) == 2


@pytest.mark.parametrize(("labels", "left"), [(1, [1, 1, 1]), (2, [1, 2, 2]), (3, [2, 2, 2]), (4, [2, 3, 3])])
@pytest.mark.parametrize("draw", [None, 1])
def test_of_fewer_labels_the_same_share_is_held_out(empty, labels, left, draw):
    trials = trials_in(empty)
    parts = trials.parts(dataclasses.replace(HALF, n_real=labels, draw=draw))
    assert [len(names(trials, part)) for part in parts] == left
    assert all(not names(trials, part) & set(fold) for part, fold in zip(parts, FOLDS, strict=True))


def test_without_folds_a_trial_is_its_only_part_and_keeps_its_name(tmp_path):
    pools = write_ground(tmp_path)
    trials = trials_in(tmp_path)
    assert trials.parts(HALF) == [HALF]
    assert "folds" not in json.loads(pools.read_text())
    name = trials.key(HALF)
    with_folds(tmp_path)
    assert trials_in(tmp_path).key(HALF) == name  # the same photos, all of them: the same weights
    assert trials_in(tmp_path).evaluation != trials.evaluation
    assert read_pools(pools).folds == tuple(map(tuple, FOLDS))


def test_patience_tells_the_folds_apart_by_what_they_are_scored_on(empty):
    trials = trials_in(empty, dataclasses.replace(SMALL, patience=1))
    assert len({trials.evaluation_of(trial) for trial in (HALF, *trials.parts(HALF))}) == 4


@pytest.mark.training
def test_each_photo_has_the_score_of_the_training_that_left_it_out(made):
    trials = trials_in(made)
    scores = trials.trained(HALF)
    assert [photo.id for photo in scores.photos] == [f"train{n}" for n in range(4)]
    assert (scores.n_real, scores.n_render, scores.ratio, scores.seed) == (4, 5, 0.5, 1)
    of_parts = {photo.id: photo for part in trials.parts(HALF) for photo in trials.trained(part).photos}
    assert {photo.id: photo for photo in scores.photos} == of_parts
    assert len(of_parts) == 4
    assert all(photo.details for photo in scores.photos)


@pytest.mark.training
def test_the_network_of_all_photos_is_scored_on_renders_alone(made):
    trials = trials_in(made)
    folder = trials.folder(HALF)
    assert load_run(folder.parent).settings["n_real"] == 4
    assert [photo.id for photo in read_scores(folder / HELD_OUT).photos] == ["render5"]
    parts = [trials.folder(part) for part in trials.parts(HALF)]
    assert all(load_run(part.parent).settings["n_real"] < 4 and not (part / HELD_OUT).exists() for part in parts)
    assert len({(place / WEIGHTS).read_bytes() for place in (folder.parent, *(part.parent for part in parts))}) == 4


@pytest.mark.training
def test_the_time_of_a_trial_is_that_of_its_folds_and_each_is_watched_on_its_own_photos(made):
    trials = trials_in(made)
    parts = trials.parts(HALF)
    assert trials.seconds(HALF) == pytest.approx(sum(trials.seconds(part) for part in parts))
    assert min(trials.seconds(part) for part in parts) > 0
    assert all(trials.watched(part) for part in parts)
    assert [ids for _, ids in trials.networks(HALF)] == [tuple(fold) for fold in FOLDS]
    assert [folder for folder, _ in trials.networks(HALF)] == [trials.folder(part).parent for part in parts]

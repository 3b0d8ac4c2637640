"""Folds hold every labelled photo once and part no group; leaks and pools know what each of them leaves out."""

import dataclasses
import json

import pytest

from dataset.folds import read_folds, refuse_folds, write_folds
from dataset.records import read_manifest
from mix.folds import folds_of
from mix.rules import Split, SplitRule
from mix.split import main
from pipeline.errors import InputError
from tests.mix import test_leaks
from tests.mix.test_split import CAMERAS, grouped, of, settings, write_photos
from tests.mix.things import Project, samples

PHOTOS = [photo for members in grouped(CAMERAS, ("burst",)).values() for photo in members]  # 30 of 15 bursts
set_up = test_leaks.set_up


def folded(train, test, count, **changed):
    """Return settings whose val is train in so many folds."""
    return dataclasses.replace(settings(train, of(), test), val=None, folds=count, **changed)


@pytest.mark.parametrize("count", [2, 3, 15])
def test_each_photo_is_in_one_fold_no_group_parts_and_sizes_are_even(count):
    folds = folds_of(PHOTOS, count, 1)
    assert sorted(name for fold in folds for name in fold) == sorted(photo.id for photo in PHOTOS)
    places = {name: number for number, fold in enumerate(folds) for name in fold}
    assert all(len({places[p.id] for p in PHOTOS if p.group == photo.group}) == 1 for photo in PHOTOS)
    assert max(map(len, folds)) - min(map(len, folds)) <= 2


def test_folds_follow_from_the_seed_and_not_from_the_order_of_the_photos():
    assert folds_of(PHOTOS[::-1], 3, 1) == folds_of(PHOTOS, 3, 1)
    assert any(folds_of(PHOTOS, 3, seed) != folds_of(PHOTOS, 3, 1) for seed in range(2, 6))


def test_fewer_groups_than_folds_are_refused():
    with pytest.raises(InputError, match=r"split\.folds is 16, but the photos of train are of 15 groups"):
        folds_of(PHOTOS, 16, 1)


@pytest.mark.parametrize(
    ("val", "folds", "message"),
    [
        (None, None, "val is null and folds None, wanted a rule, or null and a number of folds"),
        (SplitRule({}), 3, "val is a rule and folds 3"),
        (None, 1, "folds is 1, wanted 2 or more"),
    ],
)
def test_val_has_a_rule_or_is_in_folds(val, folds, message):
    with pytest.raises(ValueError, match=message):
        Split(1, (), SplitRule({}), val, SplitRule({}), folds=folds)


def test_with_folds_val_is_the_photos_of_train(tmp_path, capsys):
    photos, out = write_photos(tmp_path / "photos", CAMERAS), tmp_path / "split"
    main(folded(of(camera="a b"), of(camera="c"), 4), photos, out)
    assert read_manifest(out / "val.jsonl") == read_manifest(out / "train.jsonl")
    folds = read_folds(out / "folds.json")
    assert [len(fold) for fold in folds] == [6, 6, 4, 4]
    assert {sample.id for sample in read_manifest(out / "test.jsonl")} == {f"c{k}" for k in range(10)}
    assert "train 20, test 10, val 4 folds of train, left out 0" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"with split\.folds these are the photos that networks are trained on"):
        refuse_folds(out / "val.jsonl")


def test_without_folds_there_are_none(tmp_path):
    photos, out = write_photos(tmp_path / "photos", CAMERAS), tmp_path / "split"
    main(settings(of(camera="a"), of(camera="b"), of(camera="c")), photos, out)
    assert read_folds(out / "folds.json") == ()
    refuse_folds(out / "val.jsonl")


@pytest.mark.parametrize("folds", [(("a", "b"), ("b",)), (("a",), ())])
def test_a_photo_in_two_folds_and_an_empty_fold_are_refused(tmp_path, folds):
    write_folds(tmp_path / "folds.json", folds)
    with pytest.raises(InputError, match="wanted each photo in one fold, and no fold without photos"):
        read_folds(tmp_path / "folds.json")


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    real = samples("real", 4)
    grouped_ones = [dataclasses.replace(sample, group=f"g{k // 2}") for k, sample in enumerate(real)]
    for name in ("split/train.jsonl", "split/val.jsonl"):
        made.write(name, grouped_ones)
    made.write("split/test.jsonl", samples("real", 2, "test"))
    made.write("renders/samples.jsonl", samples("render", 3))
    return made


def test_pools_name_the_folds(project):
    write_folds(project.root / "split/folds.json", (("real0", "real1"), ("real2", "real3")))
    assert project.compose(folds=True)["folds"] == [["real0", "real1"], ["real2", "real3"]]


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ((("real0",), ("real1", "real2", "real3")), "the group g0 is in two folds"),
        ((("real0", "real1"), ("real2",)), "does not hold the photos that folds.json beside it names"),
        ((), "val: the sample real0 is in train too"),
    ],
)
def test_folds_that_part_a_group_or_lack_a_photo_are_refused(project, folds, message):
    write_folds(project.root / "split/folds.json", folds)
    with pytest.raises(InputError, match=message):
        project.compose(folds=True)
    assert not (project.root / "pools.json").exists()


def test_a_val_photo_is_held_against_the_photos_of_other_folds_alone(set_up):
    same = {"train0": test_leaks.photo(0), "train1": test_leaks.photo(1), "train2": test_leaks.photo(0)}
    for part in ("train", "val"):
        set_up.write(part, same)
    path = set_up.root / "folds.json"
    write_folds(path, (("train0", "train2"), ("train1",)))
    assert set_up.search(folds=path).hits == ()
    write_folds(path, (("train0",), ("train1", "train2")))
    hits = set_up.search(folds=path, stop=False).hits
    assert [(hit.measured.id, hit.trained.id) for hit in hits] == [("train0", "train2"), ("train2", "train0")]
    assert json.loads((set_up.root / "leaks.json").read_text())["searched"]["val"] == 3

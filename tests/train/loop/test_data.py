import json
from pathlib import Path

import numpy as np
import pytest

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.errors import InputError
from train.loop.data import Photo, batches, load_photo, load_pools, read_categories, read_mix, real_samples, shrunk

SIDE = 64


def write_samples(folder: Path, names: list[str], domain: str = REAL) -> list[Sample]:
    """Write photos of one bright board each, and their manifest all.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for number, name in enumerate(names):
        ids = np.zeros((48, 80), np.uint16)
        ids[8:28, 6 + number : 36 + number] = 1
        image = np.where(ids[..., None] == 1, 250, 20).astype(np.uint8).repeat(3, axis=2)
        (folder / f"{name}.png").write_bytes(png_bytes(image))
        write_ids(folder / f"{name}_ids.png", ids)
        board = (instance_of(ids, 1, "board"),)
        samples.append(Sample(name, domain, f"{name}.png", f"{name}_ids.png", (48, 80), board, "test", "CC0"))
    write_manifest(folder / "all.jsonl", samples)
    return samples


def write_mix(folder: Path, **changes: object) -> Path:
    """Write a mix of two photos and two renders; `changes` overwrite keys of its first source."""
    write_samples(folder / "real", ["a", "b"])
    write_samples(folder / "render", ["x", "y"], RENDER)
    sources = [
        {"name": "real", "manifest": "real/all.jsonl", "weight": 0.5, "ids": ["b", "a"]} | changes,
        {"name": "render", "manifest": "render/all.jsonl", "weight": 0.5, "ids": ["x"]},
    ]
    path = folder / "mix.json"
    path.write_text(json.dumps({"ratio": 0.5, "sources": sources}))
    return path


def test_a_mix_holds_the_samples_it_names_in_its_order(tmp_path: Path):
    mix = read_mix(write_mix(tmp_path))
    assert [[sample.id for sample in source.samples] for source in mix.sources] == [["b", "a"], ["x"]]
    assert (mix.ratio, mix.size(REAL), mix.size(RENDER)) == (0.5, 2, 1)
    assert [len(pool) for pool in load_pools(mix, ["board"], SIDE)] == [2, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"ids": []}, "source 'real' has no ids", id="nothing to draw from"),
        pytest.param({"ids": ["a", "c"]}, r"'c' is not in .*all\.jsonl", id="an id that is not there"),
        pytest.param({"weight": 0.4}, r"the weights are \[0.4, 0.5\]", id="weights that are no shares"),
        pytest.param({"weight": "half"}, "not a mix", id="a weight in words"),
        pytest.param({"manifest": "real/none.jsonl"}, r"none\.jsonl: there is no such manifest", id="no manifest"),
    ],
)
def test_a_mix_that_cannot_be_trained_on_is_refused(tmp_path: Path, changes: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        read_mix(write_mix(tmp_path, **changes))


@pytest.mark.parametrize("text", ["[]", "{}", "[1]"])
def test_categories_are_a_list_of_names(tmp_path: Path, text: str):
    (tmp_path / "categories.json").write_text(text)
    with pytest.raises(InputError, match="wanted a list of 1 to 255 category names"):
        read_categories(tmp_path / "categories.json")


def test_a_mask_of_another_size_is_refused(tmp_path: Path):
    (sample,) = write_samples(tmp_path, ["a"])
    write_ids(tmp_path / "a_ids.png", np.zeros((10, 10), np.uint16))
    with pytest.raises(InputError, match=r"a_ids\.png: is \(10, 10\) pixels .* \(48, 80\)"):
        load_photo(tmp_path, sample, ["board"])


@pytest.mark.parametrize("name", ["val.jsonl", "test.jsonl", "holdout.jsonl"])
def test_a_render_is_never_scored_on(tmp_path: Path, name: str):
    write_manifest(tmp_path / name, write_samples(tmp_path, ["x"], RENDER))
    with pytest.raises(InputError, match="wanted real photos only"):
        real_samples(tmp_path / name)


def test_no_photo_to_score_on_is_said(tmp_path: Path):
    write_manifest(tmp_path / "val.jsonl", [])
    with pytest.raises(InputError, match=r"val\.jsonl: holds no photo"):
        real_samples(tmp_path / "val.jsonl")


def test_a_photo_shrinks_to_its_longer_side_and_never_grows():
    photo = Photo(np.zeros((40, 80, 3), np.uint8), np.zeros((40, 80), np.uint8))
    assert shrunk(photo, 20).truth.shape == (10, 20)
    assert shrunk(photo, 20).image.shape == (10, 20, 3)
    assert shrunk(photo, 100) is photo


def white_corner() -> Photo:
    """Return a black photo with a white rectangle off its middle, which is its truth."""
    truth = np.zeros((60, 90), np.uint8)
    truth[5:35, 8:50] = 1
    return Photo(np.where(truth[..., None] == 1, 255, 0).astype(np.uint8).repeat(3, axis=2), truth)


PLAN = np.zeros((6, 4, 2), np.int64)


def test_the_truth_follows_the_image_through_augmentation():
    seen = 0
    for images, truths in batches([[white_corner()]], PLAN, SIDE, seed=1):
        assert images.shape == (4, SIDE, SIDE, 3)
        assert truths.shape == (4, SIDE, SIDE)
        for image, truth in zip(images, truths, strict=True):
            if 50 < truth.sum() < truth.size - 50:
                seen += 1
                assert image[truth == 1].mean() > image[truth == 0].mean() + 60
    assert seen > 10


def test_a_batch_depends_on_seed_and_step_alone():
    pools = [[white_corner()]]
    long = list(batches(pools, PLAN, SIDE, seed=1))
    short = list(batches(pools, PLAN[:2], SIDE, seed=1))
    for mine, other in zip(short, long, strict=False):
        np.testing.assert_array_equal(mine[0], other[0])
        np.testing.assert_array_equal(mine[1], other[1])
    assert not np.array_equal(long[0][0], long[1][0])
    assert not np.array_equal(long[0][0], next(batches(pools, PLAN, SIDE, seed=2))[0])

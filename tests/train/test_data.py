import json
from pathlib import Path

import numpy as np
import pytest

from dataset.idmap import IGNORE, IGNORED, instance_of, png_bytes, read_ids, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.errors import InputError
from train.data import Photo, load_photo, load_pools, read_categories, read_mix, real_samples, shrunk

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
        pytest.param({"ids": []}, r"sources\.0\.ids is \[\], wanted 1 of them at least", id="nothing to draw from"),
        pytest.param({"ids": ["a", "c"]}, r"'c' is not in .*all\.jsonl", id="an id that is not there"),
        pytest.param({"weight": 0.4}, r"the weights are \[0.4, 0.5\]", id="weights that are no shares"),
        pytest.param({"weight": "half"}, "not a mix", id="a weight in words"),
        pytest.param({"manifest": "real/none.jsonl"}, r"none\.jsonl: there is no such file", id="no manifest"),
    ],
)
def test_a_mix_that_cannot_be_trained_on_is_refused(tmp_path: Path, changes: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        read_mix(write_mix(tmp_path, **changes))


@pytest.mark.parametrize("text", ["[]", "{}", "[1]"])
def test_categories_are_a_list_of_names(tmp_path: Path, text: str):
    (tmp_path / "categories.json").write_text(text)
    with pytest.raises(InputError, match="not a list of 1 to 254 category names"):
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


def test_what_is_ignored_is_so_in_a_photo_however_small(tmp_path: Path):
    (sample,) = write_samples(tmp_path, ["a"])
    ids = read_ids(tmp_path / "a_ids.png")
    ids[:, 60:] = IGNORE
    write_ids(tmp_path / "a_ids.png", ids)
    photo = load_photo(tmp_path, sample, ["board"])
    for truth in (photo.truth, shrunk(photo, 40).truth, shrunk(photo, 8).truth):
        assert set(np.unique(truth)) == {0, 1, IGNORED}
        assert (truth == IGNORED).mean() == pytest.approx(20 / 80, abs=0.01)


def test_a_photo_shrinks_to_its_longer_side_and_never_grows():
    photo = Photo(np.zeros((40, 80, 3), np.uint8), np.zeros((40, 80), np.uint8))
    assert shrunk(photo, 20).truth.shape == (10, 20)
    assert shrunk(photo, 20).image.shape == (10, 20, 3)
    assert shrunk(photo, 100) is photo

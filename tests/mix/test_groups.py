"""Photos that share something are one group, however the ties run, and whatever the order they come in."""

import numpy as np
import pytest

from dataset.likeness import mirrored
from dataset.records import Sample
from mix.groups import ROWS, connected, group, pairs_alike, pairs_seen_alike, photo_of


def photo(name: str, **tags: str) -> Sample:
    return Sample(name, "real", f"images/{name}.jpg", f"ids/{name}.png", (1, 1), (), "set", "CC0-1.0", tags=tags)


@pytest.mark.parametrize(
    ("samples", "same", "names"),
    [
        pytest.param([photo("a"), photo("b")], "ab", {"photo=a": "a", "photo=b": "b"}, id="without a tag, alone"),
        pytest.param([photo("a"), photo("b")], "aa", {"photo=a": "ab"}, id="byte for byte the same"),
        pytest.param([photo("b", burst="1"), photo("a", burst="1")], "ba", {"burst=1": "ab"}, id="one burst"),
        pytest.param(
            [photo("a", burst="1"), photo("b", burst="1", twin="x"), photo("c", twin="x"), photo("d", twin="y")],
            "abcd",
            {"burst=1": "abc", "twin=y": "d"},
            id="tied by way of another, through two tags",
        ),
        pytest.param([photo("a", burst="2"), photo("b")], "aa", {"burst=2": "ab"}, id="a copy that has lost its tag"),
    ],
)
def test_photos_that_share_something_are_one_group(samples, same, names):
    groups = group([photo_of(sample) for sample in samples], list(same), ("burst", "twin"))
    assert {name: "".join(photo.id for photo in found) for name, found in groups.items()} == names
    assert all(photo.group == name for name, found in groups.items() for photo in found)


def test_no_photos_give_no_groups():
    assert group([], [], ("burst",)) == {}


def test_photos_that_are_alike_are_tied_as_by_a_tag():
    photos = [photo_of(photo(name)) for name in "dcba"]
    found = group(photos, list("abcd"), (), alike=np.array([(0, 2), (2, 3)]))
    assert {name: [one.id for one in members] for name, members in found.items()} == {
        "photo=a": ["a", "b", "d"],
        "photo=c": ["c"],
    }


def test_photos_of_near_hashes_are_tied_and_so_are_mirror_images():
    one = np.uint64(0x0123456789ABCDEF)
    (mirror,) = mirrored(np.array([one]))
    hashes = np.array([one, ~one, one ^ np.uint64(0b111), mirror, one], np.uint64)
    parts = connected(5, pairs_alike(hashes, 3))
    assert [part == parts[0] for part in parts] == [True, False, True, True, True]
    assert connected(5, pairs_alike(hashes, 2))[2] != parts[0]


def test_a_million_equal_hashes_are_tied_in_a_row():
    assert len(pairs_alike(np.zeros(10**6, np.uint64), 2)) < 2 * 10**6


def test_vectors_that_point_alike_are_tied_also_by_way_of_others():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(2 * ROWS + 40, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    every = np.argwhere(vectors @ vectors.T >= 0.995)
    parts = connected(len(vectors), every)
    assert 1 < len(set(parts)) < len(vectors)
    found = connected(len(vectors), pairs_seen_alike(vectors, 0.995))
    assert len(set(zip(parts, found, strict=True))) == len(set(parts)) == len(set(found))


def test_no_photos_have_no_pairs():
    assert pairs_seen_alike(np.empty((0, 3), np.float32), 0.9).shape == (0, 2)

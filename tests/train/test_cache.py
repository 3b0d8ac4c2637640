import numpy as np
import pytest

from dataset.idmap import read_image
from tests.train.boards import board
from train.cache import PIXELS, Cache, digest_of, warm


@pytest.fixture
def places(tmp_path):
    folder = tmp_path / "photos"
    samples = [board(folder, name) for name in ("one", "two")]
    return [(digest_of(folder, sample), (folder, sample)) for sample in samples]


def test_a_photo_comes_back_as_it_was_decoded(tmp_path, places):
    warm(tmp_path / "cache", places, ["board"], 80)
    photo = Cache(tmp_path / "cache").photo(places[1][0])
    folder, sample = places[1][1]
    np.testing.assert_array_equal(photo.image, read_image(folder / sample.image))
    assert photo.truth.sum() == sample.instances[0].area_px


def test_a_photo_is_kept_at_most_so_long(tmp_path, places):
    warm(tmp_path / "cache", places, ["board"], 40)
    assert Cache(tmp_path / "cache").photo(places[0][0]).image.shape == (28, 40, 3)


def test_a_warm_cache_is_left_alone_and_a_changed_photo_makes_it_anew(tmp_path, places):
    cache = tmp_path / "cache"
    warm(cache, places, ["board"], 80)
    before = (cache / PIXELS).stat().st_ino
    warm(cache, places[:1], ["board"], 80)
    assert (cache / PIXELS).stat().st_ino == before
    folder, sample = places[0][1]
    (folder / sample.image).write_bytes((folder / places[1][1][1].image).read_bytes())
    changed = digest_of(folder, sample)
    assert changed != places[0][0]
    warm(cache, [(changed, (folder, sample)), places[1]], ["board"], 80)
    assert (cache / PIXELS).stat().st_ino != before
    np.testing.assert_array_equal(Cache(cache).photo(changed).image, read_image(folder / sample.image))

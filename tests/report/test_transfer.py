import pytest

from dataset.records import Sample
from report.transfer import alike


def photo(**tags: str) -> Sample:
    return Sample("a", "real", "a.png", "a.ids.png", (9, 9), (), "set", "CC0-1.0", tags=tags)


@pytest.mark.parametrize(
    ("photos", "others", "expected"),
    [
        pytest.param([photo(room="2", day="1"), photo(room="2", day="2")], [photo(room="1")], {"room": "2"}, id="room"),
        pytest.param([photo(room="2"), photo(room="2")], [photo(room="2"), photo()], {}, id="nobody has another"),
        pytest.param([photo(room="2"), photo()], [photo(room="1")], {}, id="not all have it"),
        pytest.param([photo(licence="MIT"), photo(licence="MIT")], [photo(licence="CC0")], {}, id="no place"),
        pytest.param([photo(room="2")], [photo(room="1")], {}, id="one photo"),
        pytest.param([], [photo(room="1")], {}, id="no photo"),
    ],
)
def test_tags_are_told_that_all_test_photos_share_and_others_do_not(photos, others, expected):
    assert alike(photos, others) == expected

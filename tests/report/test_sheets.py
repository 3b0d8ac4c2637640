import pytest

from pipeline.errors import InputError
from pipeline.files import write_json
from report.sheets import Evaluated, read_evaluated, spread, typical_of, unsure_of, worst_of


@pytest.mark.parametrize(
    ("total", "wanted", "expected"),
    [
        pytest.param(10, 5, [0, 2, 4, 6, 8], id="evenly spaced"),
        pytest.param(2, 5, [0, 1], id="fewer than wanted"),
        pytest.param(0, 5, [], id="none there"),
        pytest.param(3, 0, [], id="none wanted"),
    ],
)
def test_a_sheet_takes(total, wanted, expected):
    assert spread(list(range(total)), wanted) == expected


def test_the_worst_photos_come_first_and_equals_by_name():
    photos = [Evaluated("a", 0.9, None), Evaluated("c", 0.2, None), Evaluated("b", 0.2, None)]
    assert [photo.id for photo in worst_of(photos, 2)] == ["b", "c"]


@pytest.mark.parametrize(
    ("ious", "wanted", "expected"),
    [
        pytest.param([0.1, 0.9, 0.5, 0.7, 0.3, 0.8], 3, [0.8, 0.5, 0.1], id="the middle of each third"),
        pytest.param([0.1, 0.9], 3, [0.9, 0.1], id="fewer than wanted"),
        pytest.param([], 3, [], id="none"),
        pytest.param([0.1, 0.9], 0, [], id="none wanted"),
    ],
)
def test_photos_from_good_to_poor(ious, wanted, expected):
    photos = [Evaluated(str(number), iou, None) for number, iou in enumerate(ious)]
    assert [photo.iou for photo in typical_of(photos, wanted)] == expected


def test_the_least_sure_photos_come_first_and_unmeasured_ones_never():
    photos = [Evaluated("a", 0.9, 0.1), Evaluated("c", 0.2, None), Evaluated("b", 0.2, 0.4), Evaluated("d", 0.2, 0.4)]
    assert [photo.id for photo in unsure_of(photos, 9)] == ["b", "d", "a"]


def test_an_older_scores_file_has_photos_without_uncertainty(tmp_path):
    write_json(tmp_path / "val.json", {"photos": [{"id": "a", "iou": 1}]})
    assert read_evaluated(tmp_path / "val.json") == [Evaluated("a", 1.0, None)]


def test_another_file_than_scores_is_named(tmp_path):
    write_json(tmp_path / "val.json", [])
    with pytest.raises(InputError, match=r"val\.json: not a scores file"):
        read_evaluated(tmp_path / "val.json")

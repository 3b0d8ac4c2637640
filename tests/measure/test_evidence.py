import numpy as np

from dataset.records import REAL, RENDER, Instance, Sample
from measure.attribution.groups import Group, GroupEstimate
from measure.attribution.leave_out import MeasuredHelp
from measure.attribution.record import record
from measure.evidence import detail_of, failures, fewest_assets, left_out, lost, photo_draws, point
from measure.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores
from measure.worth.records import Lost
from measure.worth.tried import TriedChange


def run(seed: int, hits: tuple[int, ...], sizes: tuple[int, ...]) -> Scores:
    photos = tuple(PhotoScore(str(i), "", {FOREGROUND: Pixels(h, s)}) for i, (h, s) in enumerate(zip(hits, sizes)))  # noqa: B905
    return Scores("val", 0.0, seed, 1, 0, photos)


def test_draws_redraw_photos_and_keep_the_seeds():
    even = photo_draws([run(1, (5, 5), (10, 10)), run(2, (9, 9), (10, 10))], 50)
    assert np.allclose(even, 0.7)  # all photos alike: whatever is drawn, both seeds are in


def test_two_points_redraw_the_same_photos():
    a, b = (photo_draws([run(seed, (2, 8, 5), (10, 10, 10))], 200) for seed in (1, 2))
    assert (a == b).all()
    assert a.std() > 0


def test_a_point_knows_its_seeds():
    made = point(7, [run(1, (5,), (10,)), run(2, (7,), (10,))], 10)
    assert (made.n, dict(made.scores)) == (7, {"1": 0.5, "2": 0.7})


def test_the_scarcest_category_counts():
    def sample(*pairs: tuple[str, str]) -> Sample:
        instances = tuple(Instance(c, i, (0, 0, 1, 1), 1, 1.0, a) for i, (c, a) in enumerate(pairs, 1))
        return Sample("s", RENDER, "a", "b", (1, 1), instances, "recipe", "CC0")

    renders = [sample(("mug", "m1"), ("cup", "c1")), sample(("mug", "m2"), ("cup", "c1"))]
    assert fewest_assets(renders) == 1
    assert fewest_assets([]) is None


def test_groups_that_were_trained_without_are_changes_that_were_tried_and_estimates_are_not():
    m1, m2, night = Group("m1", "asset", ("a",)), Group("m2", "asset", ("b",)), Group("night", "recipe", ("c",))
    found = [GroupEstimate(each, 0.2, -1.2, (-2.0, 0.1)) for each in (m1, m2, night)]
    measured = [MeasuredHelp(m1, 0.02, (0.01, 0.03)), MeasuredHelp(night, -0.02, (-0.04, 0.01))]
    assert left_out(record(found, measured, [], 1, 50)) == (
        TriedChange("without asset m1", "assets", -0.02, (-0.03, -0.01), 1.0),
        TriedChange("without recipe night", "look", 0.02, (-0.01, 0.04), 1.0),
    )
    assert left_out(None) == ()


def test_kinds_without_an_object_are_no_failure():
    rows = {"by_size": [{"name": "small", "recall": {"value": 0.4}}], "by_visible": [{"name": "half", "recall": None}]}
    assert [(item.name, item.recall) for item in failures(rows)] == [("small", 0.4)]


def test_what_the_score_lacks_is_evidence_where_it_was_counted():
    parts = {"outline": {"value": 0.08}, "missed": {"value": 0.02}, "made_up": None}
    assert lost({"lost": parts}) == Lost(0.08, 0.02, 0.0)
    assert lost({"lost": None}) is None


def test_the_detail_of_photos_is_that_of_the_usual_one():
    photos = [Sample("p", REAL, "a", "b", (height, 480), (), "s", "CC0") for height in (640, 640, 4000)]
    assert detail_of(photos, 256) == 640 / 320
    assert detail_of([], 256) is None

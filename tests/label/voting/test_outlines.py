import numpy as np
import pytest

from label.voting.agreeing import Way, agree, crew_photo, painted, skills_of
from label.voting.groups import CrewShape, matched
from label.voting.outlines import closest_majority, signed_distance, staple
from label.voting.skeene import ABSTAIN, accuracy, agreed

SIZE = (160, 200)
WAY = Way("offsets", 0.25, 0.9, 0.8)


def disc(radius: float, x: float = 100, y: float = 80) -> np.ndarray:
    ys, xs = np.ogrid[: SIZE[0], : SIZE[1]]
    return (ys - y) ** 2 + (xs - x) ** 2 < radius**2


def shape(annotator: int, mask: np.ndarray, category: str = "mug") -> CrewShape:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return CrewShape(annotator, category, box, mask[box[1] : box[3], box[0] : box[2]])


def photos(offsets, count=4, categories=None):
    """Return photos of a disc that each annotator draws by so much too large."""
    found = []
    for number in range(count):
        radius = 30 + 3 * number
        drawn = {k: [shape(k, disc(radius + px), (categories or {}).get(k, "mug"))] for k, px in enumerate(offsets)}
        found.append(crew_photo(f"p{number}", SIZE, drawn, 0.25))
    return found


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def test_the_signed_distance_of_a_disc_is_that_of_its_circle():
    field = signed_distance(disc(40))
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]]
    true = np.clip(40 - np.hypot(ys - 80, xs - 100), -32, 32)
    assert np.abs(field - true)[np.abs(true) < 20].max() < 1.5


@pytest.mark.parametrize(
    ("offsets", "anchor", "found"),
    [
        pytest.param((0, 0, 0, 6, 8), None, (0, 0, 0, 6, 8), id="two draw outside"),
        pytest.param((0, 0, 0, -5), None, (0, 0, 0, -5), id="one draws inside"),
        pytest.param((0, 6, 6), 0, (0, 6, 6), id="most draw outside, one is known not to"),
        pytest.param((3, 3), None, (0, 0), id="all alike"),
    ],
)
def test_offsets_come_back_within_a_pixel_and_leave_the_outline(offsets, anchor, found):
    seen = photos(offsets)
    agreement = agree(seen, ("mug",), len(offsets), anchor, WAY)
    assert np.abs(agreement.offsets - np.array(found)).max() < 1
    if offsets != (3, 3):
        ids, _ = painted(agreement.objects[0], SIZE)
        assert iou(ids > 0, disc(30)) > 0.96


def test_known_labels_anchor_without_a_vote():
    seen = photos((6, 6, 6, 0))  # the last one is what is known
    agreement = agree(seen, ("mug",), 3, 3, WAY)
    assert np.abs(agreement.offsets - [6, 6, 6, 0]).max() < 1
    assert iou(painted(agreement.objects[0], SIZE)[0] > 0, disc(30)) > 0.95


def test_what_one_of_three_drew_is_no_object_and_what_one_missed_is():
    drawn = {k: [shape(k, disc(20, 50, 50))] for k in (0, 1)} | {2: [shape(2, disc(20, 150, 110))]}
    agreement = agree([crew_photo("a", SIZE, drawn, 0.25)], ("mug",), 3, None, WAY)
    ids, names = painted(agreement.objects[0], SIZE)
    assert names == ["mug"]
    assert iou(ids > 0, disc(20, 50, 50)) > 0.95
    skills = skills_of([crew_photo("a", SIZE, drawn, 0.25)], agreement, ("ann", "ben", "cy"))
    assert [(skill.missed, skill.spurious) for skill in skills] == [(0, 0), (0, 0), (1, 1)]


def test_few_experts_outvote_many_who_mix_categories_up():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 120)
    columns = [truth, truth, *(np.where(rng.random(120) < 0.42, 1 - truth, truth) for _ in range(5))]
    votes = np.stack(columns, axis=1)
    found = agreed(votes, 2)
    assert (found.belief.argmax(1) == truth).mean() > (votes.mean(1).round() == truth).mean()
    assert (found.belief.argmax(1) == truth).mean() > 0.98
    assert np.abs(accuracy(found) - (votes == truth[:, None]).mean(0)).max() < 0.05


def test_who_abstains_says_nothing():
    votes = np.array([[0, 0, ABSTAIN], [1, 1, ABSTAIN]] * 20)
    assert agreed(votes, 2).belief.argmax(1).tolist() == [0, 1] * 20
    assert agreed(np.full((3, 2), ABSTAIN), 2).belief == pytest.approx(0.5)
    assert agreed(np.zeros((0, 2), int), 2).belief.shape == (0, 2)


def test_no_group_has_two_shapes_of_one_annotator():
    near = [shape(0, disc(20)), shape(0, disc(20, 104)), shape(1, disc(20, 102)), shape(2, disc(20, 101))]
    groups = matched(near, 0.25)
    assert all(len({each.annotator for each in group}) == len(group) for group in groups)
    assert sorted(map(len, groups)) == [1, 3]


def test_staple_of_masks_that_agree_is_that_mask():
    mask = disc(30)
    assert ((staple(np.stack([mask] * 3)) > 0.5) == mask).all()


def test_the_closest_majority_is_where_most_are():
    values = np.array([0.0, 0.2, -0.2, 6, 8])
    assert closest_majority(values, np.ones(5)) == pytest.approx(0)
    assert closest_majority(np.array([0.0, 0, 3, 3, 3]), np.array([1, 1, 0.5, 0.5, 0.5])) == 0
    assert closest_majority(np.zeros(0), np.zeros(0)) == 0


def test_what_all_drew_and_nobody_names_alike_is_still_an_object():
    drawn = {k: [shape(k, disc(20), name)] for k, name in enumerate(("mug", "plate", "bowl"))}
    agreement = agree([crew_photo("a", SIZE, drawn, 0.25)], ("bowl", "mug", "plate"), 3, None, WAY)
    assert agreement.objects[0][0].category in {"mug", "plate", "bowl"}
    assert agreement.objects[0][0].belief < 0.5

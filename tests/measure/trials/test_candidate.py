import pytest

from measure.trials.candidate import Candidate, candidate, distance

DOMAINS = {"real": "real", "pseudo": "real", "render": "render", "boxes": "render"}


@pytest.mark.parametrize(
    ("weights", "schedule", "name", "ratio"),
    [
        pytest.param({"real": 0.2, "render": 0.8}, "mix", "0.8", 0.8, id="two sources"),
        pytest.param({"real": 1, "render": 0}, "mix", "0.0", 0.0, id="real only"),
        pytest.param({"render": 1}, "mix", "1.0", 1.0, id="renders only"),
        pytest.param({"real": 0.2, "render": 0.8}, "renders first", "0.8 renders first", 0.8, id="a schedule"),
        pytest.param(
            {"real": 0.2, "render": 0.5, "pseudo": 0.3},
            "mix",
            "pseudo=0.3 real=0.2 render=0.5",
            0.5,
            id="three sources",
        ),
        pytest.param({"boxes": 0.1, "render": 0.9}, "mix", "boxes=0.1 render=0.9", 1.0, id="two kinds of renders"),
    ],
)
def test_a_candidate_is_named_by_its_shares(weights, schedule, name, ratio):
    made = candidate(weights, DOMAINS, schedule)
    assert (made.name, made.ratio) == (name, pytest.approx(ratio))


def test_the_order_of_the_sources_makes_no_other_candidate():
    assert candidate({"real": 0.5, "render": 0.5}, DOMAINS) == candidate({"render": 0.5, "real": 0.5}, DOMAINS)


@pytest.mark.parametrize(
    ("weights", "schedule", "ratio", "message"),
    [
        pytest.param((("real", 0.5),), "mix", 0, "wanted a sum of 1", id="too little"),
        pytest.param((("real", 1.5), ("render", -0.5)), "mix", 0, "no share below 0", id="below 0"),
        pytest.param((("real", 0.5), ("real", 0.5)), "mix", 0, "each source once", id="a source twice"),
        pytest.param((("real", 1.0),), "real first", 0, "wanted one of mix, renders first", id="schedule"),
        pytest.param((("real", 1.0),), "mix", 1.5, "wanted 0 to 1", id="ratio"),
    ],
)
def test_a_candidate_that_cannot_be_is_refused(weights, schedule, ratio, message):
    with pytest.raises(ValueError, match=message):
        Candidate(weights, schedule, ratio)


def test_the_distance_of_two_ratios_is_their_difference():
    low, high = (candidate({"real": 1 - r, "render": r}, DOMAINS) for r in (0.2, 0.9))
    assert distance(low, high) == pytest.approx(0.7)
    assert distance(low, low) == 0
    assert distance(candidate({"real": 1}, DOMAINS), candidate({"pseudo": 1}, DOMAINS)) == 1

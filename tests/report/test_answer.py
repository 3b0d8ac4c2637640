import pytest
from page_project import NOTHING, WORTH, on_test, transfer, typed

from report.answer import answer, notes

BETTER, SAME, WORSE = "better", "no difference shown", "worse"


def judged(verdict, worth=None, **more):
    return transfer(test=on_test(0.8, verdict), worth=worth, **more)


def differing(ci95, verdict):
    test = on_test(0.8, BETTER)
    return transfer(test=test | {"gain": {"iou": 0.02, "ci95": ci95, "verdict": verdict}}, worth=None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            transfer(),
            "14 labelled photos and renders do what about 45 labelled photos (26 to 72) do, which saves 12 EUR of "
            "labelling: with renders at ratio 0.8 the network reaches 0.85 (0.83 to 0.87) on the test photos, with "
            "real photos alone 0.80.",
            id="worth and money",
        ),
        pytest.param(
            judged(BETTER, WORTH | {"censored": True, "real_labels": 40.0, "ci95": None, "money": None}),
            "14 labelled photos and renders do what more than 54 labelled photos do: with",
            id="censored worth",
        ),
        pytest.param(
            judged(BETTER, WORTH | {"censored": True, "real_labels": 40.0, "ci95": [40.0, None]}),
            "14 labelled photos and renders do what more than 54 labelled photos do, which saves over 12 EUR of "
            "labelling: with",
            id="censored worth with an open interval",
        ),
        pytest.param(
            judged(BETTER), "The renders make it better: with renders at ratio 0.8", id="better, worth unknown"
        ),
        pytest.param(
            judged(BETTER, WORTH | {"ci95": [-3.0, 58.0]}), "The renders make it better: ", id="worth around 0"
        ),
        pytest.param(judged(SAME), "No difference shown: with renders at ratio 0.8", id="no difference"),
        pytest.param(judged(SAME, WORTH), "No difference shown: ", id="no difference, whatever the worth"),
        pytest.param(judged(WORSE, WORTH), "The renders make it worse: ", id="worse"),
        pytest.param(
            transfer(picked=0.0, test=on_test(0.0) | {"gain": None}),
            "No mix was chosen over real photos alone; they reach 0.85 (0.83 to 0.87) on the test photos, "
            "renders alone 0.70.",
            id="real only is the pick",
        ),
        pytest.param(
            transfer(ratios=(0.0,), picked=0.0, **NOTHING),
            "Real photos alone reach 0.80 (0.78 to 0.82) on the val photos.",
            id="nothing but real only",
        ),
        pytest.param(
            transfer(
                ratios=(0.5, 1.0), picked=1.0, **NOTHING | {"test": on_test(1.0) | {"gain": None, "real_only": None}}
            ),
            "Renders alone reach 0.85 (0.83 to 0.87) on the test photos; real photos alone were not run",
            id="no real only",
        ),
        pytest.param(
            transfer(picked=0.5, **NOTHING),
            "The renders make it better: with renders at ratio 0.5 the network reaches 0.8",
            id="test not scored",
        ),
    ],
)
def test_the_page_opens_with(found, expected):
    assert answer(typed(found)).startswith(expected)


@pytest.mark.parametrize(
    ("ci95", "verdict", "begin"),
    [
        pytest.param([0.01, 0.05], BETTER, "The renders make it better", id="above nothing"),
        pytest.param([-0.01, 0.05], SAME, "No difference shown", id="around nothing"),
        pytest.param([-0.01, 0.05], BETTER, "No difference shown", id="around nothing, whatever the verdict"),
        pytest.param([0.01, 0.05], SAME, "No difference shown", id="judged more strictly than the interval"),
        pytest.param([0.0, 0.05], SAME, "No difference shown", id="touching nothing"),
        pytest.param([-0.05, -0.01], WORSE, "The renders make it worse", id="below nothing"),
    ],
)
def test_the_answer_claims_no_more_than_the_interval_of_the_difference(ci95, verdict, begin):
    assert answer(typed(differing(ci95, verdict))).startswith(begin)


def test_scores_that_round_to_the_same_are_told_apart():
    test = on_test(0.8, BETTER) | {
        "mean_iou": 0.8034,
        "gain": {"iou": 0.0034, "ci95": [0.001, 0.006], "verdict": BETTER},
    }
    assert "reaches 0.803 (0.830 to 0.870) on the test photos, with real photos alone 0.800." in answer(
        typed(transfer(test=test, worth=None))
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(transfer(test=on_test(groups=1)), "All test photos belong to one group", id="one group"),
        pytest.param(transfer(test=on_test(groups=5)), "5 independent groups of photos are few", id="few groups"),
        pytest.param(transfer(seeds=1), "how much a score changes from run to run is not known", id="one seed"),
        pytest.param(transfer(ratios=(0.5,), picked=0.5), "nothing is compared", id="one ratio"),
        pytest.param(transfer(), "another ratio is ahead by 0.039", id="a pick that another ratio beats"),
        pytest.param(transfer(), "Measured on 40 real test photos that took no part", id="what it was measured on"),
        pytest.param(transfer(**NOTHING), "test photos were not scored", id="no test"),
        pytest.param(
            transfer(**NOTHING | {"gap": 0.03}, picked=0.0), "renders alone are 0.030 behind real", id="a gap"
        ),
    ],
)
def test_what_weakens_the_answer_is_said(found, expected):
    assert expected in " ".join(notes(typed(found)))


@pytest.mark.parametrize(
    ("iou", "ci95", "expected"),
    [
        pytest.param(
            0.01, [-0.02, 0.04], "They differ by 0.040 at most; about 360 test photos would", id="three times"
        ),
        pytest.param(
            -0.01, [-0.03, 0.01], "0.030 at most; about 160 test photos would show one of -0.010.", id="below"
        ),
        pytest.param(0.0001, [-0.02, 0.02], "They differ by 0.020 at most.", id="none that anybody could show"),
        pytest.param(0.0, [-0.02, 0.02], "They differ by 0.020 at most.", id="none at all"),
    ],
)
def test_no_difference_says_what_would_show_one(iou, ci95, expected):
    test = on_test(0.8, SAME) | {"gain": {"iou": iou, "ci95": ci95, "verdict": SAME}}
    assert expected in answer(typed(transfer(test=test)))


def test_a_training_that_was_too_short_is_said_first_of_all_doubts():
    found = transfer(seeds=1)
    for row, rise in zip(found["ratios"], (0.021, 0.004, 0.03), strict=False):
        row["rise"] = rise
    said = notes(typed(found))[2]
    assert said == (
        f"Trainings were too short: the last doubling of their steps still added 0.030 to the score of ratio "
        f"{found['ratios'][2]['name']} on val, and 1 more rose (wanted: less than 0.005). Set fit.steps to 480 and "
        "run again."
    )
    assert "too short" not in " ".join(notes(typed(transfer())))


def test_what_all_test_photos_have_in_common_is_said_since_no_interval_knows_of_other_places():
    common = {"camera": "left", "room": "2 <b>", "zone": "z"}
    [said, *_] = notes(typed(transfer(test=on_test() | {"alike": common})))
    assert "All of them have camera left and room 2 <b>: the score speaks of such photos" in said
    assert "All of them" not in notes(typed(transfer()))[0]


def test_the_answer_rests_on_four_sentences_at_most():
    weak = transfer(ratios=(0.5,), picked=0.5, seeds=1, test=on_test(groups=1))
    assert len(notes(typed(weak))) == 4
    assert not [sentence for sentence in notes(typed(transfer())) if "few" in sentence]

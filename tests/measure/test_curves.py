import pytest

from measure.curves import Curves, drawn_mix, lines_of, sizes_of
from measure.trials.candidate import Trial, real_only, shares_of
from measure.trials.runner import Machine, open_trials
from pipeline.errors import InputError
from pipeline.settings import build
from tests.measure.trials.ground import SMALL, write_ground


@pytest.mark.parametrize(
    ("total", "shares", "least", "sizes"),
    [
        pytest.param(40, (0.25, 0.5), 2, [10, 20, 40], id="shares of all"),
        pytest.param(3, (0.1, 0.5), 2, [2, 3], id="never below the least, and each size once"),
        pytest.param(2, (0.5,), 2, [2], id="too few for a curve"),
        pytest.param(7, (), 2, [7], id="no shares"),
    ],
)
def test_the_sizes_of_a_curve(total, shares, least, sizes):
    assert sizes_of(total, shares, least) == sizes


@pytest.mark.parametrize(
    ("rows", "weights"),
    [
        pytest.param(
            [(0.0, 0.9, True), (0.5, 0.8, False), (0.8, 0.85, False)], {"mix": 0.8}, id="the best of the mixes"
        ),
        pytest.param([(0.5, 0.8, True), (0.8, 0.85, False)], {"mix": 0.5}, id="the picked mix"),
        pytest.param([(0.0, 0.9, True), (1.0, 0.8, False)], None, id="no mix"),
    ],
)
def test_the_mix_whose_curve_is_drawn(rows, weights):
    pick = {"ratios": [{"ratio": r, "iou": i, "picked": p, "weights": {"mix": r}} for r, i, p in rows]}
    found = drawn_mix(pick)
    assert (found and found["weights"]) == weights


def test_the_trials_of_the_curves_are_nested_and_end_with_all_samples(tmp_path):
    write_ground(tmp_path)
    trials = open_trials(
        Machine(1), SMALL, tmp_path / "pools.json", tmp_path / "split/val.jsonl", tmp_path / "categories.json",
        tmp_path / "curves",
    )  # fmt: skip
    lines = lines_of(
        Curves((0.5,), (0.5,), (0.4,), (1, 2)), trials, {"weights": {"real": 0.5, "render": 0.5}, "schedule": "mix"}
    )
    assert [(n, trial.seed, trial.n_real) for n, trial in lines["real"]] == [
        (2, 1, 2),
        (4, 1, None),
        (2, 2, 2),
        (4, 2, None),
    ]
    assert [(n, trial.n_real) for n, trial in lines["mixed"]][:2] == [(2, 2), (4, None)]
    assert [(n, trial.n_render) for n, trial in lines["renders"]][:2] == [(2, 2), (5, None)]
    assert lines_of(Curves((), (), (), ()), trials, None) == {"real": [], "mixed": [], "renders": []}


def test_every_seed_draws_its_own_labels_and_the_mix_those_of_real_only(tmp_path):
    trials = open_trials(
        Machine(1), SMALL, write_ground(tmp_path), tmp_path / "split/val.jsonl", tmp_path / "categories.json",
        tmp_path / "curves",
    )  # fmt: skip
    mix = {"weights": {"real": 0.5, "render": 0.5}, "schedule": "mix"}
    lines = lines_of(Curves((0.5, 0.75), (0.5,), (), tuple(range(8))), trials, mix)

    def labels(name: str, n: int) -> list[frozenset[str]]:
        found = [shares_of(trial, trials.pools) for size, trial in lines[name] if size == n]
        return [frozenset(sample.id for sample in shares[0].samples) for shares in found]

    assert len(set(labels("real", 2))) > 1
    assert labels("real", 2) == labels("mixed", 2)
    assert all(few < more for few, more in zip(labels("real", 2), labels("real", 3), strict=True))
    assert len(set(labels("real", 4))) == 1


def test_all_labels_are_one_training_with_the_one_of_the_race(tmp_path):
    trials = open_trials(
        Machine(1), SMALL, write_ground(tmp_path), tmp_path / "split/val.jsonl", tmp_path / "categories.json",
        tmp_path / "curves",
    )  # fmt: skip
    lines = lines_of(Curves((0.5,), (), (), (3,)), trials, None)
    raced = Trial(real_only(trials.pools).weights, 3)
    assert [trials.key(trial) == trials.key(raced) for _, trial in lines["real"]] == [False, True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"real": [1.5]}, r"curves.real is \[1.5\], wanted numbers between 0 and 1", id="no share"),
        pytest.param({"seeds": [2, 2]}, r"curves.seeds is \[2, 2\], wanted each value once", id="a seed twice"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        build(
            Curves,
            {"real": [0.5], "mixed": [], "renders": [], "seeds": [1]} | changes,
            "curves",
            lambda _: "params.yaml",
        )

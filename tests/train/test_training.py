import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import InputError
from tests.train import squares
from tests.train.squares import POOLS, SMALL, trained
from train.checkpoint import FILE, History, load, save
from train.learner import Learner, rate_at
from train.loop import Outcome
from train.model import Network, save_weights
from train.plan import Phase

pytestmark = pytest.mark.training

ROOT = Path(squares.__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def _threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)  # the settings here ask for one


def weights(outcome: Outcome) -> dict[str, torch.Tensor]:
    return outcome.network.body.state_dict()


def same(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


def apart(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> float:
    return max((some[name].double() - others[name].double()).abs().max().item() for name in some)


@pytest.fixture(scope="module")
def whole() -> Outcome:
    return trained()


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    """The same training stopped half way, and the folder of its checkpoint, which stays as it is."""
    folder = tmp_path_factory.mktemp("half")
    return trained(folder=folder, until=0.5), folder


@pytest.fixture
def stopped(half: tuple[Outcome, Path], tmp_path: Path) -> Path:
    """A folder of its own with the checkpoint of the training that stopped half way."""
    return shutil.copytree(half[1], tmp_path / "stopped")


def test_a_training_says_what_it_did(whole: Outcome):
    assert whole.steps == whole.log["steps"] == 6
    assert whole.log["stopped_at"] is None
    assert [step for step, _ in whole.log["losses"]] == list(range(6))
    assert 0 <= whole.log["data_wait_share"] <= 1
    assert not whole.network.training


def test_the_loss_falls():
    log = trained(dataclasses.replace(SMALL, steps=24)).log
    losses = [loss for _, loss in log["losses"]]
    assert np.mean(losses[-4:]) < np.mean(losses[:4]) / 2


def test_a_training_that_stops_half_way_ends_as_one_that_does_not(
    whole: Outcome, half: tuple[Outcome, Path], stopped: Path
):
    assert half[0].steps == 3
    assert not same(weights(half[0]), weights(whole))
    rest = trained(folder=stopped)
    assert rest.steps == 6
    assert same(weights(rest), weights(whole))
    assert rest.log["losses"] == whole.log["losses"]


def test_a_checkpoint_beyond_the_asked_share_is_not_used(half: tuple[Outcome, Path], tmp_path: Path):
    trained(folder=tmp_path, until=2 / 3)
    again = trained(folder=tmp_path, until=0.5)
    assert again.steps == 3
    assert same(weights(half[0]), weights(again))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"settings": dataclasses.replace(SMALL, learning_rate=0.01)}, id="settings"),
        pytest.param({"seed": 2}, id="seed"),
        pytest.param({"phases": (Phase((0.2, 0.8), 1.0),)}, id="phases"),
        pytest.param({"pools": [POOLS[0], POOLS[1][:4]]}, id="pools"),
    ],
)
def test_another_training_s_checkpoint_is_not_taken_up(stopped: Path, other: dict[str, object]):
    assert same(weights(trained(folder=stopped, **other)), weights(trained(**other)))


def test_a_broken_checkpoint_is_one_line(stopped: Path):
    (stopped / FILE).write_bytes((stopped / FILE).read_bytes()[:-100])
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: not a checkpoint .* remove it"):
        trained(folder=stopped)


@pytest.mark.slow
def test_a_killed_training_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path):
    changes = {"steps": 12, "checkpoint_steps": 2}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    squares.main(json.dumps(changes), whole)
    victim = start(changes, broken)
    while not (broken / "checkpoint" / FILE).is_file() and victim.poll() is None:
        time.sleep(0.005)
    victim.send_signal(signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    assert not list(broken.glob("*.safetensors"))
    second = start(changes, broken)
    said = second.communicate()[1].decode()
    assert second.returncode == 0, said
    assert "12/12 steps" in said
    assert " 1/12 steps" not in said  # it went on, and did not begin anew
    name = "weights-0-of-1.safetensors"
    assert (broken / name).read_bytes() == (whole / name).read_bytes()


def start(changes: dict[str, object], folder: Path, *launcher: str) -> subprocess.Popen[bytes]:
    """Start a training of squares in a process of its own."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, *launcher, "-m", "tests.train.squares", json.dumps(changes), str(folder)]
    own = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=own, start_new_session=True, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_two_processes_train_as_one_with_two_parts(tmp_path: Path):
    changes = {"steps": 4, "keep_norms": True, "checkpoint_steps": 2}
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert start(changes, tmp_path / "both", *launcher).wait() == 0
    first, second = (load_file(tmp_path / "both" / f"weights-{rank}-of-2.safetensors") for rank in range(2))
    assert same(first, second)
    alone = weights(trained(dataclasses.replace(SMALL, steps=4, keep_norms=True, accumulate=2)))
    start_weights = weights(trained(dataclasses.replace(SMALL, steps=4, keep_norms=True), until=0.0))
    moved = apart(alone, start_weights)
    assert apart(first, alone) < 0.05 * moved  # gradients add up in another order; Adam makes small ones large
    assert sorted(path.name for path in (tmp_path / "both" / "checkpoint").iterdir()) == [FILE]


def test_parts_of_a_batch_give_the_gradient_of_the_whole():
    images = np.stack([np.pad(p.image, ((0, 24), (0, 16), (0, 0))) for p in POOLS[1][:4]])
    truths = np.stack([np.pad(p.truth, ((0, 24), (0, 16))) for p in POOLS[1][:4]])
    slopes = []
    for accumulate in (1, 2, 4):
        settings = dataclasses.replace(SMALL, loss="ce", keep_norms=True, accumulate=accumulate, img_size=64)
        learner = Learner(settings, 2, torch.ones(2), seed=1)
        learner.network.body.decoder.dropout = torch.nn.Identity()
        learner.start()
        learner.step(0, (images, truths))
        slopes.append(torch.cat([p.grad.ravel() for p in learner.learned.values()]))
    for others in slopes[1:]:
        assert torch.nn.functional.cosine_similarity(slopes[0], others, dim=0) > 0.999


def test_a_training_of_two_phases_resumes_in_the_second(tmp_path: Path):
    phases = (Phase((0.0, 1.0), 0.5), Phase((1.0, 0.0), 0.5))
    trained(folder=tmp_path, until=4 / 6, phases=phases)
    assert same(weights(trained(folder=tmp_path, phases=phases)), weights(trained(phases=phases)))


@pytest.mark.parametrize("shares", [(0.5, 0.6), (1.0, 0.0), (), (1.5, -0.5)])
def test_phases_that_are_no_shares_are_refused(shares: tuple[float, ...]):
    with pytest.raises(ValueError, match="wanted some above 0 that sum to 1"):
        trained(phases=[Phase((0.5, 0.5), share) for share in shares])


def test_the_running_average_follows_its_formula():
    plain, averaged = (Learner(dataclasses.replace(SMALL, ema=ema), 2, torch.ones(2), 1) for ema in (None, 0.6))
    name = "body.segmentation_head.0.weight"
    batch = tuple(np.stack([array[:32, :32]] * 4) for array in (POOLS[0][0].image, POOLS[0][0].truth))
    expected = None
    for learner in (plain, averaged):
        learner.start()
    for step in range(5):
        plain.step(step, batch)
        averaged.step(step, batch)
        weight = plain.learned[name].detach().double()
        decay = min(0.6, 1 - (1 + step) ** (-2 / 3))  # 0 at the first step: the average starts with what it finds
        expected = weight.clone() if expected is None else decay * expected + (1 - decay) * weight
    assert torch.allclose(averaged.answer.get_parameter(name).double(), expected, atol=1e-6)
    assert torch.equal(averaged.learned[name], plain.learned[name])  # averaging leaves the training alone


def test_the_rate_rises_stays_and_falls_to_nothing_over_the_last_third():
    rates = [rate_at(step, 1000) for step in range(1000)]
    assert np.allclose(rates[:20], np.arange(1, 21) / 20)
    assert set(rates[20:701]) == {1.0}
    assert np.allclose(rates[700:], 1 - np.sqrt(np.arange(300) / 300))
    assert [rate_at(step, 1) for step in range(1)] == [1.0]


def test_a_longer_training_is_the_shorter_one_until_that_slows_down():
    short, long = ([rate_at(step, steps) for step in range(140)] for steps in (200, 1000))
    assert short == long


def scripted(*scores: float) -> tuple[list[dict[str, torch.Tensor]], object]:
    """Return a list that collects the weights that are watched, and a watch that says these scores in turn."""
    seen: list[dict[str, torch.Tensor]] = []

    def watch(network: Network) -> float:
        assert not network.training
        seen.append({name: tensor.clone() for name, tensor in network.body.state_dict().items()})
        return scores[len(seen) - 1]

    return seen, watch


PATIENT = dataclasses.replace(SMALL, steps=12, epoch_steps=2, patience=2)


@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_training_stops_when_patience_is_at_its_end_and_gives_the_best_weights(ema: float | None):
    seen, watch = scripted(0.1, 0.5, 0.4, 0.5)
    outcome = trained(dataclasses.replace(PATIENT, ema=ema), watch=watch)
    assert (outcome.steps, outcome.log["stopped_at"]) == (8, 8)
    assert [done for done, _ in outcome.log["watched"]] == [2, 4, 6, 8]
    assert same(weights(outcome), seen[1])


def test_a_score_that_keeps_rising_stops_nothing():
    seen, watch = scripted(0.1, 0.2, 0.3, 0.2, 0.4, 0.5)
    outcome = trained(PATIENT, watch=watch)
    assert (outcome.steps, outcome.log["stopped_at"]) == (12, None)
    assert same(weights(outcome), seen[5])


def test_patience_goes_on_where_it_was(tmp_path: Path):
    seen, watch = scripted(0.5, 0.4, 0.3)
    trained(PATIENT, tmp_path, until=4 / 12, watch=watch)
    outcome = trained(PATIENT, tmp_path, watch=watch)
    assert outcome.steps == 6
    assert same(weights(outcome), seen[0])


def test_watching_changes_no_weight():
    _, watch = scripted(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    plain = trained(dataclasses.replace(PATIENT, ema=None, patience=None))
    assert same(weights(trained(dataclasses.replace(PATIENT, ema=None), watch=watch)), weights(plain))


def test_without_patience_val_is_scored_at_doublings_before_the_rate_falls_and_the_last_weights_count():
    seen, watch = scripted(0.3, 0.2)
    outcome = trained(dataclasses.replace(SMALL, steps=20), watch=watch)
    assert [done for done, _ in outcome.log["watched"]] == [7, 14]
    assert all(rate_at(done - 1, 20) == 1 for done in (7, 14))
    assert outcome.steps == 20
    assert not same(weights(outcome), seen[0])


def test_frozen_levels_keep_their_pretrained_weights_to_the_end():
    settings = dataclasses.replace(SMALL, freeze=2, keep_norms=True, steps=3)
    before, after = (weights(trained(settings, until=until)) for until in (0.0, 1.0))
    held = [name for name in before if name.startswith(("encoder.model.blocks.1.", "encoder.model.conv_stem"))]
    assert held
    assert all(torch.equal(before[name], after[name]) for name in held)
    assert not torch.equal(
        before["encoder.model.blocks.6.0.conv_pw.weight"], after["encoder.model.blocks.6.0.conv_pw.weight"]
    )


def test_rare_categories_change_what_is_drawn_and_what_it_weighs():
    rare = dataclasses.replace(SMALL, sampling="by category", class_weights="inverse", loss="focal+dice")
    assert not same(weights(trained(rare)), weights(trained(dataclasses.replace(rare, class_weights="none"))))


def test_a_disk_that_fills_up_while_a_checkpoint_is_written_is_one_line_and_the_last_one_stays(small_disk):
    save(small_disk, "key", History(step=1), {"a": torch.ones(100)})
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: no disk left to write it"):
        save(small_disk, "key", History(step=2), {"a": torch.ones(100_000)})
    found = load(small_disk, "key")
    assert found is not None
    assert found.history.step == 1
    assert sorted(path.name for path in small_disk.iterdir()) == ["checkpoint.safetensors"]


def test_a_disk_that_fills_up_while_weights_are_written_is_one_line(small_disk):
    network = Network(torch.nn.Linear(300, 300), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    with pytest.raises(InputError, match=r"weights\.safetensors: no disk left to write it"):
        save_weights(network, small_disk / "weights.safetensors")
    assert list(small_disk.iterdir()) == []

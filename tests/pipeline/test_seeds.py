import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.seeds import rng_for, seed_for

ROOT = Path(__file__).resolve().parents[2]


def numbers(seed, *names):
    return rng_for(seed, *names).integers(2**63, size=4).tolist()


def test_the_same_names_give_the_same_numbers():
    assert numbers(7, "scene", 41) == numbers(7, "scene", 41)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((8, "scene", 41), id="another seed"),
        pytest.param((7, "scene", 42), id="another number"),
        pytest.param((7, "plan", 41), id="another name"),
        pytest.param((7, "scene", "41"), id="text for a number"),
        pytest.param((7, "scene"), id="fewer names"),
        pytest.param((7, 41, "scene"), id="another order"),
        pytest.param((0, "scene", 41), id="seed 0 is a seed like others"),
    ],
)
def test_other_names_give_other_numbers(other):
    assert numbers(7, "scene", 41) != numbers(*other)


def test_drawing_from_one_name_changes_nothing_for_another():
    before = numbers(7, "b")
    rng_for(7, "a").random(1000)
    assert numbers(7, "b") == before


def test_every_process_draws_the_same_whatever_its_hash_seed():
    code = "from pipeline.seeds import rng_for; print(rng_for(7, 'scene', 41).integers(2**63, size=4).tolist())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert printed == {f"{numbers(7, 'scene', 41)}\n"}


def test_a_seed_for_other_libraries_is_a_31_bit_number_of_the_name():
    seeds = [seed_for(1, "fit", number) for number in range(200)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seeds == [seed_for(1, "fit", number) for number in range(200)]

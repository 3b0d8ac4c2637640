import dataclasses

import pytest

from benchmarks.attribution import SEEDS, main
from benchmarks.damage import BATCHES
from measure.attribute import Attribute
from measure.trials.runner import Machine
from pipeline.errors import InputError
from pipeline.reading import read_json
from tests.measure.trials.ground import SMALL, write_ground

LEAST = Attribute(least=2, most=100, runs=1, leave_out=0, resamples=50)


@pytest.mark.slow
def test_every_batch_is_left_out_and_held_against_its_estimate(tmp_path):
    write_ground(tmp_path, renders=2 * len(BATCHES) + 1)
    (tmp_path / "photos").mkdir()
    (tmp_path / "categories.json").rename(tmp_path / "photos/categories.json")
    out = tmp_path / "bench.json"
    fit = dataclasses.replace(SMALL, steps=2)
    main(LEAST, fit, Machine(1), tmp_path, tmp_path / "work", out)
    found = read_json(out)["attribution"]
    assert {row["name"] for row in found["groups"]} == {batch.name for batch in BATCHES}
    assert len(list((tmp_path / "work/trials").glob("*/*/val.json"))) == len(SEEDS) * (len(BATCHES) + 1)
    assert "8 groups that were left out" in found["check"] or "too little" in found["check"]


def test_a_set_up_without_pools_is_named(tmp_path):
    with pytest.raises(InputError, match="run 'dvc repro compose' first"):
        main(LEAST, SMALL, Machine(1), tmp_path, tmp_path / "work", tmp_path / "bench.json")

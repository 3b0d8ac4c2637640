"""A full grid of real trainings, small: recorded once, and read back."""

import shutil

import pytest

from benchmarks.grid import main
from benchmarks.replay import SHARES, read_grid
from measure.race.records import Key
from measure.trials.candidate import Sweep
from measure.trials.runner import Machine
from pipeline.errors import InputError
from tests.measure.trials.ground import SMALL, write_ground

SWEEP = Sweep((0.0, 1.0), (1,), ("mix",), ())


@pytest.mark.slow
@pytest.mark.training
def test_every_ratio_and_seed_is_scored_on_the_way_at_the_end_and_on_test(tmp_path, capsys):
    write_ground(tmp_path)
    (tmp_path / "photos").mkdir()
    shutil.move(tmp_path / "categories.json", tmp_path / "photos/categories.json")
    shutil.copy(tmp_path / "split/val.jsonl", tmp_path / "split/test.jsonl")
    main(SWEEP, SMALL, Machine(1), tmp_path, 4, 64, tmp_path / "grid.json")
    grid = read_grid(tmp_path / "grid.json")
    assert set(grid.results) == {Key(name, 1, share) for name in ("0.0", "1.0") for share in SHARES}
    # test holds the photos of val here, so both say the same of the finished trainings
    assert {key: result.iou for key, result in grid.test.items()} == {
        key: result.iou for key, result in grid.results.items() if key.share == 1
    }
    assert grid.steps == 4
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "candidate,val at 0.25,val at 0.5,val at 1,test"
    assert [row.split(",")[0] for row in rows[1:]] == ["0.0", "1.0"]


def test_without_pools_the_next_step_is_named(tmp_path):
    with pytest.raises(InputError, match="run 'dvc repro compose' first"):
        main(SWEEP, SMALL, Machine(1), tmp_path, 4, 64, tmp_path / "grid.json")

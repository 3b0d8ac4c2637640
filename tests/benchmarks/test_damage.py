import numpy as np
import pytest

from benchmarks.damage import BATCHES, FORGOTTEN, SHIFTED, SWAPPED, Batch, damaged, plant, shifted
from dataset.idmap import IGNORE, categories_map, instance_of, read_ids
from dataset.records import Sample, read_manifest
from measure.trials.pools import read_pools
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import read_json
from tests.measure.trials.ground import write_ground

IDS = np.zeros((40, 60), np.uint16)
IDS[10:20, 10:20], IDS[10:20, 30:40] = 1, 2
TWO = (instance_of(IDS, 1, "board"), instance_of(IDS, 2, "tile"))


@pytest.mark.parametrize(
    ("batch", "area"),
    [
        pytest.param(Batch("all forgotten", FORGOTTEN, 1.0), 0, id="forgotten"),
        pytest.param(Batch("none forgotten", FORGOTTEN, 0.0), 200, id="not forgotten"),
        pytest.param(Batch("shifted", SHIFTED, 0.2), 200, id="shifted within the picture"),
        pytest.param(Batch("background labelled", SWAPPED), 2400 - 200, id="swapped"),
    ],
)
def test_what_a_careless_labeller_leaves(batch: Batch, area: int):
    ids, instances = damaged(IDS, TWO, batch, "board", "a")
    assert int((ids > 0).sum()) == sum(one.area_px for one in instances) == area


@pytest.mark.parametrize("damage", [FORGOTTEN, SWAPPED])
def test_what_is_ignored_is_no_label_to_damage(damage: str):
    ids = IDS.copy()
    ids[30:] = IGNORE
    found, instances = damaged(ids, TWO, Batch("all", damage, 1.0), "board", "a")
    assert ((found == IGNORE) == (ids == IGNORE)).all()
    assert [one.area_px for one in instances] == ([30 * 60 - 200] if damage == SWAPPED else [])


def test_a_share_of_the_renders_is_forgotten():
    batch = Batch("a third forgotten", FORGOTTEN, 0.33)
    empty = [not damaged(IDS, TWO, batch, "board", str(name))[1] for name in range(300)]
    assert 0.25 < np.mean(empty) < 0.42


def test_a_shift_moves_every_instance_and_keeps_its_category():
    ids, instances = damaged(IDS, TWO, Batch("shifted", SHIFTED, 0.2), "board", "a")
    assert (ids != IDS).any()
    assert [(one.index, one.category) for one in instances] == [(1, "board"), (2, "tile")]
    moved = np.argwhere(ids == 1).mean(axis=0) - np.argwhere(IDS == 1).mean(axis=0)
    assert np.hypot(*moved) == pytest.approx(0.2 * np.sqrt(200), abs=1)


def test_what_is_shifted_out_of_the_picture_is_lost():
    assert (shifted(IDS, 0, 25) == 2).sum() == 5 * 10
    assert not shifted(IDS, 100, 0).any()


def samples_of(folder) -> list[Sample]:
    return list(read_pools(folder / "pools.json").sources[1].samples)


def test_batches_get_the_renders_in_turn_and_only_labels_differ(tmp_path):
    pools = write_ground(tmp_path, renders=18)
    plant(pools, tmp_path / "planted", ("board",))
    before, after = samples_of(tmp_path), samples_of(tmp_path / "planted")
    assert [sample.source for sample in after[: len(BATCHES)]] == [batch.name for batch in BATCHES]
    assert [sample.id for sample in after] == [sample.id for sample in before]
    home = tmp_path / "planted/renders"
    for old, new in zip(before, after, strict=True):
        assert (home / new.image).resolve() == (tmp_path / "renders" / old.image).resolve()
        truth = categories_map(read_ids(home / new.ids), new.instances, ("board",))
        same = np.array_equal(truth, read_ids(tmp_path / "renders" / old.ids) > 0)
        assert same == new.source.startswith("clean") or "third" in new.source
    real, held_out = read_pools(tmp_path / "planted/pools.json").sources[0], read_pools(pools).held_out
    assert [sample.id for sample in real.samples] == ["train3", "train2", "train1", "train0"]
    assert read_pools(tmp_path / "planted/pools.json").held_out.samples == held_out.samples


def test_a_further_source_of_renders_stays_as_it_is(tmp_path):
    pools = write_ground(tmp_path, renders=18)
    found = read_json(pools)
    found["sources"].insert(0, found["sources"][1] | {"name": "others"})
    write_json(pools, found)
    plant(pools, tmp_path / "planted", ("board",))
    others, _, render = read_pools(tmp_path / "planted/pools.json").sources
    assert {sample.source for sample in others.samples} == {"test"}
    assert {sample.source for sample in render.samples} == {batch.name for batch in BATCHES}


def test_the_same_pools_are_planted_alike(tmp_path):
    pools = write_ground(tmp_path, renders=18)
    for name in ("one", "two"):
        plant(pools, tmp_path / name, ("board",))
    one, two = (read_manifest(tmp_path / name / "renders/samples.jsonl") for name in ("one", "two"))
    assert one == two


def test_fewer_renders_than_batches_are_named(tmp_path):
    with pytest.raises(InputError, match="found 5 renders, wanted 8 or more"):
        plant(write_ground(tmp_path), tmp_path / "planted", ("board",))

"""A frozen test set stays as it is: what would change it is refused by name, and what changes it is written down."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from dataset.idmap import png_bytes, write_ids
from dataset.records import Instance, Sample, read_manifest, write_manifest
from mix import freeze, split
from mix.rules import Split, SplitRule
from pipeline.errors import InputError


class Ground:
    """A folder of photos as stage ingest leaves it, and where its splits and its frozen test set go."""

    def __init__(self, root: Path):
        self.photos, self.frozen, self.out = root / "photos", root / "frozen" / "mine.json", root / "split"
        self.samples = [sample(f"p{n}", burst=str(n)) for n in range(8)]
        self.settings = Split(1, ("burst",), SplitRule({}, 3), SplitRule({}, 2), SplitRule({}, 2))
        self.write()

    def write(self) -> None:
        write_manifest(self.photos / "samples.jsonl", self.samples)
        for number, one in enumerate(self.samples):
            if not (self.photos / one.image).exists():
                self.draw(one, number)

    def draw(self, one: Sample, grey: int) -> None:
        (self.photos / one.image).parent.mkdir(exist_ok=True)
        (self.photos / one.image).write_bytes(png_bytes(np.full((4, 4, 3), grey, np.uint8)))
        write_ids(self.photos / one.ids, np.eye(4, dtype=np.uint16))

    def change(self, name: str, **values: object) -> None:
        self.samples = [dataclasses.replace(s, **values) if s.id == name else s for s in self.samples]
        self.write()

    def freeze(self, why: str = "the first", take: str = freeze.FROZEN_ONES) -> None:
        freeze.main(self.settings, self.photos, self.frozen, why, take)

    def split(self) -> dict[str, list[str]]:
        split.main(self.settings, self.photos, self.out, self.frozen)
        return {
            name: [one.id for one in read_manifest(self.out / f"{name}.jsonl")] for name in ("train", "val", "test")
        }

    @property
    def history(self) -> list[dict]:
        return json.loads(self.frozen.read_text(encoding="utf-8"))["history"]


def sample(name: str, **tags: str) -> Sample:
    instances = (Instance("mug", 1, (0, 0, 4, 4), 4),)
    return Sample(
        name, "real", f"images/{name}.png", f"images/{name}_ids.png", (4, 4), instances, "set", "CC0", tags=tags
    )


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path)


@pytest.mark.parametrize("stratify", [False, True])
def test_freezing_changes_no_split(ground, stratify):
    ground.settings = dataclasses.replace(ground.settings, stratify=stratify)
    before = ground.split()
    ground.freeze()
    assert ground.split() == before
    assert [(step["why"], step["photos"], step["added"]) for step in ground.history] == [("the first", 2, 2)]


def test_new_photos_and_another_seed_leave_the_frozen_test_set_as_it_is(ground):
    before = ground.split()
    ground.freeze()
    ground.samples += [sample(f"new{n}", burst=f"new{n}") for n in range(30)]
    ground.write()
    ground.settings = dataclasses.replace(ground.settings, seed=5)
    after = ground.split()
    assert after["test"] == before["test"]
    assert after["train"] != before["train"]
    assert not set(after["train"] + after["val"]) & set(before["test"])


def test_what_is_tied_to_a_frozen_photo_lands_in_no_other_split(ground):
    held, _ = ground.split()["test"]
    ground.freeze()
    burst = next(one.tags["burst"] for one in ground.samples if one.id == held)
    ground.samples = [one for one in ground.samples if one.id in ground.split()["test"]]
    ground.samples += [sample(f"new{n}", burst=burst) for n in range(9)] + [sample(f"x{n}") for n in range(5)]
    ground.write()
    after = ground.split()
    assert set(after["train"] + after["val"]) == {f"x{n}" for n in range(5)}


def relabelled(ground: Ground, name: str) -> None:
    write_ids(ground.photos / f"images/{name}_ids.png", np.zeros((4, 4), np.uint16))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param(lambda g, name: g.draw(sample(name), 99), "{} is another picture", id="another picture"),
        pytest.param(relabelled, "{} has other labels", id="another mask"),
        pytest.param(
            lambda g, name: g.change(name, instances=(Instance("cup", 1, (0, 0, 4, 4), 4),)),
            "{} has other labels",
            id="another category",
        ),
        pytest.param(
            lambda g, name: write_manifest(g.photos / "samples.jsonl", [s for s in g.samples if s.id != name]),
            "{} is gone",
            id="gone",
        ),
    ],
)
def test_a_photo_that_is_not_as_it_was_is_named_until_a_reason_is_given(ground, harm, message):
    name, other = ground.split()["test"]
    ground.freeze()
    harm(ground, name)
    with pytest.raises(InputError, match=f"the test set is frozen, but {message.format(name)}; .*freeze-test --why"):
        ground.split()
    ground.freeze("labels were wrong")
    assert ground.split()["test"] == ([other] if "gone" in message else [name, other])
    last = ground.history[-1]
    assert (last["why"], last["gone"] + last["changed"], len(ground.history)) == ("labels were wrong", 1, 2)


def test_of_many_that_differ_the_first_are_named(ground):
    ground.settings = Split(1, (), SplitRule({}, 1), SplitRule({}, 1), SplitRule({}))
    ground.freeze()
    ground.samples = [sample(f"x{n}") for n in range(6)]
    ground.write()
    with pytest.raises(InputError, match="is gone and 1 more; put back"):
        ground.split()


def test_of_a_test_set_of_which_nothing_is_left_none_is_kept(ground):
    ground.freeze()
    ground.samples = [sample(f"x{n}", burst=f"x{n}") for n in range(9)]
    ground.write()
    with pytest.raises(InputError, match="none of the 2 frozen photos is left; draw the test set with --anew"):
        ground.freeze("all new")
    ground.freeze("all new", freeze.ANEW)
    assert ground.history[-1]["gone"] == ground.history[-1]["added"] == 2


def test_the_same_labels_in_another_png_are_the_same(ground):
    name, _ = ground.split()["test"]
    ground.freeze()
    path = ground.photos / f"images/{name}_ids.png"
    before = path.read_bytes()
    path.write_bytes(png_bytes(np.eye(4, dtype=np.uint8)))  # 8 bits a pixel
    assert path.read_bytes() != before
    ground.split()


def test_another_rule_is_refused_until_the_set_is_drawn_anew(ground):
    ground.split()
    ground.freeze()
    ground.settings = dataclasses.replace(ground.settings, test=SplitRule({}, 3))
    for refused in (ground.split, ground.freeze):
        with pytest.raises(InputError, match=r"split\.test is another rule than the one .* put it back .*--anew --why"):
            refused()
    ground.freeze("a third photo", freeze.ANEW)
    assert len(ground.split()["test"]) == 3
    assert [step["photos"] for step in ground.history] == [2, 3]


def test_a_rule_that_is_only_written_otherwise_is_the_same(ground):
    ground.settings = dataclasses.replace(ground.settings, test=SplitRule({"burst": (0, 1, 2, 3)}, 1))
    ground.freeze()
    ground.settings = dataclasses.replace(ground.settings, test=SplitRule({"burst": ("3", "2", "1", "0")}, 1))
    ground.split()


def test_a_frozen_photo_whose_tags_the_rule_no_longer_takes_is_named(ground):
    ground.settings = dataclasses.replace(ground.settings, test=SplitRule({"hall": ("1",)}))
    ground.change("p7", tags={"burst": "7", "hall": "1"})
    ground.freeze()
    ground.change("p7", tags={"burst": "7", "hall": "2"})
    with pytest.raises(InputError, match=r"split\.test: its rule no longer takes the photo p7 of the frozen test set"):
        ground.split()


def test_a_file_that_was_changed_by_hand_is_refused(ground):
    ground.freeze("as agreed")
    found = json.loads(ground.frozen.read_text(encoding="utf-8"))
    found["photos"].popitem()
    ground.frozen.write_text(json.dumps(found), encoding="utf-8")
    for refused in (ground.split, ground.freeze):
        with pytest.raises(InputError, match=r"mine\.json: was changed by hand since 'as agreed'; restore it"):
            refused()


def test_a_reason_must_be_given(ground):
    with pytest.raises(InputError, match="--why is empty, wanted the reason in words"):
        ground.freeze(" ")
    assert not ground.frozen.exists()

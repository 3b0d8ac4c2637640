"""Groups stay together, numbers are kept, and a group that two rules claim is refused."""

import hashlib
from pathlib import Path

import pytest

from dataset.records import Sample, read_manifest, write_manifest
from mix.groups import Groups, group, photo_of
from mix.split import Split, SplitRule, fill, main
from pipeline.errors import InputError
from pipeline.settings import build


def photo(name: str, **tags: str) -> Sample:
    return Sample(name, "real", f"images/{name}.jpg", f"ids/{name}.png", (1, 1), (), "set", "CC0-1.0", tags=tags)


def grouped(samples: list[Sample], together: tuple[str, ...]) -> Groups:
    return group([photo_of(sample) for sample in samples], [sample.id for sample in samples], together)


def settings(
    train: SplitRule, val: SplitRule, test: SplitRule, *, seed: int = 1, together: tuple[str, ...] = ("burst",)
) -> Split:
    return Split(seed, together, train, val, test)


def of(**where: str) -> SplitRule:
    return SplitRule({tag: tuple(values.split()) for tag, values in where.items()})


def members(samples: list[Sample], chosen: Split) -> dict[str, set[str]]:
    splits = fill(grouped(samples, chosen.keep_together), chosen)
    return {name: {sample.id for sample in found} for name, found in splits.items()}


CAMERAS = [photo(f"{camera}{k}", camera=camera, burst=f"{camera}{k // 2}") for camera in "abc" for k in range(10)]


def test_a_number_is_filled_with_whole_groups_and_never_exceeded():
    found = members(
        CAMERAS, settings(SplitRule({"camera": ("a",)}, 5), SplitRule({"camera": ("b",)}, 4), of(camera="b c"))
    )
    assert {name: len(ids) for name, ids in found.items()} == {"train": 4, "val": 4, "test": 16}
    for name in ("train", "val"):
        assert all(
            {f"{i[0]}{int(i[1:]) // 2 * 2}", f"{i[0]}{int(i[1:]) // 2 * 2 + 1}"} <= found[name] for i in found[name]
        )


def test_a_rule_without_a_number_takes_what_is_left():
    found = members(CAMERAS, settings(SplitRule({"camera": ("a",)}, 4), of(camera="a"), of(camera="c")))
    assert found["train"] | found["val"] == {f"a{k}" for k in range(10)}
    assert not found["train"] & found["val"]


def test_every_tag_of_a_rule_must_agree():
    samples = [photo("a", camera="1", light="day"), photo("b", camera="1", light="night"), photo("c", camera="2")]
    found = members(samples, settings(of(camera="1", light="day"), of(camera="1"), of(camera="2"), together=()))
    assert found == {"train": {"a"}, "val": {"b"}, "test": {"c"}}


def test_the_seed_decides_which_groups_and_the_order_of_photos_does_not():
    rules = SplitRule({"camera": ("a",)}, 4), of(camera="b"), of(camera="c")
    first = members(CAMERAS, settings(*rules))
    assert members(CAMERAS[::-1], settings(*rules)) == first
    assert any(members(CAMERAS, settings(*rules, seed=seed)) != first for seed in range(2, 6))


def test_what_is_tied_to_a_drawn_photo_is_held_back_from_the_other_splits():
    samples = [photo("a1", camera="a", burst="1"), photo("b1", camera="b", burst="1"), photo("b2", camera="b"),
               photo("c1", camera="c")]  # fmt: skip
    found = members(samples, settings(SplitRule({"camera": ("a",)}, 1), of(camera="b"), of(camera="c")))
    assert found == {"train": {"a1"}, "val": {"b2"}, "test": {"c1"}}


def test_a_group_that_two_rules_claim_is_named():
    samples = [photo("a1", camera="a", burst="7"), photo("b1", camera="b", burst="7"), photo("c1", camera="c")]
    with pytest.raises(InputError, match="the group burst=7 lands in two splits, train and val"):
        members(samples, settings(of(camera="a"), of(camera="b"), of(camera="c")))


@pytest.mark.parametrize(
    ("train", "val", "message"),
    [
        pytest.param(of(camera="z"), of(camera="b"), r"no photo has .*'z'.* camera \(a, b, c\)", id="no such value"),
        pytest.param(of(lens="a"), of(camera="b"), "no photo has .*lens.*there are: burst .*camera", id="no such tag"),
        pytest.param(
            SplitRule({"camera": ("a",)}, 1), of(camera="b"), "the smallest group has 2", id="too small a number"
        ),
        pytest.param(of(camera="a"), of(camera="a"), "split.val: every photo it asks for went to", id="nothing left"),
    ],
)
def test_a_rule_that_finds_no_photo_says_what_there_is(train, val, message):
    with pytest.raises(InputError, match=message):
        members(CAMERAS, settings(train, val, of(camera="c")))


def test_values_are_compared_as_text_whatever_yaml_made_of_them():
    values = {
        "seed": 1,
        "keep_together": [],
        "train": {"where": {"camera": [1]}},
        "val": {"where": {"camera": ["2"]}, "photos": None},
        "test": {"where": {"indoors": [True]}},
    }
    chosen = build(Split, values, "split", lambda _: "setups/x.yaml")
    samples = [photo("a", camera="1"), photo("b", camera="2"), photo("c", camera="3", indoors="true")]
    assert members(samples, chosen) == {"train": {"a"}, "val": {"b"}, "test": {"c"}}


def test_a_number_below_one_is_refused():
    with pytest.raises(ValueError, match="photos is 0, wanted at least 1"):
        SplitRule({}, 0)


def write_photos(root: Path, samples: list[Sample]) -> Path:
    write_manifest(root / "samples.jsonl", samples)
    (root / "images").mkdir()
    for sample in samples:
        (root / sample.image).write_bytes(hashlib.sha256(sample.id.encode()).digest())
    return root


def test_the_manifests_lead_to_the_photos(tmp_path):
    photos, out = write_photos(tmp_path / "photos", CAMERAS), tmp_path / "split"
    main(settings(of(camera="a"), of(camera="b"), of(camera="c")), photos, tmp_path / "none.json", out)
    train = read_manifest(out / "train.jsonl")
    assert [sample.id for sample in train] == [f"a{k}" for k in range(10)]
    assert (train[0].image, train[0].ids, train[0].group) == (
        "../photos/images/a0.jpg",
        "../photos/ids/a0.png",
        "burst=a0",
    )
    assert (out / train[0].image).is_file()
    assert read_manifest(out / "home.jsonl") == []  # nobody asked for one


def test_a_misspelt_tag_to_keep_together_is_refused_before_twins_part(tmp_path):
    photos = write_photos(tmp_path / "photos", CAMERAS)
    chosen = settings(of(camera="a"), of(camera="b"), of(camera="c"), together=("brust",))
    with pytest.raises(InputError, match="no photo has the tag 'brust'; there are: burst"):
        main(chosen, photos, tmp_path / "none.json", tmp_path / "split")
    assert not (tmp_path / "split").exists()


def test_home_is_what_is_left_of_the_places_of_the_training_photos():
    home = SplitRule({"room": ("a",)})
    samples = [photo(f"p{n}", room="a" if n < 4 else "b") for n in range(8)]
    chosen = Split(1, (), SplitRule({"room": ("a",)}, 1), SplitRule({"room": ("b",)}, 2), of(room="b"), home)
    found = members(samples, chosen)
    assert (len(found["train"]), len(found["home"])) == (1, 3)
    assert found["home"].isdisjoint(found["train"])
    assert found["val"] | found["test"] == {"p4", "p5", "p6", "p7"}

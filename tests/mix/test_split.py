"""Groups stay together, numbers are kept, and a group that two rules claim is refused."""

import dataclasses
import hashlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dataset.idmap import png_bytes, read_image
from dataset.records import Instance, Sample, read_manifest, write_manifest
from mix.filling import fill
from mix.groups import Groups, group, photo_of
from mix.rules import Split, SplitRule
from mix.split import main, read_groups
from pipeline.errors import InputError
from pipeline.settings import build

GUIDE = Path(__file__).parents[2] / "docs" / "splits.md"


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
    main(settings(of(camera="a"), of(camera="b"), of(camera="c")), photos, out)
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
        main(chosen, photos, tmp_path / "split")
    assert not (tmp_path / "split").exists()


def test_home_is_what_is_left_of_the_places_of_the_training_photos():
    home = SplitRule({"room": ("a",)})
    samples = [photo(f"p{n}", room="a" if n < 4 else "b") for n in range(8)]
    chosen = Split(1, (), SplitRule({"room": ("a",)}, 1), SplitRule({"room": ("b",)}, 2), of(room="b"), home)
    found = members(samples, chosen)
    assert (len(found["train"]), len(found["home"])) == (1, 3)
    assert found["home"].isdisjoint(found["train"])
    assert found["val"] | found["test"] == {"p4", "p5", "p6", "p7"}


def test_further_validation_sets_are_filled_before_a_test_set_that_takes_what_is_left():
    chosen = dataclasses.replace(
        settings(SplitRule({}, 10), SplitRule({}, 4), of()),
        more_val={"b": SplitRule({"camera": ("b",)}, 2), "c": SplitRule({}, 4)},
    )
    found = members(CAMERAS, chosen)
    assert list(found) == ["train", "val", "more_val.b", "more_val.c", "test"]
    assert {name: len(ids) for name, ids in found.items()} == {
        "train": 10, "val": 4, "more_val.b": 2, "more_val.c": 4, "test": 10,
    }  # fmt: skip
    assert all(name.startswith("b") for name in found["more_val.b"])


def test_a_test_set_of_a_number_is_filled_before_further_validation_sets():
    rules = SplitRule({}, 10), SplitRule({}, 4)
    without = members(CAMERAS, settings(*rules, SplitRule({}, 6)))
    chosen = dataclasses.replace(settings(*rules, SplitRule({}, 6)), more_val={"rest": of()})
    assert members(CAMERAS, chosen)["test"] == without["test"]


@pytest.mark.parametrize("name", ["val", "train", "", "a/b", "..", "a.b", "new photos"])
def test_a_further_validation_set_has_a_name_of_its_own_that_a_file_can_have(name):
    with pytest.raises(ValueError, match=r"more_val has a set .*, wanted another name"):
        dataclasses.replace(settings(of(), of(), of()), more_val={name: of()})


def test_a_rule_of_a_further_set_that_finds_nothing_is_named_as_it_stands_in_the_file():
    chosen = dataclasses.replace(settings(SplitRule({}, 2), SplitRule({}, 2), of()), more_val={"new": of(camera="z")})
    with pytest.raises(InputError, match=r"split\.more_val\.new: no photo has"):
        members(CAMERAS, chosen)


def test_further_validation_sets_have_manifests_of_their_own_that_lead_to_the_photos(tmp_path):
    photos, out = write_photos(tmp_path / "photos", CAMERAS), tmp_path / "split"
    chosen = settings(of(camera="a"), of(camera="b"), SplitRule({"camera": ("c",)}, 4))
    for names in (["new", "old"], ["new"]):  # one that is no longer asked for goes
        more = dataclasses.replace(chosen, more_val=dict.fromkeys(names, SplitRule({"camera": ("c",)}, 2)))
        main(more, photos, out)
        assert sorted(path.stem for path in (out / "more_val").glob("*.jsonl")) == names
    first = read_manifest(out / "more_val" / "new.jsonl")[0]
    assert (out / "more_val" / first.image).resolve() == photos.resolve() / "images" / f"{first.id}.jpg"


DATED = [photo(f"d{day:02}{k}", day=f"2024-05-{day:02}", burst=str(day)) for day in range(1, 11) for k in range(2)]


def days(found: set[str]) -> list[int]:
    return sorted({int(name[1:3]) for name in found})


def test_train_takes_the_oldest_and_test_the_newest():
    chosen = settings(SplitRule({}, 8, oldest="day"), SplitRule({}, 4, oldest="day"), SplitRule({}, 4, newest="day"))
    found = members(DATED[::-1], chosen)
    assert {name: days(ids) for name, ids in found.items()} == {"train": [1, 2, 3, 4], "val": [5, 6], "test": [9, 10]}


def test_what_no_longer_fits_ends_a_draw_by_time():
    samples = [photo("a", n="1"), photo("b", n="2", burst="x"), photo("c", n="2", burst="x"), photo("d", n="3"),
               photo("e", n="4")]  # fmt: skip
    found = members(samples, settings(SplitRule({}, 2, oldest="n"), SplitRule({}, 1, newest="n"), of()))
    assert found == {"train": {"a"}, "val": {"e"}, "test": {"b", "c", "d"}}


def test_a_first_group_that_does_not_fit_is_named():
    with pytest.raises(InputError, match=r"split\.train: photos is 1, but the oldest group has more; raise it"):
        members(DATED, settings(SplitRule({}, 1, oldest="day"), of(), of()))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"oldest": "day"}, "photos is null, wanted a number: oldest says which", id="no number"),
        pytest.param({"oldest": "a", "newest": "b", "photos": 1}, "newest is 'b' and oldest 'a'", id="both"),
    ],
)
def test_an_order_that_decides_nothing_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        SplitRule({}, **values)


def show(sample: Sample, *categories: str) -> Sample:
    things = tuple(Instance(name, n, (0, 0, 1, 1), 1) for n, name in enumerate(categories, 1))
    return dataclasses.replace(sample, instances=things)


def test_with_stratify_every_split_has_the_shares_of_the_whole():
    samples = [show(photo(f"p{n:03}"), "mug" if n < 60 else "cup" if n < 90 else "jug") for n in range(100)]
    kinds = {sample.id: sample.instances[0].category for sample in samples}
    rules = SplitRule({}, 50), SplitRule({}, 20), SplitRule({}, 10)
    for seed in range(5):
        chosen = dataclasses.replace(settings(*rules, seed=seed, together=()), stratify=True)
        found = members(samples, chosen)
        counts = {name: Counter(kinds[one] for one in ids) for name, ids in found.items()}
        assert counts == {
            "train": {"mug": 30, "cup": 15, "jug": 5},
            "val": {"mug": 12, "cup": 6, "jug": 2},
            "test": {"mug": 6, "cup": 3, "jug": 1},
        }
    assert members(samples[::-1], chosen) == found


def write_pictures(root: Path, greys: dict[str, int]) -> Path:
    samples = [dataclasses.replace(photo(name), image=f"images/{name}.png") for name in greys]
    write_manifest(root / "samples.jsonl", samples)
    (root / "images").mkdir()
    for sample in samples:
        rng = np.random.default_rng(greys[sample.id])
        picture = rng.integers(0, 200, (8, 8, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
        (root / sample.image).write_bytes(png_bytes(picture + np.uint8(len(sample.id))))
    return root


def test_photos_that_look_alike_never_part_where_that_is_asked_for(tmp_path):
    photos = write_pictures(tmp_path / "photos", {f"{'x' * (n + 1)}": n // 4 for n in range(12)})
    rules = SplitRule({}, 4), SplitRule({}, 4), of()
    alone = read_groups(settings(*rules, together=()), photos)
    alike = read_groups(dataclasses.replace(settings(*rules, together=()), near_duplicates=4), photos)
    assert [len(members) for members in alone.values()] == [1] * 12
    assert [len(members) for members in alike.values()] == [4] * 3


@pytest.mark.slow
def test_photos_that_an_encoder_finds_alike_never_part_where_that_is_asked_for(tmp_path):
    names = [f"{place}{kind}" for place in "abc" for kind in range(4)]
    write_manifest(tmp_path / "samples.jsonl", [photo(name) for name in names])
    (tmp_path / "images").mkdir()
    for place, file in zip("abc", ("sheet.jpg", "page.png", "grids.png"), strict=True):
        for kind, picture in enumerate(seen_again(read_image(GUIDE.parent / "images" / file))):
            (tmp_path / f"images/{place}{kind}.jpg").write_bytes(png_bytes(picture))
    asked = dataclasses.replace(settings(of(), of(), of(), together=()), look_alikes=0.8)
    found = read_groups(asked, tmp_path)
    assert [[photo.id for photo in members] for members in found.values()] == [names[:4], names[4:8], names[8:]]


def seen_again(picture: np.ndarray) -> list[np.ndarray]:
    """Return a picture, and it cropped, in a mirror and by less light."""
    height, width = picture.shape[0] // 20, picture.shape[1] // 20
    return [picture, picture[height:-height, width:-width], picture[:, ::-1], (picture * 0.9).astype(np.uint8)]


@pytest.mark.parametrize("cosine", [0, -0.5, 1.1])
def test_a_cosine_that_cannot_be_is_refused(cosine):
    with pytest.raises(ValueError, match=f"look_alikes is {cosine}, wanted a cosine above 0"):
        dataclasses.replace(settings(of(), of(), of()), look_alikes=cosine)


def test_an_id_that_stands_there_twice_is_refused(tmp_path):
    photos = write_photos(tmp_path / "photos", [photo("a"), photo("b"), photo("a")])
    with pytest.raises(InputError, match=r"samples\.jsonl: the sample a stands there twice"):
        main(settings(SplitRule({}, 1), of(), of(), together=()), photos, tmp_path / "split")


EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_guide_are_settings(example):
    values = YAML(typ="safe").load(example)
    rules = {"keep_together": [], "train": {"where": {}}, "val": {"where": {}}, "test": {"where": {}}}
    build(Split, {"seed": 1} | rules | values.get("split", values), "split", lambda _: "docs/splits.md")

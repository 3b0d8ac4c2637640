"""Stage `split`: divide real photos into train, val, test and further validation sets, by group."""

import contextlib
import dataclasses
import functools
import itertools
import re
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from dataset.formats.listed import tag_text
from dataset.guards import MORE_VAL, no_overlap, only_real
from dataset.idmap import read_image
from dataset.likeness import photo_hash
from dataset.records import each_sample, manifest_file
from mix.ages import by_age
from mix.frozen import Rule, check_frozen, check_rule, read_frozen
from mix.groups import GroupedPhoto, Groups, group, known_tags, pairs_alike, photo_of
from mix.strata import shares, stratified
from pipeline.errors import InputError, shown
from pipeline.files import sha256_of, way_to, whole_folder
from pipeline.progress import track
from pipeline.seeds import rng_for
from pipeline.stage import run_stage

MOST_BITS = 16  # of 64 by which near-duplicates may differ; photos that have nothing in common differ in 32 or so
SET_NAME = re.compile("[A-Za-z0-9_-]+")  # of a further validation set: a part of a path


@dataclasses.dataclass(frozen=True)
class SplitRule:
    """Which photos one split takes."""

    where: dict[str, tuple[bool | int | float | str, ...]]  # tag: values it may have; every tag named must agree
    photos: int | None = None  # at most so many; null = all that are left
    oldest: str | None = None  # take them from the oldest on, by this tag: a date or a number; null = by chance
    newest: str | None = None  # the same from the newest on

    def __post_init__(self) -> None:
        """Raise ValueError for a number that no split can have, and for an order that decides nothing."""
        if self.photos is not None and self.photos < 1:
            raise ValueError(f"photos is {self.photos}, wanted at least 1, or null for all")
        if self.photos is None and self.order:
            raise ValueError(f"photos is null, wanted a number: {self.order} says which ones to take")
        if self.oldest and self.newest:
            raise ValueError(f"newest is {shown(self.newest)} and oldest {shown(self.oldest)}, wanted one of them")

    @property
    def order(self) -> str:
        """The setting by which photos are taken in order; empty where chance decides."""
        return "oldest" if self.oldest else "newest" if self.newest else ""

    @functools.cached_property
    def values(self) -> dict[str, frozenset[str]]:
        """The texts that each tag may have: 7 and "7" are the same."""
        return {tag: frozenset(map(tag_text, values)) for tag, values in self.where.items()}

    @property
    def plain(self) -> Rule:
        """The rule as JSON, the same however it is written."""
        where: dict[str, JsonValue] = {tag: list(sorted(values)) for tag, values in sorted(self.values.items())}
        return {"where": where, "photos": self.photos, "oldest": self.oldest, "newest": self.newest}

    def takes(self, photo: GroupedPhoto) -> bool:
        """Return whether a photo's tags agree."""
        return all(photo.tags.get(tag) in values for tag, values in self.values.items())


@dataclasses.dataclass(frozen=True)
class Split:
    """Section `split` of params.yaml and the set-up."""

    seed: int
    keep_together: tuple[str, ...]  # photos that share a value of any of these tags are never in two splits
    train: SplitRule
    val: SplitRule
    test: SplitRule
    home: SplitRule | None = None  # further photos of the places that train is from; null = none
    more_val: dict[str, SplitRule] = dataclasses.field(default_factory=dict)  # further validation sets by name
    near_duplicates: int | None = None  # photos whose perceptual hashes differ in at most so many of 64 bits never part
    stratify: bool = False  # what is drawn by chance keeps the whole's shares of categories and of sizes of objects

    def __post_init__(self) -> None:
        """Raise ValueError for bits that no hash has, and for a set whose name is no file's, or a split's."""
        if self.near_duplicates is not None and not 0 <= self.near_duplicates <= MOST_BITS:
            raise ValueError(f"near_duplicates is {self.near_duplicates}, wanted 0 to {MOST_BITS} bits, or null")
        for name in self.more_val:
            if not SET_NAME.fullmatch(name) or name in {"train", "val", "test", "home"}:
                raise ValueError(f"more_val has a set {shown(name)}, wanted another name of letters, digits, - and _")

    @property
    def rules(self) -> dict[str, SplitRule]:
        """The rule of each split, in the order in which they are filled.

        A test set that takes all that is left comes after the further validation sets, which would find nothing else.
        """
        more = {MORE_VAL + name: rule for name, rule in self.more_val.items()}
        test = {"test": self.test}
        late = more | test if self.test.photos is None else test | more
        return {"train": self.train, "val": self.val} | late | ({"home": self.home} if self.home else {})


def fill(groups: Groups, settings: Split, frozen: Collection[str] = ()) -> dict[str, list[GroupedPhoto]]:
    """Return the photos of each split, by id. frozen: ids of the test set, where it no longer follows from its rule.

    Splits are filled in turn from the groups that are left. Only the photos that a rule asks for are taken, and what
    else is in their group is left out, so a group is in one split at most. Raises InputError for a rule that finds no
    photo, and for a group that two rules without a number both want other photos of.
    """
    splits = {"test": held(groups, settings.test, frozen)} if frozen else {}
    left = {key: members for key, members in groups.items() if not any(photo.id in frozen for photo in members)}
    rules = {name: rule for name, rule in settings.rules.items() if name not in splits}
    for name, rule in rules.items():
        check_clash(name, left, rules)
        wanted = taken_by(rule, left)
        drawn = draw(wanted, name, rule, settings, taken_by(rule, groups))
        if not drawn:
            raise nothing_left(name, rule, groups, wanted)
        left = {key: members for key, members in left.items() if key not in drawn}
        splits[name] = sorted((photo for key in drawn for photo in wanted[key]), key=lambda photo: photo.id)
    return {name: splits[name] for name in settings.rules}


def held(groups: Groups, rule: SplitRule, frozen: Collection[str]) -> list[GroupedPhoto]:
    """Return the photos of the frozen test set, by id; raise InputError for one that its rule no longer takes."""
    photos = [photo for members in groups.values() for photo in members if photo.id in frozen]
    for photo in photos:
        if not rule.takes(photo):
            raise InputError(
                f"split.test: its rule no longer takes the photo {photo.id} of the frozen test set, whose tags are "
                f"{photo.tags}; put them back, or draw the set anew with a reason: admix freeze-test --anew --why '...'"
            )
    return sorted(photos, key=lambda photo: photo.id)


def taken_by(rule: SplitRule, groups: Groups) -> Groups:
    """Return the photos that a rule takes, by group; groups of none are left out."""
    found = {key: [photo for photo in members if rule.takes(photo)] for key, members in groups.items()}
    return {key: members for key, members in found.items() if members}


def draw(wanted: Groups, name: str, rule: SplitRule, settings: Split, whole: Groups) -> set[str]:
    """Return the names of groups that together hold at most as many photos as the rule of the split `name` asks for.

    wanted: the photos that the rule takes of what is left. whole: those it takes of all, whose shares of categories
    and sizes a stratified draw keeps.
    """
    names = sorted(wanted)
    if rule.photos is None:
        return set(names)
    if tag := rule.oldest or rule.newest:
        order = by_age(wanted, tag, rule.newest is not None, f"split.{name}.{rule.order}")
        return whole_groups(wanted, order, rule.photos)
    order = [names[at] for at in rng_for(settings.seed, "split", name).permutation(len(names))]
    if not settings.stratify:
        return fitting(wanted, order, rule.photos)
    strata = [[photo.strata for photo in wanted[key]] for key in order]
    like_whole = shares([photo.strata for members in whole.values() for photo in members], rule.photos)
    return {order[at] for at in stratified(strata, rule.photos, like_whole)}


def fitting(wanted: Groups, order: Sequence[str], photos: int) -> set[str]:
    """Return the names of the groups that fit into so many photos, in the order given; one that does not is skipped."""
    drawn, room = set[str](), photos
    for key in order:
        if len(wanted[key]) <= room:
            drawn.add(key)
            room -= len(wanted[key])
    return drawn


def whole_groups(wanted: Groups, order: Sequence[str], photos: int) -> set[str]:
    """Return the names of the first groups, up to the one that no longer fits: what follows would be out of order."""
    ends = itertools.accumulate(len(wanted[key]) for key in order)
    return {key for key, end in zip(order, ends, strict=True) if end <= photos}


def check_clash(name: str, left: Groups, rules: Mapping[str, SplitRule]) -> None:
    """Raise InputError if a group that `name` takes by its rule alone is forced into a later split as well."""
    rule = rules[name]
    later = list(rules)[list(rules).index(name) + 1 :]
    for other in later if rule.photos is None else ():
        rival = rules[other]
        for key, members in left.items() if rival.photos is None else ():
            sides = {(rule.takes(photo), rival.takes(photo)) for photo in members}
            if {(True, False), (False, True)} <= sides:
                raise InputError(
                    f"split: the group {key} lands in two splits, {name} and {other}: its photos match the rules of "
                    "both; change split.keep_together or the rules in the set-up's file"
                )


def nothing_left(name: str, rule: SplitRule, groups: Groups, wanted: Groups) -> InputError:
    """Return the error of a rule that takes no photo."""
    if wanted and rule.order:
        return InputError(f"split.{name}: photos is {rule.photos}, but the {rule.order} group has more; raise it")
    if wanted:
        least = min(map(len, wanted.values()))
        return InputError(f"split.{name}: photos is {rule.photos}, but the smallest group has {least}; raise it")
    photos = [photo for members in groups.values() for photo in members]
    if any(map(rule.takes, photos)):
        return InputError(f"split.{name}: every photo it asks for went to a split before it; give those fewer photos")
    asked = {tag: list(values) for tag, values in rule.where.items()}
    return InputError(f"split.{name}: no photo has {asked}; there are: {known_tags(photos)}")


def check_photos(photos: Sequence[GroupedPhoto], settings: Split, manifest: Path) -> None:
    """Raise InputError for an id that stands there twice, and for a tag of keep_together that no photo has.

    A misspelt tag would let twins part.
    """
    (twice, count), *_ = Counter(photo.id for photo in photos).most_common(1) or [("", 0)]
    if count > 1:
        raise InputError(f"{manifest}: the sample {twice} stands there twice; run stage ingest again")
    for tag in settings.keep_together:
        if not any(tag in photo.tags for photo in photos):
            raise InputError(f"split.keep_together: no photo has the tag {tag!r}; there are: {known_tags(photos)}")


def read_groups(settings: Split, folder: Path) -> Groups:
    """Return the groups of the photos that stage ingest wrote into a folder."""
    photos, files = list[GroupedPhoto](), list[str]()
    for sample in each_sample(folder / "samples.jsonl"):
        photos.append(photo_of(sample))
        files.append(sample.image)
    check_photos(photos, settings, folder / "samples.jsonl")
    sums = [sha256_of(folder / file) for file in files]
    if settings.near_duplicates is None:
        return group(photos, sums, settings.keep_together)
    looked = track(files, len(files), "look for near-duplicates", "photos")
    hashes = np.array([photo_hash(read_image(folder / file)) for file in looked], np.uint64)
    return group(photos, sums, settings.keep_together, pairs_alike(hashes, settings.near_duplicates))


def write_splits(splits: Mapping[str, Sequence[GroupedPhoto]], photos: Path, out: Path) -> None:
    """Write a manifest a split, in the order of that of `photos`, whose paths lead there; all whole or none.

    Samples are read once more, one at a time: with their objects they would take many times the memory.
    """
    place = {photo.id: (name, photo.group) for name, members in splits.items() for photo in members}
    with contextlib.ExitStack() as stack:
        more = stack.enter_context(whole_folder(out / "more_val", "validation sets"))
        files = {name: more / f"{name.removeprefix(MORE_VAL)}.jsonl" for name in splits if name.startswith(MORE_VAL)}
        files |= {name: out / f"{name}.jsonl" for name in ("home", *splits) if name not in files}
        write = {name: stack.enter_context(manifest_file(path)) for name, path in files.items()}
        way = {name: way_to(photos, path.parent) for name, path in files.items()}
        for sample in each_sample(photos / "samples.jsonl"):
            if sample.id in place:
                name, key = place[sample.id]
                image, ids = f"{way[name]}/{sample.image}", f"{way[name]}/{sample.ids}"
                write[name](dataclasses.replace(sample, image=image, ids=ids, group=key))


def main(settings: Split, photos: Path, frozen: Path, out: Path) -> None:
    """Write train, val, test and home.jsonl (empty unless asked for) and more_val/, whose paths lead to `photos`.

    frozen: file of the frozen test set; where it is not there, none is.
    """
    test = read_frozen(frozen)
    if test:
        check_rule(test, settings.test.plain, frozen)
        check_frozen(test, photos, frozen)
    groups = read_groups(settings, photos)
    splits = fill(groups, settings, test.photos.keys() if test else ())
    no_overlap(**splits)
    for name, members in splits.items():  # all are looked at before the first is written
        only_real(members, name)
    write_splits(splits, photos, out)
    counts = {name: len(members) for name, members in splits.items()}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    left_out = sum(map(len, groups.values())) - sum(counts.values())
    sys.stderr.write(f"split: {said}, left out {left_out}\n")


if __name__ == "__main__":
    run_stage(main)

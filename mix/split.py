"""Stage `split`: divide real photos into train, val and test by group."""

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from dataset.formats.listed import tag_text
from dataset.guards import no_overlap, only_real
from dataset.records import Sample, read_manifest, write_manifest
from pipeline.errors import InputError
from pipeline.files import sha256_of, way_to
from pipeline.seeds import rng_for
from pipeline.stage import run_stage


@dataclasses.dataclass(frozen=True)
class SplitRule:
    """Which photos one split takes."""

    where: dict[str, tuple[bool | int | float | str, ...]]  # tag: values it may have; every tag named must agree
    photos: int | None = None  # at most so many; null = all that are left

    def __post_init__(self) -> None:
        if self.photos is not None and self.photos < 1:
            raise ValueError(f"photos is {self.photos}, wanted at least 1, or null for all")

    def takes(self, sample: Sample) -> bool:
        """Return whether a photo's tags agree; values are compared as text, so 7 and "7" are the same."""
        return all(sample.tags.get(tag) in set(map(tag_text, values)) for tag, values in self.where.items())


@dataclasses.dataclass(frozen=True)
class Split:
    """Section `split` of params.yaml and the set-up."""

    seed: int
    keep_together: tuple[str, ...]  # photos that share a value of any of these tags are never in two splits
    train: SplitRule
    val: SplitRule
    test: SplitRule
    home: SplitRule | None = None  # further photos of the places that train is from; null = none

    @property
    def rules(self) -> dict[str, SplitRule]:
        """The rule of each split, in the order in which they are filled."""
        asked = {"train": self.train, "val": self.val, "test": self.test}
        return asked | ({"home": self.home} if self.home else {})


Groups = dict[str, list[Sample]]


def group(samples: Sequence[Sample], sums: Sequence[str], keep_together: Sequence[str]) -> Groups:
    """Return the groups of photos by name: those that share a tag's value or all their bytes, also by way of others.

    sums: the checksum of each photo. A photo without the tag stands alone in it. A group is named by the first of its
    tags, such as ``burst=7``, else by its first photo; groups and their photos are in the order of their names and ids.
    """
    parents: dict[tuple[str, ...], tuple[str, ...]] = {}

    def top(node: tuple[str, ...]) -> tuple[str, ...]:
        while parents.setdefault(node, node) != node:
            node = parents[node]
        return node

    keys = [keys_of(sample, keep_together) for sample in samples]
    for own, sha in zip(keys, sums, strict=True):
        for key in (*own, ("bytes", "", sha)):
            low, high = sorted((top(own[0]), top(key)))
            parents[high] = low  # the lowest key names the group
    groups: Groups = defaultdict(list)
    for own, sample in sorted(zip(keys, samples, strict=True), key=lambda pair: pair[1].id):
        groups[top(own[0])[-1]].append(dataclasses.replace(sample, group=top(own[0])[-1]))
    return dict(sorted(groups.items()))


def keys_of(sample: Sample, keep_together: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what ties a photo to others, sortable so that tags come before the photo's own name."""
    ties = [("0", str(n), f"{tag}={sample.tags[tag]}") for n, tag in enumerate(keep_together) if tag in sample.tags]
    return [*ties, ("1", "", f"photo={sample.id}")]


def fill(groups: Groups, settings: Split) -> dict[str, list[Sample]]:
    """Return the photos of each split, by id.

    Splits are filled in turn from the groups that are left. Only the photos that a rule asks for are taken, and what
    else is in their group is left out, so a group is in one split at most. Raises InputError for a rule that finds no
    photo, and for a group that two rules without a number both want other photos of.
    """
    left, splits = dict(groups), dict[str, list[Sample]]()
    for name, rule in settings.rules.items():
        wanted = {key: [s for s in members if rule.takes(s)] for key, members in left.items()}
        wanted = {key: members for key, members in wanted.items() if members}
        check_clash(name, left, settings)
        drawn = draw(wanted, rule.photos, name, settings.seed)
        if not drawn:
            raise nothing_left(name, rule, groups, wanted)
        left = {key: members for key, members in left.items() if key not in drawn}
        splits[name] = sorted((s for key in drawn for s in wanted[key]), key=lambda sample: sample.id)
    return splits


def draw(wanted: Groups, photos: int | None, name: str, seed: int) -> list[str]:
    """Return the names of groups that together hold at most `photos` photos, in an order drawn for the split."""
    names = sorted(wanted)
    if photos is None:
        return names
    drawn, room = [], photos
    for index in rng_for(seed, "split", name).permutation(len(names)):
        if len(wanted[names[index]]) <= room:
            drawn.append(names[index])
            room -= len(wanted[names[index]])
    return drawn


def check_clash(name: str, left: Groups, settings: Split) -> None:
    """Raise InputError if a group that `name` takes by its rule alone is forced into a later split as well."""
    rule = settings.rules[name]
    later = list(settings.rules)[list(settings.rules).index(name) + 1 :]
    for other in later if rule.photos is None else ():
        rival = settings.rules[other]
        for key, members in left.items() if rival.photos is None else ():
            sides = {(rule.takes(sample), rival.takes(sample)) for sample in members}
            if {(True, False), (False, True)} <= sides:
                raise InputError(
                    f"split: the group {key} lands in two splits, {name} and {other}: its photos match the rules of "
                    "both; change split.keep_together or the rules in the set-up's file"
                )


def nothing_left(name: str, rule: SplitRule, groups: Groups, wanted: Groups) -> InputError:
    """Return the error of a rule that takes no photo."""
    if wanted:
        least = min(map(len, wanted.values()))
        return InputError(f"split.{name}: photos is {rule.photos}, but the smallest group has {least}; raise it")
    samples = [sample for members in groups.values() for sample in members]
    if any(map(rule.takes, samples)):
        return InputError(f"split.{name}: every photo it asks for went to a split before it; give those fewer photos")
    asked = {tag: list(values) for tag, values in rule.where.items()}
    return InputError(f"split.{name}: no photo has {asked}; there are: {known_tags(samples)}")


def known_tags(samples: Iterable[Sample], most: int = 6) -> str:
    """Return the tags there are with a few of their values, e.g. ``camera (cam01, cam02)``."""
    values: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        for tag, value in sample.tags.items():
            values[tag].add(value)
    shown = {tag: sorted(found)[:most] + ["..."] * (len(found) > most) for tag, found in sorted(values.items())}
    return "; ".join(f"{tag} ({', '.join(found)})" for tag, found in shown.items()) or "no tags"


def check_tags(samples: Sequence[Sample], settings: Split) -> None:
    """Raise InputError for a tag of keep_together that no photo has: a misspelt one would let twins part."""
    for tag in settings.keep_together:
        if not any(tag in sample.tags for sample in samples):
            raise InputError(f"split.keep_together: no photo has the tag {tag!r}; there are: {known_tags(samples)}")


def main(settings: Split, photos: Path, out: Path) -> None:
    """Write train, val, test and home.jsonl (empty unless asked for), whose paths lead to `photos`."""
    samples = read_manifest(photos / "samples.jsonl")
    check_tags(samples, settings)
    sums = [sha256_of(photos / sample.image) for sample in samples]
    splits = fill(group(samples, sums, settings.keep_together), settings)
    no_overlap(**splits)
    for name, members in splits.items():  # all are looked at before the first is written
        only_real(members, name)
    way = way_to(photos, out)
    for name, members in ({"home": []} | splits).items():
        moved = [dataclasses.replace(s, image=f"{way}/{s.image}", ids=f"{way}/{s.ids}") for s in members]
        write_manifest(out / f"{name}.jsonl", moved)
    counts = {name: len(members) for name, members in splits.items()}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    sys.stderr.write(f"split: {said}, left out {len(samples) - sum(counts.values())}\n")


if __name__ == "__main__":
    run_stage(main)

"""The settings of stage `split`: the rule of each split, and what is wrong where it takes no photo or one too many."""

import dataclasses
import functools
import re
from collections.abc import Mapping

from pydantic import JsonValue

from dataset.formats.listed import tag_text
from dataset.guards import MORE_VAL
from mix.frozen import Rule
from mix.groups import GroupedPhoto, Groups, known_tags
from pipeline.errors import InputError, shown

MOST_BITS = 16  # of 64 by which near-duplicates may differ; photos that have nothing in common differ in 32 or so
FEWEST_FOLDS = 2
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
    val: SplitRule | None  # null = the photos of train, by `folds`
    test: SplitRule
    home: SplitRule | None = None  # further photos of the places that train is from; null = none
    more_val: dict[str, SplitRule] = dataclasses.field(default_factory=dict)  # further validation sets by name
    near_duplicates: int | None = None  # photos whose perceptual hashes differ in at most so many of 64 bits never part
    look_alikes: float | None = None  # photos whose vectors of an encoder have at least this cosine never part
    stratify: bool = False  # what is drawn by chance keeps the whole's shares of categories and of sizes of objects
    folds: int | None = None  # parts of train, each of which is scored by trainings that did not see it; null = none

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that cannot be, and for a set whose name is no file's, or a split's."""
        if self.near_duplicates is not None and not 0 <= self.near_duplicates <= MOST_BITS:
            raise ValueError(f"near_duplicates is {self.near_duplicates}, wanted 0 to {MOST_BITS} bits, or null")
        if self.look_alikes is not None and not 0 < self.look_alikes <= 1:
            raise ValueError(f"look_alikes is {self.look_alikes}, wanted a cosine above 0 and at most 1, or null")
        if (self.val is None) == (self.folds is None):
            found = "null" if self.val is None else "a rule"
            raise ValueError(
                f"val is {found} and folds {shown(self.folds)}, wanted a rule, or null and a number of folds"
            )
        if self.folds is not None and self.folds < FEWEST_FOLDS:
            raise ValueError(f"folds is {self.folds}, wanted {FEWEST_FOLDS} or more, or null")
        for name in self.more_val:
            if not SET_NAME.fullmatch(name) or name in {"train", "val", "test", "home"}:
                raise ValueError(f"more_val has a set {shown(name)}, wanted another name of letters, digits, - and _")

    @property
    def rules(self) -> dict[str, SplitRule]:
        """The rule of each split, in the order in which they are filled; with folds val has none.

        A test set that takes all that is left comes after the further validation sets, which would find nothing else.
        """
        more = {MORE_VAL + name: rule for name, rule in self.more_val.items()}
        test = {"test": self.test}
        late = more | test if self.test.photos is None else test | more
        own = {"train": self.train} | ({"val": self.val} if self.val else {})
        return own | late | ({"home": self.home} if self.home else {})


def taken_by(rule: SplitRule, groups: Groups) -> Groups:
    """Return the photos that a rule takes, by group; groups of none are left out."""
    found = {key: [photo for photo in members if rule.takes(photo)] for key, members in groups.items()}
    return {key: members for key, members in found.items() if members}


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

"""Splits filled in turn with whole groups: drawn by chance, by time or like the whole, or held as they are frozen."""

import contextlib
import itertools
from collections.abc import Collection, Sequence

from mix.ages import by_age
from mix.groups import GroupedPhoto, Groups
from mix.rules import Split, SplitRule, check_clash, nothing_left, taken_by
from mix.strata import shares, stratified
from pipeline.errors import InputError
from pipeline.seeds import rng_for

Splits = dict[str, list[GroupedPhoto]]  # the photos of each split, by id


def fill(groups: Groups, settings: Split, frozen: Collection[str] = ()) -> Splits:
    """Return the photos of each split, by id. frozen: ids of the frozen test set; none if it follows from its rule.

    As long as the rules alone come to the frozen test set they decide, so that freezing it changes no other split.
    Errors as of `filled` and `held`.
    """
    if not frozen:
        return filled(groups, settings, {})
    with contextlib.suppress(InputError):  # of the test set's own rule, which is not needed
        splits = filled(groups, settings, {})
        if {photo.id for photo in splits["test"]} == set(frozen):
            return splits
    return filled(groups, settings, {"test": held(groups, settings.test, frozen)})


def filled(groups: Groups, settings: Split, given: Splits) -> Splits:
    """Return the photos of each split, by id. given: splits that are known already.

    Splits are filled in turn from the groups that are left. Only the photos that a rule asks for are taken, and what
    else is in their group is left out, so a group is in one split at most. Raises InputError for a rule that finds no
    photo, and for a group that two rules without a number both want other photos of.
    """
    gone = {photo.group for members in given.values() for photo in members}
    splits, left = dict(given), {key: members for key, members in groups.items() if key not in gone}
    rules = {name: rule for name, rule in settings.rules.items() if name not in given}
    for name, rule in rules.items():
        check_clash(name, left, rules)
        wanted = taken_by(rule, left)
        drawn = draw(wanted, name, rule, settings, groups)
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


def draw(wanted: Groups, name: str, rule: SplitRule, settings: Split, groups: Groups) -> set[str]:
    """Return the names of groups that together hold at most as many photos as the rule of the split `name` asks for.

    wanted: the photos that the rule takes of what is left. groups: all there are; a stratified draw keeps the shares of
    categories and sizes that the photos have which the rule takes of them.
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
    whole = [photo.strata for members in taken_by(rule, groups).values() for photo in members]
    return {order[at] for at in stratified(strata, rule.photos, shares(whole, rule.photos))}


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

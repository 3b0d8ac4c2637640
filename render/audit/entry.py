"""Rules on an asset's entry: licence, source, names, content, parts, recipes."""

import re
from collections import Counter
from collections.abc import Iterator

from pipeline.errors import InputError
from render.audit.finding import FINE, LOOK, MEND, Case, Finding
from render.stock.licences import forbidden, spdx

SHARE_ALIKE = re.compile(r"CC-BY-SA-|ODbL-|[AL]?GPL-", re.IGNORECASE)
OWN_TERMS = "LicenseRef-"


def licence(case: Case) -> Iterator[Finding]:
    """What nobody may use must not be in a picture."""
    stated, name = case.asset.licence.strip(), case.asset.id
    ask = f'Ask who made it and write the answer into {case.sidecar} (such as `licence = "CC-BY-4.0"`), or take it out.'
    if not stated:
        yield Finding(MEND, f"{name} names no licence, so nobody may use it.", ask)
    elif why := forbidden(stated):
        yield Finding(
            MEND, f"The licence of {name}, {stated}, {why}.", "Take it out, or ask its maker for another one."
        )
    elif not is_known(stated):
        yield Finding(MEND, f"The licence of {name}, {stated!r}, is none of the SPDX list (spdx.org/licenses).", ask)
    elif stated.startswith(OWN_TERMS):
        yield Finding(LOOK, f"The licence of {name}, {stated}, is somebody's own.", "Read it: does it allow the use?")
    elif SHARE_ALIKE.match(stated):
        asks = "asks that what shows it is shared under it too"
        yield Finding(LOOK, f"The licence of {name}, {stated}, {asks}.", "Keep it only if your renders may be.")


def is_known(stated: str) -> bool:
    """Return whether a licence is on the SPDX list, or says that its terms are its own."""
    try:
        return bool(spdx(stated))
    except InputError:
        return False


def source(case: Case) -> Iterator[Finding]:
    """Someone made it, and most licences ask to say who."""
    if not case.asset.source.strip():
        how = f"Write who made it, or its address, as `source` into {case.sidecar}."
        yield Finding(MEND, f"{case.asset.id} does not say where it came from.", how)


def names(case: Case) -> Iterator[Finding]:
    """Two assets of one name cannot be told apart."""
    asset = case.asset
    same = sorted(a.file for a in case.catalog if a.id.casefold() == asset.id.casefold() and a != asset)
    if same:
        yield Finding(
            MEND,
            f"{' and '.join(same)} bears the name {asset.id} as well.",
            "Give one of them another name: rename its .toml file.",
        )
    plain, all_of_them = spelling(asset.category), Counter(a.category for a in case.catalog)
    for other, count in sorted(all_of_them.items()):
        mine = (all_of_them[asset.category], asset.category)
        if plain and other != asset.category and spelling(other) == plain and mine < (count, other):
            yield Finding(
                LOOK,
                f"Its category {asset.category!r} looks like {other!r}, which other assets have.",
                "If both mean the same, write both the same way; else a network learns two things.",
            )


def spelling(category: str) -> str:
    """Return what is left of a category's name without case, joints and plural."""
    return re.sub(r"[\s_-]+", "", category).casefold().removesuffix("s")


def content(case: Case) -> Iterator[Finding]:
    """Two of the same are drawn twice as often, and look varied where they are not."""
    asset = case.asset
    twins = [a for a in case.catalog if a.sha256 and a.sha256 == asset.sha256 and a.id != asset.id]
    for twin in twins:
        told = f"{asset.id} and {twin.id} have the same content"
        if twin.key == asset.key:
            yield Finding(
                MEND, f"{told}.", f"Take out one of them; to show it more often raise `weight` in {case.sidecar}."
            )
        else:
            yield Finding(LOOK, f"{told}, but not the same label, scale or upward axis.", "See that this is meant.")


def parts(case: Case) -> Iterator[Finding]:
    """A label on a part that is not there labels nothing."""
    if not case.facts:
        return
    for name in sorted(set(case.asset.labelled) - set(case.facts.parts)):
        there = ", ".join(case.facts.parts) or "no named part"
        yield Finding(
            MEND,
            f"The labelled part {name!r} is not in {case.asset.file}, which has: {there}.",
            f"Name one of these as `labelled` in {case.sidecar}, or rename the part and export it again.",
        )


def code(case: Case) -> Iterator[Finding]:
    """Programs inside a file are never run."""
    if case.facts and case.facts.code:
        yield Finding(
            LOOK,
            f"{case.asset.file} carries programs that were not run: {', '.join(case.facts.code)}.",
            "If it looks wrong without them, bake what they do (Object > Apply) and save it again.",
        )


def notes(case: Case) -> Iterator[Finding]:
    """What Blender shows and a label cannot have, or what another choice in the file would show."""
    for note in case.facts.notes if case.facts else ():
        what, _, how = note.rpartition("; ")
        yield Finding(LOOK, f"{case.asset.file} {what}.", f"{how[:1].upper()}{how[1:]}.")


def recipes(case: Case) -> Iterator[Finding]:
    """A target that no recipe asks for is never rendered."""
    if case.asset.role == "target" and not case.uses.recipes:
        yield Finding(
            FINE,
            f"No recipe shows the category {case.asset.category!r} yet.",
            "Copy the nearest file in render/recipes/ and name the category in it.",
        )

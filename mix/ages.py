"""Draws by time: the oldest photos, or the newest, by a tag that holds a date or a number."""

import datetime
import math
import re

from mix.groups import GroupedPhoto, Groups
from pipeline.errors import InputError, shown

EXIF = re.compile(r"(\d{4}):(\d\d):(\d\d)\b")  # as cameras write a date, before its time

Age = tuple[str, float]  # "date" and seconds since 1970, or "number" and itself


def by_age(wanted: Groups, tag: str, newest: bool, place: str) -> list[str]:
    """Return the names of groups from the oldest on, or from the newest on; equals stand by name.

    A group counts by its newest photo where the oldest are drawn, and by its oldest one where the newest are, so that
    no photo of what is drawn lies beyond one of what is left. place: of the setting, for messages. Raises InputError
    for a photo without the tag, for a value that is neither date nor number, and where some are dates, some numbers.
    """
    ages = {name: [age_of(photo, tag, place) for photo in members] for name, members in wanted.items()}
    kinds = {
        kind: photo for name, members in wanted.items() for photo, (kind, _) in zip(members, ages[name], strict=True)
    }
    if len(kinds) > 1:
        said = ", ".join(f"{kind}s such as {photo.tags[tag]}" for kind, photo in sorted(kinds.items()))
        raise InputError(f"{place}: the tag {tag!r} holds {said}; write all in one way")
    if newest:
        return sorted(wanted, key=lambda name: (-min(ages[name])[1], name))
    return sorted(wanted, key=lambda name: (max(ages[name])[1], name))


def age_of(photo: GroupedPhoto, tag: str, place: str) -> Age:
    """Return what a photo's tag says of its age; raise InputError, beginning with `place`, where it says nothing."""
    value = photo.tags.get(tag)
    if value is None:
        raise InputError(f"{place}: the photo {photo.id} has no tag {tag!r}; give it one, or leave it out by 'where'")
    found = number_in(value) or date_in(value)
    if found is None:
        raise InputError(
            f"{place}: the photo {photo.id} has {shown(value)} as its {tag}, wanted a date such as 2024-05-01 or "
            "2024-05-01T12:30:00, or a number; mend it, or leave the photo out by 'where'"
        )
    return found


def number_in(text: str) -> Age | None:
    """Return a finite number, None for any other text."""
    try:
        number = float(text)
    except ValueError:
        return None
    return ("number", number) if math.isfinite(number) else None


def date_in(text: str) -> Age | None:
    """Return a date of ISO 8601 or EXIF, with or without a time, None for any other text.

    A time without a zone counts as UTC: cameras write none, and those of one set stand in one.
    """
    try:
        date = datetime.datetime.fromisoformat(EXIF.sub(r"\1-\2-\3", text.strip(), count=1))
    except ValueError:
        return None
    return "date", (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).timestamp()

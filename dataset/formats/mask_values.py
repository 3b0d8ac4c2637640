"""What the values and colours of a set's masks mean: by the files that name them, and by the values that occur."""

import contextlib
import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dataset.formats.listed import Label
from dataset.formats.mask_files import Colour, ColourFile, IdsFile, MaskFile, listed, mask_values
from dataset.idmap import IGNORE, IGNORED
from dataset.pictures import is_deep
from pipeline.errors import InputError, shown
from pipeline.reading import MOST_SETTINGS_BYTES, check_keys, read_json, read_text
from pipeline.tables import rows_of

PALETTES = ("labelmap.txt", "palette.json", "classes.csv", "class_dict.csv")
NUMBERED = "_classes.csv"  # as Roboflow writes it beside its masks: value, name
NAMES = "categories.json"
MOST_WHITE, LOOKED_AT = 0.5, 8  # from which share of white on it is asked for, and in how many masks
BACKGROUND = {"background", "_background_", "__background__"}
IGNORED_NAMES = {"ignore", "ignored", "void", "__ignore__"}
LINE = re.compile(r"(?P<name>.+?):(?P<rgb>([ \t]*\d{1,3}[ \t]*,[ \t]*\d{1,3}[ \t]*,[ \t]*\d{1,3})?)[ \t]*(:.*)?")
WANTED = {
    "labelmap.txt": "lines such as mug:255,0,0::",
    "palette.json": 'names and colours such as {"mug": [255, 0, 0]}',
    "classes.csv": "a line name,r,g,b and one a category such as mug,255,0,0",
    "class_dict.csv": "a line name,r,g,b and one a category such as mug,255,0,0",
}


@dataclasses.dataclass(frozen=True)
class Declared:
    """What a set says of its masks: the name of each value, or of each colour."""

    values: Mapping[int, str]  # none where there are colours
    colours: Mapping[Colour, str] = dataclasses.field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the categories in their order."""
        names = self.colours.values() if self.colours else [self.values[value] for value in sorted(self.values)]
        others = BACKGROUND | IGNORED_NAMES if self.colours else IGNORED_NAMES
        return tuple(dict.fromkeys(name for name in names if name.lower() not in others))

    @property
    def ignored(self) -> frozenset[int]:
        """Return the values whose name says that they are neither background nor an object."""
        return frozenset(value for value, name in self.values.items() if name.lower() in IGNORED_NAMES)


Maker = Callable[[Path], Label]
Meant = TypeVar("Meant", int, Colour)  # a value of a mask, or a colour


def declared_in(folders: Iterable[Path], name: str) -> Declared:
    """Return what the files in these folders say; without any there is one category, called `name`.

    Raises InputError for a file that says nothing, and for two of them.
    """
    known = (*PALETTES, NAMES, NUMBERED)
    found = [folder / file for folder in folders for file in known if (folder / file).is_file()]
    said = {path: declared_by(path) for path in found}
    if len({(tuple(each.values.items()), tuple(each.colours.items())) for each in said.values()}) > 1:
        raise InputError(f"{found[1]}: says something else of the masks than {found[0]}; take one of them away")
    if not found:
        return Declared({1: name}, {}, (f"the only category is called {shown(name)}, after the folder",))
    return said[found[0]]


def declared_by(path: Path) -> Declared:
    """Return what one file says of the masks; raise InputError when it cannot be understood."""
    try:
        if path.name == NAMES:
            found = Declared(values_of(names_in(path)))
        elif path.name == NUMBERED:
            found = Declared(once(path, ((v, name) for v, name in numbered(path) if name.lower() not in BACKGROUND)))
        else:
            found = Declared({}, once(path, ((colour_in(rgb), name) for name, rgb in ROWS[path.name](path))))
    except (ValueError, AttributeError, TypeError):
        raise InputError(f"{path}: wanted {WANTED.get(path.name, 'lines such as 1, mug')}; mend it") from None
    if not found.names:
        raise InputError(f"{path}: names no category, wanted {WANTED.get(path.name, 'some')}")
    return found


def values_of(names: Sequence[str]) -> dict[int, str]:
    """Return the name of each value of masks: the first is 1, unless it is called background, which is 0."""
    background = names[0].lower() in BACKGROUND
    return {value: name for value, name in enumerate(names, not background) if value}


def once(path: Path, pairs: Iterable[tuple[Meant, str]]) -> dict[Meant, str]:
    """Return pairs of value or colour and name; raise InputError where one has two names: the first would be lost."""
    found = dict[Meant, str]()
    for key, name in pairs:
        if found.setdefault(key, name) != name:
            raise InputError(f"{path}: {shown(key)} is both {shown(found[key])} and {shown(name)}; give each its own")
    return found


def names_in(path: Path) -> tuple[str, ...]:
    """Return the names of a categories.json, in the order of their numbers."""
    names = read_json(path)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise InputError(f'{path}: wanted a list of names in the order of the mask values, such as ["board"]')
    return tuple(names)


def numbered(path: Path) -> Iterator[tuple[int, str]]:
    """Yield value and name of each line of a _classes.csv behind its first."""
    for value, name in rows_of(read_text(path, MOST_SETTINGS_BYTES)):
        if not 0 <= int(value) <= IGNORE:
            raise ValueError(value)
        yield int(value), name


def colour_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield name and colour of each line of a table name,r,g,b behind its first."""
    for name, *rgb in rows_of(read_text(path, MOST_SETTINGS_BYTES)):
        yield name, rgb


def labelmap_rows(path: Path) -> list[tuple[str, Colour | None]]:
    """Return name and colour of each line of a labelmap.txt, name:r,g,b:parts:actions; InputError for other lines."""
    rows: list[tuple[str, Colour | None]] = []
    for number, line in enumerate(read_text(path, MOST_SETTINGS_BYTES).splitlines(), 1):
        found = LINE.fullmatch(line.strip())
        rgb = [int(part) for part in found["rgb"].split(",") if part] if found else []
        if line.strip() and not line.startswith("#"):
            if not found or max(rgb, default=0) > 255:
                raise InputError(f"{path}:{number}: is {shown(line)}, wanted a line such as mug:128,0,0::")
            rows.append((found["name"].strip(), (rgb[0], rgb[1], rgb[2]) if rgb else None))
    return rows


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield name and colour of a palette.json."""
    value = read_json(path)
    check_keys(path)
    yield from value.items()


ROWS: dict[str, Callable[[Path], Iterable[tuple[str, Any]]]] = {
    "labelmap.txt": labelmap_rows,
    "palette.json": json_rows,
    "classes.csv": colour_rows,
    "class_dict.csv": colour_rows,
}


def colour_in(rgb: Any) -> Colour:
    """Return three numbers from 0 to 255; raise ValueError for anything else."""
    red, green, blue = (int(number) for number in rgb)
    if not all(0 <= number <= 255 for number in (red, green, blue)):
        raise ValueError(rgb)
    return red, green, blue


def by_colour(declared: Declared) -> Maker:
    """Return the maker of labels whose colours are named."""
    background = {colour for colour, name in declared.colours.items() if name.lower() in BACKGROUND}
    ignored = {colour for colour, name in declared.colours.items() if name.lower() in IGNORED_NAMES}
    objects = {colour: name for colour, name in declared.colours.items() if colour not in background | ignored}
    black = set() if (0, 0, 0) in declared.colours else {(0, 0, 0)}
    return lambda file: ColourFile(file, objects, frozenset(background | black), frozenset(ignored))


def maker_of(files: Iterable[Path], declared: Declared, where: Path) -> tuple[Maker, tuple[str, ...]]:
    """Return how the masks of a set are read, and what that takes for granted.

    The masks are looked through until it is clear what their values mean: numbers of categories, of which the greatest
    (255, with 16 bits 65535) marks what is ignored; or black and white; or, with 16 bits, ids. where: the set, for
    messages. Raises InputError where they may mean either.
    """
    if declared.colours:
        return by_colour(declared), ("the masks are read by the colours of their palette",)
    numbered = False
    for file, found in surveyed(files):
        deep = is_deep(file)
        others = found - {IGNORE if deep else IGNORED}
        if others and not deep:
            return numbers_maker(declared)
        if others - set(declared.values):
            said = "the masks have 16 bits, and each of their values is one object"
            return ids_maker(declared, file, deep=True), (said,)
        numbered = numbered or bool(others)
    return numbers_maker(declared) if numbered else white_maker(files, declared, where)


def numbers_maker(declared: Declared) -> tuple[Maker, tuple[str, ...]]:
    """Return how masks are read whose values are the numbers of categories."""
    named = declared.ignored
    objects = {value: name for value, name in declared.values.items() if value not in named}
    unnamed = frozenset({IGNORED, IGNORE} - set(declared.values))
    said = ("the mask value 255 (65535 with 16 bits) marks what is ignored",) if IGNORED in unnamed else ()
    return lambda file: MaskFile(file, objects, unnamed | named, unnamed), said


def white_maker(files: Iterable[Path], declared: Declared, where: Path) -> tuple[Maker, tuple[str, ...]]:
    """Return how masks are read in which no value but 0 and the greatest was found, if any."""
    white = next((max(found) for _, found in surveyed(files) if found), None)
    if white is None or white in declared.values:
        return numbers_maker(declared)
    if len(declared.names) > 1:
        raise InputError(
            f"{where}: found only 0 and {white} in its masks, wanted the numbers of {listed(declared.values)}; save "
            "the masks with them, or name one category"
        )
    (name,) = declared.names
    said = f"the masks are black and white, {white} is an object: no other value than 0 and {white} occurs"
    share = white_share(files)
    said += f" (it covers {share:.0%} of the pixels: are they inverted?)" if share > MOST_WHITE else ""
    return lambda file: MaskFile(file, {white: name}), (said,)


def white_share(files: Iterable[Path]) -> float:
    """Return the share of the pixels of the first few masks that are not 0, 0.0 for none."""
    shares = []
    for file in itertools.islice(files, LOOKED_AT):
        with contextlib.suppress(InputError):
            shares.append(float((mask_values(file) > 0).mean()))
    return sum(shares) / max(1, len(shares))


def ids_maker(declared: Declared, where: Path, deep: bool = False) -> Maker:
    """Return how masks of ids are read; InputError where it is not said which category they are of.

    deep: the set is known by having 16 bits.
    """
    if len(declared.names) > 1:
        raise InputError(
            f"{where}: its values are ids, and there are {len(declared.names)} categories; put masks of the numbers "
            f"of {', '.join(declared.names)} into masks/ and the ids into ids/"
        )
    return lambda file: IdsFile(file, declared.names[0], deep)


def surveyed(files: Iterable[Path]) -> Iterator[tuple[Path, set[int]]]:
    """Yield the values of each mask without 0; those that cannot be read are passed over here."""
    for file in files:
        try:
            yield file, set(np.unique(mask_values(file)).tolist()) - {0}
        except InputError:
            continue

"""From params.yaml, with the set-up laid over it, to frozen dataclasses; every wrong key or value is one line."""

import dataclasses
import difflib
import functools
import json
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.errors import InputError, shown
from pipeline.reading import read_yaml

if typing.TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARAMS = Path("params.yaml")
SETUPS = Path("setups")
Settings = TypeVar("Settings", bound="DataclassInstance")
RANK = {"unexpected_keyword_argument": 0, "missing": 1}  # which of several mistakes is told
WANTED = {  # kind of pydantic's error -> what the setting takes
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "key: value lines",
    "dataclass_type": "'key: value' lines",
}
NO_KIND = (str, int, float, bool, types.NoneType, ...)
MOST_WHOLE = 2**63  # a whole number beyond is nobody's setting, and no array can hold it
LONGEST_NAME = 100  # of a key that a suggestion is looked for
SETUP_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
CHOICE_KEYS = {"setup", "real"}  # the two plain values of params.yaml: which set-up, and where its photos lie


def each_once(name: str, values: Sequence[object]) -> None:
    """Raise ValueError if a list of settings names a value twice."""
    if len(set(values)) < len(values):
        raise ValueError(f"{name} is {list(values)}, wanted each value once")


def read_section(section: str, root: Path = Path()) -> tuple[dict[str, Any], dict[str, str]]:
    """Return one section's values with the set-up laid over them, and for each key the file it came from.

    Keys of the set-up replace those of params.yaml one by one.
    """
    params = read_yaml(root / PARAMS)
    if section not in params:
        raise InputError(f"{PARAMS}: the section '{section}' is missing; add it")
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    setup = setup_path(params, root)
    for path, sections in ((PARAMS, params), (setup, read_yaml(root / setup))):
        part = sections.get(section) or {}
        if not isinstance(part, dict):
            raise InputError(f"{path}: {section} is {shown(part)}, wanted 'key: value' lines")
        values |= part
        origin |= dict.fromkeys(part, str(path))
    return values, origin


def read_choice(key: str, root: Path = Path()) -> str:
    """Return one of the plain values of params.yaml; raise InputError for another key, or a value that is no text."""
    value = read_yaml(root / PARAMS).get(key) if key in CHOICE_KEYS else None
    if not isinstance(value, str) or not value:
        raise InputError(
            f"{PARAMS}: {shown(key)} is {shown(value)}, wanted a path; make repro REAL=path writes it there"
        )
    return value


def setup_path(params: Mapping[str, Any], root: Path = Path()) -> Path:
    """Return the file of the set-up that `params` names, relative to the project's folder `root`."""
    name, known = params.get("setup"), sorted(path.stem for path in (root / SETUPS).glob("*.yaml"))
    if name not in known:
        raise InputError(
            f"{PARAMS}: setup is {shown(name)}, wanted the name of a file in {SETUPS}/{suggestion(name, known)}"
        )
    if not SETUP_NAME.fullmatch(name):
        raise InputError(
            f"{SETUPS / name}.yaml: a set-up's name is a part of paths and of commands, wanted letters, digits, '-', "
            "'_' and '.'; rename the file"
        )
    return SETUPS / f"{name}.yaml"


def read_settings(kind: type[Settings], root: Path = Path()) -> Settings:
    """Return the settings dataclass `kind`, filled from the section that carries its name in lower case."""
    section = kind.__name__.lower()
    values, origin = read_section(section, root)
    return build(kind, values, section, lambda key: origin.get(key, str(PARAMS)))


def build(kind: type[Settings], values: Any, name: str, file_of: Callable[[str], str]) -> Settings:
    """Return `kind` made from a mapping of plain values; nested dataclasses and lists of them are followed.

    name: what to call the mapping in a message, e.g. ``split.train``. file_of: key -> the file it stands in.
    Raises InputError for an unknown, missing or mistyped key.
    """
    if not isinstance(values, dict):
        raise InputError(f"{file_of('')}: {name} is {shown(values)}, wanted 'key: value' lines")
    found = {str(key): as_json(value, f"{name}.{key}", file_of(str(key))) for key, value in values.items()}
    try:  # as JSON, since pydantic's strict mode takes lists for tuples there alone
        made: Settings = adapter_of(kind).validate_json(json.dumps(found), strict=True, extra="forbid")
        return made
    except ValidationError as error:
        errors = sorted(error.errors(include_url=False), key=lambda each: RANK.get(each["type"], len(RANK)))
    key = str(errors[0]["loc"][0]) if errors[0]["loc"] else next(iter(found), "")
    raise InputError(f"{file_of(key)}: {first_mistake(errors, found, kind, name)}")


@functools.cache
def adapter_of(kind: type[Settings]) -> TypeAdapter[Settings]:
    """Return what makes a dataclass from JSON."""
    return TypeAdapter(kind)


def as_json(value: Any, name: str, file: str) -> Any:
    """Return a value of YAML or TOML as JSON has it, dates as text; raise InputError for a number that nobody means."""
    if isinstance(value, dict):
        return {str(key): as_json(item, f"{name}.{key}", file) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item, f"{name}[{at}]", file) for at, item in enumerate(value)]
    if isinstance(value, int) and abs(value) >= MOST_WHOLE:
        raise InputError(f"{file}: {name} is {shown(value)}, wanted a number of at most 18 digits")
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{file}: {name} is {value}, wanted a finite number")
    return value if value is None or isinstance(value, str | int | float) else str(value)


def first_mistake(errors: Sequence[ErrorDetails], found: Any, kind: type, name: str) -> str:
    """Return the first mistake in words, e.g. ``fit.steps is 'many', wanted a whole number``. found: all values."""
    first, loc = errors[0], errors[0]["loc"]
    place, value = place_of(loc, found, name)
    if first["type"] == "unexpected_keyword_argument":
        return f"{place} is not a setting{suggestion(loc[-1], keys_at(kind, loc[:-1]))}"
    if first["type"] == "missing" and isinstance(value, dict):
        return f"{place}.{loc[-1]} is missing; add it"
    if first["type"] == "missing":
        short = sum(each["type"] == "missing" and each["loc"][:-1] == loc[:-1] for each in errors)
        return f"{place} is {shown(value)}, wanted a list of {len(value) + short}"
    if first["type"] == "too_long":
        return f"{place} is {shown(value)}, wanted a list of {first['ctx']['max_length']}"
    if first["type"] == "value_error":  # a __post_init__ that refuses a value
        return f"{place}.{first['ctx']['error']}"
    here = [each for each in errors if place_of(each["loc"], found, name)[0] == place]  # one for each type of a union
    wanted = dict.fromkeys(WANTED.get(each["type"], each["msg"]) for each in here)
    return f"{place} is {shown(value)}, wanted {' or '.join(wanted)}"


def place_of(loc: Sequence[int | str], found: Any, name: str) -> tuple[str, Any]:
    """Return where pydantic's `loc` leads in words, and what stands there; the types of a union in it are no place."""
    for part in loc:
        if isinstance(found, list) and isinstance(part, int) and part < len(found):
            name, found = f"{name}[{part}]", found[part]
        elif isinstance(found, dict) and part in found:
            name, found = f"{name}.{part}", found[str(part)]
    return name, found


def keys_at(kind: Any, loc: Sequence[int | str]) -> list[str]:
    """Return the keys of the dataclass that `loc` leads to from `kind`, through lists, tables and unions."""
    for part in loc:
        hints = typing.get_type_hints(kind) if dataclasses.is_dataclass(kind) else {}
        kind = hints.get(str(part), kind)
        while not dataclasses.is_dataclass(kind) and (inner := [a for a in typing.get_args(kind) if a not in NO_KIND]):
            kind = inner[-1]
    return [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []


def suggestion(key: Any, known: Iterable[str]) -> str:
    """Return " (did you mean ...?)" or the list of what there is."""
    names = sorted(known)
    alike = [name for name in names if name.casefold() == str(key).casefold()]
    close = alike or difflib.get_close_matches(str(key)[:LONGEST_NAME], names, n=1, cutoff=0.7)
    return f" (did you mean {close[0]!r}?)" if close else f"; there are: {', '.join(names) or 'none'}"

"""From params.yaml, with the set-up laid over it, to frozen dataclasses; every wrong key or value is one line."""

import contextlib
import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import InputError, shown
from pipeline.reading import read_yaml

if typing.TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARAMS = Path("params.yaml")
SETUPS = Path("setups")
Settings = TypeVar("Settings", bound="DataclassInstance")
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
MOST_WHOLE = 2**63  # a whole number beyond is nobody's setting, and no array can hold it
LONGEST_NAME = 100  # of a key that a suggestion is looked for
QUOTES = "'"
SETUP_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
CHOICE_KEYS = {"setup", "real"}  # the two plain values of params.yaml: which set-up, and where its photos lie


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
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            raise InputError(
                f"{file_of(str(key))}: {name}.{shown(key).strip(QUOTES)} is not a setting{suggestion(str(key), fields)}"
            )
    for key, field in fields.items():
        if key not in values and field.default is field.default_factory is dataclasses.MISSING:
            raise InputError(f"{file_of(key)}: {name}.{key} is missing; add it")
    hints = typing.get_type_hints(kind)
    made = {key: convert(value, hints[key], f"{name}.{key}", file_of(key)) for key, value in values.items()}
    try:
        return kind(**made)
    except ValueError as error:  # a __post_init__ that refuses a value
        raise InputError(f"{file_of(next(iter(values), ''))}: {name}.{error}") from error


def suggestion(key: Any, known: Iterable[str]) -> str:
    """Return " (did you mean ...?)" or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(str(key)[:LONGEST_NAME], names, n=1, cutoff=0.7)
    return f" (did you mean {close[0]!r}?)" if close else f"; there are: {', '.join(names) or 'none'}"


def convert(value: Any, hint: Any, name: str, file: str) -> Any:
    """Return `value` as the type `hint` wants; raise InputError when it is another type."""
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        return convert_optional(value, hint, name, file)
    if origin is tuple:
        return convert_tuple(value, typing.get_args(hint), name, file)
    if origin is dict:
        inner = typing.get_args(hint)[1]
        if not isinstance(value, dict):
            raise wrong_type(value, "key: value lines", name, file)
        return {str(key): convert(item, inner, f"{name}.{key}", file) for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, name, lambda _: file)
    return convert_plain(value, hint, name, file)


def convert_optional(value: Any, hint: Any, name: str, file: str) -> Any:
    """Return None, or `value` as the first other member of the union `hint` that takes it."""
    members = [member for member in typing.get_args(hint) if member is not type(None)]
    if value is None and len(members) < len(typing.get_args(hint)):
        return None
    for member in members[:-1]:
        with contextlib.suppress(InputError):
            return convert(value, member, name, file)
    return convert(value, members[-1], name, file)


def convert_tuple(value: Any, inner: tuple[Any, ...], name: str, file: str) -> tuple[Any, ...]:
    """Return a list of the file as a tuple: any length for ``tuple[T, ...]``, else just as many as named."""
    if not isinstance(value, list):
        raise wrong_type(value, "a list", name, file)
    if inner[-1] is Ellipsis:
        inner = (inner[0],) * len(value)
    if len(inner) != len(value):
        raise wrong_type(value, f"a list of {len(inner)}", name, file)
    return tuple(convert(v, t, f"{name}[{i}]", file) for i, (v, t) in enumerate(zip(value, inner, strict=True)))


def convert_plain(value: Any, hint: Any, name: str, file: str) -> Any:
    """Return `value` if it is a `hint`: a whole number serves as a float, but true and false are no numbers."""
    if isinstance(value, int) and abs(value) >= MOST_WHOLE:
        raise wrong_type(value, "a number of at most 18 digits", name, file)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise wrong_type(value, WORDS.get(hint, hint.__name__), name, file)
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong_type(value, "a finite number", name, file)
    return value


def wrong_type(value: Any, wanted: str, name: str, file: str) -> InputError:
    """Return the error of a value that is not what its setting takes."""
    return InputError(f"{file}: {name} is {shown(value)}, wanted {wanted}")

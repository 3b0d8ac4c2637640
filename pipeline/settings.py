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

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import InputError

if typing.TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARAMS = Path("params.yaml")
SETUPS = Path("setups")
Settings = TypeVar("Settings", bound="DataclassInstance")
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
CHOICE_KEYS = {"setup", "real"}  # the two plain values of params.yaml: which set-up, and where its photos lie
SETUP_NAME = re.compile(r"[^\W_][\w.-]*")  # dvc.yaml pastes it into commands and paths: nothing a shell would read


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; raise InputError for anything else, a key that stands twice included.

    Values are those of YAML 1.2, which DVC reads as well: 1e-3 is a number, no and off are text.
    """
    try:
        value = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; run the command in the project's folder") from None
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}{line}: not YAML: {error.problem}; mend that line") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {error}; write it again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: found {type(value).__name__}, wanted sections of settings")
    return value


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
            raise InputError(f"{path}: {section} is {part!r}, wanted 'key: value' lines")
        values |= part
        origin |= dict.fromkeys(part, str(path))
    return values, origin


def setup_path(params: Mapping[str, Any], root: Path = Path()) -> Path:
    """Return the file of the set-up that `params` names, relative to the project's folder `root`.

    Raises InputError for a name of other characters than letters, digits, "-", "_" and ".", and for an unknown one.
    """
    name, known = params.get("setup"), sorted(path.stem for path in (root / SETUPS).glob("*.yaml"))
    if isinstance(name, str) and not SETUP_NAME.fullmatch(name):
        raise InputError(
            f"{PARAMS}: setup is {name!r}, wanted the name of a file in {SETUPS}/ without .yaml: letters, digits, '-', "
            "'_' and '.', a letter or digit first; rename the file"
        )
    if name not in known:
        raise InputError(
            f"{PARAMS}: setup is {name!r}, wanted the name of a file in {SETUPS}/{suggestion(name, known)}"
        )
    return SETUPS / f"{name}.yaml"


def read_choice(key: str, root: Path = Path()) -> str:
    """Return a plain value of params.yaml, one of CHOICE_KEYS; raise InputError when it is missing or no text."""
    value = read_yaml(root / PARAMS).get(key)
    if not isinstance(value, str) or not value:
        raise InputError(
            f"{PARAMS}: {key} is {value!r}, wanted text; run 'make repro SETUP=name REAL=path', or mend it"
        )
    return value


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
        raise InputError(f"{file_of('')}: {name} is {values!r}, wanted 'key: value' lines")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            raise InputError(f"{file_of(str(key))}: {name}.{key} is not a setting{suggestion(str(key), fields)}")
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
    close = difflib.get_close_matches(str(key), names, n=1, cutoff=0.7)
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
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise wrong_type(value, WORDS.get(hint, hint.__name__), name, file)
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong_type(value, "a finite number", name, file)
    return value


def wrong_type(value: Any, wanted: str, name: str, file: str) -> InputError:
    """Return the error of a value that is not what its setting takes."""
    return InputError(f"{file}: {name} is {value!r}, wanted {wanted}")

"""Text that people and other tools wrote, read with limits: JSON, TOML and YAML, each opened here alone.

Whatever is wrong with a file is an InputError in one line. What a file must hold is said once, as a type, and checked
where it is read (`read_typed`), so that no stage meets a list where it wants a table.
"""

import codecs
import contextlib
import copy
import errno
import functools
import json
import math
import os
import stat
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar, TypeVar

import pydantic_core
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import CollectionNode, Node

from pipeline.errors import InputError, shown
from pipeline.files import in_words

Kind = TypeVar("Kind")
Count = Annotated[int, Field(ge=0, le=2**53)]  # of photos, pixels and the like: as large as a float tells exactly

MOST_BYTES = 2**30  # of a text; the JSON of COCO's own training photos takes 0.45 GB
MOST_LINE = 64 * 2**20  # bytes of one sample; 65534 instances take a quarter of it
HEAD_BYTES = 4096  # in which a file shows what it is
UTF_8, UTF_16 = codecs.BOM_UTF8, (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # marks with which texts begin
MOST_SETTINGS_BYTES = 2**18  # of TOML and YAML, which are written by hand
MOST_NODES = 100_000  # of a YAML file, anchors written out
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # of a record at a seam
OPEN = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)  # of a table that may hold more than is read
PART = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)  # of a record of which the rest is not kept


class Record:
    """The base of a frozen record at a seam: a file holds its keys and types, and nothing else."""

    __slots__ = ()  # so that a record that asks for slots is small
    __pydantic_config__: ClassVar[ConfigDict] = STRICT


def open_file(path: Path) -> IO[bytes]:
    """Return a file opened for reading; raise InputError when there is none or it cannot be read."""
    try:
        return open(path, "rb", opener=regular)
    except OSError as error:
        raise in_words(path, error) from error
    except ValueError as error:
        raise InputError(f"{shown(str(path))}: can be no file's name ({error}); mend the path") from None


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return a file's bytes; raise InputError when there is none, it cannot be read, or it has more than `most`."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise InputError(f"{path}: has {size / 2**20:.2f} MiB, wanted {most / 2**20:g} at most; split it")
        return file.read()


def head_of(path: Path) -> bytes:
    """Return how a text begins, HEAD_BYTES at most, as `utf_8_of`; b"" for one that cannot be read."""
    with contextlib.suppress(InputError, OSError), open_file(path) as file:
        return utf_8_of(file.read(HEAD_BYTES))
    return b""


def utf_8_of(data: bytes) -> bytes:
    """Return a text without its mark of UTF-8; one that begins with the mark of UTF-16, as UTF-8.

    Notepad and PowerShell write UTF-16. What is no character behind that mark becomes U+FFFD.
    """
    if data.startswith(UTF_16):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(UTF_8)


def lines_of(path: Path, begin: int = 0, end: float = math.inf) -> Iterator[bytes]:
    """Yield the lines of a file of any length, one at a time; raise InputError for one of more than MOST_LINE bytes.

    begin, end: of the lines that begin at these bytes, or between them; so parts that adjoin yield every line once.
    """
    with open_file(path) as file:
        place = file.seek(max(begin - 1, 0))
        if begin:
            place += len(file.readline(MOST_LINE + 1))  # what is left of the line before, which ends at begin or later
        while place < end and (line := file.readline(MOST_LINE + 1)):
            if len(line) > MOST_LINE:
                raise InputError(f"{path}: has a line of more than {MOST_LINE // 2**20} MiB; write it again")
            place += len(line)
            yield line


def regular(name: str, flags: int) -> int:
    """Open a file that has an end: of a pipe or a device IsADirectoryError, as of a folder, in place of a wait."""
    number = os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    return number


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return a file's text, which is UTF-8 with or without a mark of it, or UTF-16 with one; errors as `as_text`."""
    return as_text(read_bytes(path, most), str(path))


def as_text(data: bytes, where: str) -> str:
    """Return bytes as text; raise InputError, beginning with `where`, when they are not as `read_text` says."""
    try:
        return data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not text in UTF-8 ({error}); save it as UTF-8") from error


def read_json(path: Path) -> Any:
    """Read a JSON file; raise InputError when it is missing or not JSON."""
    return parse_json(read_bytes(path), str(path))


def parse_json(data: bytes | str, where: str) -> Any:
    """Return the value of a JSON text; raise InputError, beginning with `where`, for any other text.

    Lists within lists within lists may go 200 deep, whole numbers have 4300 digits at most.
    """
    try:
        return pydantic_core.from_json(without_mark(data))
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error}); write it again") from error


def check_keys(path: Path) -> None:
    """Raise InputError for a key that stands twice in a mapping of a JSON file: the last would count, unsaid.

    Of a file that `read_json` has passed.
    """

    def once(pairs: list[tuple[str, Any]]) -> None:
        twice = next((key for key, count in Counter(key for key, _ in pairs).items() if count > 1), None)
        if twice is not None:
            raise InputError(f"{path}: the key {shown(twice)} is there twice; take one away, or give it another")

    json.loads(read_text(path), object_pairs_hook=once, parse_int=str, parse_float=str, strict=False)


def without_mark(data: bytes | str) -> bytes | str:
    """Return a text without the mark that some systems put before it, bytes as `utf_8_of`."""
    return utf_8_of(data) if isinstance(data, bytes) else data.removeprefix("\ufeff")


def read_typed(path: Path, kind: TypeAdapter[Kind], what: str, again: str) -> Kind:
    """Return what a JSON file holds as the type of `kind`; raise InputError when it is another.

    what: what it should be, such as "a pick". again: the next step, such as "run stage tune again".
    """
    return parse_typed(read_bytes(path), kind, f"{path}: not {what}", again)


def parse_typed(data: bytes | str, kind: TypeAdapter[Kind], where: str, again: str) -> Kind:
    """Return a JSON text as the type of `kind`; raise InputError, beginning with `where`, when it is another."""
    try:
        return kind.validate_json(without_mark(data), strict=True)
    except ValidationError as error:
        raise InputError(f"{where}: {first_of(error)}; {again}") from None


def first_of(error: ValidationError) -> str:
    """Return the first mistake in words, e.g. ``sources.0.ids is 3, wanted a valid list``."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"not JSON ({first['msg'].removeprefix('Invalid JSON: ')})"
    place = ".".join(map(str, first["loc"])) or "it"
    said = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        return f"{place} is no key of it"
    if first["type"] in {"too_short", "too_long"}:
        said = " to ".join(f"{first['ctx'][key]}" for key in ("min_length", "max_length") if key in first["ctx"])
        said = f"{said} of them at {'least' if first['type'] == 'too_short' else 'most'}"
    return f"{place} is {shown(first['input'])}, wanted {said}"


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raise InputError when it is missing or not TOML."""
    try:
        return tomllib.loads(read_text(path, MOST_SETTINGS_BYTES))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not TOML ({error}); mend that line") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; raise InputError for anything else, a key that stands twice included.

    Values are those of YAML 1.2, which DVC reads as well: 1e-3 is a number, no and off are text. Anchors may save
    writing, but not name what they stand in, nor grow the file beyond MOST_NODES.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file; run the command in the project's folder")
    text = read_text(path, MOST_SETTINGS_BYTES)
    try:
        value = copy.deepcopy(yaml_value(text, path))
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}{line}: not YAML: {error.problem}; mend that line") from error
    except (YAMLError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        raise InputError(f"{path}: not YAML: {error}; write it again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: found {type(value).__name__}, wanted sections of settings")
    return value


@functools.lru_cache(maxsize=8)
def yaml_value(text: str, path: Path) -> Any:
    """Return what a YAML text says, parsed once: a stage asks for a section after the other, of the same two files."""
    yaml = YAML(typ="safe", pure=True)
    root = yaml.compose(text)
    check_growth(root, path)
    return None if root is None else yaml.constructor.construct_document(root)


def check_growth(root: Node | None, path: Path) -> None:
    """Raise InputError when a YAML document grows too large, or into itself, as its anchors are written out."""
    sizes: dict[int, int] = {}

    def size_of(node: Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = MOST_NODES  # while it is open: what names itself has no end
            sizes[id(node)] = 1 + sum(map(size_of, parts_of(node)))
        return sizes[id(node)]

    if root is not None and size_of(root) >= MOST_NODES:
        raise InputError(f"{path}: its anchors grow it beyond {MOST_NODES} values; write out what they name")


def parts_of(node: Node) -> list[Node]:
    """Return the nodes right below one: of a mapping its keys and values."""
    if not isinstance(node, CollectionNode):
        return []
    return [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]

"""Mutations of valid files, drawn by hypothesis: of bytes, and of what the text of JSON, TOML, YAML and meshes says."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from tests.fuzz.packed import glb_of, gzip_of, tar_file, zip_file
from tests.fuzz.pictures import picture_file

RAW = "@raw{}@"  # stands in a JSON value for a text that no value can say
RAWS = (
    "NaN",
    "Infinity",
    "-1e400",
    "1" * 5000,
    "[" * 3000 + "]" * 3000,
    '{"a":' * 3000,
    r'"\ud800"',
    r'"\u0000"',
    "01",
    "",
)
NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 1e308, 2**31, 2**63, 10**18, 10**400, -(10**400)),
    *(
        "",
        "x",
        "a\0b",
        "..",
        ".",
        "/",
        "../../x",
        "/etc/passwd",
        "../beside/kept.txt",
        "../../beside/kept.txt",
        "a/b/c",
        "\\x",
        "x" * 300,
        "ab/" * 2000,
        "=1+1",
    ),
    *("\u202e", "<script>alert(1)</script>", "real", "render", "params:real", [], {}, [None], [[]], [1, 2], {"a": 1}),
    *([{}], {"": ""}, {"id": []}, [[[[[[]]]]]], [0] * 50, "2024-02-31", "1e999", "0x10", "~", "-", "*", "@@@"),
    *(RAW.format(number) for number in range(len(RAWS))),
)
WAYS = (
    "../beside/kept.txt",
    "../../beside/kept.txt",
    "../../../beside/kept.txt",
    "../beside",
    "..",
    ".",
    "",
    "x/../..",
)
junk: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(NASTY),
    st.sampled_from(WAYS),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.integers(-5, 5), max_size=5),
)
bits = st.binary(min_size=0, max_size=12) | st.sampled_from((
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\n",
    b"\r",
    b"\x7f" * 64,
))


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every part of a value of JSON, () for the whole."""
    yield way
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*way, key))


def changed(value: Any, way: tuple[Any, ...], change: Callable[[Any, Any], None], whole: Callable[[], Any]) -> Any:
    """Return a value after `change(container, key)` at a place; `whole()` where the place is the whole."""
    if not way:
        return whole()
    here = value
    for key in way[:-1]:
        here = here[key]
    change(here, way[-1])
    return value


@st.composite
def json_value(draw: st.DrawFn, value: Any) -> Any:
    """Change a value of JSON at one to three places: replace, drop, double, move or rename a part."""
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, 3))):
        every = list(places(value))
        way = draw(st.sampled_from(every))
        what = draw(st.sampled_from(("replace", "replace", "replace", "drop", "rename", "double", "swap")))
        other, new = draw(st.sampled_from(every)), copy.deepcopy(draw(junk))  # it may be changed later

        def change(
            here: Any, key: Any, what: str = what, new: Any = new, other: Any = other, value: Any = value
        ) -> None:
            if what == "drop":
                del here[key]
            elif what == "rename" and isinstance(here, dict):
                here[str(new)[:60]] = here.pop(key)
            elif what == "double" and isinstance(here, list):
                here.append(here[key])
            elif what == "swap":
                found = value
                for step in other:
                    found = found[step]
                here[key] = json.loads(json.dumps(found))
            else:
                here[key] = new

        value = changed(value, way, change, lambda new=new: new)
    return value


def json_text(value: Any) -> str:
    """Return a value as JSON, with the raw texts in their places."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r'"@raw(\d)@"', lambda found: RAWS[int(found[1])], text)


@st.composite
def json_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Change a JSON file by what it says."""
    return json_text(draw(json_value(json.loads(data)))).encode("utf-8", "surrogatepass")


@st.composite
def lines_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Change one line of a file of JSON lines."""
    lines = data.decode().splitlines()
    number = draw(st.integers(0, len(lines) - 1))
    lines[number] = json_text(draw(json_value(json.loads(lines[number]))))
    return "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n"


def token(value: Any) -> str:
    """Return a nasty value as a word of a text format."""
    text = json_text(value)
    return text[1:-1] if text.startswith('"') and len(text) < 40 else text


LAUGHS = "[&a0 [x, x], " + ", ".join(f"&a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 12)) + "]"
WORDS = (
    *("", "&a [*a]", "&a {b: *a}", "*a", LAUGHS, "!!python/object:x", "!!binary a", "= [", "\t", "<<: *a", "? [a]"),
    *("&lt;", "&x;", "<a>", "</image>", '"1" "', "<!DOCTYPE a>", "0, 9", "1,1;2,2", "99999999999"),
    *("2024-02-31", "2024-02-03T25:61:61", "1e400", "1_000", "0x" + "f" * 5000, ".inf", ".nan", "9" * 5000),
)


@st.composite
def words_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Change words of a text: of TOML and YAML the values, of meshes the numbers and names."""
    text = data.decode()
    spots = [found.span() for found in re.finditer(r'"[^"\n]*"|\[[^\]\n]*\]|[^\s\[\]{},:="#]+', text)] or [(0, 0)]
    for _ in range(draw(st.integers(1, 3))):
        begin, end = draw(st.sampled_from(spots))
        new = draw(junk)
        word = draw(st.sampled_from((token(new), json_text(new), *WORDS)))
        text = text[:begin] + word + text[end:]
    return text.encode("utf-8", "surrogatepass")


@st.composite
def xml_file(draw: st.DrawFn, data: bytes) -> bytes:
    """Change what attributes and elements of XML say, mostly so that it stays XML."""
    text = data.decode()
    for _ in range(draw(st.integers(1, 3))):
        spots = [found.span() for found in re.finditer(r'(?<=")[^"<>=]*(?=")|(?<=>)[^<>]+(?=<)', text)]
        begin, end = draw(st.sampled_from(spots or [(0, 0)]))
        word = token(draw(junk)) if draw(st.booleans()) else draw(st.sampled_from(WORDS))
        text = text[:begin] + (escape(word, {'"': "&quot;"}) if draw(st.integers(0, 9)) else word) + text[end:]
    return text.encode("utf-8", "surrogatepass")


@st.composite
def any_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Change bytes: flip, cut, insert, repeat, or the encoding of the whole."""
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, max(len(data), 1))), draw(st.integers(0, 40))
        what = draw(st.sampled_from(("flip", "flip", "flip", "insert", "cut", "end", "repeat", "other", "nothing")))
        if what == "flip" and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]
        elif what == "insert":
            data = data[:at] + draw(bits) + data[at:]
        elif what == "cut":
            data = data[:at] + data[at + length :]
        elif what == "end":
            data = data[:at]
        elif what == "repeat":
            data = data[:at] + data[at : at + length] * draw(st.integers(2, 30)) + data[at + length :]
        elif what == "other":
            data = data.decode("latin-1").encode("utf-16")
    return data


BY_ENDING: dict[str, Callable[[bytes], st.SearchStrategy[bytes]]] = {
    ".json": json_file,
    ".jsonl": lines_file,
    ".gltf": json_file,
    ".toml": words_file,
    ".yaml": words_file,
    ".obj": words_file,
    ".mtl": words_file,
    ".usda": words_file,
    ".xml": xml_file,
    ".zip": zip_file,
    ".tar": tar_file,
    ".tgz": gzip_of(tar_file),
    ".glb": glb_of(json_file),
    ".usdz": zip_file,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tiff", ".bmp", ".webp"), picture_file),
}


def mutated(name: str, data: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy of files like this one that are wrong somewhere."""
    by_words = BY_ENDING.get("." + name.rpartition(".")[2])
    if by_words is None:
        return any_bytes(data)
    if by_words is picture_file:
        return picture_file(data) | any_bytes(data) | any_bytes(data) | picture_file(data).flatmap(any_bytes)
    return by_words(data) | by_words(data) | any_bytes(data)

"""XML that people and other tools wrote, opened here alone, with the limits of `pipeline.reading`.

A document that declares types or entities is refused before anything of it is parsed: these can name other files, and
grow a small file without end.
"""

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, iterparse

from pipeline.errors import InputError, shown
from pipeline.reading import read_text

DECLARES = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def check_writable(texts: Iterable[str], where: str) -> None:
    """Raise InputError, beginning with `where`, for a text that no XML can hold."""
    for text in texts:
        if UNWRITABLE.search(text):
            raise InputError(f"{where}: {shown(text)} cannot be written as XML; rename it")


def children_of(path: Path, tag: str) -> Iterator[Element]:
    """Yield the elements right below the root, one at a time: none is kept when the next one is asked for.

    tag: of the root. Raises InputError for a file that is no XML, has another root, or declares types or entities.
    """
    yield from children_in(read_text(path), str(path), tag)


def children_in(text: str, where: str, tag: str) -> Iterator[Element]:
    """Yield what `children_of` does of an XML text; errors begin with `where`."""
    if DECLARES.search(text):
        raise InputError(f"{where}: declares types or entities (DOCTYPE), wanted plain XML; export it again")
    root, depth = None, 0
    try:
        for event, element in iterparse(io.StringIO(text), ("start", "end")):
            root = element if root is None else root
            if root.tag != tag:
                raise InputError(f"{where}: its root is <{root.tag}>, wanted <{tag}>; name another file")
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1:
                yield element
                root.clear()
    except ParseError as error:
        raise InputError(f"{where}: not XML ({error}); export it again") from error

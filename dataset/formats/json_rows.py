"""JSON files with long lists, written row by row, so that they never lie in memory whole."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO


class Rows:
    """A list that grows on the disk."""

    def __init__(self, file: TextIO) -> None:
        """file: takes the rows, one a line, with a comma between two."""
        self.file, self.count = file, 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Append one row."""
        self.file.write((",\n" if self.count else "") + json.dumps(row, ensure_ascii=False))
        self.count += 1


@contextlib.contextmanager
def json_with_rows(path: Path, head: Mapping[str, Any], *names: str) -> Iterator[list[Rows]]:
    """Yield a `Rows` for each name; after the block write the JSON object of `head` and these lists."""
    with contextlib.ExitStack() as stack:
        lists = [
            Rows(stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent))) for _ in names
        ]
        yield lists
        with path.open("w", encoding="utf-8", newline="\n") as whole:
            whole.write("{\n")
            for key, value in head.items():
                whole.write(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n")
            for number, (name, rows) in enumerate(zip(names, lists, strict=True)):
                whole.write(f"{',' if number else ''}\n{json.dumps(name)}: [\n")
                rows.file.seek(0)
                shutil.copyfileobj(rows.file, whole)
                whole.write("\n]")
            whole.write("\n}\n")

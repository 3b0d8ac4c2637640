"""One Blender process that says what is in the files of one folder: `python -m render.blender.inspecting OUT`.

Reads a JSON list of [file, up] from its input; writes a line to OUT when it is ready and then one for every file:
{"facts": {...}} or {"reason": "..."}. It reads that folder and writes below OUT's alone, where the kernel can hold it
to that, and ends when a file takes more time or memory than it may.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from pipeline.confine import confine, python_folders
from pipeline.errors import InputError
from render.blender.reach import CODE
from render.stock.parts import files_of


def keep_to(files: Iterable[Path], own: Path) -> None:
    """Let this process read the folders of these files, and write to its own folder alone; raise no alarm if it cannot.

    Files of an asset may be links to elsewhere, as DVC makes them: these can be read too.
    """
    folders, links = {file.parent for file in files}, set[Path]()
    for file in files:
        with contextlib.suppress(InputError):  # said when the file is opened
            links |= {one.resolve() for one in files_of(file)}
    confine([*python_folders(), *CODE, *sorted(folders | links)], [own])


def main() -> None:
    """Inspect file after file, confined before Blender is loaded: its threads are bound only if they start after."""
    wanted = [(Path(file), str(up)) for file, up in json.loads(sys.stdin.read())]
    own = Path(sys.argv[1])
    with own.open("w", encoding="utf-8") as out:
        keep_to([file for file, _ in wanted], own.parent)
        from render.blender.inspection import inspect_all  # here, after it is confined

        inspect_all(wanted, out)
    os._exit(0)  # Python's own end would crash Blender


if __name__ == "__main__":
    main()

"""What is found in the files of all entries, each file looked at once."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.reading import read_typed
from pipeline.settings import build
from render.catalog import Asset
from render.entries import Entry, as_measured, facts_of_texture
from render.stock import facts
from render.stock.facts import Facts

KNOWN = TypeAdapter(dict[str, dict[str, Any]])
FINDS = 2  # raise it when render/stock/facts.py finds something else in the same file


@dataclasses.dataclass(frozen=True)
class Looked:
    """One entry with all that was found out about it."""

    entry: Entry
    asset: Asset | None  # as it is, whatever its entry says; None if the entry cannot be read
    facts: Facts | None  # None for an environment map, and if the file is not there or cannot be read
    errors: tuple[str, ...]


def look(entries: Sequence[Entry], memory: Path) -> list[Looked]:
    """Return all entries with what their files hold, in order. memory: file of what was found in earlier runs."""
    known, found = recall(memory), dict[str, Facts | str]()
    meshes = {name_of(e): (e.path, e.asset.up) for e in entries if e.asset and e.path and e.asset.kind == "mesh"}
    new = {name: mesh for name, mesh in meshes.items() if name not in known}
    made = facts.inspect([path for path, _ in new.values()], [up for _, up in new.values()])
    found |= dict(zip(new, made, strict=True))
    found |= {name: known[name] for name in meshes if name in known}
    remember(memory, {name: result for name, result in found.items() if isinstance(result, Facts)})
    return [looked(entry, found.get(name_of(entry))) for entry in entries]


def looked(entry: Entry, found: Facts | str | None) -> Looked:
    """Return an entry with what was found in its file: facts, or why there are none."""
    if entry.asset and entry.path and entry.asset.kind == "texture":
        try:
            found = facts_of_texture(entry.path)
        except InputError:
            found = None  # among the entry's errors already
    if isinstance(found, str):
        reason = found.removeprefix(f"{entry.path}: ")
        return Looked(entry, entry.asset, None, (*entry.errors, *([] if said(reason, entry) else [reason])))
    return Looked(entry, as_measured(entry.asset, found) if entry.asset else None, found, entry.errors)


def said(reason: str, entry: Entry) -> bool:
    """Return whether the catalogue refuses the entry for this reason already."""
    return any(reason in error for error in entry.errors)


def name_of(entry: Entry) -> str:
    """Return what decides the facts of an entry's mesh; empty if it cannot be read."""
    return f"{entry.asset.sha256} {entry.asset.up} {FINDS}" if entry.asset else ""


def recall(memory: Path) -> dict[str, Facts]:
    """Return what earlier runs found; nothing if they left nothing that can be read."""
    try:
        entries = read_typed(memory, KNOWN, "what was found in files", "")
        return {name: build(Facts, value, name, lambda _: str(memory)) for name, value in entries.items()}
    except InputError:
        return {}


def remember(memory: Path, found: dict[str, Facts]) -> None:
    """Write down what was found."""
    lines = (f"{json.dumps(name)}: {json.dumps(dataclasses.asdict(found[name]))}" for name in sorted(found))
    write_text(memory, "{\n" + ",\n".join(lines) + "\n}\n")

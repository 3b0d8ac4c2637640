"""LICENCES.csv, which lies beside every export: whose assets and photos it shows, and what they allow."""

import dataclasses
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dataset.formats.source import ManifestSource
from pipeline.errors import InputError
from pipeline.reading import read_typed
from pipeline.settings import build
from pipeline.tables import write_table

CREDITS = TypeAdapter(dict[str, dict[str, Any]])
FILE = "LICENCES.csv"


@dataclasses.dataclass(frozen=True)
class Credit:
    """What credits.json says of one asset."""

    licence: str  # SPDX identifier
    source: str  # who made it, or where it was found
    category: str = ""  # what it is labelled; empty: never labelled

    def __post_init__(self) -> None:
        """Refuse an empty word."""
        if not self.licence.strip() or not self.source.strip():
            raise ValueError(f"licence and source are {self.licence!r} and {self.source!r}, wanted both")


def read_credits(path: Path, source: ManifestSource) -> dict[str, Credit]:
    """Return asset id -> credit of credits.json; nothing if no asset is shown and there is no such file.

    Raises InputError for an asset that is shown and has no entry.
    """
    if not source.assets and not path.is_file():
        return {}
    entries = read_typed(path, CREDITS, "asset ids with their licence and source", "run the stage shoot again")
    for asset, count in sorted(source.assets.items()):
        if asset not in entries:
            raise InputError(f"{path}: found no licence of the asset {asset!r}, which {count} pictures show; add it")
    return {asset: build(Credit, entry, asset, lambda _: str(path)) for asset, entry in entries.items()}


def write_licences(out: Path, source: ManifestSource, credits: dict[str, Credit]) -> None:  # noqa: A002 - the word for it
    """Write a line for each asset that is shown, then one for each source of photos; sorted, each with its count."""
    assets = [
        ("asset", asset, credits[asset].licence, credits[asset].source, count)
        for asset, count in sorted(source.assets.items())
    ]
    photos = [("photos", "", licence, origin, count) for (origin, licence), count in sorted(source.photos.items())]
    write_table(out / FILE, ("kind", "asset", "licence", "source", "pictures"), [*assets, *photos])

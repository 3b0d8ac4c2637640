"""What tests of pools share: a set-up's folder with a few samples."""

import dataclasses
import json
from pathlib import Path

from dataset.records import Sample, write_manifest
from mix.compose import Compose, main

ALL = Compose(seed=1, renders=None, held_out=0)


def samples(domain: str, count: int, prefix: str = "") -> list[Sample]:
    names = [f"{prefix or domain}{k}" for k in range(count)]
    return [Sample(n, domain, f"{n}.png", "m", (1, 1), (), "set", "CC0-1.0") for n in names]


@dataclasses.dataclass
class Project:
    """A set-up's folder with its manifests."""

    root: Path

    def write(self, name: str, members: list[Sample]) -> None:
        path = self.root / name
        write_manifest(path, members)
        for sample in members:
            (path.parent / sample.image).write_bytes(sample.id.encode())

    def compose(self, settings: Compose = ALL, *, folds: bool = False) -> dict:
        split, out = self.root / "split", self.root / "pools.json"
        manifests = split / "train.jsonl", self.root / "renders" / "samples.jsonl", self.root / "more"
        main(
            settings,
            *manifests,
            split / "val.jsonl",
            split / "test.jsonl",
            out,
            split / "more_val",
            split / "folds.json" if folds else None,
        )
        return json.loads(out.read_text(encoding="utf-8"))


def by_name(pools: dict) -> dict:
    return {pool["name"]: pool for pool in pools["sources"]}

"""A test set frozen by checksum: which photos and labels it holds, by which rule it was drawn, and why."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, JsonValue, TypeAdapter

from dataset.idmap import read_ids
from dataset.records import Sample, each_sample
from pipeline.errors import InputError, few_of
from pipeline.files import sha256_of, write_json
from pipeline.reading import Count, Record, read_typed

Sha = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Rule = dict[str, JsonValue]  # split.test of the settings, as JSON has it

AGAIN = "run admix freeze-test --why '...'"
NAMED = 5  # photos that a message names


@dataclasses.dataclass(frozen=True)
class FrozenPhoto(Record):
    """What of a test photo must not change."""

    image: Sha  # of the file's bytes
    labels: Sha  # of its id map's pixels and of the category of each instance


@dataclasses.dataclass(frozen=True)
class Freeze(Record):
    """One time that the test set was frozen."""

    why: str
    photos: Count
    added: Count
    gone: Count
    changed: Count  # photos that stayed, with other bytes or labels
    sum: Sha  # of the rule and the photos as they were then


@dataclasses.dataclass(frozen=True)
class FrozenTest(Record):
    """The whole file."""

    rule: Rule
    photos: Annotated[dict[str, FrozenPhoto], Field(min_length=1)]  # by id
    history: Annotated[tuple[Freeze, ...], Field(min_length=1)]  # in the order in which it happened


FROZEN = TypeAdapter(FrozenTest)


def read_frozen(path: Path) -> FrozenTest | None:
    """Return a frozen test set, None where none is; raise InputError for a file that the command did not write."""
    if not path.exists():
        return None
    found = read_typed(path, FROZEN, "a frozen test set", f"restore it, or take it away and {AGAIN}")
    if found.history[-1].sum != sum_of(found.rule, found.photos):
        raise InputError(
            f"{path}: was changed by hand since {found.history[-1].why!r}; restore it, or take it away and {AGAIN}"
        )
    return found


def sum_of(rule: Rule, photos: Mapping[str, FrozenPhoto]) -> str:
    """Return the checksum of a test set: of its rule and its photos, in whatever order they stand."""
    plain = {"rule": rule, "photos": {name: dataclasses.asdict(photo) for name, photo in photos.items()}}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def sums_in(folder: Path, ids: Iterable[str]) -> dict[str, FrozenPhoto]:
    """Return the checksums of these photos of a folder's manifest, by id in sorted order; those not there are left out.

    Raises InputError for a photo or an id map that cannot be read.
    """
    wanted = frozenset(ids)
    samples = [sample for sample in each_sample(folder / "samples.jsonl") if sample.id in wanted]
    return {sample.id: frozen_photo(sample, folder) for sample in sorted(samples, key=lambda sample: sample.id)}


def frozen_photo(sample: Sample, folder: Path) -> FrozenPhoto:
    """Return the checksums of a photo. Those of its labels hold in whichever way the id map's PNG was packed."""
    ids = read_ids(folder / sample.ids)
    named = json.dumps([ids.shape, [(thing.index, thing.category) for thing in sample.instances]])
    labels = hashlib.sha256(named.encode() + ids.astype("<u2").tobytes()).hexdigest()
    return FrozenPhoto(sha256_of(folder / sample.image), labels)


def check_rule(held: FrozenTest, rule: Rule, path: Path) -> None:
    """Raise InputError if the rule is another than the one that the test set was drawn by. path: of its file."""
    if held.rule != rule:
        raise InputError(
            f"split.test is another rule than the one by which the test set of {path} was drawn; put it back "
            f"({json.dumps(held.rule)}), or draw the set anew with a reason: admix freeze-test --anew --why '...'"
        )


def check_frozen(held: FrozenTest, folder: Path, path: Path) -> None:
    """Raise InputError, naming the first few, for photos of the test set that are gone or changed in a folder.

    path: of the file that holds the test set.
    """
    found = list(differences(held.photos, sums_in(folder, held.photos)))
    if found:
        raise InputError(
            f"{path}: the test set is frozen, but {few_of(found, NAMED)}; put back what they were, or take "
            f"them as they are with a reason: {AGAIN.removeprefix('run ')}"
        )


def differences(held: Mapping[str, FrozenPhoto], now: Mapping[str, FrozenPhoto]) -> Iterator[str]:
    """Yield in words what became of each frozen photo that is not as it was."""
    for name, photo in held.items():
        if name not in now:
            yield f"{name} is gone"
        elif now[name].image != photo.image:
            yield f"{name} is another picture"
        elif now[name].labels != photo.labels:
            yield f"{name} has other labels"


def frozen_again(before: FrozenTest | None, rule: Rule, photos: Mapping[str, FrozenPhoto], why: str) -> FrozenTest:
    """Return the test set with these photos, its history one step longer. before: as it was, None where none was."""
    old = before.photos if before else {}
    step = Freeze(
        why=why,
        photos=len(photos),
        added=len(photos.keys() - old.keys()),
        gone=len(old.keys() - photos.keys()),
        changed=sum(old[name] != photo for name, photo in photos.items() if name in old),
        sum=sum_of(rule, photos),
    )
    return FrozenTest(rule, dict(photos), (*(before.history if before else ()), step))


def write_frozen(path: Path, frozen: FrozenTest) -> None:
    """Write a frozen test set whole."""
    write_json(path, dataclasses.asdict(frozen))

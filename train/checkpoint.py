"""The checkpoint of a training: one file, whole or not there, from which it goes on as if nothing had happened.

Safetensors and not torch.save, whose files are pickles: a restricted unpickler is more to trust than none.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.reading import STRICT, parse_typed

FILE = "checkpoint.safetensors"


@dataclasses.dataclass
class History:
    """How far a training is, and what it saw on the way."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT | {"allow_inf_nan": True}  # a loss may be no finite number

    step: Annotated[int, Field(ge=0)] = 0  # steps done
    losses: list[tuple[int, float]] = dataclasses.field(default_factory=list)  # step (0 = first) and its loss
    watched: list[tuple[int, float]] = dataclasses.field(default_factory=list)  # steps done and the score on val
    seconds: float = 0.0  # spent in the loop so far, without the building of the network
    waited: float = 0.0  # of these, seconds without a batch


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A training as it was after `history.step` steps."""

    history: History
    tensors: dict[str, Tensor]


HISTORY = TypeAdapter(History)
AGAIN = "remove it, and the training begins anew"


def key_of(*facts: Any) -> str:
    """Return the name of a training: a hash of all that it follows from, given as plain values."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def save(folder: Path, key: str, history: History, tensors: Mapping[str, Tensor]) -> None:
    """Write a checkpoint in place of the last one: tensors as safetensors, numbers as JSON in the file's head."""
    head = {"key": key, "history": json.dumps(dataclasses.asdict(history))}
    write_bytes(
        folder / FILE, save_tensors({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, head)
    )


def load(folder: Path, key: str) -> Checkpoint | None:
    """Return a training's checkpoint; None when there is none, or it is another training's.

    Raises InputError when the file is not whole.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            head = file.metadata() or {}
            if head.get("key") != key:
                return None
            history = parse_typed(head.get("history", ""), HISTORY, f"{path}: not a checkpoint", AGAIN)
            return Checkpoint(history, {name: file.get_tensor(name) for name in sorted(file.keys())})
    except (OSError, SafetensorError, ValueError, OverflowError, AttributeError) as error:
        raise InputError(f"{path}: not a checkpoint ({error}); {AGAIN}") from error


def tidy(folder: Path) -> None:
    """Remove what a killed process left half written."""
    for part in sorted(folder.glob(f".{FILE}.*.part")):
        part.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove the checkpoint of a training that is over, and the folder if nothing else is in it."""
    tidy(folder)
    (folder / FILE).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

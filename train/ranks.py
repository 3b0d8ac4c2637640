"""Several processes that train one network, started by torchrun; alone, all of this does nothing.

torch.distributed itself: of accelerate it would be four calls, and its state joins whatever the variables of MPI name,
so a plain training inside somebody's MPI job would wait for others for ever.
"""

import contextlib
import os
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, distributed

from pipeline.errors import InputError


def rank() -> int:
    """Return this process's number, 0 = the first, which is the one that writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """Return how many processes train together; 1 = alone."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """Join the other processes that torchrun started, for the block; one GPU each, or gloo on CPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def from_first(make: Callable[[], float]) -> float:
    """Return what `make` gives in the first process, in all of them; the others do not call it."""
    if world() == 1:
        return make()
    said: list[float | None] = [make() if rank() == 0 else None]
    distributed.broadcast_object_list(said, src=0)
    return float(said[0] or 0.0)


def alike(tensors: list[Tensor]) -> None:
    """Fill the tensors of all processes, in place, with those of the first."""
    if world() > 1:
        for tensor in tensors:
            distributed.broadcast(tensor, src=0)


def same_everywhere(step: int, folder: str) -> None:
    """Raise InputError unless all processes go on from the same step.

    folder: where the checkpoints lie, for the message.
    """
    if world() == 1:
        return
    steps: list[int | None] = [None] * world()
    distributed.all_gather_object(steps, step)
    if len(set(steps)) > 1:
        raise InputError(f"{folder}: the processes found checkpoints of steps {steps}; give all machines one folder")

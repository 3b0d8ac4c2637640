"""What a training is of where it is not photos and their categories: the same loop, other inputs."""

import dataclasses
from collections.abc import Callable
from typing import Any

from torch import Tensor

from train.loader import View
from train.model import Network


@dataclasses.dataclass(frozen=True)
class Task:
    """What differs from the plain training of categories."""

    facts: Any  # plain values: all that decides its weights beside what `train` is given
    adapt: Callable[[Network], None]  # changes a network that was just built, such as `widen`
    new_view: Callable[[], View]  # gives a thread what makes an image and its truth of a photo
    ask: Callable[[Network, Tensor, Tensor, int], Tensor]  # network, images, truths, seed -> images to learn from

"""A finished picture, as it leaves Blender. Standard library and numpy only."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from render.blender.silhouette import Silhouette

NOT_A_NUMBER = "NaN"
OUT_OF_STEP = "out of step"


@dataclasses.dataclass(frozen=True)
class Shot:
    """A finished picture."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB
    alpha: NDArray[np.float32]  # (H, W) in 0..1: how much of it is not the plate; all 1 without a plate
    ids: NDArray[np.uint16]  # (H, W), k = k-th labelled object of the scene, from 1
    assets: dict[int, str]  # index -> asset id
    alone: dict[int, Silhouette]  # index -> what it would cover if nothing stood before it and nothing cut it off
    depth: NDArray[np.float32] | None = None  # (H, W) metres along the line of sight, inf = nothing there
    normals: NDArray[np.float16] | None = None  # (H, W, 3) world axes, zeros = nothing there
    broken: str = ""  # why the picture cannot be trusted, one of frame.CAUSES; empty: nothing wrong

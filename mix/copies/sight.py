"""What is kept of a photo to find its copies: a small grey picture and its local features."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.overlay import RGB

SIDE_PX = 320  # of the longer side; photos are compared at this size
FEATURES = 300
CONTRAST = 0.01  # below OpenCV's 0.04, so that smooth photos have features too

Grey = NDArray[np.uint8]  # (H, W)
Floats = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Sight:
    """A photo made small."""

    grey: Grey
    points: Floats  # (N, 2) x, y in its pixels, N at most 300 or so; (0, 2) for a picture of one colour
    descriptors: NDArray[np.uint8]  # (N, 128) of SIFT

    @property
    def unit(self) -> Floats:
        """The descriptors (N, 128) as vectors of length 1 (RootSIFT, Arandjelovic and Zisserman 2012)."""
        sums = self.descriptors.sum(axis=1, keepdims=True, dtype=np.float32)
        return np.sqrt(self.descriptors / np.maximum(sums, 1))


def sight_of(image: RGB) -> Sight:
    """Return what is kept of an image (H, W, 3)."""
    return sight_of_grey(shrunk(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)))


def sight_of_grey(grey: Grey) -> Sight:
    """Return what is kept of a small grey picture (H, W)."""
    sift = cv2.SIFT_create(nfeatures=FEATURES, contrastThreshold=CONTRAST)
    found, descriptors = sift.detectAndCompute(grey, None)
    points = np.array([point.pt for point in found], np.float32).reshape(-1, 2)
    return Sight(grey, points, np.zeros((0, 128), np.uint8) if descriptors is None else descriptors.astype(np.uint8))


def mirror(sight: Sight) -> Sight:
    """Return what would be kept of the mirror image, left for right."""
    return sight_of_grey(np.ascontiguousarray(sight.grey[:, ::-1]))


def shrunk(grey: Grey) -> Grey:
    """Return a grey picture (H, W) whose longer side has `SIDE_PX`."""
    scale = SIDE_PX / max(grey.shape)
    size_wh = max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size_wh, interpolation=way), np.uint8)

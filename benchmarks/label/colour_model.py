"""A network's stand-in for benches: pixels judged by their colours, learned from a few photos in seconds.

It is far from a network's quality, and its objects, scores and mistakes are real ones.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.label.photo_sets import iou, pieces

Labelled = tuple[NDArray[np.uint8], NDArray[np.bool_]]
BLURS = (0.0, 2.0, 6.0)  # pixels
EVERY = 7  # pixels of a photo that are learned from
SIDE = 96  # longer side that is looked at


def seen(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (h * w, K): colours around each pixel of a small image (h, w, 3), and how rough it is there."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    layers = [cv2.GaussianBlur(lab, (0, 0), blur) if blur else lab for blur in BLURS]
    rough = cv2.GaussianBlur((lab - layers[1]) ** 2, (0, 0), 4)
    mean = np.broadcast_to(lab.mean((0, 1)), lab.shape)
    stacked = np.concatenate([*layers, rough, mean], axis=2)
    return np.asarray(stacked.reshape(-1, stacked.shape[2]), np.float32)


def small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image at most SIDE long."""
    scale = SIDE / max(image.shape[:2])
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def fitted(photos: Iterable[Labelled]) -> HistGradientBoostingClassifier:
    """Return what tells object from background, learned from photos with masks."""
    features, labels = [], []
    for image, mask in photos:
        little = small(image)
        known = cv2.resize(mask.astype(np.uint8), little.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        features.append(seen(little)[::EVERY])
        labels.append(known.ravel()[::EVERY])
    model = HistGradientBoostingClassifier(max_iter=40, random_state=1)
    return model.fit(np.concatenate(features), np.concatenate(labels))


def found_in(
    model: HistGradientBoostingClassifier, image: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], list[float]]:
    """Return the probability (H, W) of an object, at the photo's size, and the score of each piece above 0.5."""
    little = small(image)
    likely = model.predict_proba(seen(little))[:, 1].reshape(little.shape[:2]).astype(np.float32)
    whole = cv2.resize(likely, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return whole, [float(whole[piece].mean()) for piece in pieces(whole > 0.5)]


def judged_in(
    model: HistGradientBoostingClassifier, image: NDArray[np.uint8], mask: NDArray[np.bool_], least: float
) -> Iterator[tuple[float, bool]]:
    """Yield score and whether it is right of every object found in a photo: a labelled piece has an IoU of `least`."""
    likely, scores = found_in(model, image)
    true = pieces(mask)
    for piece, score in zip(pieces(likely > 0.5), scores, strict=True):
        yield score, any(iou(piece, other) >= least for other in true)

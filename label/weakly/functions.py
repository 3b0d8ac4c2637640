"""Labelling functions: each looks at a photo and says of every pixel whether it is the object, or abstains.

A function takes an image (H, W, 3) uint8 RGB and returns a mask (H, W), or None where it has nothing to say about this
photo. It may return int8 (H, W), too: 1 = the object, 0 = not, -1 = nothing to say about this pixel.
"""

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from label.voting.skeene import ABSTAIN
from pipeline.errors import InputError, shown

Image = NDArray[np.uint8]
Vote = NDArray[np.int8]  # (H, W)
Function = Callable[[Image], Any]

LEAST_SHARE = 0.002  # of the photo, that a code covers
PREFIX = "label_"  # how the functions of a user's file begin
BUSY_SIDE = 320  # longer side at which a photo is looked at for what is busy
PEAKS = 4  # places that are looked at
SQUARE = 1.7  # longest side to shortest of what may be a code, since photos show it slanted
FULL = 0.75  # share of its rectangle that it fills


def quad_mask(corners: NDArray[Any], size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask (H, W) of four corners (4, 2); empty for what is no convex square of some size."""
    points = np.round(np.asarray(corners, np.float64).reshape(-1, 2)).astype(np.int32)
    mask = np.zeros(size_hw, np.uint8)
    large = cv2.contourArea(points) > LEAST_SHARE * size_hw[0] * size_hw[1]
    if len(points) == 4 and large and cv2.isContourConvex(points):
        cv2.fillPoly(mask, [points], 1)
    return mask > 0


def scaled(across: float, down: float) -> Callable[[Image], Image]:
    """Return what makes a grey image larger or smaller."""
    return lambda grey: np.asarray(cv2.resize(grey, None, fx=across, fy=down, interpolation=cv2.INTER_CUBIC), np.uint8)


def sharpened(grey: Image) -> Image:
    """Return a grey image with its edges made stronger."""
    return np.asarray(cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), 3), -1.5, 0), np.uint8)


def black_or_white(grey: Image) -> Image:
    """Return a grey image as black and white, each pixel by its surroundings."""
    gauss = cv2.ADAPTIVE_THRESH_GAUSSIAN_C
    return np.asarray(cv2.adaptiveThreshold(grey, 255, gauss, cv2.THRESH_BINARY, 51, 5), np.uint8)


VIEWS: dict[str, Callable[[Image], Image]] = {
    "": lambda grey: grey,
    " at double size": scaled(2, 2),
    " at 0.7 size": scaled(0.7, 0.7),
    " stretched": scaled(1, 1.4),
    " sharpened": sharpened,
    " in black and white": black_or_white,
    " with contrast": lambda grey: np.asarray(cv2.createCLAHE(4, (8, 8)).apply(grey), np.uint8),
}


def detected(make: Callable[[], Any], view: Callable[[Image], Image], image: Image) -> NDArray[np.bool_] | None:
    """Return the codes that one of OpenCV's detectors finds in one view of a photo, None where it finds none."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    seen = view(grey)
    try:
        found, corners = make().detectMulti(seen)
    except cv2.error:  # of some pictures its geometry fails
        return None
    mask = np.zeros(grey.shape, bool)
    for each in corners if found else ():
        mask |= quad_mask(each * (grey.shape[1] / seen.shape[1], grey.shape[0] / seen.shape[0]), grey.shape)
    return mask if mask.any() else None


def busy(image: Image, blur_px: float) -> NDArray[np.float32]:
    """Return (h, w): how often a small photo changes between dark and light in both directions, where it is grey."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = (np.abs(cv2.Sobel(grey, cv2.CV_32F, *axes)) for axes in ((1, 0), (0, 1)))
    colour = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 1].astype(np.float32)
    smooth = [cv2.GaussianBlur(each, (0, 0), blur_px) for each in (across, down, colour)]
    return np.asarray(np.minimum(smooth[0], smooth[1]) * np.exp(-smooth[2] / 128), np.float32)


def busy_square(blur_px: float, image: Image) -> NDArray[np.bool_] | None:
    """Return the busiest place of a photo that is about square, None where there is none."""
    scale = BUSY_SIDE / max(image.shape[:2])
    little = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    level = busy(little, blur_px)
    for _ in range(PEAKS):
        peak = np.unravel_index(int(np.argmax(level)), level.shape)
        if level[peak] <= 0:
            return None
        _, numbers = cv2.connectedComponents((level >= level[peak] / 2).astype(np.uint8))
        part = (numbers == numbers[peak]).astype(np.uint8)
        outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        rectangle = cv2.minAreaRect(max(outlines, key=cv2.contourArea))
        short, long = sorted(rectangle[1])
        if short > 0 and long / short <= SQUARE and part.sum() / (short * long) >= FULL:
            mask = quad_mask(cv2.boxPoints(rectangle) / scale, image.shape[:2])
            return mask if mask.any() else None
        level = np.where(part > 0, 0, level).astype(np.float32)
    return None


def qr_functions() -> dict[str, Function]:
    """Return the functions for QR codes that come with the project, by name."""
    found: dict[str, Function] = {
        f"ArUco's QR detector{view}": functools.partial(detected, cv2.QRCodeDetectorAruco, look)
        for view, look in VIEWS.items()
    }
    found |= {
        f"QR detector{view}": functools.partial(detected, cv2.QRCodeDetector, VIEWS[view])
        for view in ("", " at double size")
    }
    return found | {f"busy square, {px} px": functools.partial(busy_square, px) for px in (5, 8, 12)}


SETS: dict[str, Callable[[], dict[str, Function]]] = {"qr": qr_functions, "none": dict}


def functions_in(path: Path) -> dict[str, Function]:
    """Return the functions of a user's Python file whose names begin with ``label_``, by the rest of their names.

    The file is run, as any code of the user's own. Raises InputError when it cannot be, or has none.
    """
    spec = importlib.util.spec_from_file_location("labelling_functions", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f"{path}: is no Python file; name one with functions {PREFIX}NAME(image)")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path}: cannot be run ({type(error).__name__}: {error}); mend it") from error
    found = {name.removeprefix(PREFIX): value for name, value in vars(module).items() if name.startswith(PREFIX)}
    if not found or not all(map(callable, found.values())):
        raise InputError(f"{path}: found no function {PREFIX}NAME, wanted one that takes an image")
    return found


def vote_of(name: str, function: Function, image: Image) -> Vote:
    """Return what a function says of a photo; raise InputError for what is no mask of it."""
    try:
        said = function(image)
    except Exception as error:
        raise InputError(f"function {name!r}: failed ({type(error).__name__}: {error}); mend it") from error
    if said is None:
        return np.full(image.shape[:2], ABSTAIN, np.int8)
    vote = np.asarray(said)
    if vote.shape != image.shape[:2] or vote.dtype.kind not in "biu" or not np.isin(np.unique(vote), (-1, 0, 1)).all():
        raise InputError(
            f"function {name!r}: returned {shown(str(vote.dtype))} {vote.shape}, wanted 1, 0 or -1 (or true and false) "
            f"for each of {image.shape[:2]} pixels, or None"
        )
    return vote.astype(np.int8)

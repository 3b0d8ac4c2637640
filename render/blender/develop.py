"""From linear light to an 8-bit picture: automatic exposure, white balance, contrast, the sRGB curve."""

import numpy as np
from numpy.typing import NDArray

from render.spec import Development

MIDDLE_GREY = 0.18
LUMINANCE = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709


def develop(
    light: NDArray[np.floating], how: Development, alpha: NDArray[np.floating] | None = None
) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 sRGB of (H, W, 3) linear light in any unit; a black picture stays black.

    The automatic exposure brings the geometric mean of the luminance to middle grey. alpha: (H, W), how much each
    pixel counts for that; None, or 0 everywhere: all count alike.
    """
    linear = np.nan_to_num(np.asarray(light, np.float64), nan=0.0, posinf=1e4, neginf=0.0).clip(0, 1e4)
    luminance = linear @ np.array(LUMINANCE)
    weights = alpha if alpha is not None and alpha.any() else None
    mean = float(np.exp(np.average(np.log(luminance + 1e-4), weights=weights)))
    exposed = linear * np.asarray(how.white) * (MIDDLE_GREY / mean * 2**how.exposure_ev)
    toned = MIDDLE_GREY * (exposed / MIDDLE_GREY) ** how.contrast
    return levels(toned)


def levels(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the 8-bit sRGB levels of linear values; beyond 0..1 they are clipped."""
    return np.round(srgb(linear) * 255).astype(np.uint8)


def srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sRGB curve of linear values, clipped to 0..1 (IEC 61966-2-1)."""
    value = linear.clip(0, 1)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


def to_linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of sRGB values in 0..1, the inverse of `srgb`."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)

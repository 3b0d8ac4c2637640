"""Plain JSON from numbers."""

import math
from typing import Any

DIGITS = 6


def plain(value: Any) -> Any:
    """Return plain JSON, its keys text and its floats rounded to `DIGITS`, at any depth.

    Raises ValueError for NaN and infinity.
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a number of the report is {value}")
    return round(value, DIGITS) if isinstance(value, float) else value

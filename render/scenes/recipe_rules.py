"""Which values a recipe's keys take, beyond their types."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

PROBABILITIES = {"in_rows", "strings", "hands", "people", "floor", "wall", "occluders", "table", "lamp", "flash",
                 "depth_of_field"}  # fmt: skip
ABOVE_ZERO = {"share", "size", "scale", "world_strength", "lamp_strength", "f_stop", "distance_m", "occluder_share",
              "room_m", "room_height_m", "sides_m", "height_m", "bin_sides", "bin_height", "weight", "count",
              "occluder_count"}  # fmt: skip


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key path in the file, value) of all that is no table and no list of tables."""
    if dataclasses.is_dataclass(value) or isinstance(value, dict):
        parts = (
            value if isinstance(value, dict) else {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        )
        for name, part in parts.items():
            yield from leaves(part, f"{key}.{name}" if key else name)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for part in value:
            yield from leaves(part, key)
    else:
        yield key, value


def check_value(key: str, value: Any) -> None:
    """Raise ValueError for a probability beyond 0..1, a range whose ends are swapped, a size of nothing, a negative."""
    name = key.rpartition(".")[2]
    if name in PROBABILITIES and isinstance(value, float) and not 0 <= value <= 1:
        raise ValueError(f"{key} is {value}, wanted a probability from 0 to 1")
    numbers = [
        number for number in (value if isinstance(value, tuple) else (value,)) if isinstance(number, int | float)
    ]
    if name in ABOVE_ZERO and any(number <= 0 for number in numbers):
        raise ValueError(f"{key} is {value}, wanted more than 0")
    if numbers != sorted(numbers):
        raise ValueError(f"{key} is {list(numbers)}, wanted the smaller number first")
    if any(isinstance(number, int) and number < 0 for number in numbers):
        raise ValueError(f"{key} is {list(numbers)}, wanted no negative number")


def check_weights(key: str, weights: dict[str, float], known: Iterable[str]) -> None:
    """Raise ValueError for a weight of nothing that is known, or one that is not above 0."""
    for name, weight in weights.items():
        if name not in known:
            raise ValueError(f"{key}.{name} is not there; there are: {', '.join(known)}")
        if weight <= 0:
            raise ValueError(f"{key}.{name} is {weight}, wanted a number above 0")

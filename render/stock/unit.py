"""In which unit a mesh was made, where its format does not say so."""

from render.stock.obj import Vector

UNITLESS = (".obj", ".ply", ".stl")
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
NAMES = {"m": "metres", "cm": "centimetres", "mm": "millimetres"}


def likely_unit(file: str, size: Vector) -> str:
    """Return "m", "cm" or "mm" for a file with these extents: few are larger than 5 metres.

    STL comes from printers and CAD, which count in millimetres.
    """
    largest = max(size)
    if largest <= 5:
        return "m"
    return "mm" if largest >= 100 or file.endswith(".stl") else "cm"


def guessed_unit(file: str, size: Vector) -> str:
    """Return a line that says which unit was taken, and how to say that it is another."""
    unit = likely_unit(file, size)
    other = "cm" if unit == "m" else "m"
    extents = " x ".join(f"{extent:.4g}" for extent in size)
    return f"{extents} units: taken as {NAMES[unit]}; add --unit {other} --replace if these are {NAMES[other]}"

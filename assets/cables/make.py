"""Short cables as they lie on a table: a sheath, which alone is labelled, and at its ends bare wire or crimped pins."""

import dataclasses
from pathlib import Path

import numpy as np

from assets.meshes import Points, tube
from assets.obj import Made, Material, Part, write_mesh
from pipeline.seeds import rng_for
from render.scenes.draw import log_between

STEPS = 64  # of the path
COLOURS = ("#b3202a", "#5a2a7a", "#22386e", "#1c1c1e", "#c9a53a", "#9aa7b8", "#d9d4c4", "#c8502c", "#3c6a44")
COLLARS = ("#2a3f9a", "#1a1a1a", "#e6e6e2", "#8a8d92")
CABLES = 24


@dataclasses.dataclass(frozen=True)
class Cable:
    """One cable. Angles are how far its direction turns from one end to the other."""

    length_m: float
    radius_m: float
    turn_deg: float  # as an arc
    sway_deg: float  # on top of it: first to one side, then to the other
    colour: str
    collar: str  # "" = bare wire at both ends


def drawn(number: int) -> Cable:
    """Return cable `number` of the set."""
    rng = rng_for("cable", number)
    return Cable(
        length_m=log_between((0.12, 0.42), rng),
        radius_m=float(rng.uniform(0.0013, 0.0027)),
        turn_deg=float(rng.choice([-1, 1]) * rng.uniform(0, 260)),
        sway_deg=float(rng.normal(0, 40)),
        colour=COLOURS[number % len(COLOURS)],
        collar=str(rng.choice(COLLARS)) if rng.random() < 0.7 else "",
    )


def path_of(cable: Cable) -> Points:
    """Return the path of a cable's middle in the XY plane, (N, 3), about the centre of its bounding box."""
    share = np.linspace(0, 1, STEPS)
    heading = np.radians(cable.turn_deg * share + cable.sway_deg * np.sin(2 * np.pi * share))
    steps = np.stack([np.cos(heading), np.sin(heading), np.zeros(STEPS)], axis=1) * cable.length_m / (STEPS - 1)
    points = np.concatenate([np.zeros((1, 3)), np.cumsum((steps[1:] + steps[:-1]) / 2, axis=0)])
    return points - (points.max(axis=0) + points.min(axis=0)) / 2


def end(path: Points, last: bool, begin_m: float, length_m: float) -> Points:
    """Return a straight piece that goes on from one end of a path, (2, 3)."""
    tip, way = (path[-1], path[-1] - path[-2]) if last else (path[0], path[0] - path[1])
    way = way / np.linalg.norm(way)
    return np.stack([tip + way * begin_m, tip + way * (begin_m + length_m)])


def parts_of(cable: Cable) -> list[Part]:
    """Return the sheath and what is at its ends."""
    path = path_of(cable)
    parts = [Part("sheath", Material("sheath", cable.colour, 60), tube(path, cable.radius_m, 12))]
    metal = Material("metal", "#b9b6b0", 500)
    for last in (False, True):
        where = "last" if last else "first"
        if cable.collar:
            collar = Material("collar", cable.collar, 80)
            parts.append(Part(f"collar-{where}", collar, tube(end(path, last, 0, 0.006), 1.15 * cable.radius_m, 12)))
        pin = end(path, last, 0.006 if cable.collar else 0.0, 0.009)
        parts.append(Part(f"pin-{where}", metal, tube(pin, 0.45 * cable.radius_m, 8)))
    return parts


def make(folder: Path) -> list[Made]:
    """Write all cables into `folder`."""
    made = []
    for number in range(CABLES):
        name = f"cable-{number + 1:02}"
        file = write_mesh(folder / f"{name}.obj", parts_of(drawn(number)))
        made.append(Made(name, file, "target", "made by assets/cables/make.py", "cable", ("sheath",)))
    return made

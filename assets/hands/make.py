"""Hands and arms that hold things or reach into the picture; never labelled.

A hand touches a plate that lies in the XY plane, begins at y = 0 and goes on towards +Y: it comes from -Y. A gripping
hand has its thumb on the +Z side and its fingers behind; "fingers" shows them in front; an open one lies on +Z.
"""

from pathlib import Path

import numpy as np

from assets.meshes import Points, Shape, ellipsoid, joined, limb, moved, spin, turned
from assets.obj import Made, Material, Part, write_unlabelled

SKIN = Material("skin", "#c99a7d", 25)
CLOTH = Material("cloth", "#4a5a78", 5)
MIRROR = np.diag([-1.0, 1.0, 1.0])
FINGERS = ((-0.030, 0.058, 0.0088), (-0.010, 0.068, 0.0098), (0.010, 0.072, 0.0102), (0.030, 0.064, 0.0098))


def finger(joints: list[tuple[float, float, float]], radius: float) -> list[Shape]:
    """Return a finger through its joints, thinner towards the tip."""
    ends = np.linspace(radius, radius * 0.8, len(joints))
    pairs = zip(joints, joints[1:], ends, ends[1:], strict=False)
    return [limb(a, b, (r0, r1), 6) for a, b, r0, r1 in pairs]


def grip() -> Shape:
    """Return a right hand that holds a plate's edge."""
    shapes = [moved(ellipsoid((0.048, 0.046, 0.02), 12, 8), (-0.038, 0.0, -0.008))]
    for y, length, radius in FINGERS:
        shapes += finger([(-0.02, y, -0.016), (length * 0.4, y, -0.019), (length * 0.9, y * 0.9, -0.016)], radius)
    shapes += finger([(-0.055, 0.03, 0.0), (-0.022, 0.044, 0.014), (0.028, 0.030, 0.016)], 0.0115)
    return joined(shapes)


def open_hand(columns: int = 10) -> Shape:
    """Return a flat right hand, palm down in the XY plane, wrist at the origin, fingers towards +X."""
    shapes = [moved(ellipsoid((0.052, 0.045, 0.016), columns, 7), (0.045, 0.0, 0.0))]
    for y, length, radius in FINGERS:
        shapes += finger(
            [(0.075, y, 0.0), (0.085 + length * 0.5, y * 1.1, 0.004), (0.09 + length, y * 1.15, -0.002)], radius
        )
    shapes += finger([(0.02, 0.025, 0.0), (0.06, 0.058, -0.004), (0.09, 0.07, -0.008)], 0.011)
    return joined(shapes)


def fist() -> Shape:
    """Return a right fist around the Z axis at the origin, wrist towards -X."""
    shapes = [moved(ellipsoid((0.045, 0.022, 0.045), 12, 8), (-0.03, 0.014, 0.0))]
    for z, _, radius in FINGERS:
        shapes += finger([(0.002, 0.022, z), (0.022, 0.0, z), (0.008, -0.018, z), (-0.018, -0.014, z)], radius * 1.1)
    shapes += finger([(-0.045, -0.008, 0.03), (-0.015, -0.022, 0.034), (0.012, -0.026, 0.026)], 0.0115)
    return joined(shapes)


def arm(hand: Shape, wrist: tuple[float, float, float], elbow: tuple[float, float, float], bare: float) -> list[Part]:
    """Return a hand with its forearm; `bare` is the share of the forearm that no sleeve covers."""
    start, end = np.array(wrist), np.array(elbow)
    cuff = start + (end - start) * bare
    skin = joined([hand, limb(start, end, (0.027, 0.043), 12)])
    return [Part("arm", SKIN, skin), Part("arm", CLOTH, limb(cuff, end, (0.043, 0.055), 12))]


def bent_arm() -> list[Part]:
    """Return an arm that comes down from the shoulder and reaches out along +X."""
    upper = joined([limb((-0.26, 0, 0), (-0.40, -0.05, 0.24), (0.055, 0.062), 12)])
    return [*arm(open_hand(), (0.0, 0.0, 0.0), (-0.26, 0.0, 0.0), 0.75), Part("arm", CLOTH, upper)]


def turned_parts(parts: list[Part], matrix: Points, lift_m: float = 0.0) -> list[Part]:
    """Return the parts turned or mirrored, then lifted."""
    return [Part(part.name, part.material, moved(turned(part.shape, matrix), (0, 0, lift_m))) for part in parts]


def hands() -> dict[str, list[Part]]:
    """Return all hands by id."""
    inward, over = spin("z", 90), spin("y", 180)  # they are built towards +X, and lie towards +Y
    rights = {
        "grip": (arm(grip(), (-0.075, -0.004, -0.008), (-0.30, -0.12, -0.05), 0.6), 0.0),
        "bare": (arm(grip(), (-0.075, 0.0, -0.008), (-0.32, 0.03, -0.10), 0.95), 0.0),
        "open": (arm(moved(open_hand(), (-0.07, 0, 0)), (-0.07, 0.0, 0.0), (-0.32, 0.02, 0.02), 0.55), 0.022),
        "fist": (arm(fist(), (-0.07, 0.014, 0.0), (-0.28, 0.05, -0.12), 0.5), 0.05),
    }
    made = {}
    for name, (parts, lift_m) in rights.items():
        made[f"hand-{name}-right"] = turned_parts(parts, inward, lift_m)
        made[f"hand-{name}-left"] = turned_parts(made[f"hand-{name}-right"], MIRROR)
    for side, other in (("left", "right"), ("right", "left")):
        made[f"hand-fingers-{side}"] = turned_parts(made[f"hand-grip-{other}"], over @ MIRROR)
    return made | {"arm-bent": turned_parts(bent_arm(), inward, 0.022)}


def make(folder: Path) -> list[Made]:
    """Write all hands into `folder`."""
    return write_unlabelled(folder, hands(), "hand", "made by assets/hands/make.py")

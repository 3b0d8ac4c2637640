"""People of simple shapes: they stand on z = 0, look towards -Y, and are never labelled."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np

from assets.hands.make import open_hand
from assets.meshes import Points, Shape, ellipsoid, facing, joined, lathe, limb, moved, spin, turned
from assets.obj import Made, Material, Part, write_unlabelled

Place = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Figure:
    """One person of 1.7 m before scaling. Places are those of the right side (x > 0), metres."""

    elbow: Place = (0.25, 0.03, 1.12)
    wrist: Place = (0.27, -0.06, 0.88)
    left: tuple[Place, Place] | None = None  # elbow and wrist of the other side; None: the same, mirrored
    seated: bool = False
    scale: float = 1.0
    head: float = 1.0  # a child's is larger
    width: float = 1.0
    sleeve: float = 0.9  # share of the arm in cloth, 0..1
    leg: float = 0.95  # share of the legs in cloth, 0..1
    skirt: bool = False
    long_hair: bool = False
    skin: str = "#c99a7d"
    hair: str = "#2b1d14"
    cloth: str = "#b9bcc0"
    trousers: str = "#39424f"


FIGURES = {
    "person-standing": Figure(cloth="#3f5f8a"),
    "person-holding": Figure(
        (0.30, -0.06, 1.13),
        (0.31, -0.30, 1.20),
        sleeve=0.4,
        leg=0.5,
        skin="#d8ae92",
        hair="#8a6a48",
        trousers="#5f6340",
    ),
    "person-holding-high": Figure(
        (0.33, -0.08, 1.22), (0.36, -0.30, 1.42), cloth="#7b2f35", trousers="#23252a", sleeve=0.5, skin="#8a5a3c"
    ),
    "person-raised-arm": Figure(left=((-0.34, -0.08, 1.40), (-0.30, -0.2, 1.68)), long_hair=True, cloth="#d8679a"),
    "person-seated": Figure((0.26, -0.02, 1.12), (0.2, -0.28, 1.02), seated=True, cloth="#28604a", width=1.08),
    "person-skirt": Figure(skirt=True, long_hair=True, hair="#5a3a20", cloth="#e8e2d8", trousers="#8a2f4a", leg=0.1),
    "person-wide": Figure(width=1.25, cloth="#20242c", skin="#b98565", hair="#77706a"),
    "child-standing": Figure(
        scale=0.62, head=1.4, sleeve=0.4, leg=0.5, cloth="#e0a21c", skin="#d9b196", hair="#4a2f1c"
    ),
    "child-reaching": Figure(
        (0.30, -0.10, 1.30), (0.25, -0.30, 1.45), scale=0.55, head=1.5, cloth="#c43a3a", trousers="#2f4f8f", skirt=True
    ),
    "child-seated": Figure((0.25, -0.08, 1.12), (0.15, -0.28, 1.10), seated=True, scale=0.5, head=1.7, cloth="#8fb8d8"),
}


def between(a: Points, b: Points, share: float) -> Points:
    """Return the place that is `share` of the way from a to b."""
    return a + (b - a) * share


def bones(joints: list[Points], radii: tuple[float, ...], share: float) -> tuple[list[Shape], list[Shape]]:
    """Return a limb through three joints as (skin, cloth); cloth covers `share` of its length from its start."""
    skin = [limb(a, b, r) for a, b, r in zip(joints, joints[1:], pairwise(radii), strict=False)]
    cloth = []
    for number, (a, b) in enumerate(pairwise(joints)):
        part = min(max(share * 2 - number, 0.0), 1.0)
        if part > 0:
            cloth.append(limb(a, between(a, b, part), (radii[number] * 1.15 + 0.004, radii[number + 1] * 1.15 + 0.006)))
    return skin, cloth


def arms(figure: Figure) -> tuple[list[Shape], list[Shape]]:
    """Return both arms with their hands as (skin, cloth)."""
    mirror = np.array([-1.0, 1.0, 1.0])
    right = (np.array(figure.elbow), np.array(figure.wrist))
    left = (right[0] * mirror, right[1] * mirror) if figure.left is None else tuple(map(np.array, figure.left))
    skin, cloth = [], []
    for side, (elbow, wrist) in ((1.0, right), (-1.0, left)):
        shoulder = np.array([side * 0.185 * figure.width, 0.0, 1.385])
        bare, covered = bones([shoulder, elbow, wrist], (0.048, 0.038, 0.026), figure.sleeve)
        hand = turned(turned(open_hand(6), spin("y", -90)), facing(wrist - elbow))
        skin += [*bare, moved(hand, wrist)]
        cloth += covered
    return skin, cloth


def legs(figure: Figure) -> tuple[list[Shape], list[Shape], list[Shape]]:
    """Return both legs as (skin, cloth, shoes)."""
    skin, cloth, shoes = [], [], []
    for side in (-1.0, 1.0):
        joints = [(side * 0.09, 0.0, 0.9), (side * 0.1, 0.0, 0.49), (side * 0.1, 0.02, 0.09)]
        if figure.seated:
            joints = [(side * 0.09, 0.0, 0.9), (side * 0.12, -0.42, 0.9), (side * 0.12, -0.40, 0.5)]
        bare, covered = bones([np.array(joint) for joint in joints], (0.088, 0.06, 0.042), figure.leg)
        skin += bare
        cloth += covered
        shoes.append(moved(ellipsoid((0.045, 0.13, 0.05), 10, 6), np.array(joints[2]) + np.array([0.0, -0.06, -0.04])))
    return skin, cloth, shoes


def head(figure: Figure) -> tuple[list[Shape], list[Shape], list[Shape]]:
    """Return the head as (skin, hair, eyes)."""
    centre = np.array([0.0, -0.01, 1.46 + 0.115 * figure.head])
    grow = np.eye(3) * figure.head
    skin = [ellipsoid((0.076, 0.095, 0.115), 14, 10), moved(ellipsoid((0.012, 0.02, 0.016), 6, 5), (0, -0.095, -0.01))]
    hair = [moved(ellipsoid((0.082, 0.092, 0.1), 14, 10), (0, 0.018, 0.028))]
    if figure.long_hair:
        hair.append(moved(ellipsoid((0.085, 0.05, 0.15), 12, 8), (0, 0.06, -0.06)))
    eyes = [moved(ellipsoid((0.01, 0.006, 0.006), 6, 5), (x, -0.088, 0.018)) for x in (-0.03, 0.03)]
    placed = [[moved(turned(shape, grow), centre) for shape in shapes] for shapes in (skin, hair, eyes)]
    return placed[0], placed[1], placed[2]


def torso(figure: Figure) -> list[Shape]:
    """Return the upper body."""
    flat = np.diag([figure.width, 0.68 * figure.width, 1.0])
    trunk = lathe(
        [(0.158, 0.9), (0.16, 0.91), (0.145, 1.05), (0.165, 1.25), (0.16, 1.36), (0.1, 1.42), (0.05, 1.44)], 16
    )
    across = 0.165 * figure.width
    return [turned(trunk, flat), limb((-across, 0, 1.375), (across, 0, 1.375), (0.06, 0.06), 10)]


def parts_of(figure: Figure) -> list[Part]:
    """Return the person, feet on z = 0."""
    arm_skin, arm_cloth = arms(figure)
    leg_skin, leg_cloth, shoes = legs(figure)
    head_skin, hair, eyes = head(figure)
    neck = limb((0, 0.01, 1.38), (0, 0, 1.5), (0.052, 0.05))
    hips = ellipsoid((0.158 * figure.width, 0.115 * figure.width, 0.12), 14, 8)
    leg_cloth = [*leg_cloth, moved(hips, (0, 0, 0.9))]
    if figure.skirt:
        leg_cloth = [lathe([(0.25, 0.5), (0.2, 0.7), (0.155, 0.95)], 18), *leg_cloth]
    surfaces = (
        (Material("skin", figure.skin, 25), [neck, *head_skin, *arm_skin, *leg_skin]),
        (Material("hair", figure.hair, 20), hair),
        (Material("eye", "#1a1412", 200), eyes),
        (Material("cloth", figure.cloth, 5), [*torso(figure), *arm_cloth]),
        (Material("trousers", figure.trousers, 5), leg_cloth),
        (Material("shoe", "#2a2422", 40), shoes),
    )
    drop = (0.0, 0.0, -0.41 if figure.seated else 0.0)
    grow = np.eye(3) * figure.scale
    return [Part("person", made, turned(moved(joined(shapes), drop), grow)) for made, shapes in surfaces if shapes]


def make(folder: Path) -> list[Made]:
    """Write all people into `folder`."""
    meshes = {name: parts_of(figure) for name, figure in FIGURES.items()}
    return write_unlabelled(folder, meshes, "person", "made by assets/people/make.py")

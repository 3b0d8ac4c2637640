"""A `SceneSpec`: one picture as plain numbers, made before Blender starts. Standard library only.

World axes: right-handed, metres, Z up. Quaternions are (w, x, y, z), unit length, object to world.
Colours are linear RGB in 0..1.
"""

import dataclasses
import hashlib
import json
from typing import Any

WORKER = 1  # raise it when render/worker.py or render/develop.py makes other pixels from the same numbers

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
Colour = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Material:
    """How a surface looks."""

    texture: str  # "own" keeps what the asset's file says, tinted by the first colour; else a name of PATTERNS
    colours: tuple[Colour, Colour]
    roughness: float
    scale: float = 1.0  # repeats a metre
    bump: float = 0.0  # height of the relief in texture units
    thin: float = 0.0  # share of light that goes straight through, 0..1


@dataclasses.dataclass(frozen=True)
class Placed:
    """One asset in the scene."""

    asset: str
    sha256: str  # of the asset's file, so that a changed file makes another scene
    location_m: Vector
    rotation: Quaternion
    scale: float
    materials: dict[str, Material]  # by material name of the asset's file


@dataclasses.dataclass(frozen=True)
class Surface:
    """A rectangle of background: floor, wall or table top; its normal is the rotated +Z."""

    location_m: Vector
    rotation: Quaternion
    size_m: tuple[float, float]
    material: Material


@dataclasses.dataclass(frozen=True)
class Lamp:
    """A square area light that shines along its rotated -Z."""

    location_m: Vector
    rotation: Quaternion
    size_m: float
    power_w: float
    colour: Colour


@dataclasses.dataclass(frozen=True)
class World:
    """The environment map around everything."""

    asset: str
    sha256: str
    turn_deg: float
    strength: float


@dataclasses.dataclass(frozen=True)
class Camera:
    """A pinhole that looks along its rotated -Z, with +Y up in the picture (Blender's convention)."""

    location_m: Vector
    rotation: Quaternion
    angle_deg: float  # field of view over the picture's width


@dataclasses.dataclass(frozen=True)
class Development:
    """From linear light to an 8-bit picture, as a camera would."""

    exposure_ev: float  # against the automatic exposure
    white: Colour  # gains of the channels
    contrast: float  # exponent about middle grey; 1 = none


@dataclasses.dataclass(frozen=True)
class SceneSpec:
    """All that decides one picture's pixels."""

    id: str
    recipe: str
    size_hw: tuple[int, int]
    samples: int
    camera: Camera
    world: World
    lamps: tuple[Lamp, ...]
    surfaces: tuple[Surface, ...]
    objects: tuple[Placed, ...]
    development: Development


def with_id(scene: SceneSpec) -> SceneSpec:
    """Return the scene with its id: 16 hex digits of the hash of everything else and of the worker's version."""
    plain = dataclasses.asdict(scene) | {"id": WORKER}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return dataclasses.replace(scene, id=hashlib.sha256(text.encode()).hexdigest()[:16])


def to_line(scene: SceneSpec) -> str:
    """Return the scene as one line of JSON."""
    return json.dumps(dataclasses.asdict(scene), separators=(",", ":"))


def from_line(line: str) -> SceneSpec:
    """Return the scene that `to_line` wrote. Raises ValueError, KeyError or TypeError for any other text."""
    value = json.loads(line)
    made = {
        "camera": Camera(**tuples(value["camera"])),
        "world": World(**value["world"]),
        "development": Development(**tuples(value["development"])),
        "lamps": tuple(Lamp(**tuples(item)) for item in value["lamps"]),
        "surfaces": tuple(Surface(**tuples(i) | {"material": material(i["material"])}) for i in value["surfaces"]),
        "objects": tuple(placed(item) for item in value["objects"]),
        "size_hw": tuple(value["size_hw"]),
    }
    return SceneSpec(**(value | made))


def placed(value: dict[str, Any]) -> Placed:
    """Return an object of the scene from its plain form."""
    return Placed(**tuples(value) | {"materials": {k: material(v) for k, v in value["materials"].items()}})


def material(value: dict[str, Any]) -> Material:
    """Return a material from its plain form."""
    first, second = value["colours"]
    return Material(**value | {"colours": (tuple(first), tuple(second))})


def tuples(value: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping with its lists as tuples."""
    return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}

"""A `SceneSpec`: one picture as plain numbers, made before Blender starts.

World axes: right-handed, metres, Z up. Quaternions are (w, x, y, z), unit length, object to world.
Colours are linear RGB in 0..1.
"""

import dataclasses
import hashlib
import json
from typing import Annotated

from pydantic import Field, TypeAdapter

from pipeline.reading import Record, parse_typed

WORKER = (
    3  # raise it when render/blender/worker.py or render/blender/develop.py makes other pixels from the same numbers
)

OUTPUTS = ("depth", "normals")

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
Colour = tuple[float, float, float]
SceneId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]  # a part of the names of files
Side = Annotated[int, Field(ge=1, le=65_500)]


@dataclasses.dataclass(frozen=True)
class Material(Record):
    """How a surface looks."""

    texture: str  # "own" keeps what the asset's file says, tinted by the first colour; else a name of PATTERNS
    colours: tuple[Colour, Colour]
    roughness: float
    scale: float = 1.0  # repeats a metre
    offset: Vector = (0.0, 0.0, 0.0)  # of the pattern, in repeats; without it every joint would cross the origin
    turn_deg: float = 0.0  # of the pattern about Z
    bump: float = 0.0  # height of the relief in texture units
    thin: float = 0.0  # share of light that goes straight through, 0..1
    wear: float = 0.0  # share of the surface that is scratched or dirty, 0..1
    maps: str = ""  # "maps" as texture: id of the texture folder to take colour, normal and roughness from
    maps_key: str = ""  # its `Asset.key`


@dataclasses.dataclass(frozen=True)
class Placed(Record):
    """One asset in the scene."""

    asset: str
    key: str  # `Asset.key`, so that a changed file or entry makes another scene
    location_m: Vector
    rotation: Quaternion
    scale: float
    materials: dict[str, Material]  # by material name of the asset's file; "*" = all others
    body: str = ""  # "" = nothing pushes it, "falls", or "still": others fall onto it


@dataclasses.dataclass(frozen=True)
class Surface(Record):
    """A rectangle of background: floor, wall or table top; its normal is the rotated +Z."""

    location_m: Vector
    rotation: Quaternion
    size_m: tuple[float, float]
    material: Material


@dataclasses.dataclass(frozen=True)
class Lamp(Record):
    """A lamp: a square area light along its rotated -Z, or a ball that shines everywhere."""

    location_m: Vector
    rotation: Quaternion
    size_m: float
    power_w: float
    colour: Colour
    kind: str = "area"  # or "point": a ball of diameter size_m


@dataclasses.dataclass(frozen=True)
class World(Record):
    """The environment map around everything."""

    asset: str
    key: str  # `Asset.key`
    turn_deg: float
    strength: float


@dataclasses.dataclass(frozen=True)
class Plate(Record):
    """A real training photo behind everything, cut to the picture's shape; it lights nothing."""

    photo: str  # id of a sample of the training photos
    sha256: str  # of its image and its id map


@dataclasses.dataclass(frozen=True)
class Camera(Record):
    """A pinhole that looks along its rotated -Z, with +Y up in the picture (Blender's convention)."""

    location_m: Vector
    rotation: Quaternion
    angle_deg: float  # field of view over the picture's width
    f_stop: float = 0.0  # 0 = sharp everywhere
    focus_m: float = 0.0  # distance that is sharp, along the line of sight


@dataclasses.dataclass(frozen=True)
class Development(Record):
    """From linear light to an 8-bit picture, as a camera would."""

    exposure_ev: float  # against the automatic exposure
    white: Colour  # gains of the channels
    contrast: float  # exponent about middle grey; 1 = none


@dataclasses.dataclass(frozen=True)
class Quality(Record):
    """What is spent on a picture."""

    samples: int = 2  # light paths a pixel
    bounces: int = 4  # of one path at most; half of them diffuse, half glossy
    denoise: bool = True  # by Cycles itself, guided by albedo and normals
    light_map_px: int = 256  # height of the importance map of the environment; Blender's own costs most of a frame

    def __post_init__(self) -> None:
        """Refuse what shows nothing."""
        if min(self.samples, self.bounces) < 1 or self.light_map_px < 4:
            raise ValueError(f"quality is {self}, wanted samples and bounces of at least 1, light_map_px of at least 4")


@dataclasses.dataclass(frozen=True)
class SceneSpec(Record):
    """All that decides one picture's pixels and labels; `draws` and `spare` alone do not."""

    id: SceneId
    recipe: str
    size_hw: tuple[Side, Side]
    quality: Quality
    camera: Camera
    world: World
    lamps: tuple[Lamp, ...]
    surfaces: tuple[Surface, ...]
    objects: tuple[Placed, ...]
    development: Development
    settle_s: float = 0.0  # how long bodies fall before the picture is taken
    plate: Plate | None = None
    also: tuple[str, ...] = ()  # further outputs, of OUTPUTS
    draws: dict[str, float | str] = dataclasses.field(default_factory=dict)  # a recipe's range -> what was drawn of it
    spare: bool = False  # rendered only to take the place of a refused one


@dataclasses.dataclass(frozen=True)
class AssetSource:
    """What the worker must know of an asset: where its file lies and which of its objects are labelled."""

    file: str  # absolute; of a texture its folder
    category: str  # empty: never labelled
    labelled: tuple[str, ...]  # names of the file's objects; empty: all
    scale: float = 1.0  # metres per unit of the file
    up: str = "z"  # upward axis of OBJ, PLY and STL

    def marks(self, name: str) -> bool:
        """Return whether the object of this name in the file carries the asset's label."""
        return bool(self.category) and (not self.labelled or name in self.labelled)


def assets_of(scene: SceneSpec) -> tuple[str, ...]:
    """Return the ids of all assets that a scene uses, sorted."""
    looks = [surface.material for surface in scene.surfaces]
    looks += [look for item in scene.objects for look in item.materials.values()]
    maps = {look.maps for look in looks if look.maps}
    return tuple(sorted({item.asset for item in scene.objects} | {scene.world.asset} | maps))


def with_id(scene: SceneSpec) -> SceneSpec:
    """Return the scene with its id: 16 hex digits of the hash of all that decides it and of the worker's version."""
    plain = dataclasses.asdict(scene) | {"id": WORKER}
    del plain["draws"], plain["spare"]  # they make no other picture
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return dataclasses.replace(scene, id=hashlib.sha256(text.encode()).hexdigest()[:16])


def to_line(scene: SceneSpec) -> str:
    """Return the scene as one line of JSON."""
    return json.dumps(dataclasses.asdict(scene), separators=(",", ":"))


SCENE = TypeAdapter(SceneSpec)


def from_line(line: str | bytes, where: str = "a line") -> SceneSpec:
    """Return the scene that `to_line` wrote; raise InputError, beginning with `where`, for any other text."""
    return parse_typed(line, SCENE, f"{where}: not a scene", "run the stage plan again")

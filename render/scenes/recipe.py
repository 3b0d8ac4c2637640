"""A recipe: which assets appear, where, how lit and of what material, as ranges in a TOML file an artist can read."""

import dataclasses
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.reading import read_toml
from pipeline.settings import build
from render.scenes.recipe_rules import check_value, check_weights, leaves

RENAMED = {"angle_deg": "fov_deg", "worlds": "hdris", "thin": "transmission", "paints": "materials"}  # in 0.5.0
BY_NAME = {"materials", "weights", "background"}  # tables whose keys are names of materials, categories and kinds
RECIPES = Path(__file__).parent.parent / "recipes"
LEVEL = ("held", "floating", "scattered", "hanging")  # seen as a person does who looks straight ahead
GROUND = ("lying", "dropped", "on", "stacked", "bin")  # seen from above, on the ground z = 0
FALLING = ("dropped", "bin")  # physics decides where they end
PLACEMENTS = (*LEVEL, *GROUND, "wall")
TEXTURES = ("plain", "own", "maps", "noise", "voronoi", "wave", "wood", "brick", "tiles", "planks", "checker", "weave")
BACKGROUNDS = ("world", "plane", "room", "plate")
Range = tuple[float, float]  # drawn evenly between both ends


@dataclasses.dataclass(frozen=True)
class MaterialRange:
    """Colours to draw from: hue, saturation and value of sRGB in 0..1. A hue range may pass 1: 0.9 to 1.1 is red."""

    hue: Range
    saturation: Range
    value: Range
    roughness: Range
    transmission: Range = (0.0, 0.0)  # share of light that goes straight through
    weight: float = 1.0  # how often this one of several materials is drawn
    textures: tuple[str, ...] = ("plain",)  # names of patterns, one is drawn
    scale: Range = (1.0, 1.0)  # repeats of the pattern a metre, drawn evenly in its logarithm
    bump: Range = (0.0, 0.0)
    spread: Range = (0.0, 0.3)  # how far the pattern's second colour is from the first
    wear: Range = (0.0, 0.0)  # share of the surface that is scratched or dirty

    def __post_init__(self) -> None:
        """Refuse a texture that nobody has written."""
        for name in self.textures or ("",):
            if name not in TEXTURES:
                raise ValueError(f"textures holds {name!r}, wanted any of {', '.join(TEXTURES)}")


@dataclasses.dataclass(frozen=True)
class Targets:
    """What is labelled, and where it is."""

    categories: tuple[str, ...]
    count: tuple[int, int]
    share: Range  # of the picture's width that the first target spans, drawn evenly in its logarithm
    off_centre: float  # 0 = in the middle, 1 = centre anywhere in the picture
    tilt_deg: Range  # see the README: away from the camera, from upright, from lying flat, or crooked on the wall
    size: Range = (0.9, 1.1)  # times what the file says, drawn evenly in its logarithm; one a category and picture
    turn_deg: Range = (0.0, 360.0)  # about the upright axis; 0 shows the front of what hangs or floats
    weights: dict[str, float] = dataclasses.field(default_factory=dict)  # by category; 1 where there is none
    apart: float = 1.0  # what lies scattered keeps so many of its diagonals apart; below 1 one may lie across another
    in_rows: float = 0.0  # probability that several lie end to end instead of scattered
    strings: float = 0.0  # probability that what hangs does so at strings that can be seen
    drop: Range = (0.5, 2.0)  # height that the first one falls from, in its own lengths
    materials: dict[str, tuple[MaterialRange, ...]] = dataclasses.field(
        default_factory=dict
    )  # by material name of the files
    alike: tuple[str, ...] = ()  # materials that look like the first of them, such as a print and its paper

    def __post_init__(self) -> None:
        """Refuse to show nothing, to copy a material that is not there, and weights that mean nothing."""
        if not self.categories:
            raise ValueError("categories is [], wanted the category of at least one asset")
        if self.alike and self.alike[0] not in self.materials:
            raise ValueError(
                f"alike begins with {self.alike[0]!r}, wanted one of the materials: {', '.join(self.materials)}"
            )
        check_weights("weights", self.weights, self.categories)


@dataclasses.dataclass(frozen=True)
class Support:
    """What targets lie on, stand on or fall into."""

    table: float = 0.0  # probability of a table top, else they are on the floor itself
    sides_m: Range = (0.7, 1.8)  # of the table top
    height_m: Range = (0.4, 1.0)  # of the table top over the floor
    assets: tuple[str, ...] = ()  # ids to put targets on, for the placement "on"; empty: a plain block
    bin_sides: Range = (3.0, 6.0)  # inner sides of the bin, in lengths of the first target
    bin_height: Range = (1.0, 2.0)  # the same for its height
    materials: tuple[MaterialRange, ...] = ()  # of table, block, bin or wall; empty: around.surfaces


@dataclasses.dataclass(frozen=True)
class Around:
    """What is in the picture besides the targets, unlabelled."""

    distractors: tuple[int, int]
    surfaces: tuple[MaterialRange, ...]  # of floor, walls and ceiling
    hands: float = 0.0  # probability of something hand-like across a target's edge
    people: float = 0.0  # probability of a figure behind or beside the targets
    background: dict[str, float] = dataclasses.field(default_factory=dict)  # kind -> weight; empty: by floor and wall
    floor: float = 0.0  # probability of a floor; when lying there always is one
    wall: float = 0.0  # probability of a wall behind
    room_m: Range = (3.0, 8.0)  # width and depth of a room; larger where the scene needs it
    room_height_m: Range = (2.3, 3.5)
    occluders: float = 0.0  # probability that something stands before the first target
    occluder_count: tuple[int, int] = (1, 2)
    occluder_share: Range = (0.1, 0.35)  # of the picture's width that each spans, drawn evenly in its logarithm
    wear: Range = (0.0, 0.0)  # of the distractors

    def __post_init__(self) -> None:
        """Refuse no surface and a background that nobody has written."""
        if not self.surfaces:
            raise ValueError("surfaces is [], wanted at least one material")
        check_weights("background", self.background, BACKGROUNDS)


@dataclasses.dataclass(frozen=True)
class Taken:
    """How the picture is taken: camera, light, development."""

    fov_deg: Range  # the camera's angle across the picture
    elevation_deg: Range  # how far the camera looks down
    roll_deg: Range
    world_strength: Range
    lamp: float  # probability of a lamp near the scene
    flash: float  # probability of a small lamp beside the camera
    exposure_ev: Range
    warmth: Range  # white balance: -1 blue .. 1 orange
    contrast: Range
    distance_m: Range | None = None  # instead of targets.share
    heading_deg: Range = (0.0, 0.0)  # how far the camera stands to the side of a wall
    depth_of_field: float = 0.0  # probability that only the first target's distance is sharp
    f_stop: Range = (1.8, 8.0)
    lamp_strength: Range = (0.5, 20.0)  # 4 lights as much as an even environment of strength 1; by its logarithm
    points: tuple[int, int] = (0, 0)  # small bare lamps near the scene
    hdris: tuple[str, ...] = ()  # ids of the environment maps to draw from; empty: all


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One TOML file of render/recipes/."""

    placement: str
    targets: Targets
    around: Around
    taken: Taken
    support: Support = Support()

    def __post_init__(self) -> None:
        """Refuse a placement that nobody has written, and what does not go with it."""
        if self.placement not in PLACEMENTS:
            raise ValueError(f"placement is {self.placement!r}, wanted one of {', '.join(PLACEMENTS)}")
        if self.around.hands and self.placement in FALLING:
            raise ValueError(f"around.hands is {self.around.hands}, wanted 0: nobody holds what is {self.placement!r}")
        if self.around.people and self.placement == "wall":
            raise ValueError(f"around.people is {self.around.people}, wanted 0: figures would stand behind the wall")
        for key, value in leaves(self):
            check_value(key, value)


def read_recipe(name: str, folder: Path = RECIPES) -> Recipe:
    """Return the recipe `name`; raise InputError for an unknown name, broken TOML or a wrong key."""
    path = folder / f"{name}.toml"
    known = sorted(item.stem for item in folder.glob("*.toml"))
    if name not in known:
        raise InputError(f"plan.recipe is {name!r}, wanted one of {', '.join(known)}")
    where, keys = f"render/recipes/{path.name}", read_toml(path)
    refuse_old(keys, where)
    return build(Recipe, keys, name, lambda _: where)


def refuse_old(keys: Any, where: str) -> None:
    """Raise InputError for a key that has another name now, anywhere in a recipe but among names that artists chose."""
    if isinstance(keys, list):
        for item in keys:
            refuse_old(item, where)
    elif isinstance(keys, dict):
        for key, value in keys.items():
            if key in RENAMED:
                raise InputError(f"{where}: {key} is called {RENAMED[key]} now; rename the key")
            named = key in BY_NAME and isinstance(value, dict)
            refuse_old(list(value.values()) if named else value, where)

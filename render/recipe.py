"""A recipe: which assets appear, where, how lit and how painted, as ranges in a TOML file an artist can read."""

import dataclasses
import tomllib
from pathlib import Path

from pipeline.errors import InputError
from pipeline.settings import build

RECIPES = Path(__file__).parent / "recipes"
PLACEMENTS = ("held", "lying", "floating")

Range = tuple[float, float]  # drawn evenly between both ends


@dataclasses.dataclass(frozen=True)
class Paint:
    """Colours to draw from: hue, saturation and value of sRGB in 0..1. A hue range may pass 1: 0.9 to 1.1 is red."""

    hue: Range
    saturation: Range
    value: Range
    roughness: Range
    thin: Range = (0.0, 0.0)  # share of light that goes straight through
    weight: float = 1.0  # how often this one of several paints is drawn
    textures: tuple[str, ...] = ("plain",)  # names of patterns, one is drawn
    scale: Range = (1.0, 1.0)  # repeats of the pattern a metre, drawn evenly in its logarithm
    bump: Range = (0.0, 0.0)
    spread: Range = (0.0, 0.3)  # how far the pattern's second colour is from the first


@dataclasses.dataclass(frozen=True)
class Targets:
    """What is labelled, and where it is."""

    categories: tuple[str, ...]
    count: tuple[int, int]
    share: Range  # of the picture's width that the first target spans, drawn evenly in its logarithm
    off_centre: float  # 0 = in the middle, 1 = centre anywhere in the picture
    tilt_deg: Range  # away from facing the camera (held), from upright (floating); nothing when lying
    in_rows: float = 0.0  # chance that several lie end to end instead of scattered
    paints: dict[str, tuple[Paint, ...]] = dataclasses.field(default_factory=dict)  # by material name of the files
    alike: tuple[str, ...] = ()  # materials painted like the first of them, such as a print and its paper

    def __post_init__(self) -> None:
        """Refuse to copy a paint that is not there."""
        if self.alike and self.alike[0] not in self.paints:
            raise ValueError(f"alike begins with {self.alike[0]!r}, wanted one of the paints: {', '.join(self.paints)}")


@dataclasses.dataclass(frozen=True)
class Around:
    """What is in the picture besides the targets, unlabelled."""

    distractors: tuple[int, int]
    hands: float  # chance of something hand-like across a target's edge
    people: float  # chance of a figure behind or beside the targets
    floor: float  # chance of a floor; when lying there always is one
    wall: float  # chance of a wall behind
    surfaces: tuple[Paint, ...]


@dataclasses.dataclass(frozen=True)
class Taken:
    """How the picture is taken: camera, light, development."""

    angle_deg: Range
    elevation_deg: Range  # how far the camera looks down
    roll_deg: Range
    world_strength: Range
    lamp: float  # chance of a lamp near the scene
    flash: float  # chance of a small lamp beside the camera
    exposure_ev: Range
    warmth: Range  # white balance: -1 blue .. 1 orange
    contrast: Range


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One TOML file of render/recipes/."""

    placement: str
    targets: Targets
    around: Around
    taken: Taken

    def __post_init__(self) -> None:
        """Refuse a placement that nobody has written."""
        if self.placement not in PLACEMENTS:
            raise ValueError(f"placement is {self.placement!r}, wanted one of {', '.join(PLACEMENTS)}")


def read_recipe(name: str, folder: Path = RECIPES) -> Recipe:
    """Return the recipe `name`; raise InputError for an unknown name, broken TOML or a wrong key."""
    path = folder / f"{name}.toml"
    known = sorted(item.stem for item in folder.glob("*.toml"))
    if name not in known:
        raise InputError(f"plan.recipe is {name!r}, wanted one of {', '.join(known)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: not TOML ({error}); mend that line") from error
    return build(Recipe, values, name, lambda _: f"render/recipes/{path.name}")

"""Renders that are made for the guides alone: some of every recipe, and one scene in several qualities."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from dataset.records import Sample, read_manifest
from pipeline.files import write_text
from render.plan import Plan, make_scenes
from render.shoot import Shoot
from render.shoot import main as shoot
from render.spec import Quality, SceneSpec, to_line

RECIPES = ("boards", "wall", "domino", "tabletop", "bin", "balloon", "open-air")
SIZE_HW = (256, 256)
SHOWN, DRAWN = 6, 9  # of each recipe; drawn are more, since some are refused
QUALITIES = {
    "1 sample, no denoiser": Quality(1, denoise=False),
    "1 sample": Quality(1),
    "2 samples (default)": Quality(),
    "50 samples": Quality(50),
}
QUALITY_SCENES = 3  # of the recipe boards
SEED = 1
ALONE = Shoot(workers=0, min_area_px=30, min_visible=0.05, limit_s=300, shard=250, store=None)


@dataclasses.dataclass(frozen=True)
class Examples:
    """The renders, and the folder that their paths start from."""

    folder: Path
    recipes: dict[str, list[Sample]]
    qualities: dict[str, list[Sample]]  # by the words for the quality, the same scenes in each


def planned(recipe: str, scenes: int, quality: Quality, assets: Path) -> list[SceneSpec]:
    """Return the first scenes of a recipe."""
    return make_scenes(Plan(recipe, SEED, scenes, SIZE_HW, quality), assets)


def make_examples(assets: Path, photos: Path, work: Path) -> Examples:
    """Render what is not in the folder `work` yet, and return all. photos: manifest of the training photos."""
    recipes = {name: planned(name, DRAWN, Quality(), assets) for name in RECIPES}
    qualities = {words: planned("boards", QUALITY_SCENES, quality, assets) for words, quality in QUALITIES.items()}
    scenes = {scene.id: scene for some in (*recipes.values(), *qualities.values()) for scene in some}
    write_text(work / "scenes.jsonl", "".join(to_line(scene) + "\n" for scene in scenes.values()))
    shoot(ALONE, work / "scenes.jsonl", assets, photos, work / "renders")
    made = {sample.id: sample for sample in read_manifest(work / "renders" / "samples.jsonl")}
    return Examples(
        work / "renders",
        {name: kept(some, made)[:SHOWN] for name, some in recipes.items()},
        {words: kept(some, made) for words, some in qualities.items()},
    )


def kept(scenes: Sequence[SceneSpec], made: dict[str, Sample]) -> list[Sample]:
    """Return the samples of scenes in their order, without those of refused scenes."""
    return [made[scene.id] for scene in scenes if scene.id in made]

"""From a finished picture to a sample, or to the reason why it does not count."""

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import instance_of
from dataset.records import RENDER, Instance, Sample
from render.spec import SceneSpec

DARK, BRIGHT = 3, 252  # 8-bit levels: a picture that is all beyond them shows nothing
CAUSES = ("black", "white", "flat", "empty", "too small")


def refusal(image: NDArray[np.uint8], ids: NDArray[np.uint16], min_area_px: int) -> str | None:
    """Return why a picture does not count, one of CAUSES, or None if it does.

    image: (H, W, 3) uint8. ids: (H, W) uint16. Too small: the largest labelled object covers less than min_area_px.
    """
    areas = np.bincount(ids.ravel())[1:]
    found = {
        "black": bool(np.percentile(image, 99) <= DARK),
        "white": bool(np.percentile(image, 1) >= BRIGHT),
        "flat": bool(image.std() < 1),
        "empty": not areas.any(),
        "too small": int(areas.max(initial=0)) < min_area_px,
    }
    return next((cause for cause in CAUSES if found[cause]), None)


def instances_of(
    ids: NDArray[np.uint16], assets: dict[int, str], categories: dict[str, str], alone_px: dict[int, int]
) -> tuple[Instance, ...]:
    """Return a record for each labelled object that can be seen, in order of index.

    assets: index -> asset id. categories: asset id -> category. alone_px: index -> pixels if nothing hid it.
    """
    seen = np.bincount(ids.ravel(), minlength=max(assets, default=0) + 1)
    return tuple(
        instance_of(ids, k, categories[asset], round(min(1.0, seen[k] / max(alone_px[k], 1)), 4), asset)
        for k, asset in sorted(assets.items())
        if seen[k]
    )


def sample_of(scene: SceneSpec, instances: tuple[Instance, ...], licences: dict[str, str]) -> Sample:
    """Return the sample of a scene. licences: asset id -> licence, of at least every asset in the scene."""
    shown = sorted({item.asset for item in scene.objects} | {scene.world.asset})
    return Sample(
        id=scene.id,
        domain=RENDER,
        image=f"images/{scene.id}.png",
        ids=f"ids/{scene.id}.png",
        size_hw=scene.size_hw,
        instances=instances,
        source=scene.recipe,
        licence=" AND ".join(sorted({licences[asset] for asset in shown})),
        group=scene.id,
        assets=tuple(shown),
    )

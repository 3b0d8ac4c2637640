"""From a finished picture to a sample, or to the reason why it does not count."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from dataset.idmap import instance_of
from dataset.records import RENDER, Instance, Sample
from render.blender.shot import NOT_A_NUMBER, OUT_OF_STEP, Shot
from render.spec import SceneSpec, assets_of

DARK, BRIGHT = 3, 252  # 8-bit levels: a picture that is all beyond them shows nothing
ALL = 0.99  # of the values
CLIPPED_SHARE = 0.5  # of the pixels: a night is dark, but seldom at 0, where nothing can be told apart
STEP_PX = 2  # an instance that reaches further beyond its own silhouette belongs to another picture
CAUSES = (NOT_A_NUMBER, OUT_OF_STEP, "empty", "black", "white", "flat", "clipped", "too small", "too hidden")


@dataclasses.dataclass(frozen=True)
class Limits:
    """What at least one labelled object of a picture must show of itself."""

    min_area_px: int
    min_visible: float  # share of it in view, 0..1


def refusal(shot: Shot, limits: Limits) -> str:
    """Return why a picture does not count, the first of CAUSES that holds, or "" if it counts.

    Too small: no labelled object covers min_area_px. Too hidden: none of those that do is in view to min_visible.
    """
    if shot.broken:
        return shot.broken
    if out_of_step(shot):
        return OUT_OF_STEP
    seen = areas(shot)
    shares = [share(shot, k, area) for k, area in seen.items() if area >= max(limits.min_area_px, 1)]
    found = {
        "empty": not any(seen.values()),
        **bad_light(rendered(shot)),
        "too small": not shares,
        "too hidden": max(shares, default=0) < limits.min_visible,
    }
    return next((cause for cause in CAUSES if found.get(cause)), "")


def rendered(shot: Shot) -> NDArray[np.uint8]:
    """Return the pixels (N, 3) that are not the plate's alone."""
    ours = shot.alpha > 0
    return shot.image.reshape(-1, 3) if ours.all() else shot.image[ours]


def bad_light(pixels: NDArray[np.uint8]) -> dict[str, bool]:
    """Return cause -> whether it holds, of what the image itself can tell. pixels: (N, 3), none of them a plate's."""
    if not len(pixels):
        return {}
    red, green, blue = pixels.T  # whole channels at once: the same sums over axis 1 take ten times as long
    clipped = ((red | green | blue) == 0) | ((red & green & blue) == 255)
    return {
        "black": bool((pixels <= DARK).mean() >= ALL),
        "white": bool((pixels >= BRIGHT).mean() >= ALL),
        "flat": bool(pixels.std(axis=0).max() < 1),
        "clipped": bool(clipped.mean() > CLIPPED_SHARE),
    }


def out_of_step(shot: Shot) -> bool:
    """Return whether image and labels cannot be of one scene: another size, an unknown index, one out of its place."""
    if shot.image.shape != (*shot.ids.shape, 3) or shot.alpha.shape != shot.ids.shape:
        return True
    for index, found in enumerate(find_objects(shot.ids), 1):
        box = shot.alone[index].box if index in shot.alone else None
        if found and (box is None or reaches_px((found[1], found[0]), box) > STEP_PX):
            return True
    return False


def reaches_px(found: tuple[slice, slice], box: tuple[int, int, int, int]) -> int:
    """Return by how many pixels what was found, (columns, rows), reaches beyond a box; 0 or less: not at all."""
    columns, rows = found
    return int(max(box[0] - columns.start, box[1] - rows.start, columns.stop - box[2], rows.stop - box[3]))


def areas(shot: Shot) -> dict[int, int]:
    """Return index -> pixels, of every labelled object of the scene."""
    counts = np.bincount(shot.ids.ravel(), minlength=max(shot.assets, default=0) + 1)
    return {index: int(counts[index]) for index in sorted(shot.assets)}


def share(shot: Shot, index: int, area_px: int) -> float:
    """Return which share of an object is in view: never more than 1, though a pixel at its edge may be."""
    return round(min(1.0, area_px / max(shot.alone[index].area_px, 1)), 4)


def instances_of(shot: Shot, categories: Mapping[str, str]) -> tuple[Instance, ...]:
    """Return a record for each labelled object that can be seen, in order of index. categories: of asset ids."""
    return tuple(
        instance_of(shot.ids, k, categories[shot.assets[k]], share(shot, k, area), shot.assets[k])
        for k, area in areas(shot).items()
        if area
    )


def sample_of(scene: SceneSpec, instances: tuple[Instance, ...], licences: dict[str, str]) -> Sample:
    """Return the sample of a scene, its paths relative to its shard.

    licences: asset id -> licence, of at least every asset in the scene.
    """
    shown = assets_of(scene)
    return Sample(
        id=scene.id,
        domain=RENDER,
        image=f"{scene.id}.png",
        ids=f"{scene.id}.ids.png",
        size_hw=scene.size_hw,
        instances=instances,
        source=scene.recipe,
        licence=" AND ".join(sorted({licences[asset] for asset in shown})),
        group=scene.id,
        assets=shown,
        draws=scene.draws,
        depth=f"{scene.id}.depth.npy" if "depth" in scene.also else "",
        normals=f"{scene.id}.normals.npy" if "normals" in scene.also else "",
    )

"""Clips whose masks are known in every frame: moving cameras, windows over photos, a burst of photos.

`python -m benchmarks.label.clips OUT [SET]` renders the clips of one set, "measured" or "fitted", a folder a clip in
the form that shoot writes: 41 frames of 256 x 256 pixels, about half a minute of one core each.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.label.photo_sets import pieces
from dataset.idmap import IdMap, mask_iou, read_ids, read_image
from dataset.overlay import RGB
from dataset.records import read_manifest
from pipeline.files import write_text
from pipeline.reading import lines_of, read_json
from pipeline.seeds import rng_for
from render import shoot
from render.geometry import matrix, times, turn
from render.plan import Plan, make_scenes
from render.spec import Camera, Quality, SceneSpec, to_line, with_id

FRAMES, SIDE_PX = 41, 256
SETS = {  # recipe, seed; the weights of label/tracks/trust.py were fitted on the second set
    "measured": (("boards", 3), ("boards", 8), ("domino", 1), ("domino", 2), ("balloon", 1), ("balloon", 2)),
    "fitted": (("boards", 4), ("boards", 5), ("domino", 3)),
}
LEAST_PX = 30  # of an object; what is smaller nobody would draw
SAME = 0.2  # IoU from frame to frame of one object
BURST = 224  # number of near-duplicates of the set domino: 14 photos of three tiles by one camera, each labelled


@dataclasses.dataclass(frozen=True)
class KnownClip:
    """A clip with the truth of every frame."""

    name: str
    images: tuple[RGB, ...]
    truth: tuple[IdMap, ...]  # one number is one object in all frames


def moved(camera: Camera, share: float, pivot_m: NDArray[np.float64], sweep: tuple[float, float]) -> Camera:
    """Return a camera that has gone a share, 0..1, of its way round a point and towards it.

    sweep: degrees about the vertical through the pivot, and the distance at the end by that of the start.
    """
    spin = turn((0, 0, 1), sweep[0] * (share - 0.5))
    offset = matrix(spin) @ (np.asarray(camera.location_m) - pivot_m)
    x, y, z = pivot_m + offset * sweep[1] ** (share - 0.5)
    return dataclasses.replace(camera, location_m=(float(x), float(y), float(z)), rotation=times(spin, camera.rotation))


def swept(scene: SceneSpec, name: str, seed: int) -> list[SceneSpec]:
    """Return the frames of a clip: the scene seen by a camera that goes round what it looks at.

    Clips of even seeds begin and end at rest, the others move evenly.
    """
    rng = rng_for(seed, "clip", name)
    middle = np.mean([item.location_m for item in scene.objects], axis=0)
    sight = matrix(scene.camera.rotation) @ np.array([0, 0, -1])
    start = np.asarray(scene.camera.location_m)
    pivot = start + sight * max(float((middle - start) @ sight), 0.1)
    sweep = float(rng.uniform(15, 30) * rng.choice([-1, 1])), float(rng.uniform(0.75, 1.3))
    even = np.linspace(0, 1, FRAMES)
    shares = even if seed % 2 else even**2 * (3 - 2 * even)
    cameras = [moved(scene.camera, float(share), pivot, sweep) for share in shares]
    return [with_id(dataclasses.replace(scene, camera=camera)) for camera in cameras]


def planned(recipe: str, seed: int) -> list[SceneSpec]:
    """Return the frames of one clip of a recipe."""
    plan = Plan(recipe, seed, 1, (SIDE_PX, SIDE_PX), Quality(4))
    return swept(make_scenes(plan, Path("assets"))[0], recipe, seed)


def rendered_clip(folder: Path) -> KnownClip:
    """Return a clip that was rendered; raise InputError when it is not there."""
    home = folder / "renders"
    by_id = {sample.id: sample for sample in read_manifest(home / "samples.jsonl")}
    samples = [by_id[json.loads(line)["id"]] for line in lines_of(folder / "scenes.jsonl")]
    ids = [read_ids(home / sample.ids) for sample in samples]
    return KnownClip(folder.name, tuple(read_image(home / sample.image) for sample in samples), followed(ids))


def followed(maps: Sequence[IdMap]) -> tuple[IdMap, ...]:
    """Return id maps in which an object keeps its number: that of the frame before which it overlaps most."""
    found: list[IdMap] = []
    following = 1
    for ids in maps:
        now = [(ids == k) for k in range(1, int(ids.max()) + 1) if (ids == k).sum() >= LEAST_PX]
        before = [int(k) for k in np.unique(found[-1]) if k] if found else []
        overlap = np.array([[mask_iou(found[-1] == k, one) for one in now] for k in before]).reshape(-1, len(now))
        pairs = zip(*linear_sum_assignment(-overlap), strict=True)
        numbers = {int(c): before[r] for r, c in pairs if overlap[r, c] >= SAME}
        made = np.zeros_like(ids)
        for at, mask in enumerate(now):
            if at not in numbers:
                numbers[at], following = following, following + 1
            made[mask] = numbers[at]
        following = max(following, int(made.max()) + 1)
        found.append(made)
    return tuple(found)


def panned_clip(name: str, image: RGB, ids: IdMap) -> KnownClip:
    """Return a window that moves over a photo, comes nearer and turns a little; noise and light change.

    image, ids: of the photo. The truth is the id map seen through the same window.
    """
    rng = rng_for(1, "pan", name)
    height, width = ids.shape
    side = 0.6 * min(height, width)
    start, end = (rng.uniform(side / 2, [width - side / 2, height - side / 2]) for _ in range(2))
    turn_deg, zoom = rng.uniform(-25, 25), rng.uniform(0.75, 1.3)
    images, truth = list[RGB](), list[IdMap]()
    for share in np.linspace(0, 1, FRAMES):
        ease = share**2 * (3 - 2 * share)
        x, y = start + (end - start) * ease
        scale = SIDE_PX / side * zoom ** (ease - 0.5)
        way = cv2.getRotationMatrix2D((float(x), float(y)), float(turn_deg * ease), float(scale))
        way[:, 2] += SIDE_PX / 2 - np.array([x, y])
        size = (SIDE_PX, SIDE_PX)
        seen = cv2.warpAffine(image, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        noisy = seen * (1 + 0.1 * share) + rng.normal(0, 3, seen.shape)
        images.append(np.clip(noisy, 0, 255).astype(np.uint8))
        truth.append(np.asarray(cv2.warpAffine(ids, way, size, flags=cv2.INTER_NEAREST), np.uint16))
    return KnownClip(name, tuple(images), followed(truth))


def panned_clips(folder: Path, count: int) -> Iterator[KnownClip]:
    """Yield windows over photos of a set, evenly drawn by name. Objects are the connected pieces of its masks."""
    paths = sorted((folder / "images").glob("*.jpg"))
    for path in paths[:: max(len(paths) // count, 1)][:count]:
        yield panned_clip(path.stem, read_image(path), numbered(folder / "masks" / f"{path.stem}.png"))


def numbered(path: Path) -> IdMap:
    """Return a mask's connected pieces as an id map."""
    mask = read_ids(path) > 0
    ids = np.zeros(mask.shape, np.uint16)
    for number, piece in enumerate(pieces(mask, LEAST_PX), 1):
        ids[piece] = number
    return ids


def burst_clip(folder: Path, group: int = BURST) -> KnownClip:
    """Return photos that one camera took one after the other, of the set domino, all tiles of a photo one object."""
    entries = [e for e in read_json(folder / "meta.json")["images"] if e["near_dup_group"] == group]
    names = sorted((Path(e["original"]).name, e) for e in entries if Path(e["original"]).name.startswith("IMG"))
    images = tuple(read_image(folder / e["file"]) for _, e in names)
    return KnownClip(
        f"domino-{group}", images, tuple((read_ids(folder / e["mask"]) > 0).astype(np.uint16) for _, e in names)
    )


def main(words: list[str]) -> None:
    """Render every clip of a set that is not there yet. words: the folder of the clips, the set."""
    settings = shoot.Shoot(workers=1, min_area_px=1, min_visible=0.0, limit_s=60, shard=FRAMES, store=None)
    for recipe, seed in SETS[words[1] if words[1:] else "measured"]:
        folder = Path(words[0]) / f"{recipe}-{seed}"
        write_text(folder / "scenes.jsonl", "".join(to_line(scene) + "\n" for scene in planned(recipe, seed)))
        shoot.main(settings, folder / "scenes.jsonl", Path("assets"), folder / "none", folder / "renders")


if __name__ == "__main__":
    main(sys.argv[1:])

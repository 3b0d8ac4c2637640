"""Clicks to a good mask: the network for clicks beside OpenCV's GrabCut, by the standard robot, on real test photos.

``python -m benchmarks.label.click --run clicks --test data/balloon/split/test.jsonl --out c.json --most 60 --rival 8``
prints a line for each way to begin. NoC@85 is the mean number of clicks until an object has an IoU of 0.85, 20 where it
never has; a box or a wrong mask that stands before is not a click. The wrong masks are planted errors (`label.plants`)
of an IoU from 0.3 to 0.8, of another making than those that the network was taught with.
"""

import dataclasses
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.label.verdict import mean_interval
from dataset.idmap import IGNORE, Mask, box_of, mask_iou
from dataset.records import read_manifest
from label.plants import CUT, MISPLACED, ONE_SIDED, WIDE, moved, radius_of, shape_with
from pipeline.files import write_json
from pipeline.progress import track
from pipeline.seeds import rng_for
from pipeline.stage import run_stage
from train.clicks.answer import load_segmenter
from train.clicks.points import Box, Point, largest_error, random_click, robot_click
from train.data import load_labelled

MOST_CLICKS = 20
GOALS = (0.85, 0.9)
LEAST_PX = 100  # smaller objects are not measured
WRONG = (0.3, 0.8)  # IoU of a wrong mask to begin with
TRIES = 30
GRAB_SIDE = 320  # longer side at which GrabCut works
STARTS = ("clicks", "box", "wrong mask", "clicks astray")
Segment = Callable[[NDArray[np.uint8], Sequence[Point], Box | None, Mask | None], Mask]


@dataclasses.dataclass(frozen=True)
class Target:
    """One object to mark."""

    name: str  # photo and number
    photo: NDArray[np.uint8]  # (H, W, 3)
    truth: Mask  # (H, W)
    known: Mask  # (H, W), pixels that count


@dataclasses.dataclass(frozen=True)
class Tried:
    """What one object took from one start."""

    ious: tuple[float, ...]  # after 0, 1, 2, ... clicks; the first is that of the start
    seconds: tuple[float, ...]  # of this process, an answer each

    def clicks_to(self, goal: float) -> int:
        """Return how many clicks it took to an IoU; `MOST_CLICKS` where it never had it. A first mask may do."""
        return next((count for count, found in enumerate(self.ious) if found >= goal), MOST_CLICKS)


def targets_of(manifest: Path, most: int) -> list[Target]:
    """Return the objects of a manifest of at least `LEAST_PX` pixels, in its order; of more than `most` every n-th."""
    found = []
    for sample in read_manifest(manifest):
        photo, ids = load_labelled(manifest.parent, sample)
        found += [
            Target(f"{sample.id}-{item.index}", photo, ids == item.index, ids != IGNORE)
            for item in sample.instances
            if item.area_px >= LEAST_PX
        ]
    return found[:: -(-len(found) // most)]


def wrong_mask(truth: Mask, name: str) -> Mask | None:
    """Return a mask with one or two planted errors and an IoU within `WRONG`, the same for a name; None: none found."""
    rng = rng_for(1, "wrong mask", name)
    nothing = np.zeros_like(truth)
    for _ in range(TRIES):
        mask = truth
        for kind in rng.choice([CUT, MISPLACED, ONE_SIDED, WIDE], int(rng.integers(1, 3)), replace=False).tolist():
            mask = shape_with(kind, mask, nothing, rng) if mask.any() else mask
        step = radius_of(truth) * rng.uniform(-0.3, 0.3, 2)
        mask = moved(mask, round(step[0]), round(step[1]))
        if WRONG[0] <= mask_iou(mask, truth) <= WRONG[1]:
            return mask
    return None


def attempt(segment: Segment, target: Target, start: str) -> Tried | None:
    """Return what an object takes from a start, until the highest goal; None where the start cannot be made."""
    rng = rng_for(1, "astray", target.name)
    box = box_of(target.truth) if start == "box" else None
    mask: Mask | None = wrong_mask(target.truth, target.name) if start == "wrong mask" else None
    if start == "wrong mask" and mask is None:
        return None
    clicks: list[Point] = []
    seconds: list[float] = []
    if box:
        mask = timed(segment, (target.photo, clicks, box, None), seconds)
    now = mask if mask is not None else np.zeros_like(target.truth)
    ious = [iou_of(now, target)]
    while ious[-1] < max(GOALS) and len(clicks) < MOST_CLICKS:
        click = next_click(target, now, rng if start == "clicks astray" else None)
        if click is None:
            break
        clicks.append(click)
        now = timed(segment, (target.photo, clicks, box, mask), seconds)
        mask = now
        ious.append(iou_of(now, target))
    return Tried(tuple(ious), tuple(seconds))


def next_click(target: Target, mask: Mask, astray: np.random.Generator | None) -> Point | None:
    """Return the robot's click, or one anywhere in the same error; None where there is none."""
    if astray is None:
        return robot_click(target.truth, mask, target.known)
    found = largest_error(target.truth, mask, target.known)
    return random_click(*found, astray) if found else None


def timed(
    segment: Segment, asked: tuple[NDArray[np.uint8], list[Point], Box | None, Mask | None], seconds: list[float]
) -> Mask:
    """Return an answer, and add the processor's seconds that it took."""
    began = time.process_time()
    mask = segment(*asked)
    seconds.append(time.process_time() - began)
    return mask


def iou_of(mask: Mask, target: Target) -> float:
    """Return the IoU of a mask over the pixels that count."""
    return mask_iou(mask & target.known, target.truth)


def grab_cut(photo: NDArray[np.uint8], clicks: Sequence[Point], box: Box | None, previous: Mask | None) -> Mask:
    """Return what OpenCV's GrabCut makes of the same; the whole photo is likely not the object at first."""
    height, width = photo.shape[:2]
    scale = min(GRAB_SIDE / max(height, width), 1.0)
    size_wh = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(photo, size_wh, interpolation=cv2.INTER_AREA)
    marks = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    if box:
        x0, y0, x1, y1 = (round(side * scale) for side in box)
        marks[:] = cv2.GC_BGD
        marks[y0:y1, x0:x1] = cv2.GC_PR_FGD
    if previous is not None:
        earlier = cv2.resize(previous.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST) > 0
        marks[(marks != cv2.GC_BGD)] = cv2.GC_PR_BGD
        marks[earlier] = cv2.GC_PR_FGD
    for x, y, positive in clicks:
        cv2.circle(marks, (int(x * scale), int(y * scale)), 5, cv2.GC_FGD if positive else cv2.GC_BGD, -1)
    cv2.setRNGSeed(1)
    if (marks % 2 == 1).any() and (marks % 2 == 0).any():
        cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    return np.asarray(cv2.resize((marks % 2).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)


def summed(tried: Sequence[Tried]) -> dict[str, object]:
    """Return what is said of objects: means with 95 % intervals over them, the IoU of the first mask, ms an answer."""
    said: dict[str, object] = {"objects": len(tried)}
    for goal in GOALS:
        counts = np.array([one.clicks_to(goal) for one in tried], float)
        said[f"noc{round(100 * goal)}"] = round(float(counts.mean()), 2)
        said[f"ci{round(100 * goal)}"] = [round(side, 2) for side in mean_interval(counts)]
        said[f"failed{round(100 * goal)}"] = int((counts >= MOST_CLICKS).sum())
    said["iou_first"] = round(float(np.mean([one.ious[0] for one in tried])), 3)
    said["iou_1_click"] = round(float(np.mean([one.ious[min(1, len(one.ious) - 1)] for one in tried])), 3)
    answers = [1000 * each for one in tried for each in one.seconds]
    said["ms_median"], said["ms_95"] = (round(float(np.quantile(answers, q)), 1) for q in (0.5, 0.95))
    return said


def told(name: str, tried: Sequence[Tried | None], found: dict[str, dict[str, object]]) -> None:
    """Keep and print what is said of objects, without those whose start could not be made."""
    whole = [one for one in tried if one]
    if whole:
        found[name] = summed(whole)
        sys.stdout.write(f"{name}: {found[name]}\n")
        sys.stdout.flush()


def main(run: Path, test: Path, out: Path, most: int, rival: int) -> None:
    """Write and print the measures. most, rival: objects at most, of the network and of GrabCut, which is slow."""
    cv2.setNumThreads(1)
    targets = targets_of(test, most)
    apart = -(-len(targets) // rival) if rival else 0  # every so many objects GrabCut has one
    segment = load_segmenter(run).segment
    found: dict[str, dict[str, object]] = {}
    for start in STARTS:
        tried = [attempt(segment, one, start) for one in track(targets, len(targets), start, "objects")]
        told(f"network, {start}", tried, found)
        if apart:
            told(f"network on GrabCut's, {start}", tried[::apart], found)
            told(f"GrabCut, {start}", [attempt(grab_cut, one, start) for one in targets[::apart]], found)
    write_json(out, found)


if __name__ == "__main__":
    run_stage(main)

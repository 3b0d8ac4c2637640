"""What tells a right label from a wrong one: numbers of one labelled object, and of one place that has no label.

Distances are in radii of the object: that of the disk of as many pixels. Outlines are judged in eight sectors, by the
direction in which the outline looks there. In each the outline's offset is e_out - e_in: what is seen beyond the label,
less what is not seen within it, in a band along the outline.
"""

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.idmap import Mask
from label.plants import radius_of
from label.suspects.views import LabelledObject, Reals, View

SECTORS = 8
REACH, LEAST_REACH_PX = 0.3, 4  # of the band along an outline: in radii, and at least so many pixels
AROUND = 0.75  # radii around an object that are looked at
PIECES = 6  # places without a label that are looked at, the weightiest ones
SURE = 0.35  # probability from which a pixel may belong to an object that has no label

SHARED = np.eye(SECTORS) + 0.5 * (np.roll(np.eye(SECTORS), 1, axis=0) + np.roll(np.eye(SECTORS), -1, axis=0))

Row = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Crop:
    """One object with what lies around it, every array (h, w)."""

    mask: Mask
    valid: Mask  # no other object's and not ignored
    depth: Reals  # pixels from the outline, negative within the mask
    sector: NDArray[np.int64]  # 0..SECTORS - 1: where the outline nearest to a pixel looks
    inside: Reals
    edges: Reals
    colour: Reals
    radius: float
    reach: float  # of the band, in pixels


def crop_of(view: View, thing: LabelledObject) -> tuple[Crop, tuple[slice, slice]]:
    """Return an object's surroundings and where they lie. Raises ValueError for a mask without a pixel."""
    ys, xs = np.nonzero(thing.mask)
    if not ys.size:
        raise ValueError("the object has no pixel")
    radius = radius_of(thing.mask)
    reach = max(LEAST_REACH_PX, REACH * radius)
    room = math.ceil(max(AROUND * radius, reach)) + 2
    place = (slice(max(ys.min() - room, 0), ys.max() + room + 1), slice(max(xs.min() - room, 0), xs.max() + room + 1))
    mask = thing.mask[place]
    depth = depth_of(mask)
    sector = directions(depth)
    parts = (view.inside[place], view.edges[place], view.colour[place])
    return Crop(mask, ~thing.others[place], depth, sector, *parts, radius, reach), place


def depth_of(mask: Mask) -> Reals:
    """Return (h, w) the pixels from a mask's outline, negative within it: 0 between the pixels on both sides."""
    rim = np.pad(mask, 1).astype(np.uint8)  # beyond the crop there is no object
    within = cv2.distanceTransform(rim, cv2.DIST_L2, 5)[1:-1, 1:-1]
    beyond = cv2.distanceTransform(1 - rim, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.asarray(np.where(mask, 0.5 - within, beyond - 0.5), np.float32)


def directions(depth: Reals) -> NDArray[np.int64]:
    """Return (h, w) the sector in which the outline looks that is nearest to a pixel."""
    soft = cv2.GaussianBlur(depth, (0, 0), 1.5)
    angle = np.arctan2(cv2.Sobel(soft, cv2.CV_32F, 0, 1), cv2.Sobel(soft, cv2.CV_32F, 1, 0))
    return np.asarray(np.floor((angle + math.pi) / (2 * math.pi) * SECTORS).astype(np.int64) % SECTORS)


def by_sector(crop: Crop, where: Mask, values: Reals, otherwise: float) -> Row:
    """Return (SECTORS,) the mean of values (h, w) over the pixels `where`, shared with half of each neighbour.

    values: (h, w), or (h, w, C) for (SECTORS, C).
    """
    at = np.flatnonzero(where)
    sector, channels = crop.sector.ravel()[at], values.reshape(where.size, -1)
    sums = [np.bincount(sector, channels[at, k], SECTORS) for k in range(channels.shape[1])]
    near = SHARED @ np.stack([np.bincount(sector, minlength=SECTORS), *sums], axis=1)
    means = np.where(near[:, :1] > 0, near[:, 1:] / np.maximum(near[:, :1], 1e-9), otherwise)
    return means if values.ndim == 3 else means[:, 0]


def offsets(crop: Crop) -> Row:
    """Return (SECTORS,) how far the prediction reaches beyond the label's outline, in radii; negative: less far."""
    out = by_sector(crop, crop.valid & (crop.depth > 0) & (crop.depth <= crop.reach), crop.inside, 0.0)
    within = by_sector(crop, crop.valid & (crop.depth < 0) & (crop.depth >= -crop.reach), crop.inside, 1.0)
    return (out - (1 - within)) * crop.reach / crop.radius


def edge_offsets(crop: Crop) -> Row:
    """Return (SECTORS,) how far beyond the label's outline the picture's edge lies, in radii."""
    band = crop.valid & (np.abs(crop.depth) <= crop.reach)
    weight = crop.edges**2 + 1e-4
    total = by_sector(crop, band, weight, 1.0)
    moment = by_sector(crop, band, weight * crop.depth, 0.0)
    return moment / total / crop.radius


def alike(crop: Crop, low: float, high: float) -> Row:
    """Return (SECTORS,) what a strip along the outline looks like: 0 = as the object within, 1 = as what is beyond.

    low, high: its bounds in radii from the outline.
    """
    depth = crop.depth / crop.radius
    core = crop.mask & (depth < -0.25) if (depth < -0.25).sum() > 8 else crop.mask
    ring = crop.valid & (depth > 0.2) & (depth < 0.6)
    strip = crop.valid & (depth > low) & (depth <= high)
    own = crop.colour[core].mean(axis=0)
    near, far = (by_sector(crop, where, crop.colour, 0.0) for where in (strip, ring))
    axis = far - own
    length = (axis**2).sum(axis=1)
    return np.where(length > 1e-5, ((near - own) * axis).sum(axis=1) / np.maximum(length, 1e-5), 0.5)


def spread(values: Row) -> list[float]:
    """Return what no turn changes: order statistics, the first harmonic, and how far a side stands out."""
    ordered = np.sort(values)
    wave = abs((values * np.exp(2j * np.pi * np.arange(SECTORS) / SECTORS)).mean())
    middle = float(np.median(values))
    smooth = values - 0.5 * (values + np.roll(values, SECTORS // 2))  # against the opposite side
    return [
        float(ordered[0]), float(ordered[1]), middle, float(ordered[-2]), float(ordered[-1]), float(values.mean()),
        float(values.std()), float(wave), float(ordered[-1] - middle), float(middle - ordered[0]), float(smooth.max()),
    ]  # fmt: skip


def features_of(view: View, thing: LabelledObject, typical: float) -> Row:
    """Return the numbers of one labelled object. typical: radius of the set's objects in pixels of the photos."""
    crop, place = crop_of(view, thing)
    inside, mask = crop.inside, crop.mask
    within = inside[mask]
    beyond = crop.valid & ~mask
    seen = (inside * (crop.valid | mask)).astype(np.float64)
    union = float(mask.sum() + (inside * beyond).sum())
    hard = (inside > 0.5) & (crop.valid | mask)
    either = float((hard | mask).sum())
    ys, xs = np.nonzero(mask)
    total = max(float(seen.sum()), 1e-9)
    rows, columns = np.indices(mask.shape)
    shift = (
        math.hypot((seen * rows).sum() / total - ys.mean(), (seen * columns).sum() / total - xs.mean()) / crop.radius
    )
    kinds = view.seen[place][mask]
    other = float(((kinds > 0) & (kinds != thing.category)).mean())
    confidence = np.where(mask, inside, 1 - inside)[crop.valid]
    soft = float((confidence * softmax(1 - confidence, 0.1)).sum())
    least = min(crop.reach / crop.radius, 0.12)
    numbers = [
        float(within.mean()), float(np.quantile(within, 0.1)), float((within < 0.5).mean()), float(within.max()),
        float((inside * mask).sum() / union), float((hard & mask).sum() / either),
        float((inside * beyond).sum() / mask.sum()), shift, other, soft,
        math.log(crop.radius / max(view.scale * typical, 1e-6)), math.log(crop.radius),
    ]  # fmt: skip
    near = crop.valid & (np.abs(crop.depth) <= 1.5)
    numbers.append(float(crop.edges[near].mean()) if near.any() else 0.0)
    groups = (offsets(crop), edge_offsets(crop), alike(crop, -least, 0.0), alike(crop, 0.0, least))
    return np.array([*numbers, *(number for values in groups for number in spread(values))])


def softmax(values: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    """Return weights that sum to 1, the larger the value the heavier."""
    raised = np.exp((values - values.max()) / temperature)
    return np.asarray(raised / raised.sum())


@dataclasses.dataclass(frozen=True)
class Place:
    """Where something is seen and nothing is labelled."""

    mask: Mask  # (h, w) on the view
    row: Row


def places_of(view: View, labelled: Mask, typical: float) -> list[Place]:
    """Return the weightiest places (most `PIECES`) where a prediction sees what no label holds.

    labelled: (h, w) pixels of labelled objects. typical: as of `features_of`.
    """
    radius = max(view.scale * typical, 1.0)
    band = max(1, round(0.1 * radius))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1,) * 2)
    near = cv2.dilate(labelled.astype(np.uint8), disk) > 0
    free = (view.inside > SURE) & ~near & ~view.ignored
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=8)
    weights = np.bincount(numbers.ravel(), view.inside.ravel(), minlength=count)[1:]
    order = np.argsort(-weights, kind="stable")[:PIECES] + 1
    return [place_of(view, numbers == k, near, radius) for k in order.tolist() if stats[k, cv2.CC_STAT_AREA] >= 4]


def place_of(view: View, mask: Mask, near: Mask, radius: float) -> Place:
    """Return one place. near: (h, w) labelled objects with a band around them. radius: of an object, in pixels."""
    grey = mask.astype(np.uint8)
    thick = float(cv2.distanceTransform(np.pad(grey, 1), cv2.DIST_L2, 3).max()) / radius
    rim = (cv2.dilate(grey, np.ones((3, 3), np.uint8)) > 0) & ~mask
    values = view.inside[mask]
    touching = float(near[rim].mean()) if rim.any() else 0.0
    area = float(mask.sum()) / (math.pi * radius**2)
    row = [
        area, math.log(area), float(values.sum()) / (math.pi * radius**2), float(values.mean()), float(values.max()),
        float((values > 0.5).mean()), thick, thick / max(math.sqrt(area), 1e-6), touching,
        float(view.edges[rim].mean()) if rim.any() else 0.0, float(view.inside[rim].mean()) if rim.any() else 0.0,
    ]  # fmt: skip
    return Place(mask, np.array(row))

"""Masks of the frames between two key frames: signed distances carried along the flow, both ways blended: pure."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np

from dataset.idmap import IGNORE, IdMap, Mask, ignores, mask_iou
from label.tracks.flow import Field, FlowWay, Grey, Map, grid, larger, sampled, step, still
from label.tracks.small_ones import Shift, found_again, small_one

GONE = 0.4  # an object of which a smaller share is still there is no longer shown, from there on
UNSEEN = 1e-3  # weight of a side that does not see a pixel
STEPS_PX = 0.5  # deviation of the blur of distances
BAND_PX = 1.5  # pixels so near an outline are of it


@dataclasses.dataclass(frozen=True)
class KeyFrame:
    """A frame that a person labelled."""

    at: int  # its place among the frames, from 0
    ids: IdMap  # (H, W) numbers of tracks, 0 = background
    categories: Mapping[int, str]  # track -> category, of those that it shows

    @property
    def tracks(self) -> list[int]:
        """Return the numbers that are carried: its tracks, and 65535 where something is ignored."""
        return sorted(self.categories) + ([IGNORE] if ignores(self.ids) else [])


@dataclasses.dataclass(frozen=True)
class Brought:
    """What a key frame says of another frame. Fields are of the small pictures that flow is found on."""

    steps: int  # frames between both
    to: Field  # (h, w, 2) places in the key frame
    seen: Mask  # (h, w) the place is in the key frame
    kept: Mapping[int, float]  # track -> share of its pixels that are still there; those lost on the way are missing
    miss_px: Mapping[int, float]  # track -> by how far there and back misses at its outline, in small pixels
    shifts: Mapping[int, Shift]  # track -> by how far it has moved, of small objects that were found by their picture


@dataclasses.dataclass(frozen=True)
class Carried:
    """One object in one frame as it was carried there. Lengths are in the frame's own pixels."""

    track: int
    sides: int  # key frames that it comes from, 1 or 2
    kept: float  # share of the key frame's pixels that are still there, the mean of the sides
    miss_px: float  # by how far there and back misses at the outline, the mean of the sides
    apart_px: float  # how far the outlines of both sides lie apart; 0 from one side
    agreement: float  # IoU of both sides' masks; 1 from one side
    steps: tuple[int, int]  # frames to the key frames that it comes from; 0: it does not come from there
    area_px: int
    outline_px: float  # length of its outline


@dataclasses.dataclass(frozen=True)
class CarriedFrame:
    """All objects of one frame."""

    ids: IdMap  # (H, W) numbers of tracks
    objects: tuple[Carried, ...]


def distance_of(mask: Mask) -> Map:
    """Return (H, W) the signed distance of pixels' centres to the outline of a mask (H, W), in pixels, > 0 inside.

    Without an outline it is the picture's longer side everywhere, negative for an empty mask.
    """
    if mask.all() or not mask.any():
        return np.full(mask.shape, max(mask.shape) * (1 if mask.any() else -1), np.float32)
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.where(mask, inside - 0.5, 0.5 - outside), np.float32)


def smooth_distance(mask: Mask) -> Map:
    """Return `distance_of` without the steps of its pixels, so that what is sampled between them is no staircase."""
    return np.asarray(cv2.GaussianBlur(distance_of(mask), (0, 0), STEPS_PX), np.float32)


def distances_of(key: KeyFrame) -> dict[int, Map]:
    """Return the signed distance of each track that a key frame shows."""
    return {track: smooth_distance(key.ids == track) for track in key.tracks}


def brought(key: KeyFrame, greys: Sequence[Grey], flows: Sequence[tuple[Field, Field]]) -> Iterator[Brought]:
    """Yield what a key frame says of each frame beside it, one after the other.

    greys: the key frame's small picture and those of the frames, going away from it. flows: for each of these frames,
    from it to the one before and from that one to it.
    """
    size_hw = (greys[0].shape[0], greys[0].shape[1])
    small = cv2.resize(key.ids, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_NEAREST)
    masks = {track: small == track for track in key.tracks}
    bands = {track: np.abs(distance_of(mask)) < BAND_PX for track, mask in masks.items()}
    small_ones = {track: one for track, mask in masks.items() if (one := small_one(greys[0], mask))}
    last: dict[int, Shift] = dict.fromkeys(small_ones, (0.0, 0.0))  # where each was last found
    way, alive = still(size_hw), [track for track, mask in masks.items() if mask.any()]
    for number, now in enumerate(greys[1:]):
        way = step(way, flows[number], greys[0], now)
        again = {track: found_again(one, now, last[track]) for track, one in small_ones.items()}
        shifts = {track: shift for track, shift in again.items() if shift}
        last |= shifts
        kept = {track: 1.0 if track in shifts else share_kept(way, masks[track]) for track in alive}
        alive = [track for track in alive if kept[track] >= GONE]
        miss = {track: missing(way, bands[track]) for track in alive}
        yield Brought(number + 1, way.to, way.seen, {track: kept[track] for track in alive}, miss, shifts)


def share_kept(way: FlowWay, mask: Mask) -> float:
    """Return which share of a mask of the key frame is still there, of what did not leave the picture; 0 if all did."""
    inside = int((way.inside & mask).sum())
    return int((way.kept & mask).sum()) / inside if inside else 0.0


def missing(way: FlowWay, band: Mask) -> float:
    """Return by how far there and back misses in a band of the key frame, in the mean."""
    return float(np.minimum(way.miss_px[band], 10).mean()) if band.any() else 0.0


def blended(
    sides: Sequence[tuple[Brought, Mapping[int, Map]]], tracks: Sequence[int], size_hw: tuple[int, int]
) -> CarriedFrame:
    """Return the objects of a frame from what one or two key frames say of it.

    sides: with the signed distances of each key frame's tracks. A pixel takes the track whose blended distance is
    largest and above 0. A side's weight falls with the number of frames to its key frame.
    """
    places = [larger(side.to, size_hw) for side, _ in sides]
    seen = [cv2.resize(side.seen.astype(np.float32), (size_hw[1], size_hw[0])) for side, _ in sides]
    best, ids, facts = (
        np.zeros(size_hw, np.float32),
        np.zeros(size_hw, np.uint16),
        dict[int, tuple[list[int], list[Map]]](),
    )
    for track in tracks:
        there = [n for n, (side, known) in enumerate(sides) if track in side.kept and track in known]
        there = [n for n in there if track in sides[n][0].shifts] or there  # found by its picture is the better witness
        if not there:
            continue
        carried = [sampled(sides[n][1][track], place_of(track, sides[n][0], places[n])) for n in there]
        weights = [seen[n] / sides[n][0].steps + UNSEEN for n in there]
        mixed = sum(w * d for w, d in zip(weights, carried, strict=True)) / sum(weights)
        ids[mixed > best] = track
        best = np.maximum(best, mixed)
        if track != IGNORE:
            facts[track] = there, carried
    shown = [track for track in facts if (ids == track).any()]
    return CarriedFrame(ids, tuple(fact_of(track, ids == track, sides, *facts[track]) for track in shown))


def place_of(track: int, side: Brought, places: Field) -> Field:
    """Return the places (H, W, 2) by which a track is carried: those of the flow, or moved as a whole."""
    if track not in side.shifts:
        return places
    size_hw = (places.shape[0], places.shape[1])
    times = np.array([size_hw[1] / side.to.shape[1], size_hw[0] / side.to.shape[0]], np.float32)
    return grid(size_hw) - np.array(side.shifts[track], np.float32) * times


def fact_of(
    track: int, mask: Mask, sides: Sequence[tuple[Brought, Mapping[int, Map]]], there: list[int], carried: list[Map]
) -> Carried:
    """Return what is known of one carried object. there: the sides that show it; carried: their distances (H, W)."""
    chosen = [sides[n][0] for n in there]
    times = max(mask.shape) / max(chosen[0].to.shape)
    distance = np.abs(distance_of(mask))
    band = distance < BAND_PX
    apart = float(np.abs(carried[0] - carried[1])[band].mean()) if len(there) == 2 else 0.0
    steps = tuple(side.steps if n in there else 0 for n, (side, _) in enumerate(sides))
    return Carried(
        track,
        len(there),
        float(np.mean([side.kept[track] for side in chosen])),
        times * float(np.mean([side.miss_px[track] for side in chosen])),
        min(apart, float(max(mask.shape))),
        mask_iou(carried[0] > 0, carried[1] > 0) if len(there) == 2 else 1.0,
        (steps[0], steps[1] if len(steps) == 2 else 0),
        int(mask.sum()),
        outline_length(distance),
    )


def outline_length(distance: Map) -> float:
    """Return the length of an outline in pixels: the area of the band around it by its width.

    distance: (H, W) of each pixel to it, without a sign.
    """
    return max(float((distance < 1).sum()) / 2, 1.0)

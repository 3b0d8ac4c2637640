import dataclasses

import numpy as np
import pytest

from benchmarks.label.clips import FRAMES, followed, moved, panned_clip
from benchmarks.label.polygons import linear
from benchmarks.label.video import KnownClip, copied, needed, objects_iou, ours, plain, spaced
from dataset.idmap import mask_iou
from label.tracks.clip_files import small_grey
from label.tracks.tracking import motion_of
from render.geometry import looking, project
from render.spec import Camera
from tests.label.moving import made


def test_a_camera_goes_round_its_pivot_and_keeps_it_in_the_picture():
    pivot = np.array([1.0, 2.0, 0.5])
    start = np.array([4.0, -1.0, 3.0])
    camera = Camera(tuple(start), looking(pivot - start), 50.0)
    distances = []
    for share in (0.0, 0.5, 1.0):
        there = moved(camera, share, pivot, (30.0, 0.8))
        column, row, depth = project(there, (100, 100), pivot[None])[0]
        assert (column, row) == pytest.approx((50, 50), abs=1e-6)
        distances.append(depth)
    assert distances[1] == pytest.approx(np.linalg.norm(start - pivot))
    assert distances[2] / distances[0] == pytest.approx(0.8)
    assert dataclasses.replace(moved(camera, 0.5, pivot, (30.0, 0.8)), rotation=camera.rotation) == camera


def test_the_truth_of_a_moving_window_lies_where_its_picture_shows_it():
    ids = np.zeros((200, 240), np.uint16)
    ids[60:140, 70:170] = 1
    image = np.repeat((ids * 200 + 20).astype(np.uint8)[..., None], 3, 2)
    clip = panned_clip("square", image, ids)
    assert len(clip.images) == FRAMES
    for seen, truth in zip(clip.images, clip.truth, strict=True):
        if truth.any():
            assert mask_iou(seen.mean(axis=2) > 115, truth == 1) > 0.97


def test_objects_keep_their_numbers_from_frame_to_frame():
    whole = made()
    swapped = [np.array([0, 2, 1], np.uint16)[ids] if at % 2 else ids for at, ids in enumerate(whole.truth)]
    for found, truth in zip(followed(swapped), whole.truth, strict=True):
        assert (found == truth).all()


def test_straight_motion_is_what_linear_polygons_get_right():
    truth = []
    for at in range(9):
        ids = np.zeros((60, 80), np.uint16)
        ids[20:40, 10 + 4 * at : 30 + 4 * at] = 1
        truth.append(ids)
    clip = KnownClip("straight", (), tuple(truth))
    assert plain(clip, [0, 8], linear).iou > 0.98
    assert plain(clip, [0, 8], copied).iou < 0.7
    gone = [*truth[:4], *[np.zeros_like(truth[0])] * 5]
    assert all((ids == 1).any() for ids in linear(gone, [0]).values())  # the last shape stays to the end


def test_what_counts_in_the_table():
    one, other = np.zeros((4, 4), np.uint16), np.zeros((4, 4), np.uint16)
    assert objects_iou(one, other) == 1
    one[:2], other[:1] = 1, 1
    assert objects_iou(one, other) == 0.5
    other[3, 0] = 2
    assert objects_iou(one, other) == 0.25
    assert spaced(41, 4) == [0, 13, 27, 40]
    assert spaced(41, 1) == [0]


def test_ours_is_counted_by_the_objects_whatever_their_tracks_are_called():
    whole = made()
    clip = KnownClip("made", tuple(whole.images), tuple(np.array([0, 7, 3], np.uint16)[ids] for ids in whole.truth))
    motion = motion_of([small_grey(image, 384) for image in clip.images])
    found = ours(clip, motion, [1, 6, 11], checked=True)
    assert found.iou > 0.9
    assert found.told == pytest.approx(found.iou, abs=0.06)
    assert needed(len(clip.images), lambda count: ours(clip, motion, spaced(13, count))) <= 5

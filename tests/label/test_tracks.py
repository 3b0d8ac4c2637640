import dataclasses
import math

import cv2
import numpy as np
import pytest

from dataset.idmap import IGNORE, mask_iou
from label.tracks.carrying import Carried, KeyFrame, distance_of
from label.tracks.clip_files import small_grey
from label.tracks.flow import larger
from label.tracks.moments import change_of, first_frames, gains, next_frames, spread_over
from label.tracks.network import mixed, skill
from label.tracks.propagating import PERSON, hidden_objects, propagated
from label.tracks.small_ones import found_again, small_one
from label.tracks.tracking import LabelledFrame, each_between, motion_of, named_keys
from label.tracks.trust import (
    LARGEST_PX,
    LOST_IOU,
    HiddenObject,
    error_px,
    expected_iou,
    found_px,
    frame_iou,
    own_error_px,
)
from tests.label.moving import FRAMES, NAMES, SIDE, made
from tests.label.predicted import prediction

WHOLE, CUT = made(), made(gone_from=7)


@pytest.fixture(scope="module")
def motion():
    return motion_of([small_grey(image, 384) for image in WHOLE.images])


@pytest.fixture(scope="module")
def cut_motion():
    return motion_of([small_grey(image, 384) for image in CUT.images])


def labelled(clip, at, swapped=False):
    ids = clip.truth[at]
    if swapped:  # as of another annotator, who began with the box
        return LabelledFrame(at, np.array([0, 2, 1], np.uint16)[ids], NAMES[::-1])
    names = NAMES[: int(ids.max())]
    return LabelledFrame(at, ids, names)


def key(at, clip=WHOLE):
    return KeyFrame(at, clip.truth[at], dict(enumerate(NAMES[: int(clip.truth[at].max())], 1)))


def test_masks_between_two_key_frames_are_those_of_the_objects(motion):
    frames = dict(each_between(motion, [key(0), key(12)]))
    assert sorted(frames) == list(range(1, 12))
    for at, frame in frames.items():
        for number in (1, 2):
            true = WHOLE.truth[at] == number
            assert mask_iou(frame.ids == number, true) > 0.9
        copied = WHOLE.truth[0 if at < 6 else 12]
        assert mask_iou(frame.ids == 1, WHOLE.truth[at] == 1) > mask_iou(copied == 1, WHOLE.truth[at] == 1)


def test_one_key_frame_is_carried_to_both_ends(motion):
    frames = dict(each_between(motion, [key(5)]))
    assert list(frames) == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert min(mask_iou(frame.ids == 1, WHOLE.truth[at] == 1) for at, frame in frames.items()) > 0.85


def test_an_object_keeps_its_number_whatever_the_annotator_calls_it(motion):
    keys = named_keys(motion, [labelled(WHOLE, 8, swapped=True), labelled(WHOLE, 0), labelled(WHOLE, 12)])
    assert [one.at for one in keys] == [0, 8, 12]
    for one in keys:
        assert one.categories == {1: "ball", 2: "box"}
        assert (one.ids == WHOLE.truth[one.at]).all()


def test_an_object_of_another_category_is_another_object(motion):
    other = LabelledFrame(6, WHOLE.truth[6], ("ball", "parcel"))
    first, second = named_keys(motion, [labelled(WHOLE, 4), other])
    assert first.categories == {1: "ball", 2: "box"}
    assert second.categories == {1: "ball", 3: "parcel"}


def test_an_object_that_is_gone_is_not_copied_to_the_end(cut_motion):
    frames = dict(each_between(cut_motion, [key(0, CUT), key(12, CUT)]))
    assert all((frames[at].ids == 2).any() for at in range(1, 7))
    assert not any((frames[at].ids == 2).any() for at in range(8, 12))
    assert all(mask_iou(frames[at].ids == 1, CUT.truth[at] == 1) > 0.9 for at in range(1, 12))


def test_what_a_person_ignored_stays_ignored(motion):
    ids = WHOLE.truth[0].copy()
    ids[ids == 2] = IGNORE
    (frame,) = [frame for at, frame in each_between(motion, [KeyFrame(0, ids, {1: "ball"})]) if at == 4]
    assert mask_iou(frame.ids == IGNORE, WHOLE.truth[4] == 2) > 0.85
    assert [one.track for one in frame.objects] == [1]


def test_signed_distances_are_half_a_pixel_at_the_outline():
    mask = np.zeros((5, 7), bool)
    mask[1:4, 2:5] = True
    distance = distance_of(mask)
    assert (distance > 0).tolist() == mask.tolist()
    assert distance[2].tolist() == [-1.5, -0.5, 0.5, 1.5, 0.5, -0.5, -1.5]
    assert (distance_of(np.zeros((5, 7), bool)) == -7).all()


def test_places_of_a_small_picture_are_those_of_the_large_one():
    small = np.dstack(np.meshgrid(np.arange(4, dtype=np.float32), np.arange(3, dtype=np.float32)))
    rows, columns = np.mgrid[:12, :16]
    found = larger(small, (12, 16))[2:-2, 2:-2]  # beyond the outermost centres there is nothing to go by
    assert np.allclose(found[..., 0], columns[2:-2, 2:-2])
    assert np.allclose(found[..., 1], rows[2:-2, 2:-2])


def test_key_frames_lie_where_something_changes():
    still = np.array([0.0] + [0.01] * 20 + [2.0] * 20)
    assert sum(at > 20 for at in spread_over(still, 8)) >= 5
    assert spread_over(np.zeros(5), 9) == [0, 1, 2, 3, 4]
    assert spread_over(np.array([0.0] + [1.0] * 40), 1) == [20]


def test_change_is_even_where_nothing_moves_and_follows_a_network(motion):
    grey = small_grey(WHOLE.images[0], 384)
    assert change_of(motion_of([grey] * 4)).tolist() == [0, 1, 1, 1]
    assert change_of(motion).shape == (FRAMES,)
    vectors = np.zeros((FRAMES, 2), np.float32)
    vectors[9:] = 5
    assert change_of(motion, vectors).argmax() == 9


def test_a_share_of_the_key_frames_is_drawn_by_chance():
    changes = np.array([0.0] + [1.0] * 99)
    chosen = first_frames(changes, 20, 0.15, 1)
    assert len(chosen) == 20
    assert sum(chosen.values()) == 3
    assert list(chosen) == sorted(chosen)
    drawn = [{at for at, control in first_frames(changes, 20, 0.15, seed).items() if control} for seed in (1, 2)]
    assert drawn[0] != drawn[1]


def test_the_next_label_is_where_most_is_lost():
    loss = {at: 0.01 for at in range(1, 10)} | {at: 0.2 for at in range(11, 20)}
    keys = [0, 10, 20]
    worth = gains(loss, keys)
    assert max(worth, key=worth.__getitem__) == 15
    assert worth[15] == pytest.approx(0.2 * (1 + 2 * (1 - 1 / 4 + 1 - 2 / 3)))  # from 4, 3 frames away to 1, 2
    assert next_frames(loss, keys, 3)[0] == 15
    assert len(set(next_frames(loss, keys, 30))) == len(loss)


def test_a_small_object_is_found_by_its_picture_to_a_part_of_a_pixel():
    ground = cv2.GaussianBlur(np.random.default_rng(5).normal(120, 60, (80, 80)).astype(np.float32), (0, 0), 1.5)
    dot = np.hypot(*(np.mgrid[:80, :80] - 40.0)) < 4

    def shown(x, y):
        image, picture = np.roll(ground, 3, 1), np.where(dot, 250 - 5 * np.hypot(*(np.mgrid[:80, :80] - 39.0)), 0)
        move = np.array([[1, 0, x], [0, 1, y]], np.float32)
        over = cv2.warpAffine(dot.astype(np.float32), move, (80, 80))
        return (image * (1 - over) + cv2.warpAffine(picture.astype(np.float32), move, (80, 80))).clip(0, 255)

    one = small_one(shown(0, 0).astype(np.uint8), dot)
    found = found_again(one, shown(3.5, -2).astype(np.uint8), (1.0, 0.0))
    assert found == pytest.approx((3.5, -2.0), abs=0.4)
    assert found_again(one, np.roll(ground, 9, 0).clip(0, 255).astype(np.uint8) // 4, (0.0, 0.0)) is None
    assert found_again(one, shown(0, 0).astype(np.uint8), (60.0, 0.0)) is None  # beyond the picture
    assert small_one(shown(0, 0).astype(np.uint8), np.ones((80, 80), bool)) is None


def one_object(**changes):
    facts = {"track": 1, "sides": 2, "kept": 1.0, "miss_px": 0.0, "apart_px": 0.0, "agreement": 1.0, "steps": (5, 5)}
    return Carried(**facts | {"area_px": 400, "outline_px": 80.0} | changes)


def test_the_expected_iou_falls_with_what_speaks_against_a_mask():
    plain = expected_iou(one_object())
    assert plain > expected_iou(one_object(apart_px=4.0))
    assert plain > expected_iou(one_object(miss_px=9.0))
    assert plain > expected_iou(one_object(sides=1, steps=(9, 0)))
    assert plain > expected_iou(one_object(area_px=100, outline_px=40.0))
    assert expected_iou(one_object(), own_px=1.0) == pytest.approx(math.exp(-(error_px(one_object()) + 1) * 80 / 400))
    assert expected_iou(one_object(area_px=0)) == 0


def test_hidden_objects_correct_what_is_expected_of_a_clip():
    carried = one_object()
    iou = math.exp(-(error_px(carried) + 1.0) * 80 / 400)  # each outline is a pixel worse than is told
    assert found_px(carried, iou) == pytest.approx(error_px(carried) + 1)
    few = own_error_px([HiddenObject(3, carried, iou)])
    many = own_error_px([HiddenObject(3, carried, iou)] * 50)
    assert 0 < few < many < 1
    assert own_error_px([HiddenObject(3, carried, iou)] * 9 + [HiddenObject(4, carried, 0.0)]) < 1  # one was lost
    assert own_error_px([]) == 0
    assert own_error_px([HiddenObject(3, None, 0.0)]) == 0
    assert found_px(carried, 0.0) == LARGEST_PX


def test_a_lost_object_lowers_what_is_expected_of_its_frame():
    assert frame_iou([0.9, 0.8], 0) == pytest.approx(0.85)
    assert frame_iou([0.9], 1) == pytest.approx((0.9 + LOST_IOU) / 2)
    assert frame_iou([], 0) == 1


def test_the_expected_iou_of_a_frame_is_near_the_true_one(motion):
    keys = [key(0), key(6), key(12)]
    frames = list(propagated(motion, keys, own_error_px(list(hidden_objects(motion, keys)))))
    assert [frame.labels == PERSON for frame in frames] == [at in {0, 6, 12} for at in range(FRAMES)]
    for frame in frames:
        if frame.labels == PERSON:
            assert frame.iou is None
            continue
        true = [mask_iou(frame.ids == number, WHOLE.truth[frame.at] == number) for number in (1, 2)]
        assert frame.iou == pytest.approx(np.mean(true), abs=0.06)


def test_a_network_that_is_better_replaces_carried_masks_and_no_others(motion):
    keys = [key(0), key(6), key(12)]
    frames = list(propagated(motion, keys, 0.0))
    boxed = [mask.astype(bool) for mask in (WHOLE.truth[3] == 1, WHOLE.truth[3] == 2)]
    seen = {3: dataclasses.replace(prediction("f3.png", boxed, [0.9, 0.9]), size_hw=(SIDE, SIDE))}
    named = [dataclasses.replace(item, category=name) for item, name in zip(seen[3].instances, NAMES, strict=True)]
    seen[3] = dataclasses.replace(seen[3], instances=tuple(named))
    assert skill(keys, seen) is None  # it was seen on no key frame
    same = list(mixed(iter(frames), seen, None))
    assert (same[3].ids == frames[3].ids).all()
    better = list(mixed(iter(frames), seen, 0.999))
    assert (better[3].ids == WHOLE.truth[3]).all()
    assert better[3].iou == pytest.approx(0.999)
    assert (better[4].ids == frames[4].ids).all()
    worse = list(mixed(iter(frames), seen, 0.1))
    assert (worse[3].ids == frames[3].ids).all()

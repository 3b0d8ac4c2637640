import json

import numpy as np
import pytest
import torch
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchmetrics.classification import MulticlassCalibrationError, MulticlassJaccardIndex

from dataset.idmap import IGNORE, categories_map
from dataset.pieces import pieces_of
from measure.scoring.photo import BINS, THRESHOLDS, calibration_of, entropy_bits, sampled, score_photo
from measure.scoring.records import FOREGROUND, Details, Errors, PhotoScore, Pixels, Scores
from measure.scoring.scores import photo_to_json
from measure.scoring.summary import calibration_error, counted, summary
from tests.measure.scoring.things import CATEGORIES, photo_of, random_photo, sure_of


def details_of(photo: PhotoScore) -> Details:
    assert photo.details is not None
    return photo.details


def perfect(squares: list[tuple[int, int, int, str]]) -> PhotoScore:
    ids, instances = photo_of(squares)
    return score_photo(sure_of(categories_map(ids, instances, CATEGORIES)), ids, instances, CATEGORIES)


TWO = [(5, 5, 10, "board"), (30, 0, 20, "tile")]


def test_a_perfect_prediction_has_every_instance_at_every_threshold():
    found = perfect(TWO)
    assert found.pixels == {"board": Pixels(100, 100), "tile": Pixels(400, 400), FOREGROUND: Pixels(500, 500)}
    for matches in details_of(found).matches.values():
        assert (matches.predicted, matches.truth, matches.hits) == (1, 1, (1,) * 10)


def test_an_object_knows_its_size_its_place_and_what_became_of_it():
    board, tile = details_of(perfect(TWO)).objects
    assert (board.category, board.area_share, board.border) == ("board", pytest.approx(100 / 4800), False)
    assert (tile.category, tile.area_share, tile.border) == ("tile", pytest.approx(400 / 4800), True)
    assert (tile.iou, tile.covered, tile.visible_fraction) == (1, 1, 1)


def test_half_a_square_is_half_covered_and_meets_it_at_half_alone():
    ids, instances = photo_of([(10, 10, 20, "board")])
    predicted = np.zeros((60, 80), np.uint8)
    predicted[10:20, 10:30] = 1
    details = details_of(score_photo(sure_of(predicted), ids, instances, CATEGORIES))
    assert details.matches["board"].hits == (1, *[0] * 9)
    assert (details.objects[0].iou, details.objects[0].covered) == (0.5, 0.5)


def test_two_objects_of_a_category_that_touch_are_one_prediction():
    ids, instances = photo_of([(10, 10, 20, "board"), (10, 30, 10, "board")])
    predicted = categories_map(ids, instances, CATEGORIES)
    matches = details_of(score_photo(sure_of(predicted), ids, instances, CATEGORIES)).matches["board"]
    assert (matches.predicted, matches.truth, matches.hits[0], matches.hits[-1]) == (1, 2, 1, 0)


def test_the_wrong_category_meets_nothing_and_an_empty_photo_holds_nothing():
    ids, instances = photo_of([(10, 10, 20, "board")])
    found = details_of(score_photo(sure_of((ids > 0).astype(np.uint8) * 2), ids, instances, CATEGORIES))
    assert (found.matches["board"].predicted, found.matches["board"].truth) == (0, 1)
    assert (found.matches["tile"].predicted, found.matches["tile"].truth) == (1, 0)
    assert (found.objects[0].iou, found.objects[0].covered) == (0, 0)
    nothing = details_of(score_photo(sure_of(np.zeros((9, 9), np.uint8)), np.zeros((9, 9), np.uint16), (), CATEGORIES))
    assert (nothing.matches, nothing.objects, nothing.boundary) == ({}, (), Pixels(0, 0))


def errors_at(squares, predicted) -> Errors:
    ids, instances = photo_of(squares, (200, 200))  # the boundary is 6 pixels wide
    return details_of(score_photo(sure_of(predicted), ids, instances, CATEGORIES)).errors


def square(top, left, side):
    predicted = np.zeros((200, 200), np.uint8)
    predicted[top : top + side, left : left + side] = 1
    return predicted


BOARD = [(50, 50, 60, "board")]


@pytest.mark.parametrize(
    ("squares", "predicted", "expected"),
    [
        pytest.param(BOARD, square(50, 50, 60), Errors(0, 0, 0), id="all right"),
        pytest.param(BOARD, square(52, 50, 60), Errors(2 * 2 * 60, 0, 0), id="shifted by two pixels"),
        pytest.param(BOARD, square(0, 0, 0), Errors(0, 3600, 0), id="not seen, its outline included"),
        pytest.param(BOARD, square(50, 50, 60) | square(150, 150, 9), Errors(0, 0, 81), id="made up"),
        pytest.param(BOARD, square(50, 50, 60) - square(70, 70, 10), Errors(0, 100, 0), id="a hole"),
        pytest.param([*BOARD, (150, 150, 4, "tile")], square(50, 50, 60), Errors(0, 16, 0), id="a small one missed"),
        pytest.param([], square(150, 150, 9), Errors(0, 0, 81), id="nothing there"),
        pytest.param([], square(0, 0, 0), Errors(0, 0, 0), id="nothing there, nothing said"),
    ],
)
def test_errors_are_told_apart_by_where_they_lie(squares, predicted, expected):
    assert errors_at(squares, predicted) == expected


def test_errors_add_up_to_what_the_score_lacks():
    rng = np.random.default_rng(8)
    run = Scores("val", 0.5, 1, 1, 1, tuple(score_photo(*random_photo(rng), CATEGORIES) for _ in range(6)))
    lost = summary([Scores("val", 0.5, 1, 1, 1, tuple(named(run)))], 50)["lost"]
    assert sum(part["value"] for part in lost.values()) == pytest.approx(1 - run.iou, abs=1e-5)
    assert min(part["value"] for part in lost.values()) > 0


def test_instances_of_other_categories_are_background():
    ids, instances = photo_of([(10, 10, 20, "board"), (40, 40, 10, "cup")])
    found = score_photo(sure_of((ids == 1).astype(np.uint8)), ids, instances, CATEGORIES)
    assert (found.iou, len(details_of(found).objects)) == (1.0, 1)


def test_an_id_without_an_instance_is_background():
    ids, instances = photo_of([(10, 10, 20, "board")])
    ids[40:50, 40:50] = 9
    found = score_photo(sure_of((ids == 1).astype(np.uint8)), ids, instances, CATEGORIES)
    assert (found.iou, len(details_of(found).objects)) == (1.0, 1)


def test_probabilities_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 5, 5\), wanted \(3, 6, 6\)"):
        score_photo(np.ones((3, 5, 5), np.float32), np.zeros((6, 6), np.uint16), (), CATEGORIES)


def test_a_photo_of_thirty_objects_takes_a_few_kilobytes():
    squares = [(10 * (k // 6), 13 * (k % 6), 5, CATEGORIES[k % 2]) for k in range(30)]
    assert len(json.dumps(photo_to_json(perfect(squares)))) < 4000


def test_pieces_that_touch_at_a_corner_are_one_and_score_their_mean_probability():
    mask, probability = np.eye(4, dtype=bool), np.zeros((4, 4), np.float32)
    np.fill_diagonal(probability, [0.5, 0.7, 0.9, 0.9])
    assert pieces_of(mask).means(probability) == pytest.approx([0.75])
    assert pieces_of(np.zeros((4, 4), bool)).means(probability).size == 0


def coco_counts(photos: list[tuple[np.ndarray, np.ndarray, tuple]]) -> tuple[np.ndarray, int]:
    """Return what pycocotools counts over categories and photos: (10,) true instances matched at each threshold, and
    the predictions that it does not ignore at the lowest. What is ignored is a crowd of every category.
    """
    images, truths, found = [], [], []
    for number, (probabilities, ids, instances) in enumerate(photos, 1):
        images.append({"id": number, "height": ids.shape[0], "width": ids.shape[1]})
        predicted = probabilities.argmax(axis=0)
        for instance in instances:
            category = CATEGORIES.index(instance.category) + 1
            truths.append(annotation(len(truths) + 1, number, category, ids == instance.index))
        for category in (1, 2):
            truths.append(annotation(len(truths) + 1, number, category, ids == IGNORE) | {"iscrowd": 1})
            pieces = pieces_of(predicted == category)
            for piece, score in enumerate(pieces.means(probabilities[category]), 1):
                row = annotation(len(found) + 1, number, category, pieces.labels == piece)
                found.append(row | {"score": float(score)})
    truth = COCO()
    categories = [{"id": k, "name": name} for k, name in enumerate(CATEGORIES, 1)]
    truth.dataset = {"info": {}, "images": images, "annotations": truths, "categories": categories}
    truth.createIndex()
    evaluated = COCOeval(truth, truth.loadRes(found), "segm")
    evaluated.params.maxDets = [1000]
    evaluated.params.areaRng, evaluated.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluated.evaluate()
    seen = [image for image in evaluated.evalImgs if image is not None]
    hits = sum(((image["dtMatches"] > 0) & (image["dtIgnore"] == 0)).sum(axis=1) for image in seen)
    return hits, sum(int((image["dtIgnore"][0] == 0).sum()) for image in seen)


def annotation(number: int, image: int, category: int, mask: np.ndarray) -> dict:
    area, mask = int(mask.sum()), np.asfortranarray(mask, np.uint8)
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "segmentation": rle.encode(mask),
        "area": area,
        "bbox": [0, 0, 1, 1],
        "iscrowd": 0,
    }


def test_instances_are_matched_as_pycocotools_matches_them():
    rng = np.random.default_rng(2)
    photos = [random_photo(rng) for _ in range(12)]
    scored = [counted(score_photo(*photo, CATEGORIES)) for photo in photos]
    hits = [sum(photo[f"instances/hits/{threshold}"] for photo in scored) for threshold in THRESHOLDS]
    theirs, judged = coco_counts(photos)
    assert hits == theirs.tolist()
    assert sum(photo["instances/predicted"] for photo in scored) == judged
    assert hits[0] > hits[5] > hits[9]  # the photos are not all alike


def test_false_objects_in_ignored_regions_are_those_that_pycocotools_forgives_in_crowds():
    rng = np.random.default_rng(7)
    photos = [with_false_objects(rng) for _ in range(12)]
    scored = [counted(score_photo(*photo, CATEGORIES)) for photo in photos]
    theirs, judged = coco_counts(photos)
    assert [
        sum(photo[f"instances/hits/{threshold}"] for photo in scored) for threshold in THRESHOLDS
    ] == theirs.tolist()
    assert sum(photo["instances/predicted"] for photo in scored) == judged
    pieces = sum(len(pieces_of(found.argmax(axis=0) == c).areas) for found, _, _ in photos for c in (1, 2))
    assert theirs[0] < judged < pieces  # some are false, some are forgiven


def with_false_objects(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Return a photo whose left holds objects and whose right is ignored from column 150 on; predictions as they come.

    Between the two, and over the border, lie objects that were made up.
    """
    probabilities, ids, instances = random_photo(rng)
    wide = np.pad(ids, ((0, 0), (0, 120)))
    wide[:, 150:] = IGNORE
    predicted = np.pad(probabilities.argmax(axis=0).astype(np.uint8), ((0, 0), (0, 120)))
    for _ in range(6):
        top, left, side = int(rng.integers(0, 70)), int(rng.integers(125, 215)), int(rng.integers(3, 30))
        predicted[top : top + side, left : left + side] = rng.integers(1, 3)
    return sure_of(predicted), wide, instances


def test_iou_and_mean_iou_are_those_of_torchmetrics():
    rng = np.random.default_rng(4)
    photos = [random_photo(rng) for _ in range(5)]
    per_category = MulticlassJaccardIndex(3, average="none")
    for probabilities, ids, instances in photos:
        truth = categories_map(ids, instances, CATEGORIES).astype(np.int64)
        per_category.update(torch.from_numpy(probabilities)[None], torch.from_numpy(truth)[None])
    wanted = per_category.compute().tolist()[1:]
    run = Scores("val", 0.5, 1, 1, 1, tuple(score_photo(*photo, CATEGORIES) for photo in photos))
    assert list(run.iou_per_category.values()) == pytest.approx(wanted)
    found = summary([Scores("val", 0.5, 1, 1, 1, tuple(named(run)))], 50)
    assert found["mean_iou"]["value"] == pytest.approx(sum(wanted) / 2, abs=1e-6)


def named(run: Scores) -> list[PhotoScore]:
    return [PhotoScore(f"p{k}", "", photo.pixels, photo.details) for k, photo in enumerate(run.photos)]


def test_the_calibration_error_is_that_of_torchmetrics():
    rng = np.random.default_rng(6)
    probabilities = rng.dirichlet([1, 1, 1], 4000).T.astype(np.float32)
    truth = rng.integers(0, 3, 4000)
    bins = calibration_of(probabilities, truth)
    columns = {f"calibration/{kind}/{k}": np.float64(getattr(bins, kind)[k]) for kind in KINDS for k in range(BINS)}
    wanted = MulticlassCalibrationError(3, n_bins=BINS)(torch.from_numpy(probabilities.T), torch.from_numpy(truth))
    assert float(calibration_error(columns)) == pytest.approx(float(wanted), abs=1e-5)


KINDS = ("pixels", "confidence", "correct")


@pytest.mark.parametrize(
    ("sureness", "bits"),
    [pytest.param(1.0, 0.0, id="sure"), pytest.param(0.25, 2.0, id="four categories alike")],
)
def test_entropy_is_in_bits(sureness: float, bits: float):
    assert entropy_bits(sure_of(np.zeros((4, 4), np.uint8), 3, sureness)) == pytest.approx(bits, abs=1e-6)


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 700), (256, 256), (3000, 4000)])
def test_the_grid_of_pixels_lies_in_the_photo_and_is_not_empty(size_hw: tuple[int, int]):
    rows, columns = (np.arange(side)[part] for side, part in zip(size_hw, sampled(size_hw), strict=True))
    assert 1 <= rows.size <= 256
    assert 1 <= columns.size <= 256

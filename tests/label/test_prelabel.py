import dataclasses
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from dataset.formats import brush_rle
from dataset.formats.outlines import mask_of, rle_of
from dataset.idmap import read_ids
from label import prelabel, prelabel_back
from label.plants import FIVE
from label.prelabels.anchoring import verdict_on
from label.prelabels.changes import Returned
from label.prelabels.coming_back import returned
from label.prelabels.proposals import Proposal, with_error
from label.prelabels.records import SentObject, SentPhoto, mask_in, read_sent
from label.prelabels.rings import ring_of
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.seeds import rng_for
from pipeline.settings import read_settings
from tests.label.proposals import SETTINGS, blob, disk, predicted, torn


def sent(folder: Path, style: str, **changes) -> Path:
    predictions, photos = predicted(folder)
    prelabel.main(dataclasses.replace(SETTINGS, **changes), predictions, photos, style, folder / "out")
    return folder / "out"


def handed_in(out: Path, back: Path, edit=str, **annotation) -> Path:
    """Write the tasks as Label Studio exports them once somebody submitted each with what `edit` did to it."""
    tasks = json.loads((out / "for_people" / "tasks.json").read_text(encoding="utf-8"))
    for task in tasks:
        task["annotations"] = [{"result": list(task["predictions"][0]["result"])} | annotation]
        edit(task)
    back.write_text(json.dumps(tasks), encoding="utf-8")
    return back


def report(out: Path, back: Path, folder: Path) -> dict:
    prelabel_back.main(SETTINGS, read_settings(Costs), out, back, folder / "got")
    return json.loads((folder / "got" / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("style", prelabel.STYLES)
def test_masks_with_holes_and_parts_come_back_to_the_pixel(style, tmp_path):
    out = sent(tmp_path, style)
    back = handed_in(out, tmp_path / "b.json") if style == "label_studio" else out / "for_people"
    found = report(out, back, tmp_path)
    state = "confirmed" if style == "label_studio" else "untouched"
    assert {name: count for name, count in found["objects"].items() if count} == {state: 6}
    assert found["pixels_moved"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("style", [style for style in prelabel.STYLES if style != "label_studio"])
def test_more_objects_than_a_byte_counts_come_back_each_as_itself(style, tmp_path):
    masks = []
    for number in range(300):
        mask = np.zeros((90, 120), bool)
        mask[6 * (number // 20) : 6 * (number // 20) + 4, 6 * (number % 20) : 6 * (number % 20) + 4] = True
        masks.append(("dot", mask))
    predictions, photos = predicted(tmp_path, 1, masks)
    prelabel.main(SETTINGS, predictions, photos, style, tmp_path / "out")
    [photo], _ = read_sent(tmp_path / "out")
    back = returned(tmp_path / "out" / "for_people", tmp_path / "out", {photo.name: photo})[photo.name]
    assert back.ids.max() == 300
    for k, thing in enumerate(photo.objects, 1):
        np.testing.assert_array_equal(back.ids == k, mask_in(thing, photo.size_hw))


@pytest.mark.parametrize("style", prelabel.COMPLETED)
def test_polygons_are_what_was_said_and_what_is_torn_stays_a_mask(style, tmp_path):
    out = sent(tmp_path, style, shapes="polygons")
    photos, _ = read_sent(out)
    shapes = {thing.category: mask_in(thing, photos[0].size_hw) for thing in photos[0].objects}
    overlap = (shapes["blob"] & blob()).sum() / (shapes["blob"] | blob()).sum()
    assert 0.99 <= overlap < 1
    np.testing.assert_array_equal(shapes["ring"], torn())
    back = handed_in(out, tmp_path / "b.json") if style == "label_studio" else out / "for_people"
    assert report(out, back, tmp_path)["pixels_moved"] == 0


@pytest.mark.parametrize("radius", [5, 12, 40, 90])
def test_a_ring_of_sixty_points_keeps_99_of_100_pixels_of_a_shape_that_is_round_enough(radius):
    mask = disk(100, 100, radius, (200, 200)) | disk(100 + radius // 2, 100, radius // 2, (200, 200))
    ring = ring_of(mask, 0.5, 60)
    drawn = mask_of([ring], mask.shape, "")
    assert len(ring) <= 120
    assert (drawn & mask).sum() / (drawn | mask).sum() >= 0.99


def test_a_shape_that_few_points_cannot_tell_to_99_of_100_pixels_is_no_ring():
    comb = np.zeros((60, 200), bool)
    comb[10:50, 10:190] = True
    comb[10:30, 10:190:4] = False
    assert ring_of(comb, 0.5, 60) is None
    assert ring_of(comb, 0.5, 1000) is not None


@pytest.mark.parametrize("mask", [torn(), np.zeros((9, 9), bool), disk(30, 30, 9) | disk(70, 30, 9)])
def test_one_ring_cannot_tell_holes_parts_or_nothing(mask):
    assert ring_of(mask, 1.0, 40) is None


def test_scores_go_where_the_format_has_a_place_for_them(tmp_path):
    tasks = json.loads((sent(tmp_path / "a", "label_studio") / "for_people" / "tasks.json").read_text(encoding="utf-8"))
    assert [region["score"] for region in tasks[0]["predictions"][0]["result"]] == [0.9, 0.8]
    coco = json.loads((sent(tmp_path / "b", "coco") / "for_people" / "annotations.json").read_text(encoding="utf-8"))
    assert [row["score"] for row in coco["annotations"][:2]] == [0.9, 0.8]
    xml = ET.parse(sent(tmp_path / "c", "cvat") / "for_people" / "annotations.xml")
    assert [one.text for one in xml.iterfind(".//mask/attribute[@name='score']")][:2] == ["0.9000", "0.8000"]


def test_what_was_moved_deleted_renamed_and_drawn_is_told_apart(tmp_path):
    out = sent(tmp_path, "label_studio")

    def edit(task):
        result, size = task["annotations"][0]["result"], (90, 120)
        if task["data"]["sample_id"].endswith("0"):
            moved = np.roll(brush_rle.decode(result[1]["value"]["rle"], size, ""), 4, axis=1)
            result[1] = result[1] | {"value": result[1]["value"] | {"rle": brush_rle.encode(moved)}}
        if task["data"]["sample_id"].endswith("1"):
            drawn = brush_rle.encode(disk(8, 80, 6))
            result[0] = result[1] | {"id": "own", "value": result[1]["value"] | {"rle": drawn}}
        if task["data"]["sample_id"].endswith("2"):
            result[1] = result[1] | {"value": result[1]["value"] | {"brushlabels": ["ring"]}}

    back = handed_in(out, tmp_path / "b.json", edit, lead_time=30.0, completed_by=7)
    found = report(out, back, tmp_path)
    counts = {name: count for name, count in found["objects"].items() if count}
    assert counts == {"confirmed": 3, "moved": 1, "renamed": 1, "drawn": 1, "deleted": 1}
    assert found["minutes_measured"] == 1.5
    assert found["minutes_saved_per_object_measured"] == round((6 * 79 - 90) / 60 / 6, 3)
    assert len(list((tmp_path / "got" / "labels" / "ids").iterdir())) == 3


def test_without_a_word_that_it_was_handed_in_only_what_was_touched_counts(tmp_path):
    out = sent(tmp_path, "coco")
    path = out / "for_people" / "annotations.json"
    coco = json.loads(path.read_text(encoding="utf-8"))
    moved = np.roll(blob(), 5, axis=0)
    row = next(row for row in coco["annotations"] if row["prelabel"].endswith("0-2"))
    row["segmentation"] = rle_of(moved)
    (tmp_path / "b.json").write_text(json.dumps(coco), encoding="utf-8")
    found = report(out, tmp_path / "b.json", tmp_path)
    assert (found["objects"]["moved"], found["objects"]["untouched"], found["photos_kept"]) == (1, 5, 1)
    [ids] = (tmp_path / "got" / "labels" / "ids").iterdir()
    labels = read_ids(ids)
    np.testing.assert_array_equal(labels == 65535, torn())  # nobody looked at it
    np.testing.assert_array_equal((labels > 0) & (labels < 65535), moved)


def test_planted_errors_are_unmarked_counted_and_taken_out_again(tmp_path):
    out = sent(tmp_path, "label_studio", planted=1.0)
    _, plants = read_sent(out)
    assert len(plants) == 3
    assert len({plant.photo for plant in plants}) == 3
    assert {plant.kind for plant in plants} <= {*FIVE, "swapped"}
    for path in (out / "for_people").rglob("*.json"):
        assert "planted" not in path.read_text(encoding="utf-8")
        assert not any(plant.kind in path.read_text(encoding="utf-8") for plant in plants)
    found = report(out, handed_in(out, tmp_path / "b.json", completed_by=7), tmp_path)
    rows = {row["who"]: row for row in found["planted"]}
    assert rows["all"]["left"] == rows["annotator 7"]["left"] == 3
    assert rows["all"]["ci95"] == [0.2924, 1.0]  # 0.025 ** (1 / 3)


@pytest.mark.parametrize("kind", [*FIVE, "swapped"])
def test_a_planted_error_counts_as_left_unless_it_was_mended(kind):
    size, names = (90, 120), ("ring", "blob")
    truth = np.zeros(size, np.uint16)
    truth[torn()], truth[blob()] = 1, 2
    wrong = with_error(Proposal(truth, names, (0.9, 0.8)), "p", kind, names, rng_for(1, kind))
    things = [SentObject(f"p-{k}", name, 0.9, rle_of(wrong.ids == k)) for k, name in enumerate(wrong.categories, 1)]
    [plant], photo = wrong.planted, SentPhoto("p", "p.png", size, tuple(things))
    left = Returned(wrong.ids, wrong.categories, tuple(thing.id for thing in things), seen=True)
    assert plant.kind == kind
    assert verdict_on(plant, photo, left).left
    assert not verdict_on(plant, photo, Returned(truth, names, ("", ""), seen=True)).left


BAD = [
    pytest.param(lambda f: (f / "photos/room/p 0.png").unlink(), "p 0.png: there is no such file", id="no photo"),
    pytest.param(
        lambda f: (f / "predictions/records/room/p 0.json").write_text("{}", encoding="utf-8"),
        "not a record of a prediction",
        id="record",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), BAD)
def test_what_cannot_be_proposed_is_one_line_and_leaves_nothing(spoil, message, tmp_path):
    predictions, photos = predicted(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=message):
        prelabel.main(SETTINGS, predictions, photos, "cvat", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_export_of_other_photos_is_refused(tmp_path):
    out = sent(tmp_path, "coco")
    empty = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "blob"}]}
    (tmp_path / "b.json").write_text(json.dumps(empty), encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.json"):
        report(out, tmp_path / "b.json", tmp_path)

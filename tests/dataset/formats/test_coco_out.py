"""What pycocotools reads from a COCO export is what was exported."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from dataset.formats.coco import read_coco
from dataset.formats.outlines import rle_of
from dataset.idmap import read_ids


@pytest.fixture
def coco(pictures, tmp_path):
    return COCO(str(pictures.export("coco", tmp_path / "out") / "annotations.json"))


def test_masks_come_back_bit_for_bit_holes_and_pieces_too(pictures, coco):
    for number, (sample, ids) in enumerate(zip(pictures.samples, pictures.ids, strict=True), 1):
        found = coco.loadAnns(coco.getAnnIds(imgIds=number))
        assert len(found) == len(sample.instances)
        for item, entry in zip(sample.instances, found, strict=True):
            assert (coco.annToMask(entry).astype(bool) == (ids == item.index)).all()


def test_box_and_area_are_those_that_pycocotools_finds(coco):
    from pycocotools import mask as rle_tools

    for entry in coco.anns.values():
        assert entry["bbox"] == rle_tools.toBbox(entry["segmentation"]).tolist()
        assert entry["area"] == rle_tools.area(entry["segmentation"])
        assert entry["iscrowd"] == 0


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_an_export_scored_against_itself_is_perfect(coco, kind):
    assert score_of(coco, [entry | {"score": 1.0} for entry in coco.anns.values()], kind) == pytest.approx(1.0)


def test_images_lie_there_as_they_were_with_licence_domain_and_draws(pictures, coco, tmp_path):
    names = {entry["id"]: entry["name"] for entry in coco.dataset["licenses"]}
    for sample, entry in zip(pictures.samples, coco.dataset["images"], strict=True):
        copy = tmp_path / "out" / "images" / entry["file_name"]
        assert copy.read_bytes() == (pictures.manifest.parent / sample.image).read_bytes()
        assert Image.open(copy).size == (entry["width"], entry["height"])
        assert names[entry["license"]] == sample.licence
        assert (entry["sample_id"], entry["domain"], entry["draws"]) == (sample.id, sample.domain, sample.draws)


def test_an_annotation_says_its_asset_and_how_much_of_it_is_seen(coco):
    found = [(entry["asset"], entry["visible_fraction"]) for entry in coco.anns.values()]
    assert found == [("plate", 1.0), ("mug", 0.5), ("mug", 0.25), ("mug", 1.0), (None, 1.0), (None, 1.0)]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        pytest.param(None, ["mug", "plate"], id="sorted"),
        pytest.param(["plate", "bowl", "mug"], ["plate", "bowl", "mug"], id="as categories.json says"),
    ],
)
def test_categories_are_numbered_from_1(pictures, tmp_path, order, names):
    words = []
    if order:
        (tmp_path / "categories.json").write_text(json.dumps(order), encoding="utf-8")
        words = ["--categories", tmp_path / "categories.json"]
    coco = COCO(str(pictures.export("coco", tmp_path / "out", *words) / "annotations.json"))
    assert [(entry["id"], entry["name"]) for entry in coco.dataset["categories"]] == list(enumerate(names, 1))
    assert [names[entry["category_id"] - 1] for entry in coco.anns.values()] == ["plate"] + ["mug"] * 5


def test_our_own_reader_takes_it_back(pictures, tmp_path):
    found = read_coco(pictures.export("coco", tmp_path / "out") / "annotations.json")
    assert found.categories == ("mug", "plate")
    for sample, ids, photo in zip(pictures.samples, pictures.ids, found.photos, strict=True):
        drawn, categories = photo.label.draw((1, 1))
        assert (drawn == ids).all()
        assert categories == [item.category for item in sample.instances]
        assert (photo.source, photo.licence) == (sample.source, sample.licence)
        assert photo.tags.items() >= sample.tags.items()


def test_our_own_reader_takes_back_what_is_ignored(pictures, tmp_path):
    # a photo without any label, and a category that no picture shows
    (tmp_path / "categories.json").write_text('["plate", "mug", "bowl"]', encoding="utf-8")
    out = pictures.ignoring(0, 2, 3).export("coco", tmp_path / "out", "--categories", tmp_path / "categories.json")
    found = read_coco(out / "annotations.json")
    assert found.categories == ("plate", "mug", "bowl")
    for sample, ids, photo in zip(pictures.samples, pictures.ids, found.photos, strict=True):
        drawn, categories = photo.label.draw((1, 1))
        assert (drawn == ids).all()
        assert categories == [item.category for item in sample.instances]


def test_pycocotools_forgives_what_is_found_where_a_photo_is_ignored(pictures, tmp_path):
    coco = COCO(str(pictures.ignoring(2, 3).export("coco", tmp_path / "out") / "annotations.json"))
    true = [entry | {"score": 0.5} for entry in coco.anns.values() if not entry["iscrowd"]]
    crowd = next(entry for entry in coco.anns.values() if entry["iscrowd"])
    square = np.zeros((60, 80), np.uint8)
    square[6:20, 45:55] = 1
    false = {"segmentation": rle_of(square.astype(bool)), "area": 140, "bbox": [45, 6, 10, 14], "score": 0.9}
    everywhere = [
        false | {"image_id": image, "category_id": category, "id": 1000 + 10 * image + category}
        for image in (3, 4)
        for category in (1, 2)
    ]
    assert coco.annToMask(crowd)[square > 0].all()
    assert score_of(coco, true + everywhere) == pytest.approx(1.0)
    elsewhere = [entry | {"image_id": 2} for entry in everywhere]
    assert score_of(coco, true + elsewhere) < 0.9


def score_of(coco, results, kind="segm"):
    """Return pycocotools' mean precision."""
    judge = COCOeval(coco, coco.loadRes(results), kind)
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    return judge.stats[0]


def test_pictures_in_a_tar_give_the_same_export(pictures, packed, tmp_path):
    loose, inside = (p.export("coco", tmp_path / str(k)) for k, p in enumerate((pictures, packed)))
    assert (loose / "annotations.json").read_bytes() == (inside / "annotations.json").read_bytes()


def test_a_mask_of_nothing_has_an_rle_too():
    assert rle_of(np.zeros((3, 4), bool))["size"] == [3, 4]


def test_the_pictures_of_these_tests_overlap_and_touch(pictures):
    # else what is proven above would be too little
    ids = read_ids(pictures.manifest.parent / pictures.samples[0].ids)
    assert (ids == pictures.ids[0]).all()
    assert set(np.unique(ids)) == {0, 1, 2, 3}

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
    results = coco.loadRes([entry | {"score": 1.0} for entry in coco.anns.values()])
    judge = COCOeval(coco, results, kind)
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert judge.stats[0] == pytest.approx(1.0)


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

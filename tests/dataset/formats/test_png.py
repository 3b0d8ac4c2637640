"""Our own readers of folders take a PNG export back."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from dataset.formats.folder import read_described, read_plain
from dataset.idmap import IGNORE, IGNORED, categories_map, read_ids, write_ids
from dataset.records import write_manifest


@pytest.mark.parametrize("read", [read_plain, read_described])
def test_every_instance_comes_back_as_it_was(pictures, tmp_path, read):
    out = pictures.export("png", tmp_path / "out")
    found = read(out)
    assert found.categories == ("mug", "plate")
    photos = {photo.file.stem: photo for photo in found.photos}
    assert len(photos) == len(pictures.samples)
    for sample, ids in zip(pictures.samples, pictures.ids, strict=True):
        stem = "%2E%2E%2F%2E%2E%2FIMG%201%2E0" if "IMG" in sample.id else sample.id
        drawn, names = photos[stem].label.draw((1, 1))
        assert names == [item.category for item in sample.instances]
        assert (drawn == ids).all()
        assert (read_ids(out / "ids" / f"{stem}.png") == ids).all()
        assert photos[stem].file.read_bytes() == (pictures.manifest.parent / sample.image).read_bytes()


def test_what_is_ignored_is_the_last_value_of_either_map(pictures, tmp_path):
    out = pictures.ignoring(1, 3).export("png", tmp_path / "out")
    for name, ids in (("scene-2", pictures.ids[1]), ("empty", pictures.ids[3])):
        assert ((read_ids(out / "masks" / f"{name}.png") == IGNORED) == (ids == IGNORE)).all()
        assert (read_ids(out / "ids" / f"{name}.png") == ids).all()
        assert (ids == IGNORE).any()


def test_each_photo_keeps_its_source_licence_and_tags(pictures, tmp_path):
    found = read_described(pictures.export("png", tmp_path / "out"))
    for sample, photo in zip(pictures.samples, found.photos, strict=True):
        assert (photo.source, photo.licence) == (sample.source, sample.licence)
        assert photo.tags.items() >= (sample.tags | {"sample_id": sample.id}).items()


def test_more_categories_than_a_mask_can_tell_apart_are_refused(pictures, tmp_path, capsys):
    (tmp_path / "categories.json").write_text(json.dumps(["mug", "plate", *map(str, range(253))]), encoding="utf-8")
    with pytest.raises(SystemExit):
        pictures.export("png", tmp_path / "out", "--categories", tmp_path / "categories.json")
    assert "found 255 categories, wanted 254 at most" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_picture_that_shows_nothing_labelled_has_a_mask_of_zeros(pictures, tmp_path):
    write_manifest(pictures.manifest, [dataclasses.replace(pictures.samples[3], id="none"), pictures.samples[1]])
    assert read_ids(pictures.export("png", tmp_path / "out") / "masks" / "none.png").max() == 0


@pytest.mark.parametrize("read", [read_plain, read_described])
def test_ignored_pixels_come_back(pictures, tmp_path, read):
    ids = pictures.ids[2].copy()
    ids[50:, 70:] = IGNORE
    write_ids(pictures.manifest.parent / pictures.samples[2].ids, ids)
    photos = read(pictures.export("png", tmp_path / "out")).photos
    assert any((photo.label.draw((1, 1))[0] == ids).all() for photo in photos)


def test_masks_without_ids_give_the_pieces_of_each_category(pictures, tmp_path):
    out = pictures.export("png", tmp_path / "out")
    shutil.rmtree(out / "ids")
    found = read_plain(out)
    photos = {photo.file.stem: photo.label for photo in found.photos}
    for sample, ids in zip(pictures.samples[:2], pictures.ids[:2], strict=True):
        drawn, names = photos[sample.id].draw((1, 1))
        there = categories_map(ids, sample.instances, found.categories)
        assert (np.array([0, *(found.categories.index(name) + 1 for name in names)])[drawn] == there).all()

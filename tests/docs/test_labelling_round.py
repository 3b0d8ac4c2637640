"""The pages of a round of labelling, from a network that was hardly taught."""

import dataclasses

import pytest

from dataset.records import read_manifest, write_manifest
from docs.labelling_round import SOURCE, labelling_pages, shown_photos
from measure.fit import fit, run_of
from pipeline.files import write_json
from tests.measure.trials.ground import SMALL
from tests.train.boards import board
from train.data import Mix, Source
from train.model import save_weights
from train.run import SETTINGS, WEIGHTS

PHOTOS = 16


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boards")
    photos = folder / "photos"
    photos.mkdir()
    found = [dataclasses.replace(board(photos, f"photo{n}"), source=SOURCE) for n in range(PHOTOS)]
    other = dataclasses.replace(found[0], id="other", source="somebody")
    write_manifest(photos / "samples.jsonl", [*found, other])
    write_manifest(folder / "split/train.jsonl", [])
    mix = Mix(0.0, (Source("real", 1.0, photos, tuple(found[:4])),))
    run = run_of(fit(SMALL, mix, ("board",), 1), SMALL, mix, ("board",), 1)
    write_json(folder / "picked" / SETTINGS, run.settings)
    save_weights(run.model, folder / "picked" / WEIGHTS)
    return folder


@pytest.mark.training
def test_each_step_has_a_page_and_only_photos_whose_licence_lies_there_are_shown(data, tmp_path):
    pages = dict(labelling_pages(data, tmp_path))
    assert list(pages) == ["label-pick.jpg", "label-audit.jpg", "label-route.jpg"]
    assert all("<html" in page.read_text(encoding="utf-8") for page in pages.values())
    assert len(shown_photos(data)) == PHOTOS == len(list((tmp_path / "photos").iterdir()))
    assert "other" in {sample.id for sample in read_manifest(data / "photos/samples.jsonl")}

"""The webdataset package reads every sample back."""

import io
import json

import numpy as np
import pytest
import webdataset
from PIL import Image

from dataset.formats import webdataset as export_webdataset
from dataset.records import from_line


def read(out):
    files = [str(path) for path in sorted(out.glob("*.tar"))]
    return list(webdataset.WebDataset(files, shardshuffle=False, empty_check=False))


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_picture_labels_and_record_stand_under_one_key(pictures, tmp_path, monkeypatch, most):
    monkeypatch.setattr(export_webdataset, "MOST_SAMPLES", most)
    out = pictures.export("webdataset", tmp_path / "out")
    assert len(list(out.glob("samples-*.tar"))) == -(-4 // most)
    found = read(out)
    assert len({entry["__key__"] for entry in found}) == 4
    for sample, ids, entry in zip(pictures.samples, pictures.ids, found, strict=True):
        suffix = sample.image.rsplit(".")[-1]
        assert entry[suffix] == (pictures.manifest.parent / sample.image).read_bytes()
        assert (np.asarray(Image.open(io.BytesIO(entry["ids.png"]))) == ids).all()
        record = json.loads(entry["json"]) | {"image": sample.image, "ids": sample.ids}
        assert from_line(json.dumps(record)) == sample


def test_a_tar_ends_when_it_is_large_enough(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(export_webdataset, "MOST_BYTES", 1)
    out = pictures.export("webdataset", tmp_path / "out")
    assert [path.name for path in sorted(out.glob("*.tar"))] == [f"samples-{k:06d}.tar" for k in range(4)]
    assert len(read(out)) == 4


def test_its_own_decoder_takes_the_pictures(pictures, tmp_path):
    out = pictures.export("webdataset", tmp_path / "out")
    for entry in webdataset.WebDataset(str(out / "samples-000000.tar"), shardshuffle=False).decode("rgb8"):
        assert (entry["png"] if "png" in entry else entry["jpg"]).shape == (60, 80, 3)
        assert entry["json"]["size_hw"] == [60, 80]


def test_depth_goes_along(pictures, tmp_path):
    depth = pictures.with_depth(np.full((60, 80), 1.5, np.float32))
    first, *others = read(depth.export("webdataset", tmp_path / "out"))
    assert (np.load(io.BytesIO(first["depth.npy"])) == 1.5).all()
    assert not any("depth.npy" in entry for entry in others)

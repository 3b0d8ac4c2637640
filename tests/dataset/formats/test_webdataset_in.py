"""Tars of samples are read to the pixel, ours and those with masks of others."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.formats.listed import Defects
from dataset.formats.webdataset import find_webdataset, read_webdataset
from dataset.idmap import read_image
from dataset.known_formats import read_set
from dataset.records import read_manifest
from dataset.shards import write_shard
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import BOTH, HEIGHT, ONE, PAIR, TWO, WIDTH


def png(array: np.ndarray) -> bytes:
    """Return a picture as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


PHOTO = png(np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def tar(root: Path, **files: bytes) -> Path:
    """Write one tar; a name's two underscores are its dots."""
    write_shard(root / "a.tar", [(name.replace("__", "."), data) for name, data in files.items()])
    return root


def test_an_export_comes_back_exactly(pictures, tmp_path):
    found = read_set(pictures.export("webdataset", tmp_path / "out"), Defects())
    assert found.categories == ("mug", "plate")
    for sample, ids, each in zip(pictures.samples, pictures.ids, found.photos, strict=True):
        drawn, names = each.label.draw((1, 1))
        assert (drawn == ids).all()
        assert names == [item.category for item in sample.instances]
        assert (each.source, each.licence) == (sample.source, sample.licence)
        assert each.tags.items() >= (sample.tags | {"sample_id": sample.id}).items()
    assert "renders are taken as photos" in found.assumed


def test_ingest_takes_the_photos_out_of_the_tar(pictures, tmp_path):
    main(Ingest(), pictures.export("webdataset", tmp_path / "tars"), tmp_path / "out")
    samples = read_manifest(tmp_path / "out" / "samples.jsonl")
    assert len(samples) == len(pictures.samples)
    wanted = {sample.id: read_image(pictures.manifest.parent / sample.image) for sample in pictures.samples}
    for sample in samples:
        assert (read_image(tmp_path / "out" / sample.image) == wanted[sample.tags["sample_id"]]).all()


@pytest.mark.parametrize("suffix", ["mask__png", "seg__png"])
def test_masks_of_others_are_read_by_their_values(tmp_path, suffix):
    files = {"x__png": PHOTO, f"x__{suffix}": png(BOTH * 255), "bare__png": PHOTO}
    labelled, bare = sorted(
        read_set(tar(tmp_path / "cups", **files), Defects()).photos, key=lambda each: not each.labelled
    )
    ids, names = labelled.label.draw((1, 1))
    assert (ids.tolist(), names) == ((ONE + 2 * TWO).tolist(), ["cups", "cups"])
    assert not bare.labelled


FAULTY = {
    "COCO in a JSON": (
        {"x__png": PHOTO, "x__json": b'{"annotations": []}'},
        "the key 'x' has json, png, wanted ids",
    ),
    "ids without a record": ({"x__png": PHOTO, "x__ids__png": png(PAIR)}, "no json that says what its ids are"),
    "a record that is none": ({"x__png": PHOTO, "x__ids__png": png(PAIR), "x__json": b"[]"}, "wanted the record"),
    "a record of something else": ({"x__png": PHOTO, "x__ids__png": png(PAIR), "x__json": b"{}"}, "not a sample"),
    "labels without a picture": ({"x__mask__png": png(ONE)}, "the key 'x' has no picture"),
}


def test_a_set_of_another_format_in_a_tar_is_none_whose_masks_could_be_taken_for_photos(tmp_path):
    write_shard(tmp_path / "a.tar", [("images/a.png", PHOTO), ("masks/a.png", png(ONE))])
    with pytest.raises(InputError, match=r"of which one may hold masks; .* name the tar itself"):
        read_webdataset(find_webdataset(tmp_path))


def test_a_tar_of_samples_that_is_named_itself_is_not_unpacked_into_photos(pictures, tmp_path):
    (tar_path,) = pictures.export("webdataset", tmp_path / "out").glob("*.tar")
    with pytest.raises(InputError, match=r"ids\.png: is a label of an unpacked webdataset; leave the tars as they are"):
        main(Ingest(unlabelled="empty"), tar_path, tmp_path / "samples")


@pytest.mark.parametrize(("files", "message"), FAULTY.values(), ids=FAULTY)
def test_what_is_no_sample_is_named(tmp_path, files, message):
    with pytest.raises(InputError, match=message):
        read_webdataset(find_webdataset(tar(tmp_path, **files)))


def test_an_id_that_the_record_lacks_is_named(pictures, tmp_path):
    out = pictures.export("webdataset", tmp_path / "out")
    record = json.loads(json.dumps({"id": "a", "domain": "real", "size_hw": [6, 8], "instances": [], "source": "s",
                                    "licence": "l"}))  # fmt: skip
    root = tar(tmp_path / "one", x__png=PHOTO, x__ids__png=png(PAIR), x__json=json.dumps(record).encode())
    with pytest.raises(InputError, match=r"the id 1 is not in its record"):
        read_webdataset(root).photos[0].label.draw((1, 1))
    assert find_webdataset(out) == out


def test_a_tar_that_is_none_is_named(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"x" * 2000)
    with pytest.raises(InputError, match="not a whole tar"):
        read_webdataset(find_webdataset(tmp_path))

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from dataset.formats.outlines import rle_of
from dataset.idmap import IGNORE, read_ids, read_image
from dataset.verdicts import LabelVerdict, object_key, photo_key
from mix import ingest
from mix.labelled import Ingest
from pipeline.errors import InputError


@pytest.fixture
def real(tmp_path):
    """A photo with two objects of one category."""
    mask = np.zeros((40, 60), np.uint8)
    mask[5:15, 5:15] = mask[20:35, 30:50] = 1
    for name, array in (("images", np.full((40, 60, 3), 90, np.uint8)), ("masks", mask)):
        (tmp_path / "real" / name).mkdir(parents=True)
        Image.fromarray(array).save(tmp_path / "real" / name / "a.png")
    (tmp_path / "real" / "categories.json").write_text(json.dumps(["mug"]), encoding="utf-8")
    return tmp_path / "real"


@pytest.mark.parametrize(("kind", "left"), [("spurious", 0), ("too wide", IGNORE)])
def test_a_label_that_people_called_wrong_is_taken_out_by_ingest(kind, left, real, tmp_path):
    ingest.main(Ingest(), real, tmp_path / "before")
    ids = read_ids(tmp_path / "before" / "ids" / "a.png")
    photo, mask = read_image(tmp_path / "before" / "images" / "a.png"), ids == 1
    told = LabelVerdict(photo_key(photo), object_key(mask), kind, "wrong", rle_of(mask), "a")
    (real / "verdicts.jsonl").write_text(json.dumps(dataclasses.asdict(told)) + "\n", encoding="utf-8")
    ingest.main(Ingest(verdicts="verdicts.jsonl"), real, tmp_path / "after")
    after = read_ids(tmp_path / "after" / "ids" / "a.png")
    assert set(after[mask].tolist()) == {left}
    np.testing.assert_array_equal(after == 1, ids == 2)


def test_a_file_of_verdicts_that_is_not_there_is_refused(real, tmp_path):
    with pytest.raises(InputError, match=r"v\.jsonl: there is no such file"):
        ingest.main(Ingest(verdicts="v.jsonl"), real, tmp_path / "out")
    with pytest.raises(InputError, match="leaves"):
        ingest.main(Ingest(verdicts="../v.jsonl"), real, tmp_path / "out")

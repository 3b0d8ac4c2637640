import dataclasses
import json

import pytest

from benchmarks.leaks import main
from dataset.idmap import png_bytes
from dataset.records import REAL, Sample, write_manifest
from pipeline.errors import InputError
from pipeline.files import write_bytes
from tests.mix.test_leaks import SETTINGS, photo

ONE = dataclasses.replace(SETTINGS, planted=4)


def photos_with(folder, numbers, tags):
    """Write photos as stage ingest does. numbers: what each shows; tags: its value of the tag `place`."""
    for at, number in enumerate(numbers):
        write_bytes(folder / f"p{at}.png", png_bytes(photo(number)))
    samples = [
        Sample(f"p{at}", REAL, f"p{at}.png", "m", (1, 1), (), "set", "CC0-1.0", tags={"place": tag})
        for at, tag in enumerate(tags)
    ]
    write_manifest(folder / "samples.jsonl", samples)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tags", "alarms"),
    [
        pytest.param(["a", "a", "b", "c"], 0.0, id="twins in one group"),
        pytest.param(["a", "b", "c", "d"], 0.5, id="twins in two groups"),
    ],
)
def test_copies_and_alarms_are_counted(tmp_path, tags, alarms):
    photos_with(tmp_path, [1, 1, 2, 3], tags)
    main(ONE, tmp_path, "place", tmp_path / "bench.json")
    found = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["leaks"]
    assert found["false_alarms"] == alarms
    assert found["photos"] == 4


def test_a_tag_that_no_photo_has_is_refused(tmp_path):
    photos_with(tmp_path, [1], ["a"])
    with pytest.raises(InputError, match="no photo has the tag 'room'; name one"):
        main(ONE, tmp_path, "room", tmp_path / "bench.json")

import numpy as np
import pytest
from page_project import paths_of, transfer, write_project

from dataset.idmap import png_bytes
from dataset.records import read_manifest
from pipeline.files import write_bytes
from report.failures import around, causes


def counted(root):
    samples = read_manifest(root / "split" / "val.jsonl")
    return {one.name: (one.count, one.photos) for one in causes(root / "trial", root / "split", samples, ["board"])}


def test_causes_are_counted_over_photos(tmp_path):
    write_project(tmp_path, transfer())  # the second photo is empty, the third and fourth are cut short
    assert paths_of(tmp_path)[2] == tmp_path / "trial"
    assert counted(tmp_path) == {"Not found: in plain view": (1, 1), "Loose outline": (2, 2)}
    write_bytes(tmp_path / "trial" / "val" / "val1.png", png_bytes(np.zeros((120, 160), np.uint8)))
    assert counted(tmp_path)["Not found: in plain view"] == (2, 2)


def test_an_example_names_its_photo_in_words(tmp_path):
    write_project(tmp_path, transfer())
    samples = read_manifest(tmp_path / "split" / "val.jsonl")
    first = causes(tmp_path / "trial", tmp_path / "split", samples, ["board"])[0]
    assert first.example.alt == "Not found: in plain view in val2: prediction in colour, truth outlined"


def test_without_photos_there_are_no_causes(tmp_path):
    assert causes(tmp_path, tmp_path, [], ["board"]) == []


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param((400, 400, 410, 410), ((325, 485), (325, 485)), id="a small object in 160 pixels"),
        pytest.param((100, 200, 600, 400), ((0, 600), (0, 800)), id="a large object with a margin"),
        pytest.param((0, 0, 10, 10), ((0, 85), (0, 85)), id="in the corner, within the photo"),
    ],
)
def test_an_example_shows(box, expected):
    y, x = around(box, (1000, 1000))
    assert ((y.start, y.stop), (x.start, x.stop)) == expected

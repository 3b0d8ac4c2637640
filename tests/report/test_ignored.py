import pytest
from page_project import paths_of, transfer, write_page, write_project

from dataset.idmap import IGNORE, read_ids, write_ids
from dataset.records import read_manifest, write_manifest
from report.ignored import share_ignored, words
from report.report import Report, main


def ignore(root, split, rows, photos=1):
    """Ignore the first rows of the first photos of a split; every photo is 120 rows high."""
    for sample in read_manifest(root / "split" / f"{split}.jsonl")[:photos]:
        ids = read_ids(root / "split" / sample.ids)
        ids[:rows] = IGNORE
        write_ids(root / "split" / sample.ids, ids)


def test_the_share_is_one_of_all_pixels(tmp_path):
    write_project(tmp_path, transfer())
    assert share_ignored(tmp_path / "split/val.jsonl") == 0
    ignore(tmp_path, "val", 30, photos=2)
    assert share_ignored(tmp_path / "split/val.jsonl") == pytest.approx(2 * 30 / (4 * 120))
    write_manifest(tmp_path / "none.jsonl", [])
    assert share_ignored(tmp_path / "none.jsonl") == 0


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        pytest.param({"val photos": 0, "test photos": 0}, "", id="nothing"),
        pytest.param(
            {"val photos": 0.125, "test photos": 0},
            "The labels ignore 12.50% of the pixels of the val photos:",
            id="val",
        ),
        pytest.param(
            {"val photos": 1.0, "test photos": 1e-7}, "100.00% of the pixels of the val photos and 0.01% of", id="both"
        ),
    ],
)
def test_what_is_ignored_is_said_in_one_sentence(shares, said):
    assert said in words(shares)
    assert bool(words(shares)) == bool(said)


@pytest.mark.slow
def test_the_page_says_and_explains_what_is_ignored(tmp_path):
    write_project(tmp_path, transfer())
    ignore(tmp_path, "val", 12, photos=4)
    ignore(tmp_path, "test", 60)
    main(Report(2, 2), *paths_of(tmp_path))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "10.00% of the pixels of the val photos and 12.50% of the pixels of the test photos" in page
    assert '<span class="swatch" style="background: repeating-linear-gradient(' in page


@pytest.mark.slow
def test_a_page_without_ignored_pixels_does_not_speak_of_them(tmp_path):
    page = write_page(tmp_path)
    assert "The labels ignore" not in page
    assert "repeating-linear-gradient" not in page


@pytest.mark.slow
def test_what_a_training_photo_ignores_is_in_the_legend_too(tmp_path):
    write_project(tmp_path, transfer())
    ignore(tmp_path, "train", 12, photos=4)
    main(Report(2, 2), *paths_of(tmp_path))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "repeating-linear-gradient" in page
    assert ", a part ignored" in page
    assert "The labels ignore" not in page  # of photos that are scored

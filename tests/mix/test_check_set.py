"""`admix ingest --check` tells every defect of a set, with counts and pictures, and changes nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mix.check_set import check_set, lines_of, main, page
from mix.labelled import Ingest

SQUARE = [[3, 2, 13, 2, 13, 8, 3, 8]]
OUTSIDE = [[90, 2, 99, 2, 99, 9]]


def coco(root: Path, *outlines: list[list[int]], name: str = "mug") -> Path:
    """Write a COCO set of one photo an outline."""
    (root / "images").mkdir(parents=True)
    for k in range(len(outlines)):
        Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(root / "images" / f"{k}.png")
    rows = [{"id": k, "image_id": k, "category_id": 1, "segmentation": each} for k, each in enumerate(outlines)]
    images = [{"id": k, "file_name": f"{k}.png", "height": 20, "width": 30} for k in range(len(outlines))]
    value = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": name}]}
    (root / "annotations.json").write_text(json.dumps(value), encoding="utf-8")
    return root


def test_defects_are_counted_by_kind_and_the_first_five_are_told(tmp_path):
    root = coco(tmp_path / "set", SQUARE, *[OUTSIDE] * 7, [])
    report = check_set(Ingest(), root, root)
    lines = list(lines_of(report))
    assert lines[1:3] == ["photos: 1, of which 0 show nothing that is labelled", "objects: mug 1"]
    assert "labels outside their photo: 7" in lines
    assert sum("its outline goes from x 90" in line for line in lines) == 5
    assert "  ... and 2 more" in lines
    assert "broken labels: 1" in lines


def test_nothing_is_written_and_the_exit_code_says_whether_all_is_well(tmp_path, capsys):
    root = coco(tmp_path / "set", SQUARE)
    before = sorted(path.as_posix() for path in tmp_path.rglob("*"))
    main(Ingest(), root, None)
    assert "defects: none" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main(Ingest(), coco(tmp_path / "other", OUTSIDE), None)
    assert left.value.code == 2
    assert sorted(path.as_posix() for path in tmp_path.rglob("*") if "other" not in path.as_posix()) == before


def test_the_page_shows_labels_and_defects_and_escapes_every_name(tmp_path):
    root = coco(tmp_path / "set", SQUARE, OUTSIDE, name="<script>alert(1)</script>")
    text = page(check_set(Ingest(), root, root))
    assert text.count('<img src="data:image/jpeg;base64,') == 2
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_an_archive_is_checked_by_its_own_name(tmp_path, capsys):
    root = coco(tmp_path / "set", SQUARE, OUTSIDE)
    archive = shutil.make_archive(str(tmp_path / "export"), "zip", root)
    with pytest.raises(SystemExit):
        main(Ingest(), Path(archive), tmp_path / "page.html")
    said = capsys.readouterr().out
    assert f"  {archive}/annotations.json: annotation 1: its outline goes" in said
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<img") == 2

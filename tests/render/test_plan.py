"""The names of categories meet: what the renders label is what the photos' labels name."""

from pathlib import Path

import pytest

from dataset.records import write_manifest
from pipeline.errors import InputError
from pipeline.files import write_json
from render.plan import Plan, main
from tests.train.boards import board

ASSETS = Path(__file__).parents[2] / "assets"
PLAN = Plan("boards", seed=1, scenes=1, size_hw=(64, 64))


def planned(folder: Path, *names: str) -> Path:
    """Run the stage on photos whose categories have these names; return what it writes."""
    write_manifest(folder / "train.jsonl", [board(folder, "a")])
    write_json(folder / "categories.json", list(names))
    main(PLAN, ASSETS, folder / "train.jsonl", folder / "categories.json", folder / "scenes.jsonl")
    return folder / "scenes.jsonl"


def test_renders_whose_label_no_photo_has_are_refused_before_they_are_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"categories are 'photos', but the recipe boards labels its renders 'board'"):
        planned(tmp_path, "photos")
    assert not (tmp_path / "scenes.jsonl").exists()


@pytest.mark.slow
def test_names_that_meet_are_no_matter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(tmp_path, "board").read_text(encoding="utf-8").count("\n") == 1
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_category_of_the_photos_that_no_render_shows_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(tmp_path, "board", "hand")
    assert capsys.readouterr().err == "plan: no render will show hand, which the photos' labels name\n"

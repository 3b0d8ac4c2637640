import csv
from pathlib import Path

import pytest

from benchmarks.replay import read_grid
from dataset.records import Instance, Sample
from docs.pictures import EXPOSURE, LEAST_SHARE, Shown, check, evenly_lit, grid_rows, large, main, write_credits
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.stage import run_stage

GRIDS = Path(__file__).parents[2] / "benchmarks" / "grids"


def sample(name="a", domain="render", area_px=600, assets=(), source="boards", licence="CC0-1.0", **draws):
    board = Instance("board", 1, (0, 0, 30, 20), area_px)
    files = {"image": f"{name}.png", "ids": f"{name}.ids.png"}
    return Sample(name, domain, **files, size_hw=(100, 100), instances=(board,), source=source, licence=licence,
                  assets=assets, draws=draws)  # fmt: skip


def everything(root):
    for name in ("split/train.jsonl", "renders/samples.jsonl", "renders/credits.json"):
        write_json(root / "data" / name, {})
    (root / "data" / "picked" / "val").mkdir(parents=True)
    for name in ("index.html", "assets.html"):
        write_json(root / "reports" / name, {})
    return root / "data", root / "reports"


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        pytest.param("data/renders/samples.jsonl", "run make repro first", id="no renders"),
        pytest.param("reports/index.html", "run make repro first", id="no page"),
        pytest.param("reports/assets.html", "run make assets first", id="no gallery"),
    ],
)
def test_what_is_not_there_yet_is_named_with_the_command_that_makes_it(tmp_path, missing, command):
    folders = everything(tmp_path)
    check(*folders)
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=f"{missing}: .*{command}"):
        check(*folders)


def test_without_results_make_docs_ends_in_one_line_with_exit_code_2(tmp_path, capsys):
    words = [f"--{name}={tmp_path / name}" for name in ("data", "reports", "assets", "grids", "work", "out")]
    with pytest.raises(SystemExit) as end:
        run_stage(main, words)
    said = capsys.readouterr().err
    assert (end.value.code, said.count("\n")) == (2, 1)
    assert "run make repro first" in said
    assert not (tmp_path / "out").exists()


def test_small_objects_are_not_shown():
    least = round(LEAST_SHARE * 100 * 100)
    assert [one.id for one in large([sample("a", area_px=least), sample("b", area_px=least - 1)])] == ["a"]


@pytest.mark.parametrize(("stops", "even"), [(0.5, True), (-0.5, True), (0.6, False)])
def test_a_render_is_evenly_lit_within_half_a_stop(stops, even):
    assert evenly_lit(sample(**{EXPOSURE: stops})) is even


@pytest.mark.parametrize("name", ["boards", "domino"])
def test_a_recorded_grid_has_a_row_a_finished_training(name):
    grid = read_grid(GRIDS / f"{name}.json")
    rows = grid_rows(name, grid)
    assert len(rows) == len(grid.candidates) * len(grid.seeds)
    assert {row["ratio"] for row in rows} == {each.ratio for each in grid.candidates}


def test_each_picture_names_its_photos_and_the_assets_of_its_renders_once(tmp_path):
    write_json(tmp_path / "credits.json", {
        "mug": {"licence": "CC-BY-4.0", "source": "Ada", "category": "mug"},
        "floor": {"licence": "CC0-1.0", "source": "Poly", "category": ""},
    })  # fmt: skip
    photo = sample("p", "real", source="pose2sim", licence="BSD-3-Clause")
    shown = Shown(tmp_path, {"sheet.jpg": [(tmp_path, one) for one in (
        sample("a", assets=("floor", "mug")), sample("b", assets=("mug",)), photo,
    )]})  # fmt: skip
    write_credits(shown, tmp_path / "credits.json")
    rows = list(csv.reader((tmp_path / "LICENCES.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[1:] == [
        ["sheet.jpg", "photos", "BSD-3-Clause", "pose2sim", "1"],
        ["sheet.jpg", "assets", "CC-BY-4.0", "Ada", "1"],
        ["sheet.jpg", "assets", "CC0-1.0", "Poly", "1"],
    ]

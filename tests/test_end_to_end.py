"""The whole pipeline for real, small: the embedded photos, a handful of scenes, a few steps, the page."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from project_copy import copy_project
from ruamel.yaml import YAML

from dataset.idmap import read_ids, read_image

ROOT = Path(__file__).parents[1]
SMALL = {
    "sweep": {"ratios": [0.0, 0.5], "seeds": [1]},
    "plan": {"scenes": 4, "spares": 2, "size_hw": [64, 64], "quality": {"samples": 1}},
    "fit": {"img_size": 64, "batch": 2, "epoch_steps": 1},
    "curves": {"real": [0.5], "mixed": [], "renders": [], "seeds": [1]},
    "attribute": {"least": 2},
    "shoot": {"workers": 1},  # each that starts loads Blender or torch, for a picture or two
    "machine": {"workers": 1},
    "report": {"renders": 2, "worst": 2},
}
SETUP = {
    "fit": {"steps": 3},
    "split": {
        "val": {"where": {"source": ["mvtb-data"]}, "photos": 4},
        "test": {"where": {"source": ["mvtb-data"]}, "photos": 4},
    },
}
pytestmark = [pytest.mark.blender, pytest.mark.slow]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, env=os.environ | {"PATH": path}, check=False
    )


def set_params(folder: Path, changes: dict[str, dict[str, object]], file: str = "params.yaml") -> None:
    yaml, path = YAML(), folder / file
    params = yaml.load(path)
    for section, values in changes.items():
        params[section].update(values)
    yaml.dump(params, path)


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what git holds, set to its smallest size, after one `dvc repro`."""
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    run(folder, sys.executable, "-m", "pipeline.choose", "boards")  # whatever was run here last
    set_params(folder, SMALL)
    set_params(folder, SETUP, "setups/boards.yaml")  # the set-up has the last word
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    done = run(folder, "dvc", "repro", "report")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def test_every_embedded_photo_has_a_mask_and_one_of_them_no_board(project: Path) -> None:
    folder = project / "data/embedded"
    photos = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["images"]
    masks = {photo["file"]: read_ids(folder / photo["mask"]) for photo in photos}
    assert len(photos) == 42
    assert all(read_image(folder / file).shape[:2] == mask.shape for file, mask in masks.items())
    assert {tuple(set(mask.ravel().tolist())) for mask in masks.values()} == {(0, 1), (0,)}
    assert [file for file, mask in masks.items() if not mask.any()] == ["images/cam02_06_int.jpg"]
    assert {photo["licence"] for photo in photos} == {"BSD-3-Clause", "MIT"}


def test_the_numbers_that_other_tools_rely_on_are_there(project: Path) -> None:
    transfer = json.loads((project / "reports/transfer.json").read_text(encoding="utf-8"))
    keys = {"runs", "real_only", "render_only", "best", "gap", "worth", "advice", "test"}
    assert keys <= set(transfer)
    val = [run for run in transfer["runs"] if run["split"] == "val" and run["kind"] == "race"]
    rows = json.loads((project / "data/boards/pick.json").read_text(encoding="utf-8"))["ratios"]
    assert [(r["ratio"], r["n_real"], r["n_render"]) for r in rows] == [(0.0, 3, 0), (0.5, 3, 4)]
    # which of them the race stops after so few steps is chance, and those have no trial
    ended = [(r["ratio"], 1, r["n_real"], r["n_render"]) for r in rows if r["trials"]]
    assert [(r["ratio"], r["seed"], r["n_real"], r["n_render"]) for r in val] == ended
    assert ended
    assert transfer["test"]["n_photos"] == 4
    assert transfer["render_only"] is None
    assert all(0 <= r["iou"] <= 1 and r["ci95"][0] <= r["ci95"][1] for r in transfer["runs"])


def test_the_page_stands_alone(project: Path) -> None:
    page = (project / "reports/index.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "data:image/" in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_the_same_command_again_does_nothing(project: Path) -> None:
    done = run(project, "dvc", "repro", "report")
    assert done.returncode == 0
    assert "Running stage" not in done.stdout + done.stderr


def test_another_ratio_renders_nothing_and_trains_only_what_is_new(project: Path) -> None:
    before, trained = content(project / "data/boards/renders"), content(project / "data/boards/race")
    set_params(project, {"sweep": {"ratios": [0.0, 0.5, 1.0]}})
    done = run(project, "dvc", "repro", "tune")
    ran = [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("Running stage")]
    trials = content(project / "data/boards/race")
    assert {path: data for path, data in trials.items() if path in trained} == trained, done.stderr[-2000:]
    new = {path.parent for path in trials.keys() - trained.keys() if path.name == "val.json"}
    assert len(new) == 1
    assert {name.split("@")[0] for name in ran} == {"tune"}
    assert content(project / "data/boards/renders") == before
    rows = json.loads((project / "data/boards/pick.json").read_text(encoding="utf-8"))["ratios"]
    assert [(r["ratio"], r["n_real"], r["n_render"]) for r in rows] == [(0.0, 3, 0), (0.5, 3, 4), (1.0, 0, 4)]


def test_a_comment_and_a_file_of_another_room_render_nothing(project: Path) -> None:
    before = content(project / "data/boards/renders")
    for name in (
        "params.yaml",
        "render/blender/worker.py",
        "render/plan.py",
        "measure/fit.py",
        "assets/boards/board-01.toml",
    ):
        with (project / name).open("a", encoding="utf-8") as file:
            file.write("# nothing but a comment\n")
    done = run(project, "dvc", "repro", "shoot")
    assert "shoot: rendered 0 of 6 scenes" in done.stdout, done.stderr[-2000:]
    assert content(project / "data/boards/renders") == before


def test_a_changed_texture_renders_again_exactly_the_scenes_that_show_it(project: Path) -> None:
    plan = project / "data/boards/scenes.jsonl"
    before = [json.loads(line) for line in plan.read_text(encoding="utf-8").splitlines()]
    shown = Counter(name for scene in before for name in {item["asset"] for item in scene["objects"]})
    name, texture = next(
        (name, texture)
        for name, count in sorted(shown.items())
        for texture in sorted((project / "assets").rglob(f"{name}-*.png"))
        if count < len(before)
    )
    Image.open(texture).transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(90).save(texture)
    assert run(project, sys.executable, "-m", "admix", "mend").returncode == 0
    done = run(project, "dvc", "repro", "shoot")
    after = [json.loads(line) for line in plan.read_text(encoding="utf-8").splitlines()]
    changed = [old for old, new in zip(before, after, strict=True) if old["id"] != new["id"]]
    assert changed == [scene for scene in before if name in {item["asset"] for item in scene["objects"]}]
    again = sum(not scene["spare"] for scene in changed)
    assert f"shoot: rendered {again} of 6 scenes" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_dvc_shows_metrics_and_plots(project: Path) -> None:
    metrics = json.loads(run(project, "dvc", "metrics", "show", "--json").stdout)
    assert "test_picked" in json.dumps(metrics)
    assert run(project, "dvc", "plots", "show", "--json").returncode == 0


def test_a_mistyped_setting_stops_before_anything_is_written(project: Path) -> None:
    text = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(text.replace("  scenes:", "  scens:"), encoding="utf-8")
    words = "--assets assets --photos data/boards/split/train.jsonl --categories data/boards/photos/categories.json"
    done = run(project, sys.executable, "-m", "render.plan", *words.split(), "--out", "data/boards/other.jsonl")
    (project / "params.yaml").write_text(text, encoding="utf-8")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["params.yaml: plan.scens is not a setting (did you mean 'scenes'?)"]
    assert not (project / "data/boards/other.jsonl").exists()

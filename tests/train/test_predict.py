import csv
import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from dataset.formats.folder import read_plain
from pipeline.errors import InputError
from pipeline.stage import run_stage
from tests.train.inference.runs import colour_run, write_run
from train.inference.settings import Predict
from train.predict import logits_of, main, predict_folder

ALL = ("masks", "overlays", "uncertainty", "foreground", "coco")
SETTINGS = Predict("auto", 0.25, 4, 20, ALL)
GREY, RED, BLUE = (120, 120, 120), (220, 20, 20), (20, 20, 220)


def photo(path: Path, size_hw: tuple[int, int] = (64, 80), *, blue: bool = True) -> None:
    """Write a red square, and a blue one, on grey."""
    image = np.full((*size_hw, 3), GREY, np.uint8)
    image[8:24, 8:32] = RED
    if blue:
        image[40:56, 48:72] = BLUE
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    photo(tmp_path / "photos" / "a.png")
    photo(tmp_path / "photos" / "deep" / "b.png", (100, 80), blue=False)
    return tmp_path / "photos"


def predict(photos: Path, out: Path, settings: Predict = SETTINGS, about: str = "run 1") -> dict[str, str]:
    return predict_folder(colour_run(), settings, about, photos, out)


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_squares_are_found_where_they_are(photos: Path, tmp_path: Path):
    assert predict(photos, tmp_path / "out") == {}
    first, second = lines(tmp_path / "out")
    assert (first["file"], first["categories"], first["size_hw"]) == ("a.png", ["blue", "red"], [64, 80])
    assert (second["file"], second["categories"], second["size_hw"]) == ("deep/b.png", ["red"], [100, 80])
    red, blue = first["instances"]
    np.testing.assert_allclose(red["box"], [8, 8, 32, 24], atol=1)
    np.testing.assert_allclose(blue["box"], [48, 40, 72, 56], atol=1)
    assert red["area_px"] == pytest.approx(24 * 16, rel=0.1)
    assert red["score"] > 0.9


def test_masks_are_what_our_own_reader_of_masks_takes(photos: Path, tmp_path: Path):
    main_out = tmp_path / "out"
    predict(photos, main_out)
    (main_out / "categories.json").write_text('["red", "blue"]')
    (main_out / "images" / "deep").mkdir(parents=True)
    photo(main_out / "images" / "a.png")
    photo(main_out / "images" / "deep" / "b.png")
    found, _ = read_plain(main_out).photos
    ids, categories = found.label.draw((64, 80))
    assert categories == ["red", "blue"]
    assert (ids[16, 16], ids[48, 60], ids[60, 10]) == (1, 2, 0)


def test_coco_tools_read_the_instances_as_the_masks_show_them(photos: Path, tmp_path: Path):
    predict(photos, tmp_path / "out")
    coco = COCO(tmp_path / "out" / "coco.json")
    assert [image["file_name"] for image in coco.loadImgs([1, 2])] == ["a.png", "deep/b.png"]
    mask = np.asarray(Image.open(tmp_path / "out" / "masks" / "a.png"))
    for entry in coco.loadAnns(coco.getAnnIds(1)):
        inside = coco.annToMask(entry).astype(bool)
        assert set(mask[inside]) == {entry["category_id"]}
        assert inside.sum() == entry["area"]
        x, y, width, height = entry["bbox"]
        assert inside[y : y + height, x : x + width].sum() == entry["area"]
        assert 0.9 < entry["score"] <= 1


def test_the_map_of_the_foreground_is_bright_on_what_is_found(photos: Path, tmp_path: Path):
    assert predict(photos, tmp_path / "out") == {}
    drawn = np.asarray(Image.open(tmp_path / "out" / "foreground" / "a.png"))
    assert drawn.shape == (64, 80)
    assert drawn[16, 20] > 127 > drawn[34, 40]  # red, and grey


def test_the_most_uncertain_photo_stands_first_and_its_uncertainty_is_drawn(photos: Path, tmp_path: Path):
    image = np.full((64, 64, 3), GREY, np.uint8)
    image[..., 0] = 180  # on the edge of being red
    Image.fromarray(image).save(photos / "z.png")
    predict(photos, tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "uncertain.csv").open()))
    assert rows[0]["file"] == "z.png"
    assert [float(row["uncertainty_bits"]) for row in rows] == sorted(
        (float(row["uncertainty_bits"]) for row in rows), reverse=True
    )
    drawn = np.asarray(Image.open(tmp_path / "out" / "uncertainty" / "z.png"))
    assert float(rows[0]["uncertainty_bits"]) == pytest.approx(1, abs=0.01)  # red or not: one bit
    np.testing.assert_allclose(drawn, 255 / np.log2(3), atol=2)


def test_a_large_photo_is_tiled_by_itself_and_a_small_one_is_not():
    run = colour_run()
    small, large = np.full((300, 320, 3), 120, np.uint8), np.full((300, 640, 3), 120, np.uint8)
    assert logits_of(run, small, SETTINGS).shape[1:] == (75, 80)
    assert logits_of(run, large, SETTINGS).shape[1:] == (75, 160)
    assert logits_of(run, large, dataclasses.replace(SETTINGS, tile=None)).shape[1:] == (38, 80)
    assert logits_of(run, small, dataclasses.replace(SETTINGS, tile=160)).shape[1:] == (150, 160)


def test_what_is_done_is_not_done_again(photos: Path, tmp_path: Path):
    out = tmp_path / "out"
    predict(photos, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.parent != out}
    photo(photos / "deep" / "b.png", (100, 80))
    predict(photos, out)
    changed = {path.relative_to(out).as_posix() for path, then in before.items() if path.stat().st_mtime_ns != then}
    assert changed == {
        "masks/deep/b.png",
        "overlays/deep/b.jpg",
        "uncertainty/deep/b.png",
        "foreground/deep/b.png",
        "records/deep/b.json",
    }
    assert lines(out)[1]["categories"] == ["blue", "red"]


@pytest.mark.parametrize(
    ("settings", "about"),
    [
        pytest.param(SETTINGS, "run 2", id="another run"),
        pytest.param(dataclasses.replace(SETTINGS, formats=("masks",)), "run 1, masks", id="other settings"),
    ],
)
def test_a_changed_run_predicts_all_again(photos: Path, tmp_path: Path, settings: Predict, about: str):
    out = tmp_path / "out"
    predict(photos, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "masks").rglob("*.png")}
    predict(photos, out, settings, about)
    assert all(path.stat().st_mtime_ns > then for path, then in before.items())
    assert (out / "coco.json").exists() == ("coco" in settings.formats)


def test_a_lost_picture_is_made_again(photos: Path, tmp_path: Path):
    predict(photos, tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "masks" / "a.png").unlink()
    predict(photos, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_photos_that_are_gone_leave_nothing_behind(photos: Path, tmp_path: Path):
    predict(photos, tmp_path / "out")
    (photos / "a.png").unlink()
    predict(photos, tmp_path / "out")
    predict(photos, tmp_path / "new")
    assert contents(tmp_path / "out") == contents(tmp_path / "new")


def test_a_photo_s_files_do_not_depend_on_its_neighbours(photos: Path, tmp_path: Path):
    predict(photos, tmp_path / "both")
    (photos / "deep" / "b.png").unlink()
    predict(photos, tmp_path / "alone")
    both = contents(tmp_path / "both")
    assert all(both[name] == data for name, data in contents(tmp_path / "alone").items() if "/" in name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"tile": "large"}, "tile is 'large', wanted auto, null, or a number", id="a word"),
        pytest.param({"tile": 0}, "tile is 0", id="no pixel"),
        pytest.param({"overlap": 0.6}, "overlap is 0.6, wanted 0 to 0.5", id="more than half"),
        pytest.param({"batch": 0}, "batch is 0, wanted 1 or more", id="no tile at a time"),
        pytest.param({"formats": ("masks", "voc")}, "formats has 'voc', wanted some of: masks", id="a strange format"),
    ],
)
def test_settings_that_cannot_predict_are_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **changes)


def project(folder: Path) -> None:
    """Write the settings that the command reads, and a run."""
    (folder / "setups").mkdir()
    (folder / "setups" / "test.yaml").write_text("predict: {}\n")
    section = f"tile: auto, overlap: 0.25, batch: 4, min_area_px: 20, formats: [{', '.join(ALL)}]"
    (folder / "params.yaml").write_text(f"setup: test\npredict: {{{section}}}\n")
    write_run(folder / "run")


def test_unreadable_photos_are_named_in_one_line_and_the_others_are_done(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    project(tmp_path)
    (photos / "broken.jpg").write_bytes(b"torn")
    (photos / "deep" / "empty.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run_stage(main, ["--run", "run", "--photos", "photos", "--out", "out"])
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "2 photos could not be read, the others are done: " in last
    assert "photos/deep/empty.png: cannot be read as an image" in last
    assert "photos/broken.jpg: cannot be read as an image" in last
    assert [line["file"] for line in lines(tmp_path / "out")] == ["a.png", "deep/b.png"]
    about = json.loads((tmp_path / "out" / "about.json").read_text())
    assert about["uncertainty_most_bits"] == 1
    assert str(tmp_path) not in (tmp_path / "out" / "about.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("out", "message"),
    [
        pytest.param("photos/out", "lies within", id="inside the photos"),
        pytest.param(".", "lies within", id="around the photos"),
        pytest.param("mine", "is no folder of predictions", id="somebody's folder"),
    ],
)
def test_files_of_others_are_not_written_over(photos: Path, tmp_path: Path, out: str, message: str):
    (tmp_path / "mine" / "masks").mkdir(parents=True)
    (tmp_path / "mine" / "masks" / "a.png").write_bytes(b"drawn by hand")
    with pytest.raises(InputError, match=message):
        main(SETTINGS, write_run(tmp_path / "run"), photos, tmp_path / out)
    assert (tmp_path / "mine" / "masks" / "a.png").read_bytes() == b"drawn by hand"


@pytest.mark.slow
def test_a_killed_command_goes_on_and_ends_with_the_same_files(photos: Path, tmp_path: Path):
    for number in range(12):
        photo(photos / f"c{number}.png", (64 + number, 90))
    project(tmp_path)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "train.predict", "--run", "run", "--photos", "photos", "--out"]
    environment = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, "out"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    records = tmp_path / "out" / "records"
    while process.poll() is None and len(list(records.rglob("*.json"))) < 3:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 3 <= len(list(records.rglob("*.json"))) < 14
    for out in ("out", "whole"):
        subprocess.run([*command, out], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")

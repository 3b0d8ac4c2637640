import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataset.idmap import read_ids, read_image
from dataset.records import read_manifest
from pipeline.errors import InputError
from render.plan import Plan, make_scenes
from render.shoot import JOURNAL, Shoot, finished, main, read_scenes
from render.spec import Quality, to_line

ASSETS = Path(__file__).parents[2] / "assets"
SETTINGS = Shoot(workers=2, min_area_px=1)


def plan(path: Path, scenes: int) -> Path:
    made = make_scenes(Plan("domino", seed=4, scenes=scenes, size_hw=(48, 64), quality=Quality(samples=1)), ASSETS)
    path.write_text("".join(to_line(scene) + "\n" for scene in made), encoding="utf-8")
    return path


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("renders")
    main(SETTINGS, plan(out.parent / "scenes.jsonl", 6), ASSETS, out)
    return out


@pytest.mark.blender
@pytest.mark.slow
def test_labels_and_pictures_have_the_planned_size_and_agree(rendered: Path) -> None:
    samples = read_manifest(rendered / "samples.jsonl")
    assert samples
    for sample in samples:
        assert read_image(rendered / sample.image).shape == (48, 64, 3)
        ids = read_ids(rendered / sample.ids)
        assert ids.shape == (48, 64)
        assert {i.index: i.area_px for i in sample.instances} == {
            int(k): int((ids == k).sum()) for k in set(ids.ravel().tolist()) - {0}
        }
        assert all(0 < i.visible_fraction <= 1 and i.category == "domino tile" for i in sample.instances)
        assert sample.licence == "CC0-1.0"


@pytest.mark.blender
@pytest.mark.slow
def test_only_what_is_missing_is_rendered_and_it_comes_back_bit_for_bit(rendered: Path) -> None:
    before = content(rendered)
    first = read_manifest(rendered / "samples.jsonl")[0]
    times = {path: path.stat().st_mtime_ns for path in rendered.glob("images/*")}
    (rendered / first.image).unlink()
    main(Shoot(workers=1, min_area_px=1), rendered.parent / "scenes.jsonl", ASSETS, rendered)
    assert content(rendered) == before
    changed = {path for path in rendered.glob("images/*") if path.stat().st_mtime_ns != times[path]}
    assert changed == {rendered / first.image}


@pytest.mark.blender
@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(rendered: Path, tmp_path: Path) -> None:
    out = tmp_path / "renders"
    code = (
        "import sys; from pathlib import Path; from render.shoot import Shoot, main;"
        "main(Shoot(workers=1, min_area_px=1), Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    words = [sys.executable, "-c", code, str(rendered.parent / "scenes.jsonl"), str(ASSETS), str(out)]
    with subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL) as run:
        journal = out / JOURNAL
        while run.poll() is None and not (journal.is_file() and journal.read_text(encoding="utf-8").count("\n") >= 2):
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    kept = finished(out)
    assert 2 <= len(kept) <= 6
    main(SETTINGS, rendered.parent / "scenes.jsonl", ASSETS, out)
    assert content(out) == content(rendered)


@pytest.mark.blender
@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_is_finished_is_kept(rendered: Path, small_disk: Path, tmp_path: Path) -> None:
    scenes, out = rendered.parent / "scenes.jsonl", small_disk / "renders"
    (small_disk / "other people's files").write_bytes(bytes(36_000))
    with pytest.raises(InputError, match=r"no disk left to write it .* what is finished is kept$"):
        main(Shoot(workers=1, min_area_px=1), scenes, ASSETS, out)
    assert 1 <= len(finished(out)) < 6
    roomy = shutil.copytree(out, tmp_path / "roomy")
    main(SETTINGS, scenes, ASSETS, roomy)
    assert content(roomy) == content(rendered)


def test_a_sample_without_its_files_and_a_half_written_line_do_not_count(tmp_path: Path) -> None:
    journal = [json.dumps(["one", "black", ""]), '["two", "bla']
    (tmp_path / JOURNAL).write_text("\n".join(journal), encoding="utf-8")
    assert finished(tmp_path) == {"one": ("black", "")}


def test_a_plan_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "scenes.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"scenes.jsonl: not a plan .*; run the stage plan again"):
        read_scenes(tmp_path / "scenes.jsonl")

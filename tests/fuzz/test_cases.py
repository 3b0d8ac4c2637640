"""Small inputs that once ended in a traceback, a crash or a hang: each is one line now, and nothing is written."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "fuzz"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir()) if CASES.is_dir() else ["none"]
MEMORY_BYTES, SECONDS = 8 * 2**30, 120  # of addresses, which torch and Blender reserve by the gigabyte
RECIPE = """
import sys, pathlib
from pipeline.stage import one_line_errors
from render.scenes.recipe import read_recipe
with one_line_errors():
    read_recipe("wall", pathlib.Path(sys.argv[1]))
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not beside the project"),
]


def words_for(name: str, case: Path) -> list[str]:
    """Return what the case is given to, as words after python."""
    if (case / "real").is_dir():
        return ["-m", "mix.ingest", "--real", "real", "--out", "out"]
    if (case / "sources").is_dir():
        manifests = ["--real", "real.jsonl", "--renders", "ren.jsonl", "--val", "val.jsonl", "--test", "test.jsonl"]
        return ["-m", "mix.compose", *manifests, "--more", "sources", "--out", "out"]
    if (case / "params.yaml").is_file():
        return ["-m", "pipeline.check"]
    if name.startswith("recipe"):
        return ["-c", RECIPE, "."]
    if (case / "assets").is_dir():
        return ["-m", "render.catalog", "--assets", "assets"]
    (file,) = [path for path in sorted(case.rglob("*")) if path.is_file() and path.parent.name in {case.name, "in"}]
    (case / "out").mkdir()
    own = ["--category", "mug", "--licence", "CC0-1.0", "--source", "test", "--assets", "out"]
    return ["-m", "admix", "add", str(file.relative_to(case)), *own]


def limited() -> None:
    """Give a process so much memory and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused_in_one_line_and_nothing_is_written(name: str, tmp_path: Path):
    case = shutil.copytree(CASES / name, tmp_path / name, copy_function=shutil.copyfile)
    case.chmod(0o755)
    words = words_for(name, case)
    if (case / "dvc.yaml").exists():
        shutil.copy(ROOT / "dvc.yaml", case)  # the stages are the project's own; what is wrong stands elsewhere
    if not (case / "params.yaml").exists():
        shutil.copy(ROOT / "params.yaml", case)
        shutil.copytree(ROOT / "setups", case / "setups")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *words], cwd=case, env=environment, capture_output=True, text=True, check=False,
        timeout=SECONDS, preexec_fn=limited,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr[-2000:]
    assert len(done.stderr.splitlines()) == 1, done.stderr[-2000:]
    assert 10 < len(done.stderr) < 1600
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

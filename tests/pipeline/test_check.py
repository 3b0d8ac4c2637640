import re
import sys

import pytest

from pipeline.check import check
from pipeline.errors import InputError

STAGE = """import dataclasses

@dataclasses.dataclass(frozen=True)
class Draw:
    scenes: int

@dataclasses.dataclass(frozen=True)
class Sweep:
    ratios: tuple[float, ...]

    def __post_init__(self):
        if max(self.ratios) > 1:
            raise ValueError(f"ratios holds {max(self.ratios)}, wanted numbers from 0 to 1")

def main(settings: Draw, sweep: Sweep, out: str) -> None:
    raise AssertionError("the check must not run a stage")
"""
PIPELINE = """stages:
  draw:
    matrix: {setup: ["${setup}"], ratio: "${sweep.ratios}"}
    cmd: python -m checked_room.draw --real ${real} --out data/${item.setup}
    params: [draw, sweep, "setups/${item.setup}.yaml": [draw, keep]]
  keep:
    cmd: python -m checked_room.keep --out data
"""
PARAMS = {"setup": "boards", "real": "photos", "sweep": "{ratios: [0, 1]}", "draw": "{scenes: 4}"}
SETUP = {"draw": "{}", "keep": "{}"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    room = tmp_path / "checked_room"
    room.mkdir()
    (tmp_path / "setups").mkdir()
    (room / "draw.py").write_text(STAGE, encoding="utf-8")
    (room / "keep.py").write_text("def main(out: str) -> None: ...\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("checked_room")]:
        del sys.modules[name]


def write(root, params=(), setup=()):
    """Write params.yaml and the set-up with some lines changed (None leaves the section out)."""
    for path, lines in (("params.yaml", PARAMS | dict(params)), ("setups/boards.yaml", SETUP | dict(setup))):
        text = "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("params", "setup"),
    [
        pytest.param({}, {}, id="as it should be"),
        pytest.param({}, {"draw": "{scenes: 9}"}, id="a set-up that changes something"),
        pytest.param({"draw": "{}"}, {"draw": "{scenes: 9}"}, id="a setting that only the set-up gives"),
        pytest.param({"keep": "{}"}, {}, id="an empty section of a stage without settings"),
    ],
)
def test_right_settings_pass(project, params, setup):
    check(write(project, params, setup))


BAD = [
    pytest.param(
        {"drew": "{}"},
        {},
        "params.yaml: drew is not a section of this file (did you mean 'draw'?)",
        id="unknown section",
    ),
    pytest.param({"sweep": None}, {}, "params.yaml: the section 'sweep' is missing; add it", id="missing section"),
    pytest.param({"draw": "{scenes: x}"}, {}, "params.yaml: draw.scenes is 'x', wanted a whole number", id="mistyped"),
    pytest.param(
        {"draw": "{scene: 1}"},
        {},
        "params.yaml: draw.scene is not a setting (did you mean 'scenes'?)",
        id="unknown key",
    ),
    pytest.param(
        {"sweep": "{ratios: [0, 1.5]}"},
        {},
        "params.yaml: sweep.ratios holds 1.5, wanted numbers from 0 to 1",
        id="ratio",
    ),
    pytest.param(
        {},
        {"sweep": "{}"},
        "setups/boards.yaml: sweep is not a section of this file; there are: draw, keep",
        id="not for set-ups",
    ),
    pytest.param(
        {},
        {"keep": None},
        "setups/boards.yaml: the section 'keep' is missing, and DVC stops on that; "
        "write 'keep: {}' if the set-up changes nothing there",
        id="DVC wants the section",
    ),
    pytest.param(
        {},
        {"draw": "{scenes: 1.5}"},
        "setups/boards.yaml: draw.scenes is 1.5, wanted a whole number",
        id="mistyped in the set-up",
    ),
    pytest.param(
        {"setup": "board"},
        {},
        "params.yaml: setup is 'board', wanted the name of a file in setups/ (did you mean 'boards'?)",
        id="no such set-up",
    ),
]


@pytest.mark.parametrize(("params", "setup", "message"), BAD)
def test_a_mistake_is_found_before_any_stage_runs(project, params, setup, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        check(write(project, params, setup))


def test_a_set_up_may_lack_the_section_of_a_stage_that_depends_on_the_file_as_a_whole(project):
    text = PIPELINE + '    deps: ["setups/${item.setup}.yaml"]\n'  # of the last stage, keep
    (project / "dvc.yaml").write_text(text.replace("[draw, keep]", "[draw]"), encoding="utf-8")
    check(write(project, {"keep": "{}"}, {"keep": None}))
    check(write(project, {"keep": "{}"}, {"keep": "{}"}))

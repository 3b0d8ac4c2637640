"""dvc.yaml, params.yaml, the set-ups and the stages say the same."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.check import COMMANDS, check, known_sections, module_of, settings_of, setup_sections
from pipeline.reading import read_yaml
from pipeline.settings import CHOICE_KEYS

ROOT = Path(__file__).resolve().parent.parent
FILES = (ROOT / "dvc.yaml", *sorted((ROOT / "setups").glob("*/dvc.yaml")))
STAGES = {name: stage for file in FILES for name, stage in read_yaml(file)["stages"].items()}
SETUPS = sorted(path.stem for path in (ROOT / "setups").glob("*.yaml"))
every_stage = pytest.mark.parametrize("name", STAGES)


def outs_of(stage):
    return [next(iter(out)) if isinstance(out, dict) else out for out in stage["outs"]]


def params_of(stage):
    """Return the sections of params.yaml that a stage tracks: ``shoot`` for both shoot and shoot.samples."""
    return {param.split(".")[0] for param in stage.get("params", []) if isinstance(param, str)}


def flags_of(stage):
    """Return flag -> value as the shell hands it over."""
    words = shlex.split(stage["cmd"])[3:]
    return {flag.removeprefix("--"): value for flag, value in zip(words[::2], words[1::2], strict=True)}


def project_with(folder, setup):
    """Return a copy of the project's settings with another set-up in force."""
    shutil.copytree(ROOT / "setups", folder / "setups")
    shutil.copy(ROOT / "dvc.yaml", folder)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(re.sub(r"(?m)^setup: \S+", f"setup: {setup}", text), encoding="utf-8")
    return folder


@every_stage
def test_a_stage_declares_the_code_it_imports(name, sources):
    deps = set(STAGES[name]["deps"])
    file = sources.file_of(module_of(STAGES[name]["cmd"]))
    missing = {code for code in sources.reached(file) if not any(covers(dep, code) for dep in deps)}
    assert not missing, f"{name}: add {sorted(missing)} to its deps in dvc.yaml"


@every_stage
def test_a_stage_declares_no_code_that_is_not_there(name):
    code = [dep for dep in STAGES[name]["deps"] if dep.endswith(".py")]
    assert [dep for dep in code if not (ROOT / dep).is_file()] == []


def test_a_room_s_own_file_holds_nothing_but_a_docstring(sources):
    # so that importing a room runs no code that a stage would have to declare
    full = [file for file in sources.files() if file.endswith("__init__.py") and len(sources.tree(file).body) != 1]
    assert full == []


@every_stage
def test_every_path_of_a_command_is_declared(name):
    declared = [*STAGES[name]["deps"], *outs_of(STAGES[name])]
    paths = [value for value in flags_of(STAGES[name]).values() if "/" in value or value == "assets"]
    unknown = [path for path in paths if not any(covers(path, entry) or covers(entry, path) for entry in declared)]
    assert paths
    assert unknown == []


def covers(folder, path):
    return path == folder or path.startswith(f"{folder}/")


@every_stage
def test_the_flags_of_a_command_are_the_parameters_of_its_main(name):
    main = importlib.import_module(module_of(STAGES[name]["cmd"])).main
    parameters = inspect.signature(main).parameters.values()
    flags = {p.name.replace("_", "-") for p in parameters if not dataclasses.is_dataclass(p.annotation)}
    assert flags == set(flags_of(STAGES[name]))


@every_stage
def test_a_stage_tracks_the_sections_that_its_main_reads(name):
    read = {kind.__name__.lower() for kind in settings_of(module_of(STAGES[name]["cmd"]))}
    assert read == params_of(STAGES[name]) - CHOICE_KEYS


@every_stage
def test_a_command_pastes_nothing_but_the_set_up_and_only_after_its_name_was_checked(name):
    pasted = set(re.findall(r"\$\{([^}]*)\}", STAGES[name]["cmd"]))
    assert pasted <= {"item.setup"}
    assert not pasted or "names" in upstream(name)


def upstream(name):
    """Return the stages whose outputs a stage needs, directly or not."""
    deps = STAGES[name]["deps"]
    makers = {
        other for other, stage in STAGES.items() if any(covers(out, dep) for out in outs_of(stage) for dep in deps)
    }
    return makers | {above for maker in makers for above in upstream(maker)}


def test_every_section_is_read_and_holds_just_its_fields():
    sections = {key: set(value) for key, value in read_yaml(ROOT / "params.yaml").items() if key not in CHOICE_KEYS}
    kinds = [kind for stage in STAGES.values() for kind in settings_of(module_of(stage["cmd"]))]
    kinds += [pkgutil.resolve_name(name) for name in COMMANDS.values()]
    laid_over = {key for path in SETUPS for key in keys_of(read_yaml(ROOT / "setups" / f"{path}.yaml"))}
    assert {kind.__name__.lower() for kind in kinds} == set(sections)
    for kind in kinds:
        section = kind.__name__.lower()
        fields = {field.name for field in dataclasses.fields(kind) if (section, field.name) not in laid_over}
        assert fields <= sections[section] <= {field.name for field in dataclasses.fields(kind)}


def keys_of(setup):
    return [(section, key) for section, values in setup.items() if section != "real" for key in values]


def test_params_yaml_holds_no_section_that_dvc_yaml_does_not_know():
    assert set(read_yaml(ROOT / "params.yaml")) <= known_sections(STAGES)


@pytest.mark.parametrize("setup", SETUPS)
def test_every_set_up_passes_the_check_that_comes_before_the_first_stage(setup, tmp_path):
    check(project_with(tmp_path, setup))


def test_a_stage_s_settings_hold_real_types(sources):
    # with annotations kept as text the command line could not be made from main's signature
    for stage in STAGES.values():
        file = sources.file_of(module_of(stage["cmd"]))
        imports = [node for node in ast.walk(sources.tree(file)) if isinstance(node, ast.ImportFrom)]
        assert "__future__" not in {node.module for node in imports}, file


def test_a_set_up_may_change_what_to_draw_how_to_split_how_to_fit_and_how_to_pick():
    assert setup_sections(STAGES) == {"plan", "split", "fit", "tune"}


def test_git_holds_no_link():
    # one to a folder of somebody's machine would take what the stages write
    if not (ROOT / ".git").exists():
        pytest.skip("no clone")
    held = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line for line in held.stdout.splitlines() if line.startswith("120000")] == []

"""Check params.yaml and the set-up in force against every stage, before the first one runs."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.reading import read_yaml
from pipeline.settings import PARAMS, SETUPS, read_settings, setup_path, suggestion
from pipeline.stage import one_line_errors

PIPELINE = Path("dvc.yaml")
COMMANDS = {  # sections of params.yaml that no stage reads -> what they are read into
    "predict": "train.inference.settings:Predict",
    "prelabel": "label.prelabel:Prelabel",
    "pick": "label.pick:Pick",
    "pseudo": "label.pseudo:Pseudo",
    "consensus": "label.consensus:Consensus",
    "route": "label.route:Route",
    "simulate": "benchmarks.label.labelling:Simulate",
    "weak": "label.weak:Weak",
    "click": "train.clicks.settings:Click",
    "keyframes": "label.keyframes:Keyframes",
    "video": "label.video:Video",
}


def known_sections(stages: dict[str, Any]) -> set[str]:
    """Return what may stand in params.yaml: what stages and commands read, and what dvc.yaml itself takes from it."""
    taken = set(re.findall(r"\$\{(\w+)", str(stages))) - {"item"}
    tracked = {param for stage in stages.values() for param in stage.get("params", []) if isinstance(param, str)}
    return set(stages) | taken | tracked | COMMANDS.keys()


def setup_sections(stages: dict[str, Any]) -> set[str]:
    """Return the sections that the stages take from a set-up's file, e.g. plan, split and fit."""
    tracked = (params for stage in stages.values() for params in stage.get("params", []) if isinstance(params, dict))
    files = (item for params in tracked for item in params.items())
    return {section for file, sections in files if file.startswith(f"{SETUPS}/") for section in sections}


def optional_sections(stages: dict[str, Any]) -> set[str]:
    """Return the sections that a set-up's file may lack: of the stages that depend on the file as a whole."""
    name = re.compile(SETUPS.as_posix() + r"/\$\{[\w.]+\}\.yaml")
    return {stage for stage, body in stages.items() if any(name.fullmatch(dep) for dep in body.get("deps", []))}


def check_sections(found: Iterable[str], known: set[str], file: Path) -> None:
    """Raise InputError when `file` holds a section that is not known."""
    for section in found:
        if section not in known:
            raise InputError(f"{file}: {section} is not a section of this file{suggestion(section, known)}")


def check_setup(path: Path, root: Path, wanted: set[str], optional: set[str]) -> None:
    """Raise InputError when a set-up's file lacks a section `wanted`, or holds one that is not `optional` either."""
    found = read_yaml(root / path)
    sections = [section for section in found if section != "real"]  # which is where photos lie that come with it
    check_sections(sections, wanted | optional, path)
    for section in sorted(wanted - set(found)):
        raise InputError(
            f"{path}: the section '{section}' is missing, and DVC stops on that; "
            f"write '{section}: {{}}' if the set-up changes nothing there"
        )


def settings_of(module: str) -> list[type[Any]]:
    """Return the settings dataclasses that the `main` of a stage's module takes."""
    parameters = inspect.signature(importlib.import_module(module).main).parameters.values()
    kinds = [parameter.annotation for parameter in parameters]
    return [kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


def module_of(cmd: str) -> str:
    """Return the module that a stage's command runs: ``python -m mix.split --photos ...`` gives mix.split."""
    return cmd.split()[2]


def check(root: Path = Path()) -> None:
    """Raise InputError for the first mistake in params.yaml or in the set-up in force."""
    stages, params = read_yaml(root / PIPELINE)["stages"], read_yaml(root / PARAMS)
    check_sections(params, known_sections(stages), PARAMS)
    check_setup(setup_path(params, root), root, setup_sections(stages), optional_sections(stages))
    modules = {module_of(stage["cmd"]): None for stage in stages.values()}
    kinds = [kind for module in modules for kind in settings_of(module)]
    for kind in kinds + [pkgutil.resolve_name(name) for section, name in COMMANDS.items() if section in params]:
        read_settings(kind, root)


if __name__ == "__main__":
    with one_line_errors():
        check()

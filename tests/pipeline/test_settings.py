import dataclasses
import re

import pytest

from pipeline.errors import InputError
from pipeline.settings import read_settings


@dataclasses.dataclass(frozen=True)
class Part:
    where: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    photos: int | None = None


@dataclasses.dataclass(frozen=True)
class Fit:
    steps: int
    rate: float
    encoder: str
    amp: bool
    size_hw: tuple[int, int]
    ratios: tuple[float, ...]
    train: Part = Part()
    renders: int | None = None

    def __post_init__(self):
        if self.steps < 1:
            raise ValueError(f"steps is {self.steps}, wanted at least 1")


GOOD = {
    "steps": "10",
    "rate": "0.1",
    "encoder": "small",
    "amp": "true",
    "size_hw": "[2, 3]",
    "ratios": "[0, 0.5]",
}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "setups").mkdir()
    return tmp_path


def write(root, changes=(), fit="fit: {}", setup="boards"):
    """Write a project's settings: GOOD with some values changed (None leaves the key out) and a set-up over it."""
    values = {key: value for key, value in (GOOD | dict(changes)).items() if value is not None}
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    (root / "params.yaml").write_text(f"setup: {setup}\nreal: photos\nfit:\n{lines}", encoding="utf-8")
    (root / "setups/boards.yaml").write_text(f"{fit}\n", encoding="utf-8")
    return root


def test_values_arrive_with_the_types_of_the_dataclass(project):
    assert read_settings(Fit, write(project)) == Fit(10, 0.1, "small", True, (2, 3), (0.0, 0.5))


def test_a_set_up_replaces_the_keys_that_it_names_and_no_others(project):
    fit = read_settings(Fit, write(project, fit="fit: {steps: 7, train: {where: {camera: [a, b]}, photos: 3}}"))
    assert fit == Fit(7, 0.1, "small", True, (2, 3), (0.0, 0.5), Part({"camera": ("a", "b")}, 3))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1e-3", 0.001, id="an exponent without a point, which YAML 1.1 takes for text"),
        pytest.param("1.0e-05", 0.00001, id="an exponent with a point"),
        pytest.param("2", 2.0, id="a whole number"),
    ],
)
def test_a_number_may_be_written_in_any_way_that_dvc_takes(project, text, value):
    assert read_settings(Fit, write(project, {"rate": text})).rate == value


def test_null_is_a_value_where_the_setting_may_be_none(project):
    assert read_settings(Fit, write(project, {"renders": "null"})).renders is None


BAD = [
    pytest.param({"stepz": "1"}, "fit.stepz is not a setting (did you mean 'steps'?)", id="nearly a setting"),
    pytest.param(
        {"wheel": "1"},
        "fit.wheel is not a setting; there are: amp, encoder, rate, ratios, renders, size_hw, steps, train",
        id="nothing like a setting",
    ),
    pytest.param({"steps": None}, "fit.steps is missing; add it", id="missing"),
    pytest.param({"steps": "many"}, "fit.steps is 'many', wanted a whole number", id="text for a whole number"),
    pytest.param({"steps": "1.5"}, "fit.steps is 1.5, wanted a whole number", id="a fraction for a whole number"),
    pytest.param({"steps": "true"}, "fit.steps is True, wanted a whole number", id="true for a whole number"),
    pytest.param({"steps": "null"}, "fit.steps is None, wanted a whole number", id="null for a whole number"),
    pytest.param({"steps": "0"}, "fit.steps is 0, wanted at least 1", id="refused by the dataclass itself"),
    pytest.param({"rate": "fast"}, "fit.rate is 'fast', wanted a number", id="text for a number"),
    pytest.param({"rate": "'0.5'"}, "fit.rate is '0.5', wanted a number", id="a quoted number"),
    pytest.param({"rate": ".nan"}, "fit.rate is nan, wanted a finite number", id="not a number"),
    pytest.param({"encoder": "3"}, "fit.encoder is 3, wanted text", id="a number for text"),
    pytest.param({"amp": "1"}, "fit.amp is 1, wanted true or false", id="a number for true or false"),
    pytest.param({"amp": "yes"}, "fit.amp is 'yes', wanted true or false", id="yes is text"),
    pytest.param({"ratios": "0.5"}, "fit.ratios is 0.5, wanted a list", id="a number for a list"),
    pytest.param({"ratios": "[0, half]"}, "fit.ratios[1] is 'half', wanted a number", id="text within a list"),
    pytest.param({"size_hw": "[1, 2, 3]"}, "fit.size_hw is [1, 2, 3], wanted a list of 2", id="a list too long"),
    pytest.param({"train": "all"}, "fit.train is 'all', wanted 'key: value' lines", id="text for a group"),
    pytest.param(
        {"train": "{photo: 3}"}, "fit.train.photo is not a setting (did you mean 'photos'?)", id="unknown in a group"
    ),
    pytest.param(
        {"train": "{where: {camera: front}}"},
        "fit.train.where.camera is 'front', wanted a list",
        id="text for a list in a group",
    ),
    pytest.param({"renders": "few"}, "fit.renders is 'few', wanted a whole number", id="neither a number nor null"),
]


@pytest.mark.parametrize(("changes", "message"), BAD)
def test_a_wrong_value_is_named_with_what_was_wanted(project, changes, message):
    with pytest.raises(InputError, match=f"^{re.escape(f'params.yaml: {message}')}$"):
        read_settings(Fit, write(project, changes))


def test_a_wrong_value_of_the_set_up_is_blamed_on_the_set_up(project):
    with pytest.raises(InputError, match=r"^setups/boards.yaml: fit.steps is 'x', wanted a whole number$"):
        read_settings(Fit, write(project, fit="fit: {steps: x}"))


def test_a_set_up_that_is_not_there_is_named_with_the_nearest_one(project):
    wanted = re.escape("params.yaml: setup is 'bords', wanted the name of a file in setups/ (did you mean 'boards'?)")
    with pytest.raises(InputError, match=f"^{wanted}$"):
        read_settings(Fit, write(project, setup="bords"))


FILES = [
    pytest.param("fit: [1\n", r"^params.yaml:2: not YAML: expected ',' or ']'", id="a bracket left open"),
    pytest.param("a: 1\na: 2\n", r"^params.yaml:2: not YAML: found duplicate key \"a\"", id="a key that stands twice"),
    pytest.param("- 1\n", r"^params.yaml: found list, wanted sections of settings$", id="a list"),
    pytest.param("", r"^params.yaml: found NoneType, wanted sections of settings$", id="an empty file"),
    pytest.param("setup: boards\n", r"^params.yaml: the section 'fit' is missing; add it$", id="no such section"),
    pytest.param("setup: boards\nfit: 3\n", r"^params.yaml: fit is 3, wanted 'key: value' lines$", id="no section"),
]


@pytest.mark.parametrize(("text", "message"), FILES)
def test_a_file_that_is_no_params_file_is_refused(project, text, message, monkeypatch):
    write(project)
    (project / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(project)
    with pytest.raises(InputError, match=message):
        read_settings(Fit)


def test_no_params_file_at_all_says_where_to_run_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^params.yaml: there is no such file; run the command in the project's"):
        read_settings(Fit)

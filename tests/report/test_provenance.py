import pytest
from page_project import transfer, typed

from dataset.records import RENDER, Sample
from report.provenance import flat, of_assets, of_seeds, of_sources, of_versions, refused


def sample(name, assets=(), source="boards", licence="CC0-1.0"):
    return Sample(name, RENDER, "a.png", "b.png", (5, 5), (), source, licence, "", assets)


def test_samples_are_counted_by_part_source_and_licence():
    parts = {"train photos": [sample("a"), sample("b"), sample("c", licence="MIT")], "renders": []}
    assert of_sources(parts).rows == (
        ("train photos", "2", "boards", "CC0-1.0"),
        ("train photos", "1", "boards", "MIT"),
    )


def test_an_asset_counts_once_a_render():
    assert of_assets([sample("a", ("mug", "mug")), sample("b", ("mug", "lamp"))]).rows == (("lamp", "1"), ("mug", "2"))
    assert of_assets([]) is None


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        pytest.param({"crashed": ["5cee"], "empty": ["1a", "2b"]}, ": 2 empty, 1 crashed (set aside: 5cee).", id="two"),
        pytest.param({"empty": ["1a"], "dark": ["2b"]}, ": 1 dark, 1 empty.", id="equally many, by name"),
        pytest.param({}, "", id="none"),
    ],
)
def test_refused_scenes_are_counted_by_cause_and_those_set_aside_are_named(causes, expected):
    assert refused(causes).endswith(expected)


def test_nested_settings_become_dotted_names():
    value = {"fit": {"steps": 120, "loss": None}, "weights": {}, "categories": ["a", "b"], "none": []}
    assert flat(value) == [
        ("fit.steps", "120"),
        ("fit.loss", "none"),
        ("weights", "none"),
        ("categories", "a, b"),
        ("none", "none"),
    ]


def test_seeds_are_named_once_in_order():
    assert of_seeds(typed(transfer(seeds=2)).runs) == "Seeds of training: 1, 2."
    assert of_seeds([]) == ""


def test_versions_are_those_of_what_is_installed():
    rows = dict(of_versions().rows)
    assert {"torch", "numpy", "timm"} <= rows.keys()
    assert all(version[0].isdigit() for version in rows.values())

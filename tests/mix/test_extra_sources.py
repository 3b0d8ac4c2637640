"""Further sources are found by their folders, and none brings a photo that scores are taken on."""

import dataclasses

import pytest

from mix.compose import Compose
from mix.extra_sources import extra_sources
from pipeline.errors import InputError
from tests.mix.things import by_name, samples


def test_folders_with_samples_are_extra_sources_sources_by_name(project):
    project.write("more/other-engine/samples.jsonl", samples("render", 5, "engine"))
    project.write("more/archive_2/samples.jsonl", samples("real", 4, "old"))
    project.write("more/.half.9.part/samples.jsonl", samples("real", 4, "half"))
    (project.root / "more" / "notes").mkdir()
    pools = project.compose(Compose(1, None, 4))
    assert [(pool["name"], pool["domain"], len(pool["ids"])) for pool in pools["sources"]] == [
        ("real", "real", 6), ("render", "render", 36), ("archive_2", "real", 4), ("other-engine", "render", 5)
    ]  # fmt: skip
    assert by_name(pools)["archive_2"]["manifest"] == "more/archive_2/samples.jsonl"


@pytest.mark.parametrize(
    ("folder", "members", "message"),
    [
        pytest.param("real", samples("real", 1, "x"), "name 'real' is taken", id="our own name"),
        pytest.param("render", samples("render", 1, "x"), "name 'render' is taken", id="our other name"),
        pytest.param("old photos", samples("real", 1, "x"), "named 'old photos', wanted letters", id="a space"),
        pytest.param("both", samples("real", 1, "x") + samples("render", 1, "y"), "y0 is a render, wanted real",
                     id="two domains"),
        pytest.param("none", [], "found no samples; put some there", id="no sample"),
        pytest.param("other", samples("drawing", 1), "drawing0 is a 'drawing', wanted 'real' or", id="no known domain"),
        pytest.param("twice", samples("real", 1, "x") * 2, "x0 stands there twice", id="an id twice"),
    ],
)  # fmt: skip
def test_a_extra_sources_source_that_cannot_be_is_refused(project, folder, members, message):
    project.write(f"more/{folder}/samples.jsonl", members)
    with pytest.raises(InputError, match=message):
        project.compose()
    assert not (project.root / "pools.json").exists()


@pytest.mark.parametrize(
    ("theirs", "ours", "mark"),
    [
        pytest.param({"id": "val1"}, b"another", "id", id="by its name"),
        pytest.param({"group": "burst=3"}, b"another", "group", id="by its group"),
        pytest.param({}, b"val1", "file", id="by its bytes, under another name"),
    ],
)
def test_a_photo_of_val_is_found_among_extra_sources_real_photos(project, theirs, ours, mark):
    val = samples("real", 3, "val")
    project.write("split/val.jsonl", [val[0], dataclasses.replace(val[1], group="burst=3"), val[2]])
    project.write("more/archive/samples.jsonl", [dataclasses.replace(samples("real", 1, "old")[0], **theirs)])
    (project.root / "more" / "archive" / "old0.png").write_bytes(ours)
    with pytest.raises(InputError, match=f"has the same {mark} as val1 of val, so val would not measure what is new"):
        project.compose()


def test_a_extra_sources_photo_that_is_not_there_is_named(project):
    project.write("more/archive/samples.jsonl", samples("real", 1, "old"))
    (project.root / "more" / "archive" / "old0.png").unlink()
    with pytest.raises(InputError, match=r"old0\.png: there is no such file"):
        project.compose()


def test_a_folder_that_is_not_there_holds_no_extra_sources_source(tmp_path):
    assert extra_sources(tmp_path / "more") == {}

"""What holds for every export: licences, whole folders, safe names, the same bytes, one line for a mistake."""

import dataclasses
import json
import tracemalloc
from pathlib import Path

import pytest

from dataset.export import FORMATS
from dataset.formats.json_rows import json_with_rows
from dataset.formats.source import name_of
from dataset.records import write_manifest

every_format = pytest.mark.parametrize("style", sorted(FORMATS))
LICENCES = """kind,asset,licence,source,pictures
asset,mug,CC-BY-4.0,Ada Example,2
asset,plate,CC0-1.0,ours,1
asset,sky,CC0-1.0,Poly Haven,2
photos,,CC0-1.0,garden,1
photos,,CC0-1.0,kitchen,1
"""


def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(pictures, capsys, *words):
    """Return the one line that an export ends with."""
    with pytest.raises(SystemExit) as end:
        pictures.export(*words)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@every_format
def test_licence_and_source_of_all_that_is_shown_stand_beside_it(pictures, tmp_path, style):
    assert (pictures.export(style, tmp_path / "out") / "LICENCES.csv").read_text() == LICENCES


@every_format
def test_the_same_samples_give_the_same_bytes_loose_or_in_a_tar(pictures, packed, tmp_path, style):
    first, second = pictures.export(style, tmp_path / "first"), packed.export(style, tmp_path / "second")
    assert files_in(first) == files_in(second)
    assert files_in(first) == files_in(packed.export(style, first))


@every_format
def test_no_file_leaves_the_folder_whatever_a_sample_is_called(pictures, tmp_path, style):
    before = files_in(tmp_path)
    out = pictures.export(style, tmp_path / "a" / "b" / "out")
    assert {path for path in files_in(tmp_path) if path not in before} == {
        path.relative_to(tmp_path) for path in out.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        pytest.param("scene-1_a", "scene-1_a", id="plain"),
        pytest.param("../x", "%2E%2E%2Fx", id="a path"),
        pytest.param("%2E", "%252E", id="what looks like the name of another"),
        pytest.param("Größe 1", "Größe%201", id="letters of any language"),
        pytest.param("a\\b\0€", "a%5Cb%00%E2%82%AC", id="what some systems do not take"),
    ],
)
def test_a_sample_s_file_is_named_after_it(pictures, id_, name):
    assert name_of(dataclasses.replace(pictures.samples[0], id=id_)) == name


def test_a_new_export_replaces_the_one_before_it(pictures, tmp_path):
    out = pictures.export("coco", tmp_path / "out")
    pictures.export("yolo", out)
    assert not (out / "annotations.json").exists()
    assert (out / "data.yaml").exists()


def test_a_folder_of_other_things_is_left_alone(pictures, tmp_path, capsys):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("mine")
    assert "holds files that are no earlier export" in refused(pictures, capsys, "coco", home)
    (home / "export.json").write_text('{"tool": "another"}')
    assert "holds files that are no earlier export" in refused(pictures, capsys, "coco", home)
    assert "not a folder" in refused(pictures, capsys, "coco", home / "thesis.txt")
    assert "the samples themselves lie in it" in refused(pictures, capsys, "coco", pictures.manifest.parent)
    assert (home / "thesis.txt").read_text() == "mine"


def test_an_export_that_fails_leaves_the_one_before_it_and_nothing_else(pictures, tmp_path, capsys):
    out = pictures.export("coco", tmp_path / "out")
    before = files_in(tmp_path)
    lost = (pictures.manifest.parent / pictures.samples[2].image).rename(tmp_path / "lost.jpg")
    assert "there is no such file" in refused(pictures, capsys, "coco", out)
    lost.rename(pictures.manifest.parent / pictures.samples[2].image)
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    ("style", "said"),
    [
        pytest.param("yolo", "export: left out the ignored regions of 2 pictures, which yolo cannot hold", id="yolo"),
        pytest.param("bop", "export: left out the ignored regions of 2 pictures, which bop cannot hold", id="bop"),
        pytest.param("coco", "", id="coco"),
        pytest.param("labelme", "", id="labelme"),
        pytest.param("png", "", id="png"),
        pytest.param(
            "supervisely",
            "export: left out the ignored regions of 2 pictures, which supervisely cannot",
            id="supervisely",
        ),
        pytest.param("voc", "", id="voc"),
        pytest.param("webdataset", "", id="webdataset"),
    ],
)
def test_a_format_that_cannot_hold_what_is_ignored_says_so_and_writes_the_rest(pictures, tmp_path, capsys, style, said):
    plain = files_in(pictures.export(style, tmp_path / "plain"))
    assert "ignored" not in capsys.readouterr().err
    ignoring = files_in(pictures.ignoring(1, 3).export(style, tmp_path / "ignoring"))
    lines = [line for line in capsys.readouterr().err.splitlines() if "ignored" in line]
    assert len(lines) == bool(said)
    assert all(line.startswith(said) for line in lines)
    assert (plain == ignoring) == bool(said)


def without_mug(pictures):
    path = pictures.manifest.with_name("credits.json")
    path.write_text(json.dumps({"plate": {}, "sky": {}}), encoding="utf-8")


def without_licence(pictures):
    path = pictures.manifest.with_name("credits.json")
    entries = json.loads(path.read_text())
    path.write_text(json.dumps(entries | {"sky": {"licence": " ", "source": "x"}}), encoding="utf-8")


def without_credits(pictures):
    pictures.manifest.with_name("credits.json").unlink()


def changed(number, **changes):
    def change(pictures):
        samples = list(pictures.samples)
        samples[number] = dataclasses.replace(samples[number], **changes)
        write_manifest(pictures.manifest, samples)

    return change


def moved_box(pictures):
    first, *others = pictures.samples[1].instances
    changed(1, instances=(dataclasses.replace(first, box=(0, 0, 5, 5)), *others))(pictures)


def of_no_sample(pictures):
    write_manifest(pictures.manifest, [])


def of_no_category(pictures):
    write_manifest(pictures.manifest, pictures.samples[3:])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(without_mug, "no licence of the asset 'mug', which 2 pictures show", id="an asset without credit"),
        pytest.param(without_licence, "sky.licence and source are ' '", id="an empty licence"),
        pytest.param(without_credits, "credits.json: there is no such file", id="no credits at all"),
        pytest.param(changed(1, id="scene-1"), "'scene-1' is empty or there twice", id="an id twice"),
        pytest.param(changed(1, image="../../x.png"), "leaves", id="a picture outside the folder"),
        pytest.param(changed(1, size_hw=(60, 81)), "its id map is (60, 80)", id="an id map of another size"),
        pytest.param(moved_box, "instance 1 is (0, 0, 80, 60)", id="a box that is not the mask's"),
        pytest.param(of_no_sample, "found no sample", id="no sample"),
        pytest.param(of_no_category, "found no category", id="nothing labelled"),
    ],
)
def test_a_mistake_ends_in_one_line(pictures, tmp_path, capsys, spoil, message):
    spoil(pictures)
    assert message in refused(pictures, capsys, "coco", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_category_that_is_not_listed_is_named(pictures, tmp_path, capsys):
    (tmp_path / "categories.json").write_text('["mug"]')
    words = ("yolo", tmp_path / "out", "--categories", tmp_path / "categories.json")
    assert "found the category 'plate'" in refused(pictures, capsys, *words)


def test_photos_alone_need_no_credits(pictures, tmp_path):
    write_manifest(pictures.manifest, pictures.samples[2:])
    pictures.manifest.with_name("credits.json").unlink()
    text = (pictures.export("coco", tmp_path / "out") / "LICENCES.csv").read_text()
    assert text.splitlines()[1:] == ["photos,,CC0-1.0,garden,1", "photos,,CC0-1.0,kitchen,1"]


def test_a_licence_or_source_that_a_spreadsheet_would_compute_is_quoted(pictures, tmp_path):
    evil = {"licence": "=1+1", "source": '@SUM(A1)+cmd|"/c calc"!A0', "category": ""}
    credits_file = pictures.manifest.with_name("credits.json")
    credits_file.write_text(json.dumps(json.loads(credits_file.read_text()) | {"sky": evil}), encoding="utf-8")
    lines = (pictures.export("coco", tmp_path / "out") / "LICENCES.csv").read_text().splitlines()
    assert [line for line in lines if ",sky," in line] == ["""asset,sky,'=1+1,"'@SUM(A1)+cmd|""/c calc""!A0",""" + "2"]


def test_lists_of_json_grow_on_the_disk_not_in_memory(tmp_path):
    tracemalloc.start()
    with json_with_rows(tmp_path / "long.json", {"head": "ü"}, "first", "second") as (first, second):
        for number in range(20000):
            first.add({"id": number, "text": "x" * 100})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert second.count == 0
    assert peak < 500_000  # of 2.4 million
    found = json.loads((tmp_path / "long.json").read_text(encoding="utf-8"))
    assert found["head"] == "ü"
    assert [row["id"] for row in found["first"]] == list(range(20000))
    assert found["second"] == []


def test_every_format_has_a_file_of_its_own():
    folder = Path(__file__).parents[2] / "dataset" / "formats"
    assert set(FORMATS) <= {path.stem for path in folder.glob("*.py")}

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import IGNORE, instances_in, read_ids, read_image, write_ids
from dataset.pictures import upright
from dataset.predictions import Prediction
from dataset.records import Sample, read_manifest, write_manifest
from label.pseudo import Pseudo, main
from mix.extra_sources import check_unmeasured, extra_sources, measured_on
from pipeline.errors import InputError
from tests.label.predicted import SIDE, prediction, square, write_folder, write_photo
from tests.page_reader import Reader

SETTINGS = Pseudo(0.8, 0.9, 0.75, 0.6, 0.5, 6, 0.0, "CC0-1.0")
VAL = 18


def about(folder: Path, network: str = "a") -> None:
    (folder / "about.json").write_text(json.dumps({"weights_sha256": network * 64, "uncertainty_most_bits": 1.0}))


def unsure_at(folder: Path, one: Prediction, unsure: np.ndarray) -> Prediction:
    """Write the picture of the uncertainty, and return the prediction that names it."""
    path = folder / "uncertainty" / f"{one.file}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.where(unsure, 255, 0).astype(np.uint8)).save(path)
    return dataclasses.replace(one, pictures={"uncertainty": f"uncertainty/{one.file}.png"})


def manifest(root: Path, split: str, names: dict[str, int]) -> Path:
    """Write photos with a square each, and their manifest. names: file -> what it shows."""
    samples = []
    for name, seed in names.items():
        write_photo(root / split / "images" / name, seed)
        ids, instances = instances_in(square().astype(np.uint16), ["tile"])
        write_ids(root / split / "ids" / name, ids)
        samples.append(Sample(name, "real", f"images/{name}", f"ids/{name}", ids.shape, instances, "s", "CC0-1.0"))
    write_manifest(root / split / "samples.jsonl", samples)
    return root / split / "samples.jsonl"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write val photos on which a network is right from a score of 0.5 on, and six photos that nobody labelled."""
    manifest(tmp_path, "val", {f"v{k}.png": k for k in range(VAL)})
    manifest(tmp_path, "test", {"t.png": 100})
    manifest(tmp_path, "train", {"l.png": 200})
    on_val(tmp_path)
    found = []
    for number, score in enumerate((0.9, 0.8, 0.7, 0.2)):
        write_photo(tmp_path / "photos" / f"u{number}.png", 300 + number)
        one = prediction(f"u{number}.png", [square(), square(24, 8)], [score, 0.2])
        found.append(unsure_at(tmp_path / "predictions", one, np.arange(SIDE) < 2 + np.zeros((SIDE, 1))))
    for name, seed in (("t-again.png", 100), ("l-again.png", 200)):
        write_photo(tmp_path / "photos" / name, seed)
        found.append(unsure_at(tmp_path / "predictions", prediction(name, [square()], [0.9]), square(0, 0)))
    write_folder(tmp_path / "predictions", found)
    about(tmp_path / "predictions")
    return tmp_path


def on_val(root: Path, wrong: int = 0, network: str = "a") -> Path:
    """Write a network's predictions of val: the first `wrong` of them lie elsewhere."""
    found = [prediction(f"v{k}.png", [square(26 if k < wrong else 8)], [0.6 + k / 100]) for k in range(VAL)]
    write_folder(root / "on-val", found)
    about(root / "on-val", network)
    return root / "on-val"


def pseudo(root: Path, settings: Pseudo = SETTINGS) -> Path:
    manifests = [root / split / "samples.jsonl" for split in ("val", "test", "train")]
    main(
        settings,
        root / "predictions",
        root / "photos",
        root / "on-val",
        *manifests[:2],
        root / "more" / "pseudo",
        manifests[2],
    )
    return root / "more" / "pseudo"


def test_what_is_sure_is_an_object_and_the_rest_is_ignored(project):
    out = pseudo(project)
    samples = {sample.tags["file"]: sample for sample in read_manifest(out / "samples.jsonl")}
    assert sorted(samples) == ["u0.png", "u1.png", "u2.png"]
    ids = read_ids(out / samples["u0.png"].ids)
    assert ids[10, 10] == 1
    assert (ids[square(24, 8)] == IGNORE).all()
    assert (ids[:, :2] == IGNORE).all()
    assert ids[39, 39] == 0
    assert [one.category for one in samples["u0.png"].instances] == ["tile"]


def test_the_source_is_one_that_trainings_take_and_names_its_network(project):
    out = pseudo(project)
    assert extra_sources(project / "more") == {"pseudo": out / "samples.jsonl"}
    splits = {split: project / split / "samples.jsonl" for split in ("val", "test")}
    check_unmeasured(out / "samples.jsonl", measured_on(splits))
    assert {sample.tags["network"] for sample in read_manifest(out / "samples.jsonl")} == {"a" * 16}
    said = json.loads((out / "about.json").read_text())
    assert (said["network"], said["round"], said["photos"]) == ("a" * 64, 1, 3)


def test_photos_of_test_and_those_that_people_labelled_are_left_out(project):
    said = json.loads((pseudo(project) / "about.json").read_text())
    assert said["left_out"] == {
        "labelled by people": 1, "nothing in it is sure": 1, "of val or test, or nearly the same as one": 1,
    }  # fmt: skip


def test_a_smaller_copy_of_a_test_photo_is_left_out_too(project):
    with Image.open(project / "test" / "images" / "t.png") as image:
        image.resize((30, 30)).resize((SIDE, SIDE)).save(project / "photos" / "u0.png")
    assert {s.tags["file"] for s in read_manifest(pseudo(project) / "samples.jsonl")} == {"u1.png", "u2.png"}


def test_a_photo_that_exif_turns_is_brought_as_it_was_predicted(project):
    path = project / "photos" / "u1.png"
    image = Image.open(path).convert("RGB").crop((0, 0, SIDE, SIDE // 2))
    exif = image.getexif()
    exif[274] = 6
    image.resize((SIDE, SIDE)).save(path, exif=exif)
    out = pseudo(project)
    sample = next(one for one in read_manifest(out / "samples.jsonl") if one.tags["file"] == "u1.png")
    assert np.array_equal(read_image(out / sample.image), upright(path.read_bytes(), "u1"))
    assert not np.array_equal(read_image(out / sample.image), read_image(path))


def test_a_network_that_is_often_wrong_on_val_labels_nothing(project):
    on_val(project, wrong=8)
    with pytest.raises(InputError, match="do not certify that 80% are right"):
        pseudo(project)


def test_a_further_round_stops_when_val_falls_and_leaves_the_source(project):
    out = pseudo(project)
    files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    on_val(project, wrong=3, network="b")
    about(project / "predictions", "b")
    pseudo(project)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == files
    on_val(project, network="b")
    assert json.loads((pseudo(project) / "about.json").read_text())["round"] == 2


def test_two_networks_are_not_taken_for_one(project):
    about(project / "predictions", "b")
    with pytest.raises(InputError, match="is of another network"):
        pseudo(project)


def test_the_page_says_from_which_score_on_and_what_was_left_out(project):
    out = pseudo(project)
    page = Reader((out / "index.html").read_text(encoding="utf-8"))
    assert "tile: taken from a score of" in page.text
    assert "1 left out: labelled by people" in page.text
    assert sum(tag == "img" for tag, _ in page.tags) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"precision": 1.0}, "precision is 1.0", id="all right"),
        pytest.param({"most_ignored": 2}, "most_ignored must be a share", id="no share"),
        pytest.param({"near_duplicates": 64}, "near_duplicates is 64", id="all are near"),
    ],
)
def test_settings_that_no_source_can_be_made_by_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SETTINGS, **changes)

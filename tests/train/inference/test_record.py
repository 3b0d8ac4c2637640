import json
from pathlib import Path

import pytest

from dataset.predictions import Prediction, read_record
from pipeline.errors import InputError
from pipeline.files import write_bytes
from train.inference.records import forget_others, is_done, record_path, write_record


def predicted(out: Path, name: str, picture: str) -> None:
    write_record(record_path(out, name), Prediction("key", f"{name}.jpg", (2, 3), 0.5, (), (), {"masks": picture}))


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_records_of_photos_that_are_gone_are_deleted_with_their_pictures(tmp_path: Path):
    for name in ("a", "deep/b"):
        predicted(tmp_path, name, f"masks/{name}.png")
        write_bytes(tmp_path / "masks" / f"{name}.png", b"mask")
    assert is_done(tmp_path, "deep/b", "key")
    forget_others(tmp_path, {"a"})
    assert files_in(tmp_path) == ["masks/a.png", "records/a.json"]


@pytest.mark.parametrize(
    "picture",
    [
        "../thesis.txt",
        "masks/../../thesis.txt",
        "link/thesis.txt",
        "{absolute}",
        "a\0b",
        "",
        ".",
        "masks",
        "records/a.json",
        "masks/a.png",
    ],
)
def test_a_record_that_names_a_file_elsewhere_deletes_nothing(tmp_path: Path, picture: str):
    out = tmp_path / "out"
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    predicted(out, "a", "masks/a.png")
    predicted(out, "b", picture.format(absolute=tmp_path / "thesis.txt"))
    write_bytes(out / "masks" / "a.png", b"mask")
    (out / "link").symlink_to(tmp_path)
    before = files_in(tmp_path)
    with pytest.raises(InputError, match=r"out: the record of b\.jpg: .* is no picture of its own"):
        forget_others(out, set())
    assert files_in(tmp_path) == before


def test_a_folder_of_pictures_that_leads_elsewhere_is_left_alone(tmp_path: Path):
    predicted(tmp_path / "out", "a", "masks/a.png")
    write_bytes(tmp_path / "elsewhere" / "a.png", b"somebody's")
    (tmp_path / "out" / "masks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"out: the record of a\.jpg: 'masks/a\.png' leaves"):
        forget_others(tmp_path / "out", set())
    assert (tmp_path / "elsewhere" / "a.png").is_file()


@pytest.mark.parametrize("value", [[], {}, {"key": 1}, {"pictures": "masks"}, 3, None])
def test_another_file_than_a_record_is_named_and_deletes_nothing(tmp_path: Path, value: object):
    predicted(tmp_path, "a", "masks/a.png")
    record_path(tmp_path, "b").write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.json: not a record of a prediction"):
        read_record(record_path(tmp_path, "b"))
    with pytest.raises(InputError, match=r"b\.json: not a record of a prediction"):
        forget_others(tmp_path, set())
    assert files_in(tmp_path) == ["records/a.json", "records/b.json"]

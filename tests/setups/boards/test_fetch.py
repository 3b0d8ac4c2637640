import dataclasses
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError
from setups.boards.fetch import SOURCES, check, licence_in, read_wheel, refuse_unknown

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
CORNERS = ROOT / "setups" / "boards" / "corners.json"
SOURCE = dataclasses.replace(SOURCES[1], photos=2)
PHOTOS = "mvtbdata/images/calibration"


def write_wheel(folder, members, name="pose2sim-0.10.49-py3-none-any.whl"):
    folder.mkdir(exist_ok=True)
    info = "-".join(name.split("-")[:2]) + ".dist-info"
    version = name.split("-")[1]
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: x\nVersion: {version}\nLicense-Expression: MIT\n"
        )
        for member, data in members.items():
            archive.writestr(member, data)
    return folder / name


@pytest.mark.parametrize("wheels", ["another file of that name", "no such wheel"])
def test_a_wheel_that_is_not_the_pinned_one_is_refused_in_one_line_and_leaves_nothing_behind(tmp_path, wheels):
    index = tmp_path / "index"
    index.mkdir()
    if wheels == "another file of that name":
        write_wheel(index, {"x.py": "x = 1"})
    out = tmp_path / "data" / "embedded"
    done = subprocess.run(
        [sys.executable, "-m", "setups.boards.fetch", "--corners", CORNERS, "--out", out],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("pose2sim==0.10.49: pip could not bring it")
    assert ("DO NOT MATCH" in done.stderr) == (wheels == "another file of that name")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "data").iterdir()) == []


def test_a_checksum_is_compared_with_the_pinned_one(tmp_path):
    wheel = write_wheel(tmp_path, {})
    check(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    with pytest.raises(InputError, match=r"pose2sim-0\.10\.49-py3-none-any\.whl: its SHA-256 is .*, wanted 0000"):
        check(wheel, "0" * 64)


def test_only_the_photos_are_taken_from_a_wheel(tmp_path):
    names = [
        f"{PHOTOS}/left02.jpg",
        f"{PHOTOS}/left01.jpg",
        f"{PHOTOS}/../left03.jpg",
        f"{PHOTOS}/right01.jpg",
        "a.jpg",
    ]
    licence, photos = read_wheel(write_wheel(tmp_path, {name: name for name in names}), SOURCE)
    assert licence == "MIT"
    assert [(photo.file, photo.camera) for photo in photos] == [("left01.jpg", "left"), ("left02.jpg", "left")]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({f"{PHOTOS}/left01.jpg": b"x"}, id="one is missing"),
        pytest.param(
            {f"{PHOTOS}/left01.jpg": b"x", f"{PHOTOS}/left02.jpg": b"x" * 2_000_000}, id="one is far too large"
        ),
    ],
)
def test_a_wheel_with_other_photos_than_expected_is_refused(tmp_path, members):
    with pytest.raises(InputError, match="1 photos, wanted 2"):
        read_wheel(write_wheel(tmp_path, members), SOURCE)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        pytest.param("Name: a\nLicense-Expression: BSD-3-Clause\n", "BSD-3-Clause", id="as an expression"),
        pytest.param("Name: a\nClassifier: License :: OSI Approved :: MIT License\n", "MIT", id="as a classifier"),
    ],
)
def test_the_licence_is_the_one_that_the_wheel_states(metadata, licence):
    assert licence_in(metadata) == licence


def test_a_wheel_without_a_licence_is_refused():
    with pytest.raises(InputError, match="a: its metadata state no licence"):
        licence_in("Name: a\nClassifier: Topic :: Scientific\n")


def test_a_name_among_the_corners_that_no_photo_has_is_refused():
    refuse_unknown(["a.jpg"], ["a.jpg", "b.jpg"])
    with pytest.raises(InputError, match=r"there is no photo 'c\.jpg'"):
        refuse_unknown(["a.jpg", "c.jpg"], ["a.jpg", "b.jpg"])

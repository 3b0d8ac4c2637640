"""The frames of a clip as a folder of photos, and the labels of some of them in any format that is read here."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import files_of, refuse_unread
from dataset.idmap import IdMap, instances_in, read_ids
from dataset.overlay import RGB
from dataset.pictures import upright
from dataset.records import Sample, read_manifest
from label.prelabels.coming_back import beside_photos, whole_set
from label.tracks.flow import LEAST_SIDE_PX, Grey
from label.tracks.propagating import PROPAGATED
from label.tracks.tracking import LabelledFrame
from pipeline.errors import InputError, shown
from pipeline.progress import track
from pipeline.reading import read_bytes

MANIFEST = "samples.jsonl"
LABELS = "labels"  # the tag of a sample that says who made its labels
DIGITS = re.compile(r"(\d+)")


@dataclasses.dataclass(frozen=True)
class Clip:
    """The frames of a clip, in the order of time; all have one size."""

    folder: Path
    files: tuple[Path, ...]
    size_hw: tuple[int, int]
    greys: tuple[Grey, ...]  # (h, w), made small

    @property
    def places(self) -> dict[str, int]:
        """Return the name of each frame, without suffix -> its place, from 0."""
        return {path.stem: place for place, path in enumerate(self.files)}

    @property
    def names(self) -> list[str]:
        """Return the file's name of each frame."""
        return [path.name for path in self.files]

    def image(self, place: int) -> RGB:
        """Return a frame upright (H, W, 3)."""
        return upright(read_bytes(self.files[place]), str(self.files[place]))


def in_time(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Return what frames are sorted by: their names, numbers in them by value, so that 9 comes before 10."""
    parts = DIGITS.split(path.stem)
    return [(int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)], path.name


def read_clip(folder: Path, side_px: int) -> Clip:
    """Return the frames of a folder, by name. side_px: the longer side of the pictures that flow is found on.

    Raises InputError for less than two frames, two of one name, two sizes, and frames too small for flow.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; name one that holds the frames of one clip")
    refuse_unread(folder)
    files = tuple(sorted(files_of(folder), key=in_time))
    if len(files) < 2:
        raise InputError(f"{folder}: found {len(files)} frames, wanted two or more photos of one clip")
    seen: dict[str, Path] = {}
    for path in files:
        if seen.setdefault(path.stem, path) is not path:
            raise InputError(f"{path}: has the same name as {seen[path.stem].name} but for its suffix; rename one")
    sizes, greys = list[tuple[int, int]](), list[Grey]()
    for path in track(files, len(files), "video", "frames read"):
        image = upright(read_bytes(path), str(path))
        sizes.append((image.shape[0], image.shape[1]))
        greys.append(small_grey(image, side_px))
        if sizes[-1] != sizes[0] or min(greys[-1].shape) < LEAST_SIDE_PX:
            raise InputError(
                f"{path}: is {sizes[-1][1]} x {sizes[-1][0]} pixels, the first frame {sizes[0][1]} x {sizes[0][0]}; "
                f"wanted one size, at least {LEAST_SIDE_PX} pixels each way"
            )
    return Clip(folder, files, sizes[0], tuple(greys))


def small_grey(image: RGB, side_px: int) -> Grey:
    """Return an image (H, W, 3) as a grey picture whose longer side is `side_px` at most."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    times = side_px / max(grey.shape)
    if times >= 1:
        return np.asarray(grey, np.uint8)
    size_wh = (max(round(grey.shape[1] * times), 1), max(round(grey.shape[0] * times), 1))
    return np.asarray(cv2.resize(grey, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def read_labels(path: Path, clip: Clip) -> list[LabelledFrame]:
    """Return the frames of a clip that a person labelled, in order of time.

    path: a manifest, a folder with one, or the file, folder or .zip of a labelling tool in any format of
    docs/formats.md. A frame is known by its file's name without suffix. Frames of which the labels say nothing, and
    those whose labels this command made, are no key frames. Raises InputError when none is left.
    """
    manifest = path if path.suffix == ".jsonl" else path / MANIFEST
    found = of_manifest(manifest, clip) if manifest.is_file() else of_tool(path, clip)
    if not found:
        raise InputError(
            f"{path}: holds labels of no frame of {clip.folder}; a frame is known by its name, such as "
            f"{shown(clip.files[0].name)}"
        )
    return sorted(found, key=lambda frame: frame.at)


def of_manifest(manifest: Path, clip: Clip) -> list[LabelledFrame]:
    """Return the labelled frames of a manifest."""
    places, found = clip.places, dict[int, LabelledFrame]()
    for sample in read_manifest(manifest):
        place = next((places[name] for name in names_of(sample) if name in places), None)
        if place is None or sample.tags.get(LABELS) == PROPAGATED:
            continue
        if place in found:
            raise InputError(f"{manifest}: the frame {clip.files[place].name} is there twice; leave one")
        path = manifest.parent / sample.ids
        ids, categories = read_ids(path), {item.index: item.category for item in sample.instances}
        names = [categories.get(number, "") for number in range(1, max(categories, default=0) + 1)]
        found[place] = frame_of(place, ids, names, clip, str(path))
    return list(found.values())


def names_of(sample: Sample) -> tuple[str, ...]:
    """Return the names by which a sample may be that of a frame."""
    return PurePosixPath(sample.tags.get("file", "")).stem, PurePosixPath(sample.image).stem, sample.id


def of_tool(path: Path, clip: Clip) -> list[LabelledFrame]:
    """Return the labelled frames of what a labelling tool exported; the frames need not lie in it."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder; name the labels of some frames")
    places = clip.places
    with beside_photos(path, clip.folder) as home:
        return [
            frame_of(places[photo.file.stem], *photo.label.draw(clip.size_hw), clip, str(photo.file))
            for photo in whole_set(home).photos
            if photo.labelled and photo.file.stem in places
        ]


def frame_of(place: int, ids: IdMap, names: Sequence[str], clip: Clip, where: str) -> LabelledFrame:
    """Return a labelled frame, its objects numbered without gaps; raise InputError for labels of another size."""
    if ids.shape != clip.size_hw:
        raise InputError(
            f"{where}: its labels are {ids.shape[1]} x {ids.shape[0]} pixels, the frames {clip.size_hw[1]} x "
            f"{clip.size_hw[0]}; label the frames at their own size"
        )
    closed, instances = instances_in(ids, names)
    return LabelledFrame(place, closed, tuple(item.category for item in instances))


def as_vectors(features: Mapping[str, Sequence[float]], clip: Clip) -> NDArray[np.float32] | None:
    """Return (N, D) the vector of each frame, None where one has none or they differ in length."""
    rows = [features.get(path.name, ()) for path in clip.files]
    if not rows[0] or len({len(row) for row in rows}) > 1:
        return None
    return np.array(rows, np.float32)

"""YOLO segmentation: images/, labels/ with one line an instance, and data.yaml.

A line is ``class x1 y1 x2 y2 ...``: the category's number from 0, then one closed outline through the middles of the
mask's border pixels, as fractions of width and height. The format knows neither holes nor several pieces: these are
joined to the one outline by a cut of no width, there and back between the nearest points, as the format's users do.
A reader that fills an outline by the even-odd rule gets the mask back; one that also draws the outline itself marks
the cut between two pieces, one pixel wide. A picture without an instance has an empty label file.

What is ignored cannot be told, and is left out. What is read may lie as Ultralytics or Roboflow lay it out
(`yolo_sets`), and have outlines of other tools (`yolo_outlines.mask_from`).
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    NO_PHOTO,
    OUTSIDE,
    UNKNOWN_NAME,
    DefectError,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    refuse_unread,
)
from dataset.formats.outlines import Outline, Outlines, rle_of
from dataset.formats.pairing import MOST_DEEP
from dataset.formats.photo_files import named_apart
from dataset.formats.source import ManifestSource, name_of, say_left_out
from dataset.formats.yolo_outlines import Points, mask_from, outline_of
from dataset.formats.yolo_sets import YoloSet, label_file, photos_in, set_of, sign_of, texts_in
from dataset.idmap import IdMap, ignores
from dataset.records import Instance
from pipeline.errors import shown
from pipeline.reading import MOST_LINE, read_text

SLIP = 0.02  # how far a point may leave its photo, as a share of the side: a hand that slipped
MOST_LABELS = 4 * MOST_LINE  # bytes of one label file


@dataclasses.dataclass(frozen=True)
class LabelText:
    """A label file; its outlines are drawn on the photo as it is to be seen."""

    file: Path
    names: Mapping[int, str]

    def draw(self, size_hw: tuple[int, int]) -> tuple[IdMap, list[str]]:
        """Return the outlines' masks as instances, in the order of the lines; of two that overlap the smaller is seen.

        Raises InputError for a line that is no outline, such as a box, and for a number that is no category's.
        """
        outlines = list[Outline]()
        for number, line in enumerate(read_text(self.file, MOST_LABELS).splitlines(), 1):
            if line.strip():
                where = f"{self.file}:{number}"
                category, points = outline_in(line, self.names, where)
                outlines.append(Outline(where, category, rle_of(mask_from(points, size_hw))))
        return Outlines(str(self.file), size_hw, tuple(outlines)).draw(size_hw)


def outline_in(line: str, names: Mapping[int, str], where: str) -> tuple[str, Points]:
    """Return category and outline of a line; raise InputError, beginning with `where`, for any other line."""
    try:
        number, *values = (float(word) for word in line.split())
    except ValueError:
        raise DefectError(BROKEN_LABEL, f"{where}: {shown(line)} holds words, wanted numbers; mend it") from None
    if number not in names:
        raise DefectError(UNKNOWN_NAME, f"{where}: the category {number:g} has no name in data.yaml; add it there")
    if len(values) == 4:
        raise DefectError(
            BROKEN_LABEL, f"{where}: found a box, wanted an outline: boxes are no masks; label it again as a polygon"
        )
    if len(values) < 6 or len(values) % 2:
        raise DefectError(
            BROKEN_LABEL,
            f"{where}: found {len(values)} numbers after the category, wanted x, y of three points or more",
        )
    if not all(-SLIP <= value <= 1 + SLIP for value in values):  # not a number is none of them
        far = next(value for value in values if not -SLIP <= value <= 1 + SLIP)
        raise DefectError(OUTSIDE, f"{where}: found {far:g}, wanted fractions of the photo from 0 to 1; mend it")
    return names[int(number)], np.array(values).reshape(-1, 2)


def find_yolo(root: Path) -> Path | None:
    """Return the data.yaml of a folder, or its list of names, or its folder of label files; None if there is none."""
    return sign_of(root)


def read_yolo(sign: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that a data.yaml describes. A photo without a label file is not labelled.

    An empty label file says that there is nothing to be seen. defects: takes what is wrong with single photos; None =
    it is raised.
    """
    defects, found = defects or FirstDefect(), set_of(sign)
    photos: dict[Path, ListedPhoto] = {}
    twice = 0
    for photo in listed_in(found, defects):
        twice += photo.file in photos
        photos.setdefault(photo.file, photo)
    check_strays(found, list(photos), defects)
    more = (f"{twice} photos stand in two subsets, of which the first counts",) if twice else ()
    apart = named_apart(tuple(photos.values()), found.root)
    return PhotoSet(tuple(dict.fromkeys(found.names.values())), apart, (*found.said, *more))


def listed_in(found: YoloSet, defects: Defects) -> Iterator[ListedPhoto]:
    """Yield the photos of each subset, which is their tag."""
    for subset, places in found.subsets.items():
        files = [file for place in places for file in photos_in(place, found.root, defects)]
        whole = {place for place in places if place.is_dir()}
        for folder in sorted(whole | ({file.parent for file in files} if whole < set(places) else set())):
            with defects.gathering(BROKEN_PHOTO):
                refuse_unread(folder, MOST_DEEP if folder in whole else 0)
        for file in files:
            text, tags = label_file(file, found.root), {"subset": subset} if subset else {}
            known = text.is_file()
            label = LabelText(text, found.names) if known else Outlines(str(file), None, ())
            yield ListedPhoto(file, label, found.root.resolve().name, found.licence, tags, known)


def check_strays(found: YoloSet, photos: list[Path], defects: Defects) -> None:
    """Note label files without a photo as defects, in every folder that has one with a photo."""
    texts = {label_file(photo, found.root) for photo in photos}
    folders = sorted({text.parent for text in texts if text.parent.is_dir()})
    for folder in folders:
        for text in texts_in(folder, deep=0):
            if text not in texts:
                defects.add(NO_PHOTO, f"{text}: found no photo of that name; add it or drop the labels")


def write(source: ManifestSource, out: Path) -> None:
    """Write images as they are, their labels, and data.yaml, whose `val` is left for another export to fill."""
    (out / "labels").mkdir()
    left_out = 0
    for sample in source.samples():
        source.save_image(sample, out / "images", name_of(sample))
        ids = source.ids_of(sample)
        left_out += ignores(ids)
        text = "".join(line_of(item, ids, source.categories.index(item.category)) for item in sample.instances)
        (out / "labels" / f"{name_of(sample)}.txt").write_text(text, encoding="utf-8", newline="\n")
    say_left_out(left_out, "yolo")
    names = "".join(f"  {k}: {json.dumps(name, ensure_ascii=False)}\n" for k, name in enumerate(source.categories))
    text = f"train: images\nval:  # name the images/ of another export here, never those of train\nnames:\n{names}"
    (out / "data.yaml").write_text(text, encoding="utf-8", newline="\n")


def line_of(item: Instance, ids: IdMap, number: int) -> str:
    """Return one line of a label file."""
    x0, y0, x1, y1 = item.box
    height, width = ids.shape
    outline = outline_of(ids[y0:y1, x0:x1] == item.index)
    # the middle of a pixel, so that a reader that cuts off the fraction finds the pixel itself
    places = (outline + np.array([x0 + 0.5, y0 + 0.5])) / np.array([width, height])
    return " ".join([str(number), *(f"{value:.6f}" for value in places.ravel())]) + "\n"

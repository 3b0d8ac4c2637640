"""Stage `ingest`: turn a folder of photos and masks, or COCO, into samples."""

import shutil
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.formats.coco import find_coco, read_coco
from dataset.formats.folder import ListedPhoto, PhotoSet, read_described, read_plain
from dataset.idmap import IdMap, instances_in, png_bytes, read_image, write_ids
from dataset.pictures import orientation_of
from dataset.records import REAL, Sample, write_manifest
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_bytes, write_json
from pipeline.progress import track
from pipeline.stage import run_stage


def read_set(root: Path) -> PhotoSet:
    """Return the labelled photos of a folder in whichever of the known formats it is; none is an InputError."""
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; name the one where the labelled photos lie (REAL=path)")
    masks = (root / "masks").is_dir()
    if masks and (root / "meta.json").is_file():
        found = read_described(root)
    elif masks and (root / "images").is_dir():
        found = read_plain(root)
    else:
        path = find_coco(root)
        if path is None:
            raise InputError(
                f"{root}: found no labelled photos, wanted images/ and masks/ (with or without meta.json), "
                "or a COCO file annotations.json"
            )
        found = read_coco(path)
    check_names(root, found)
    return found


def check_names(root: Path, found: PhotoSet) -> None:
    """Raise InputError for a set without photos and for two photos of one stem, which is a sample's id."""
    if not found.photos:
        raise InputError(f"{root}: found no photos, wanted at least one; put labelled photos there")
    seen: dict[str, Path] = {}
    for photo in found.photos:
        first = seen.setdefault(photo.file.stem, photo.file)
        if first is not photo.file:
            raise InputError(f"{photo.file}: has the same name as {first}; rename one, with its mask")


def turned(array: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Return stored pixels (H, W, ...) as they are to be seen by the EXIF orientation 1..8; any other number is 1."""
    axes = (1, 0, *range(2, array.ndim))
    turns = {
        2: array[:, ::-1],
        3: array[::-1, ::-1],
        4: array[::-1],
        5: array.transpose(axes),
        6: np.rot90(array, -1),
        7: array[::-1, ::-1].transpose(axes),
        8: np.rot90(array),
    }
    return np.ascontiguousarray(turns.get(orientation, array))


def take(photo: ListedPhoto, folder: Path) -> Sample:
    """Write one photo and its id map into `folder` and return its sample.

    The photo's bytes are copied as they are, unless its EXIF orientation is another than 1: then its pixels are
    written upright as PNG, because readers disagree about that tag and image and id map must not part.
    A mask that has the upright size is taken as drawn on the upright photo (as tools show it), one that only has the
    stored size is turned with the photo.
    """
    stored = read_image(photo.file)  # decoded in full, so that a truncated file is found here
    orientation = orientation_of(photo.file)
    upright = turned(stored, orientation)
    drawn, categories = photo.label.draw(upright.shape[:2])
    ids, instances = instances_in(fitted(drawn, stored.shape[:2], orientation, photo), categories)
    image = folder / "images" / photo.file.name
    if orientation == 1:
        shutil.copyfile(photo.file, image)
    else:
        image = image.with_suffix(".png")
        write_bytes(image, png_bytes(upright.astype(np.uint8)))
    write_ids(folder / "ids" / f"{image.stem}.png", ids)
    return Sample(
        id=image.stem,
        domain=REAL,
        image=f"images/{image.name}",
        ids=f"ids/{image.stem}.png",
        size_hw=upright.shape[:2],
        instances=instances,
        source=photo.source,
        licence=photo.licence,
        tags=photo.tags,
    )


def fitted(ids: IdMap, stored_hw: tuple[int, int], orientation: int, photo: ListedPhoto) -> IdMap:
    """Return an id map on the upright photo; raise InputError when it has the size of neither."""
    upright_hw = stored_hw[::-1] if orientation >= 5 else stored_hw
    if ids.shape == upright_hw:
        return ids
    if ids.shape == stored_hw:
        return turned(ids, orientation).astype(np.uint16)
    (height, width), (wanted_height, wanted_width) = ids.shape, upright_hw
    raise InputError(
        f"{photo.file}: the photo is {wanted_width} x {wanted_height} pixels, its mask {width} x {height}; "
        "make the mask at the photo's own size"
    )


def main(real: Path, out: Path) -> None:
    """Write samples.jsonl by id, categories.json, images/ and ids/ of a set of labelled photos, whole or not at all."""
    if real.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{out}: would replace the photos in {real}; write somewhere else")
    found = read_set(real)
    with whole_folder(out, "photos") as folder:
        (folder / "images").mkdir()
        photos = sorted(found.photos, key=lambda photo: photo.file.stem)
        samples = [take(photo, folder) for photo in track(photos, len(photos), "ingest", "photos")]
        write_manifest(folder / "samples.jsonl", samples)
        write_json(folder / "categories.json", list(found.categories))
    instances = sum(len(sample.instances) for sample in samples)
    sys.stderr.write(f"ingest: {len(samples)} photos, {instances} instances{found.note}\n")


if __name__ == "__main__":
    run_stage(main)

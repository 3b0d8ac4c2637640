"""Command `predict`: what a run sees in any folder of photos, as files for people and for other tools.

``admix predict --run data/boards/picked --photos FOLDER --out OUT`` writes into OUT:

about.json         the run (its settings.json), checksum of its weights, these settings, units of what follows
categories.json    the names of the categories; the value k in a mask is the k-th of them
predictions.jsonl  a photo a line, by name: file, size_hw (upright), categories, uncertainty_bits (mean entropy over its
                   pixels), instances [{category, box (x0, y0, x1, y1; x1 and y1 exclusive), area_px, score (mean
                   probability over its pixels)}], pictures {kind: file}
uncertain.csv      the same photos, the most uncertain first: file, uncertainty_bits, instances, lowest_score
coco.json          instances as compressed RLE with their score, images by their name in the folder of photos
masks/             8-bit PNG of category ids, 0 = background, as `ingest` reads them beside the photos
overlays/          JPEG to look at, 1600 pixels long at most
uncertainty/       8-bit PNG of every pixel's entropy; 0 = sure, 255 = about.json's uncertainty_most_bits
foreground/        8-bit PNG of how probable it is that a pixel is no background, 255 = certain; for `admix label audit`
records/           a JSON file a photo, from which the first files are made, masks as RLE included; one that is there
                   is done, unless the photo, the run or a setting changed. It also holds doubts (means over all
                   pixels, 0 = sure) and, for `features`, the encoder's vector of the photo, by which photos are alike

Pictures are called after their photos, sub-folders included: ``masks/kitchen/a.png`` of ``kitchen/a.jpg``. Photos are
predicted upright (EXIF), and all arrays and boxes have the upright size. A photo's files are a function of its bytes,
the run and the settings: neither its neighbours nor an interruption changes them.
"""

import dataclasses
import functools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dataset.pictures import BrokenPictureError, upright
from dataset.predictions import Prediction, read_record
from pipeline.errors import InputError
from pipeline.files import sha256_of, write_bytes, write_json
from pipeline.progress import track
from pipeline.reading import read_bytes
from pipeline.stage import run_stage
from train.inference.outputs import doubts_of, instances_of, most_bits, picture_path, pictures_of, see
from train.inference.preprocess import tiled_logits, vector_of, whole_logits
from train.inference.records import (
    forget_others,
    is_done,
    key_of,
    photos_in,
    record_path,
    stems_of,
    write_record,
)
from train.inference.settings import AUTO, FEATURES, Predict
from train.inference.writers import gather, rles_of
from train.run import WEIGHTS, Run, load_run
from train.settings import side_of

SHRINK = 4  # by itself a tile is so many times what the network is shown
ABOUT, FORMAT = "about.json", 2  # raise FORMAT when the same settings give other files
DIGITS, FINE = 4, 6  # of scores and of bits; of means over pixels most of which are sure, and of vectors


def logits_of(run: Run, image: NDArray[np.uint8], settings: Predict) -> Tensor:
    """Return the logits (C + 1, h, w) of one photo (H, W, 3): tiled if a side exceeds a tile, else as a whole."""
    side = side_of(run.img_size)
    tile = SHRINK * side if settings.tile == AUTO else settings.tile
    if isinstance(tile, int) and max(image.shape[:2]) > tile:
        return tiled_logits(run.model, image, tile, side, settings.overlap, settings.batch)
    return whole_logits(run.model, image[None], side)[0]


def predicted(run: Run, image: NDArray[np.uint8], settings: Predict) -> tuple[Prediction, dict[str, bytes]]:
    """Return what a run sees in one photo (H, W, 3), its names still empty, and kind -> bytes of its pictures."""
    seen = see(logits_of(run, image, settings), image.shape[:2])
    ids, found = instances_of(seen, run.categories, settings.min_area_px)
    found = tuple(dataclasses.replace(item, score=round(item.score, DIGITS)) for item in found)
    unsure = round(float(seen.entropy_bits.mean(dtype=np.float64)), DIGITS)
    rles = tuple(rles_of(ids, len(found)))
    pictures = pictures_of(image, seen, ids, most_bits(len(run.categories)), settings.formats)
    doubts = {name: round(value, FINE) for name, value in doubts_of(seen).items()}
    vector = vector_of(run.model, image, side_of(run.img_size)) if FEATURES in settings.formats else []
    features = tuple(round(value, FINE) for value in vector)
    return Prediction("", "", image.shape[:2], unsure, found, rles, {}, doubts, features), pictures


def predict_photo(run: Run, settings: Predict, about: Any, file: Path, out: Path, names: tuple[str, str]) -> str:
    """Write the pictures and then the record of one photo, unless they are there.

    names: the photo's path in its folder, and the stem of its pictures. Return why the photo could not be read, ""
    when it is done.
    """
    name, stem = names
    try:
        data = read_bytes(file)
    except InputError as error:
        return str(error)
    key = key_of(data, about)
    if is_done(out, stem, key):
        return ""
    try:
        image = upright(data, str(file))
    except BrokenPictureError as error:
        return str(error)
    found, pictures = predicted(run, image, settings)
    files = {kind: picture_path(kind, stem) for kind in pictures}
    for kind, picture in pictures.items():
        write_bytes(out / files[kind], picture)
    write_record(record_path(out, stem), dataclasses.replace(found, key=key, file=name, pictures=files))
    return ""


def about_run(run: Run, folder: Path, settings: Predict) -> dict[str, Any]:
    """Return the content of about.json: all that decides a prediction beside the photo, and the units."""
    return {
        "format": FORMAT,
        "run": run.settings,
        "weights_sha256": sha256_of(folder / WEIGHTS),
        "predict": dataclasses.asdict(settings),
        "uncertainty_most_bits": most_bits(len(run.categories)),
    }


def check_folders(photos: Path, out: Path) -> None:
    """Raise InputError if one folder lies in the other, or `out` holds what this command did not write."""
    inner, outer = photos.resolve(), out.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise InputError(f"{out}: lies within {photos}, or the other way round; write somewhere else")
    if out.exists() and not (out.is_dir() and ((out / ABOUT).is_file() or not any(out.iterdir()))):
        raise InputError(f"{out}: is no folder of predictions; name a new one, or one that this command wrote")


def predict_folder(run: Run, settings: Predict, about: Any, photos: Path, out: Path) -> dict[str, str]:
    """Predict every photo of a folder that is not done yet; return the unreadable ones, file -> why.

    Pictures and records of photos that are no longer there, or cannot be read any more, are deleted.
    """
    files = photos_in(photos)
    named = dict(zip(files, stems_of(files), strict=True))
    broken: dict[str, str] = {}
    for file in track(files, len(files), "predict", "photos"):
        why = predict_photo(run, settings, about, photos / file, out, (file, named[file]))
        if why:
            broken[file] = why
    whole = [named[file] for file in files if file not in broken]
    forget_others(out, set(whole))
    gather(out, functools.partial(records_of, out, whole), run.categories, coco="coco" in settings.formats)
    return broken


def records_of(out: Path, stems: Sequence[str]) -> Iterator[Prediction]:
    """Yield the records of these photos, one at a time, in the given order."""
    return (read_record(record_path(out, stem)) for stem in stems)


def main(settings: Predict, run: Path, photos: Path, out: Path) -> None:
    """Write the predictions of a run for a folder of photos; unreadable photos are named at the end."""
    loaded = load_run(run)
    check_folders(photos, out)
    about = about_run(loaded, run, settings)
    write_json(out / ABOUT, about)
    write_json(out / "categories.json", list(loaded.categories))
    broken = predict_folder(loaded, settings, about, photos, out)
    if broken:
        listed = "; ".join(broken.values())
        raise InputError(f"{photos}: {len(broken)} photos could not be read, the others are done: {listed}")
    sys.stderr.write(f"predict: {out / 'predictions.jsonl'}\n")


if __name__ == "__main__":
    run_stage(main)

"""Write samples in a format that others read, with the licences beside them."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

from dataset.formats import bop, coco, cvat, datumaro, label_studio, labelme, png, supervisely, voc, webdataset, yolo
from dataset.formats.licences import read_credits, write_licences
from dataset.formats.mask_values import names_in
from dataset.formats.source import ManifestSource, read_source
from pipeline.errors import InputError
from pipeline.files import check_free, whole_folder

FORMATS: dict[str, Callable[[ManifestSource, Path], None]] = {
    "bop": bop.write,
    "coco": coco.write,
    "cvat": cvat.write,
    "datumaro": datumaro.write,
    "label_studio": label_studio.write,
    "labelme": labelme.write,
    "png": png.write,
    "supervisely": supervisely.write,
    "voc": voc.write,
    "webdataset": webdataset.write,
    "yolo": yolo.write,
}
KIND = "export"


def export(source: ManifestSource, credits_file: Path, style: str, out: Path) -> None:
    """Write all samples of `source` into the folder `out`, whole or not at all.

    Raises InputError when `out` is a folder of something else, or a licence is missing.
    """
    if source.manifest.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{out}: the samples themselves lie in it; name another folder as --out")
    check_free(out, KIND)  # before the licences are looked up: it is the graver mistake
    entries = read_credits(credits_file, source)
    labelled = frozenset(source.objects) | {asset for asset, entry in entries.items() if entry.category}
    with whole_folder(out, KIND) as folder:
        FORMATS[style](dataclasses.replace(source, labelled=labelled), folder)
        write_licences(folder, source, entries)


def main(
    samples: Path,
    style: str,
    out: Path,
    categories: Path | None = None,
    credits_file: Path | None = None,
    scenes: Path | None = None,
) -> None:
    """Export a manifest, which is `admix export`.

    categories: a file with the names in the order of their numbers; None = sorted. credits_file: the licences of the
    assets; None = credits.json beside the samples. scenes: of the renders, for the formats that hold poses.
    """
    names = names_in(categories) if categories else None
    source = dataclasses.replace(read_source(samples, names), scenes=scenes)
    export(source, credits_file or samples.with_name("credits.json"), style, out)
    sys.stdout.write(f"ok: {source.count} pictures as {style} in {out}\n")

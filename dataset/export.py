"""Write samples in a format that others read: coco, yolo, png, bop or webdataset, with the licences beside them."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset.formats import bop as export_bop
from dataset.formats import coco_writer as export_coco
from dataset.formats import png as export_png
from dataset.formats import webdataset as export_webdataset
from dataset.formats import yolo as export_yolo
from dataset.formats.folder import names_in
from dataset.formats.licences import read_credits, write_licences
from dataset.formats.source import Source, read_source
from pipeline.errors import InputError
from pipeline.files import check_free, whole_folder
from pipeline.stage import one_line_errors

FORMATS: dict[str, Callable[[Source, Path], None]] = {
    "bop": export_bop.write,
    "coco": export_coco.write,
    "png": export_png.write,
    "webdataset": export_webdataset.write,
    "yolo": export_yolo.write,
}
KIND = "export"


def export(source: Source, credits_file: Path, style: str, out: Path) -> None:
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


def main(argv: Sequence[str] | None = None) -> None:
    """Export what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--samples", type=Path, required=True, help="a manifest, e.g. data/boards/renders/samples.jsonl"
    )
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a new folder, or an earlier export to replace")
    parser.add_argument("--categories", type=Path, help="categories.json: the names in the order of their numbers")
    parser.add_argument("--credits", type=Path, help="licences of the assets; else credits.json beside the samples")
    parser.add_argument("--scenes", type=Path, help="bop: scenes.jsonl of the renders, for cameras and poses")
    options = parser.parse_args(argv)
    with one_line_errors():
        names = names_in(options.categories) if options.categories else None
        source = dataclasses.replace(read_source(options.samples, names), scenes=options.scenes)
        credits_file = options.credits or options.samples.with_name("credits.json")
        export(source, credits_file, options.format, options.out)
        sys.stdout.write(f"ok: {source.count} pictures as {options.format} in {options.out}\n")


if __name__ == "__main__":
    main()

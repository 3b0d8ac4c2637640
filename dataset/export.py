"""Write samples in a format that others read: coco, yolo, png, bop or webdataset, with the licences beside them."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset import export_bop, export_coco, export_png, export_webdataset, export_yolo
from dataset.export_licences import read_credits, write_licences
from dataset.export_source import Source, read_source
from dataset.folder import names_in
from pipeline.errors import InputError
from pipeline.files import read_json, whole_folder, write_json
from pipeline.stage import one_line_errors

FORMATS: dict[str, Callable[[Source, Path], None]] = {
    "bop": export_bop.write,
    "coco": export_coco.write,
    "png": export_png.write,
    "webdataset": export_webdataset.write,
    "yolo": export_yolo.write,
}
MARK = "export.json"  # in the folder of every export: what it is, so that it may be written again
TOOL = "admix"


def export(source: Source, credits_file: Path, style: str, out: Path) -> None:
    """Write all samples of `source` into the folder `out`, whole or not at all.

    Raises InputError when `out` is a folder of something else, or a licence is missing.
    """
    check_free(out, source.manifest)
    entries = read_credits(credits_file, source)
    labelled = frozenset(source.objects) | {asset for asset, entry in entries.items() if entry.category}
    with whole_folder(out) as folder:
        FORMATS[style](dataclasses.replace(source, labelled=labelled), folder)
        write_licences(folder, source, entries)
        mark = {"tool": TOOL, "format": style, "pictures": source.count, "categories": list(source.categories)}
        write_json(folder / MARK, mark)


def check_free(out: Path, manifest: Path) -> None:
    """Raise InputError unless `out` is missing, empty, or an earlier export that the samples do not lie in."""
    if not out.name or out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError(f"{out}: not a folder that can be written anew; name another one as --out")
    if manifest.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{out}: the samples themselves lie in it; name another folder as --out")
    if out.is_dir() and any(out.iterdir()) and not is_export(out):
        raise InputError(f"{out}: holds files that no export wrote; name a new folder as --out, or empty it")


def is_export(folder: Path) -> bool:
    """Return whether an export wrote the folder."""
    mark = read_json(folder / MARK) if (folder / MARK).is_file() else None
    return isinstance(mark, dict) and mark.get("tool") == TOOL


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

"""Where COCO files lie in a folder: which of them are read, and which are passed over."""

import contextlib
import functools
from pathlib import Path

from dataset.formats.coco_file import ROBOFLOW, is_coco, may_be_coco
from pipeline.errors import InputError
from pipeline.reading import read_json

KIND = "instances_"  # how the names of the files of a set's parts begin
OTHER_KINDS = ("person_keypoints*.json", "captions*.json", "stuff_*.json", "image_info*.json")  # that COCO also ships


def find_coco(root: Path) -> Path | None:
    """Return the COCO file of a folder, the folder itself if there are several (`files_in`), else None."""
    found, others = files_in(root), others_in(root)
    return root if len(found) + len(others) > 1 else found[0] if found else None


def files_in(root: Path) -> list[Path]:
    """Return the COCO files of a folder that are read: all right in it, else where tools put them.

    That is in annotations/, or _annotations.coco.json in folders of photos. Those that COCO itself ships beside its
    instances, which tell of the same photos, are left to `others_in`.
    """
    return next(iter(places_in(root)), [])


def others_in(root: Path) -> list[Path]:
    """Return the COCO files of a folder that are passed over: COCO's own other kinds, and those in a second place."""
    places = places_in(root)
    if not places:
        return []
    named = [path for kind in OTHER_KINDS for path in sorted([*root.glob(kind), *root.glob(f"annotations/{kind}")])]
    return sorted({*named, *(path for paths in places[1:] for path in paths)} - {*places[0]})


def places_in(root: Path) -> list[list[Path]]:
    """Return the COCO files of a folder by where they lie, the nearest first, without places that have none."""
    found = [coco_files(root), coco_files(root / "annotations"), sorted(root.glob(f"*/{ROBOFLOW}"))]
    return [paths for paths in found if paths]


def coco_files(folder: Path) -> list[Path]:
    """Return the JSON files right in a folder that are COCO's; those of `OTHER_KINDS` where there is nothing else."""
    paths = [path for path in sorted(folder.glob("[!.]*.json")) if not path.name.startswith("panoptic")]
    found = [path for path in paths if path.match("annotations.json") or path.match(f"{KIND[:-1]}*") or is_one(path)]
    return [path for path in found if not any(map(path.match, OTHER_KINDS))] or found


def is_one(path: Path) -> bool:
    """Return whether a JSON file of any name is a COCO file; False for one that cannot be read."""
    return path.is_file() and looks_like_one(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def looks_like_one(path: Path, changed_ns: int) -> bool:  # noqa: ARG001 - so that a changed file is looked at anew
    """Return whether a JSON file is a COCO file, looked at once, since it may be large."""
    with contextlib.suppress(InputError):
        return may_be_coco(path) and is_coco(read_json(path))
    return False

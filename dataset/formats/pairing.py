"""Which masks belong to which photo: by folders of known names, and by the names of the files in them.

A set may be cut into subsets, ``train/images`` or ``images/train``. In the folders a mask is found by the photo's own
name (``a.png``, ``a.jpg.png``), by that and a suffix (``a_mask.png``), by that and a number (``a_0.png``: one object),
in a folder of its category (``mug/a.png``), or in a folder of the photo's name (``a/anything.png``: one object).
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from dataset.formats.listed import PHOTO_SUFFIXES
from dataset.formats.photo_files import loose
from pipeline.errors import InputError

PHOTO_FOLDERS = {"image", "images", "img", "imgs", "jpegimages", "photo", "photos"}
MASK_FOLDERS = {"annotation", "annotations", "gt", "label", "labels", "mask", "masks", "segmentation", "segmentations"}
IDS_FOLDERS = {"ids"}
SUBSETS = {
    "test": "test", "testing": "test", "train": "train", "training": "train", "val": "val", "valid": "val",
    "validation": "val",
}  # fmt: skip
MASK_SUFFIX = re.compile(r"[ _-](mask|masks|seg|label|labels|labelIds|gt|segmentation)$", re.IGNORECASE)
COMPANION = re.compile(r"[_-](color|colour|instanceIds|overlay)$")
NUMBER_SUFFIX = re.compile(r"[ _-]\d+$")
MOST_DEEP = 4  # folders below images/


@dataclasses.dataclass(frozen=True)
class FolderPair:
    """A folder of photos and those of their masks; the same folder where a suffix tells them apart."""

    photos: Path
    masks: Path | None  # None: ids alone
    ids: Path | None
    subset: str = ""


@dataclasses.dataclass(frozen=True)
class FoundMask:
    """One mask of a photo, and what its place says of it."""

    file: Path
    category: str = ""  # of the folder it lies in
    single: bool = False  # it is one object

    @property
    def whole(self) -> bool:
        """Return whether it is the only mask of its photo."""
        return not self.category and not self.single


@dataclasses.dataclass(frozen=True)
class Pairs:
    """The photos of a part with their masks, both in the order of their names."""

    photos: Mapping[Path, str]  # their keys: the path in the folder without suffix
    masks: Mapping[str, tuple[FoundMask, ...]]  # by key
    strays: tuple[Path, ...] = ()  # masks without a photo
    companions: tuple[Path, ...] = ()  # pictures that show a mask once more


def folder_pairs(root: Path) -> list[FolderPair]:
    """Return the pairs of folders of a set; none when it is no such set.

    Raises InputError when two folders may be meant.
    """
    parts = [part for part in [pair_in(root, "")] if part]
    subsets = [path for path in folders_of(root) if path.name.lower() in SUBSETS]
    parts += [part for path in subsets if (part := pair_in(path, SUBSETS[path.name.lower()]))]
    return parts or [part for path in [root, *subsets] if (part := mixed_in(path))]


def pair_in(folder: Path, subset: str) -> FolderPair | None:
    """Return the folders of photos and of masks right below a folder, None when one of them is missing."""
    photos = one_of(folder, PHOTO_FOLDERS)
    masks, ids = one_of(folder, MASK_FOLDERS), one_of(folder, IDS_FOLDERS)
    return FolderPair(photos, masks, ids, subset) if photos and (masks or ids) else None


def mixed_in(folder: Path) -> FolderPair | None:
    """Return a folder in which photos and masks lie side by side, told apart by a suffix; None if it is none."""
    stems = {path.stem for path in pictures_in(folder, deep=0)}
    has_pair = any(base != stem and base in stems for stem in stems for base in [MASK_SUFFIX.sub("", stem)])
    return FolderPair(folder, folder, None, SUBSETS.get(folder.name.lower(), "")) if has_pair else None


def one_of(folder: Path, names: set[str]) -> Path | None:
    """Return the folder of one of these names, None if there is none; raise InputError if two hold pictures."""
    known = [path for path in folders_of(folder) if path.name.lower() in names]
    full = [path for path in known if next(pictures_in(path), None)]
    if len(full) > 1:
        raise InputError(
            f"{folder}: found {' and '.join(path.name for path in full)} with pictures in them, and one alone can be "
            "meant; take the others away"
        )
    exact = [path for path in known if path.name in ("images", "masks")]  # an empty one is meant, too
    return next(iter(full or exact), None)


def folders_of(folder: Path) -> list[Path]:
    """Return the folders right below a folder that are not hidden, by name."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__MACOSX")))


def pictures_in(folder: Path, deep: int = MOST_DEEP) -> Iterator[Path]:
    """Yield the pictures in a folder and `deep` levels below, by name; hidden ones are passed over."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")):
            continue
        if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file():
            yield path
        elif deep and path.is_dir():
            yield from pictures_in(path, deep - 1)


def pairs_in(part: FolderPair) -> Pairs:
    """Return which masks of a part belong to which photo."""
    mixed = part.photos == part.masks
    files = list(pictures_in(part.photos, deep=0 if mixed else MOST_DEEP))
    photos = [path for path in files if not (mixed and MASK_SUFFIX.search(path.stem))]
    folder = part.masks or part.ids or part.photos
    own = set(photos)
    masks = [path for path in files if path not in own] if mixed else list(pictures_in(folder))
    return paired({path: key_of(path, part.photos) for path in photos}, masks, folder)


def key_of(path: Path, folder: Path) -> str:
    """Return a file's path in a folder without its suffix, e.g. ``train/a``."""
    return path.relative_to(folder).with_suffix("").as_posix()


def paired(photos: Mapping[Path, str], masks: Iterable[Path], folder: Path) -> Pairs:
    """Return each mask with the photo that its name means first of all, exactly, else but for its spelling.

    Raises InputError for one in a folder that may be its category's or its photo's.
    """
    keys = set(photos.values())
    spelt = Counter(map(loose, keys))
    alike = {loose(key): key for key in keys if spelt[loose(key)] == 1}
    found: dict[str, list[FoundMask]] = {}
    lost = list[Path]()
    for path in masks:
        meanings = list(meanings_of(path, folder))
        meant = [(key, mask) for key, mask in meanings if key in keys] or [
            (alike[loose(key)], mask) for key, mask in meanings if loose(key) in alike
        ]
        if not meant:
            lost.append(path)
            continue
        (key, mask), (other, last) = meant[0], meant[-1]
        if mask.category and not last.category:
            raise InputError(
                f"{path}: may be the mask of {key} in a folder of its category, or an object of {other} in a folder of "
                "its photo; name the folders otherwise"
            )
        found.setdefault(key, []).append(mask)
    shown_again = {path for path in lost if COMPANION.sub("", key_of(path, folder)) in found}
    return Pairs(
        photos,
        {key: tuple(found[key]) for key in sorted(found)},
        tuple(path for path in lost if path not in shown_again),
        tuple(path for path in lost if path in shown_again),
    )


def meanings_of(path: Path, folder: Path) -> Iterator[tuple[str, FoundMask]]:
    """Yield the photos, by their keys, that the name of a mask may mean, the nearest first."""
    parents, stem = PurePosixPath(key_of(path, folder)).parts[:-1], path.with_suffix("").name
    bare = MASK_SUFFIX.sub("", stem)
    names = [(stem, False), (bare, False), (MASK_SUFFIX.sub("", NUMBER_SUFFIX.sub("", bare)), True)]
    if PurePosixPath(stem).suffix.lower() in PHOTO_SUFFIXES:  # a.jpg.png
        names.append((PurePosixPath(stem).stem, False))
    for name, single in names:
        yield "/".join([*parents, name]), FoundMask(path, "", single)
    for k, category in enumerate(parents):
        if category.lower() not in SUBSETS:
            for name, single in names:
                yield "/".join([*without(parents, k), name]), FoundMask(path, category, single)
    if parents:
        yield "/".join(parents), FoundMask(path, "", single=True)


def without(parts: Sequence[str], k: int) -> list[str]:
    """Return the parts without the k-th."""
    return [*parts[:k], *parts[k + 1 :]]

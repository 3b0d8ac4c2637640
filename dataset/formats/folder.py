"""Folders of photos and masks as people have them, with or without a meta.json that describes them."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    CLASH,
    NO_LICENCE,
    NO_PHOTO,
    Defects,
    FirstDefect,
    Label,
    ListedPhoto,
    PhotoSet,
    files_of,
    licence_of,
    refuse_unread,
    tags_of,
    text_of,
)
from dataset.formats.mask_files import IdsFile, PartFile, PartFiles
from dataset.formats.mask_values import BACKGROUND, Declared, declared_in, ids_maker, maker_of, once
from dataset.formats.outlines import Outlines
from dataset.formats.pairing import (
    MOST_DEEP,
    SUBSETS,
    FolderPair,
    FoundMask,
    Pairs,
    folder_pairs,
    key_of,
    pairs_in,
    pictures_in,
)
from dataset.formats.photo_files import named_apart
from pipeline.errors import InputError, shown
from pipeline.files import inside
from pipeline.reading import check_keys, read_json

NO_TAGS = {"file", "mask", "ids", "original", "size"}  # of an entry of meta.json


def find_described(root: Path) -> Path | None:
    """Return the folder itself if it has masks/ and meta.json, else None."""
    return root if (root / "masks").is_dir() and (root / "meta.json").is_file() else None


def read_described(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set that meta.json describes: classes {"1": name} and images [{file, mask, ids, ...tags}].

    An entry may lack ids, which say what each object is; without, a piece of the mask is one. The classes may be called
    categories, too. defects: takes what is wrong with single photos; None = it is raised.
    """
    path = root / "meta.json"
    defects, meta = defects or FirstDefect(), read_json(path)
    if not isinstance(meta, dict) or not isinstance(meta.get("images"), list):
        raise InputError(f"{path}: found no list 'images', wanted one entry a photo: {{file, mask, ...}}")
    categories = read_classes(path, meta.get("classes", meta.get("categories")))
    entries = list[tuple[dict[str, Any], Path, Path]]()
    for number, entry in enumerate(meta["images"]):
        with defects.gathering(BROKEN_LABEL):
            where = f"{path}: images[{number}]"
            entries.append((entry, named(root, entry, "file", where), named(root, entry, "mask", where)))
    declared = Declared(categories)
    make, assumed = maker_of([mask for _, _, mask in entries], declared, path)
    photos = []
    for entry, photo, mask in entries:
        where = f"{path}: {entry['file']}"
        with defects.gathering(BROKEN_LABEL, photo):
            ids = named(root, entry, "ids", where) if entry.get("ids") else None
            label = IdsFile(ids, make(mask)) if ids else make(mask)
            source = text_of(entry, "source", where) or text_of(meta, "name", str(path)) or root.resolve().name
            licence = licence_of(entry, where, licence_of(meta, str(path)))
            photos.append(ListedPhoto(photo, label, source, licence, tags_of(entry, NO_TAGS)))
    return PhotoSet(declared.names, named_apart(photos, root), assumed)


def read_classes(path: Path, classes: Any) -> dict[int, str]:
    """Return {mask value: category} of the `classes` of meta.json; InputError also for two names of one value."""
    check_keys(path)
    try:
        pairs = [(int(value), text_of(classes, value, f"{path}: classes").strip()) for value in classes]
    except (AttributeError, TypeError, ValueError):
        pairs = []
    categories = once(path, [(value, name) for value, name in pairs if value or name.lower() not in BACKGROUND])
    if not Declared(categories).names or min(categories) < 1 or not all(categories.values()):
        raise InputError(f'{path}: classes is {shown(classes)}, wanted mask values and names such as {{"1": "board"}}')
    return categories


def named(root: Path, entry: Any, key: str, where: str) -> Path:
    """Return the file that an entry of a JSON file names under `key`; raise InputError when there is none."""
    name = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: {key!r} is {shown(name)}, wanted the path of a file in {root}")
    return inside(root, name, where)


def find_plain(root: Path) -> Path | None:
    """Return the folder itself if it has photos and masks where `pairing` knows them, else None."""
    try:
        return root if folder_pairs(root) else None
    except InputError:  # two folders may be meant, which `read_plain` says if no other format is found
        return root


def read_plain(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of a folder of photos and one of masks, which `pairing` puts together.

    What the masks' values mean is in `mask_values`. defects: takes what is wrong with single photos; None = it is
    raised.
    """
    defects, parts = defects or FirstDefect(), folder_pairs(root)
    pairs = [(part, pairs_in(part)) for part in parts]
    homes = dict.fromkeys([root, *(path for part in parts for path in (part.photos, part.masks, part.ids) if path)])
    found = [mask for _, each in pairs for masks in each.masks.values() for mask in masks]
    check_one_way(found)
    read = reading_of(found, declared_in(homes, root.resolve().name), root, all(part.masks for part in parts))
    photos = [photo for part, each in pairs for photo in photos_of(root, part, each, read, defects)]
    again = sum(len(each.companions) for _, each in pairs)
    passed = (f"passed over {again} pictures that show a mask once more",) if again else ()
    return PhotoSet(read.names, named_apart(photos, root), (*read.assumed, *passed))


def check_one_way(masks: list[FoundMask]) -> None:
    """Raise InputError if some masks are all of their photo's and others are one object's or one category's."""
    whole = next((found.file for found in masks if found.whole), None)
    part = next((found.file for found in masks if not found.whole), None)
    if whole and part:
        raise InputError(
            f"{part}: by its name it is one of several masks of a photo, and {whole} the only one of its photo; name "
            "the masks of a set in one way"
        )


@dataclasses.dataclass(frozen=True)
class Reading:
    """How the masks of a set are read."""

    names: tuple[str, ...]  # the categories
    label: Callable[[tuple[FoundMask, ...]], Label]  # of the masks of one photo
    assumed: tuple[str, ...]
    whole: bool = True  # a photo has one mask


def reading_of(found: list[FoundMask], declared: Declared, root: Path, masks: bool) -> Reading:
    """Return how the masks of a set are read. masks: False if there are ids alone."""
    if not all(each.whole for each in found):
        return parts_reading(found, declared, root)
    if not masks:
        make = ids_maker(declared, root)
        return Reading(declared.names, lambda one: make(one[0].file), (*declared.assumed, "each value is one object"))
    make, said = maker_of([each.file for each in found], declared, root)
    return Reading(declared.names, lambda one: make(one[0].file), (*declared.assumed, *said))


def parts_reading(found: list[FoundMask], declared: Declared, root: Path) -> Reading:
    """Return how masks are read that are of one object or one category each; InputError if that is not said."""
    folders = sorted({each.category for each in found} - {""})
    names = tuple(folders) if declared.assumed and folders else declared.names
    unknown = next((each for each in found if folders and each.category not in names), None)
    if unknown or (len(names) > 1 and not folders):
        raise InputError(
            f"{unknown.file if unknown else found[0].file}: its category is not said, wanted a folder of masks for each"
            f" category ({', '.join(names)}), such as {root.name}/masks/mug/a.png"
        )
    said = ("each folder of masks is one category",) if folders else (*declared.assumed, "each mask is one object")
    return Reading(
        names,
        lambda one: PartFiles(tuple(PartFile(each.file, each.category or names[0], each.single) for each in one)),
        said,
        whole=False,
    )


def photos_of(root: Path, part: FolderPair, pairs: Pairs, read: Reading, defects: Defects) -> Iterator[ListedPhoto]:
    """Yield the photos of a part with their labels; what has no counterpart, or two, is a defect."""
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(part.photos, 0 if part.photos == part.masks else MOST_DEEP)
    ids = ids_of(part.ids, defects) if part.masks and part.ids else None
    for photo, key in pairs.photos.items():
        masks = pairs.masks.get(key, ())
        check_counterparts(photo, masks, part, read, ids is None or key in ids, defects)
        subset = part.subset or SUBSETS.get(key.split("/")[0].lower() if "/" in key else "", "")
        tags = {"subset": subset} if subset else {}
        label: Label = Outlines(str(photo), None, ())
        if masks:
            label = IdsFile(ids[key], read.label(masks)) if ids and key in ids else read.label(masks)
        yield ListedPhoto(photo, label, root.resolve().name, NO_LICENCE, tags, bool(masks))
    named = set(pairs.photos.values())
    for key, path in (ids or {}).items():
        if key not in named:
            defects.add(NO_PHOTO, f"{path}: found no photo of that name in {part.photos}; add it or drop the ids")
    for path in pairs.strays:
        defects.add(NO_PHOTO, f"{path}: found no photo of that name in {part.photos}; add it or drop the mask")


def ids_of(folder: Path, defects: Defects) -> dict[str, Path]:
    """Return the ids files of a folder by the name of their photo; two of one photo are a defect."""
    found = dict[str, Path]()
    for path in pictures_in(folder):
        first = found.setdefault(key_of(path, folder), path)
        if first is not path:
            defects.add(CLASH, f"{path}: {first.name} holds the ids of the same photo; take one of them away")
    return found


def check_counterparts(
    photo: Path, masks: tuple[FoundMask, ...], part: FolderPair, read: Reading, has_ids: bool, defects: Defects
) -> None:
    """Note as a defect of a photo that it has two masks, or that others have ids and it has none."""
    if read.whole and len(masks) > 1:
        text = f"{masks[1].file}: {masks[0].file.name} is a mask of the same photo; take one of them away"
        defects.add(CLASH, text, photo)
    if masks and not has_ids:
        defects.add(BROKEN_LABEL, f"{photo}: found no ids of it in {part.ids}, which others have; add them", photo)


def masks_by_stem(folder: Path, defects: Defects | None = None) -> dict[str, Path]:
    """Return the masks of a folder by stem; two of one stem are a defect, raised unless there is a place for it."""
    defects, found = defects or FirstDefect(), dict[str, Path]()
    for path in files_of(folder):
        first = found.setdefault(path.stem, path)
        if first is not path:
            defects.add(CLASH, f"{path}: {first.name} is a mask of the same photo; take one of them away")
    return found

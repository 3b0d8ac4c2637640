"""One set of several files of labels, such as instances_train.json and instances_val.json."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from dataset.formats.listed import CLASH, Defects, ListedPhoto, PhotoSet
from dataset.formats.photo_files import named_apart
from pipeline.errors import InputError, shown


@dataclasses.dataclass(frozen=True)
class SetPart:
    """What one of several files says."""

    path: Path  # the file
    subset: str  # such as train; "" where its name does not say
    found: PhotoSet


def check_alike(names: Mapping[Path, Sequence[str]]) -> None:
    """Raise InputError unless all files of a set know the same categories, in any order. names: by file.

    Where one does not know a category, nobody can tell whether its photos show none of it or it was not labelled there.
    """
    if not names:
        raise ValueError("there is no file")
    first = next(iter(names))
    for path, own in names.items():
        odd = sorted({*own} ^ {*names[first]})
        if odd:
            has, lacks = (path, first) if odd[0] in own else (first, path)
            raise InputError(
                f"{lacks}: has no category {shown(odd[0])}, which {has} has ({len(odd)} such categories); give both "
                "the same categories if both are labelled by them, else bring the files in as sets of their own"
            )


def together(parts: Sequence[SetPart], root: Path, defects: Defects) -> PhotoSet:
    """Return one set of the parts, which `check_alike` has passed; a single part as it is, but for names.

    A part's name is the tag `subset` of its photos, unless they have one. A photo that two parts tell of is a defect.
    Photos of one name in two folders are named after these. root: the folder of the set, or its only file.
    """
    root = root if root.is_dir() else root.parent
    home = root.parent if root.name == "annotations" else root  # then photos lie beside it
    if len(parts) == 1:
        return dataclasses.replace(parts[0].found, photos=named_apart(parts[0].found.photos, home))
    photos, owners = list[ListedPhoto](), dict[Path, Path]()
    for part in parts:
        for photo in part.found.photos:
            owner = owners.setdefault(photo.file.resolve(), part.path)
            if owner == part.path:
                tags = ({"subset": part.subset} if part.subset else {}) | photo.tags
                photos.append(dataclasses.replace(photo, tags=tags))
            else:
                text = f"{photo.file}: both {owner} and {part.path} tell of it; take it out of one, or one of them away"
                defects.add(CLASH, text, photo.file)
    said = [f"{part.path.relative_to(root).as_posix()}: {each}" for part in parts for each in told(part)]
    return PhotoSet(parts[0].found.categories, named_apart(photos, home), tuple(said))


def told(part: SetPart) -> list[str]:
    """Return what is to be said of one part."""
    return [f"{len(part.found.photos)} photos", *part.found.assumed]

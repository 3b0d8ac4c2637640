"""Which format a folder of labelled photos is in, and the readers of all that are known."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset.formats import (
    bop,
    coco,
    cvat,
    datumaro,
    folder,
    label_studio,
    labelme,
    panoptic,
    supervisely,
    unlabelled,
    voc,
    webdataset,
    yolo,
)
from dataset.formats.coco_places import find_coco
from dataset.formats.listed import CLASH, Defects, PhotoSet, tidy
from dataset.formats.passed_over import elsewhere, unnamed
from dataset.formats.photo_files import loose
from pipeline.errors import InputError, few_of, shown

AUTO = "auto"
MOST_NAMED = 3  # of what is passed over


@dataclasses.dataclass(frozen=True)
class Format:
    """A format that labelled photos come in."""

    title: str  # as people call it
    wanted: str  # by what a folder of it is known
    find: Callable[[Path], Path | None]  # a folder -> the file or folder by which it is known; None: it is another one
    read: Callable[[Path, Defects], PhotoSet]  # that file or folder -> the set; single entries go to the defects
    bare: bool = False  # there are no labels: it is meant where there is no sign of another one
    also: tuple[str, ...] = ()  # formats whose sign a folder of it has as well, and which say no more
    names_photos: bool = False  # its files name the photos: one that lies beside them and is not named is passed over


FORMATS = {  # in the order in which they are tried: the more a format says of itself, the earlier
    "described": Format(
        "masks with meta.json",
        "masks/ and meta.json",
        folder.find_described,
        folder.read_described,
        also=("masks",),
        names_photos=True,
    ),
    "bop": Format("BOP", "scene folders with scene_gt.json", bop.find_bop, bop.read_bop),
    "panoptic": Format(
        "COCO panoptic", "panoptic.json", panoptic.find_panoptic, panoptic.read_panoptic, names_photos=True
    ),
    "supervisely": Format(
        "Supervisely", "meta.json and DATASET/ann/", supervisely.find_supervisely, supervisely.read_supervisely
    ),
    "labelme": Format("LabelMe", "LabelMe's JSON files", labelme.find_labelme, labelme.read_labelme),
    "voc": Format("Pascal VOC", "JPEGImages/ and SegmentationClass/", voc.find_voc, voc.read_voc),
    "cvat": Format("CVAT for images", "annotations.xml of CVAT", cvat.find_cvat, cvat.read_cvat, names_photos=True),
    "datumaro": Format(
        "Datumaro",
        "annotations/ with JSON of Datumaro",
        datumaro.find_datumaro,
        datumaro.read_datumaro,
        names_photos=True,
    ),
    "label_studio": Format(
        "Label Studio",
        "JSON of Label Studio",
        label_studio.find_label_studio,
        label_studio.read_label_studio,
        names_photos=True,
    ),
    "yolo": Format("YOLO", "data.yaml, images/ and labels/", yolo.find_yolo, yolo.read_yolo),
    "masks": Format("images and masks", "images/ and masks/", folder.find_plain, folder.read_plain),
    "coco": Format("COCO", "a COCO file such as annotations.json", find_coco, coco.read_coco, names_photos=True),
    "webdataset": Format(
        "webdataset", "tars of KEY.jpg and KEY.ids.png", webdataset.find_webdataset, webdataset.read_webdataset
    ),
    "photos": Format("photos without labels", "photos", unlabelled.find_photos, unlabelled.read_photos, bare=True),
}


def read_set(root: Path, defects: Defects, style: str = AUTO) -> PhotoSet:
    """Return the photos of a folder with what their labels say; what is wrong with single entries goes to `defects`.

    style: a key of FORMATS; "auto" takes the first whose sign is there. `assumed` says which it is, and which other
    signs were seen. Raises InputError when there is no such folder, no sign of the format, or no photo.
    """
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder; name the one where the labelled photos lie (REAL=path)")
    root = unwrapped(root)
    signs = {name: sign for name, kind in chosen(style).items() if (sign := kind.find(root)) is not None}
    if not signs:
        raise InputError(
            f"{root}: found no labelled photos, wanted {' or '.join(k.wanted for k in chosen(style).values())}"
        )
    name, sign = next(iter(signs.items()))
    found = FORMATS[name].read(sign, defects)
    check_names(root, found, defects)
    check_categories(sign, found.categories)
    others = [
        FORMATS[other].title + (f" ({signs[other].relative_to(root)})" if signs[other] != root else "")
        for other in signs
        if other not in {name, *FORMATS[name].also} and not FORMATS[other].bare
    ]
    said = [f"read as {FORMATS[name].title}", *found.assumed, *alike_names(found.categories)]
    if FORMATS[name].names_photos:
        said += unnamed(found, defects)
    said += elsewhere(root, found)
    if others:
        said.append(f"passed over {', '.join(others)}")
    return dataclasses.replace(found, assumed=tuple(said))


def unwrapped(root: Path) -> Path:
    """Return the one folder in a folder that holds nothing else, as in archives; else the folder itself."""
    inner = [path for path in sorted(root.iterdir()) if not path.name.startswith((".", "__MACOSX"))]
    return inner[0] if len(inner) == 1 and inner[0].is_dir() else root


def chosen(style: str) -> dict[str, Format]:
    """Return the formats that are tried; raise InputError for a name that is none."""
    if style != AUTO and style not in FORMATS:
        raise InputError(f"the format is {style!r}, wanted one of {', '.join([AUTO, *FORMATS])}")
    return FORMATS if style == AUTO else {style: FORMATS[style]}


def check_categories(sign: Path, categories: Sequence[str]) -> None:
    """Raise InputError for a category without a name. sign: what its set is known by."""
    blank = next((name for name in categories if not name.strip()), None)
    if blank is not None:
        raise InputError(f"{sign}: a category has the name {shown(blank)}, wanted one; give it one there")


def alike_names(categories: Sequence[str]) -> list[str]:
    """Return sentences on categories with blanks around, and on those that differ by capitals and the like alone."""
    names = dict.fromkeys(map(tidy, categories))
    blank = [shown(name) for name in categories if name != name.strip()]
    spelt = Counter(map(loose, names))
    alike = [shown(name) for name in names if spelt[loose(name)] > 1]
    said = [f"names are taken without the blanks around them ({few_of(blank, MOST_NAMED)})"] if blank else []
    words = (
        f"{few_of(alike, MOST_NAMED)} differ by spelling alone, and each is a category of its own (see ingest.rename)"
    )
    return [*said, words] if alike else said


def check_names(root: Path, found: PhotoSet, defects: Defects) -> None:
    """Raise InputError for a set without photos; two photos of one name, which is a sample's id, are a defect."""
    if not found.photos:
        why = defects.found[0].text if defects.found else ""
        raise InputError(why or f"{root}: found no photos, wanted at least one; put labelled photos there")
    seen: dict[str, Path] = {}
    for photo in found.photos:
        first = seen.setdefault(photo.id, photo.file)
        if first is not photo.file:
            twice = "is told of twice; take one away" if first == photo.file else ""
            text = twice or f"has the same name as {first}; rename one, with its mask"
            defects.add(CLASH, f"{photo.file}: {text}", photo.file)

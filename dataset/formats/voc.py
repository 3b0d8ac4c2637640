"""Pascal VOC segmentation, in and out: JPEGImages/, SegmentationClass/, SegmentationObject/, Annotations/, ImageSets/.

Masks are PNG: with the indices of a palette, as VOC and LabelMe write them, or with colours that labelmap.txt names, as
CVAT does. 255, or its colour 224,224,192, is void: neither background nor an object.
"""

import contextlib
import dataclasses
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    CLASH,
    NO_LABEL,
    NO_LICENCE,
    NO_PHOTO,
    PHOTO_SUFFIXES,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    refuse_unread,
)
from dataset.formats.mask_files import colour_codes, colours_text
from dataset.formats.mask_values import BACKGROUND, IGNORED_NAMES, labelmap_rows
from dataset.formats.outlines import Outlines, check_numbers
from dataset.formats.pairing import MOST_DEEP
from dataset.formats.photo_files import named_apart
from dataset.formats.source import ManifestSource, name_of
from dataset.formats.voc_lists import Lists, lists_in
from dataset.formats.voc_masks import VOC_NAMES, Boxed, Meaning, VocLabel, colour_of, meaning_of
from dataset.idmap import IGNORE, IGNORED, MOST_CATEGORIES, IdMap, categories_map, ignores
from dataset.records import Sample
from pipeline.errors import InputError, few_of, shown
from pipeline.files import write_bytes, write_text
from pipeline.reading import MOST_SETTINGS_BYTES, read_text
from pipeline.xml_files import UNWRITABLE, children_of

IMAGES, BOXES = "JPEGImages", "Annotations"
LISTS, BOX_LISTS = "ImageSets/Segmentation", "ImageSets/Main"
CLASSES, OBJECTS = ("SegmentationClass", "SegmentationClassPNG"), ("SegmentationObject", "SegmentationObjectPNG")
LABELMAP, CLASS_NAMES = "labelmap.txt", "class_names.txt"
MOST_NAMED = 3  # lines of lists that a message names
MOST_OBJECTS = IGNORED - 1  # that a mask of 8 bits tells apart


def find_voc(root: Path) -> Path | None:
    """Return the folder itself if there is a set of VOC in it or in folders such as VOC2012, else None."""
    return root if homes_in(root) else None


def homes_in(root: Path) -> list[Path]:
    """Return the folders that hold class masks: the folder itself, or VOC2007, VOC2012 and the like in it."""
    homes = [root, *sorted(root.glob("VOC[0-9]*")), *sorted(root.glob("VOCdevkit/VOC[0-9]*"))]
    return [home for home in homes if folder_of(home, CLASSES)]


def folder_of(home: Path, names: Iterable[str]) -> Path | None:
    """Return the first of these folders that is there."""
    return next((home / name for name in names if (home / name).is_dir()), None)


@dataclasses.dataclass(frozen=True)
class Described:
    """What a file of Annotations/ says of a photo."""

    boxed: tuple[Boxed, ...] = ()
    source: str = ""
    licence: str = ""


@dataclasses.dataclass(frozen=True)
class Tree:
    """The files of a set by their paths without suffix, as seen from the folder of their kind."""

    home: Path
    photos: Mapping[str, Path]
    classes: Mapping[str, Path]
    objects: Mapping[str, Path]
    described: Mapping[str, Described]
    lists: Lists


def read_voc(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the set of class masks, and of object masks where they are there; else each connected piece is an object.

    The categories are those of labelmap.txt or class_names.txt; without them VOC's own 20, if Annotations/ name no
    others. A photo without a class mask is not labelled; one that no list of ImageSets/Segmentation names either is
    passed over. An object that has a box in Annotations/ and no mask is a defect of its photo.
    defects: takes what is wrong with single photos, None = the first is raised.
    """
    defects = defects or FirstDefect()
    homes = homes_in(root)
    if len(homes) != 1:
        found = ", ".join(str(home.relative_to(root)) for home in homes) or "none"
        raise InputError(f"{root}: found {found}, wanted one folder with SegmentationClass; name it as REAL")
    tree = tree_of(homes[0], defects)
    named, meaning = named_meaning(tree)
    photos, passed = list[ListedPhoto](), 0
    for stem, file in tree.photos.items():
        if stem in tree.classes or stem in tree.lists.part or not tree.lists.part:
            photos.append(photo_of(tree, stem, file, meaning, named, defects))
        else:
            passed += 1
    for stem in sorted(set(tree.classes) - set(tree.photos)):
        text = f"{tree.classes[stem]}: found no photo of that name in {tree.home / IMAGES}; add it or drop the mask"
        defects.add(NO_PHOTO, text)
    apart = named_apart(photos, tree.home / IMAGES)
    return PhotoSet(meaning.categories, apart, assumed(tree, named, passed))


def assumed(tree: Tree, named: bool, passed: int) -> tuple[str, ...]:
    """Return the sentences that say what was taken for granted. passed: photos that are no part of the set."""
    pieces = sum(stem not in tree.objects for stem in tree.classes)
    said = [] if named else ["the values of the masks are VOC's own 20 categories"]
    said += [f"{pieces} photos have no mask of objects: there each connected piece is one"] if pieces else []
    said += [f"{passed} photos without a mask are in no list of {LISTS} and passed over"] if passed else []
    strays = few_of([shown(line) for line in tree.lists.strays], MOST_NAMED)
    said += [f"{len(tree.lists.strays)} lines of {LISTS} name no photo of {IMAGES} ({strays})"] if strays else []
    return tuple(said)


def tree_of(home: Path, defects: Defects) -> Tree:
    """Return the files of a set; two of one name are a defect. Raises InputError when there is no folder of photos."""
    if not (home / IMAGES).is_dir():
        raise InputError(f"{home}: found no {IMAGES} beside SegmentationClass; bring the photos there")
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(home / IMAGES, MOST_DEEP)
    photos, classes = files_below(home / IMAGES, defects), files_below(folder_of(home, CLASSES), defects)
    objects, described = files_below(folder_of(home, OBJECTS), defects), dict[str, Described]()
    for stem in [*classes, *(stem for stem in photos if stem not in classes)]:
        file = home / BOXES / f"{stem}.xml"
        if file.is_file():
            with defects.gathering(BROKEN_LABEL, photos.get(stem)):
                described[stem] = described_in(file)
    return Tree(home, photos, classes, objects, described, lists_in(home / LISTS, photos))


def files_below(folder: Path | None, defects: Defects) -> dict[str, Path]:
    """Return the pictures of a folder and those in it by their paths without suffix; two of one are a defect."""
    found: dict[str, Path] = {}
    if folder is None:
        return found
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith("."):
            first = found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
            if first is not path:
                defects.add(CLASH, f"{path}: has the same name as {first.name}; take one of them away", first)
    return found


def described_in(file: Path) -> Described:
    """Return what a file of Annotations/ says; raise InputError when it is broken."""
    boxed, known = list[Boxed](), Described()
    for element in children_of(file, "annotation"):
        if element.tag == "object":
            boxed.append(boxed_in(element, f"{file}: object {len(boxed) + 1}"))
        if element.tag == "source":
            known = Described((), element.findtext("database") or "", element.findtext("licence") or "")
    return dataclasses.replace(known, boxed=tuple(boxed))


def boxed_in(element: Element, where: str) -> Boxed:
    """Return one object of Annotations/; raise InputError for one without a name or a box."""
    name = (element.findtext("name") or "").strip()
    try:
        x0, y0, x1, y1 = (float(element.findtext(f"bndbox/{key}") or "") for key in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        raise InputError(f"{where}: found no bndbox of four numbers; export it again") from None
    check_numbers((x0, y0, x1, y1), where)
    if not name:
        raise InputError(f"{where}: found no name; export it again")
    return Boxed(where, name, (x0, y0, x1, y1))


def named_meaning(tree: Tree) -> tuple[bool, Meaning]:
    """Return whether a file names the categories of the masks, and what their values and colours stand for.

    Without one they are VOC's own if Annotations/ name some of these and no others; else InputError.
    """
    labelmap, names = tree.home / LABELMAP, tree.home / CLASS_NAMES
    if labelmap.is_file():
        return True, meaning_of(labelmap_rows(labelmap), labelmap)
    if names.is_file():
        lines = read_text(names, MOST_SETTINGS_BYTES).split("\n")
        return True, meaning_of([(line.strip(), None) for line in lines if line.strip()], names)
    said = {one.category for stem in tree.classes for one in tree.described.get(stem, Described()).boxed}
    if said and said <= set(VOC_NAMES):
        meaning = meaning_of([("background", None), *((name, None) for name in VOC_NAMES)], tree.home)
        return False, meaning
    others = f", and Annotations name {shown(min(said - set(VOC_NAMES)))}" if said else ""
    raise InputError(
        f"{tree.home}: found no {LABELMAP} that names the categories of the masks{seen_in(tree)}{others}; write one "
        "with a line such as mug:128,0,0:: for each"
    )


def seen_in(tree: Tree) -> str:
    """Return the colours of the first mask that can be read, for the message."""
    for file in tree.classes.values():
        with contextlib.suppress(InputError):
            return f" ({file.name} holds the colours {colours_text(colour_codes(file))})"
    return ""


def photo_of(tree: Tree, stem: str, file: Path, meaning: Meaning, named: bool, defects: Defects) -> ListedPhoto:
    """Return one photo; one that has boxes and no mask is a defect."""
    known, mask = tree.described.get(stem, Described()), tree.classes.get(stem)
    if mask is None and known.boxed:
        text = f"{known.boxed[0].where} has a box, and its photo no mask in SegmentationClass; boxes alone are no masks"
        defects.add(NO_LABEL, text, file)
    label = VocLabel(mask, tree.objects.get(stem), meaning, known.boxed, named) if mask else None
    part = tree.lists.part
    tags = {"subset": part[stem]} if stem in part and len(set(part.values())) > 1 else {}
    source, licence = known.source or tree.home.resolve().name, known.licence or NO_LICENCE
    return ListedPhoto(file, label or Outlines(str(file), None, ()), source, licence, tags, labelled=mask is not None)


def write(source: ManifestSource, out: Path) -> None:
    """Write images as they are, masks of categories and of objects with VOC's palette, boxes, lists and labelmap.txt.

    What is ignored is void (255). Each file of Annotations/ says source and licence; tags have no place. Raises
    InputError for more categories, or more objects in a picture, than a mask can tell apart, and for names that
    labelmap.txt or XML cannot hold.
    """
    check_names(source)
    names, void = list[str](), False
    for sample in source.samples():
        name, ids = name_of(sample), source.ids_of(sample)
        classes, objects = categories_map(ids, sample.instances, source.categories), objects_map(ids, sample, source)
        file = source.save_image(sample, out / IMAGES, name)
        write_bytes(out / CLASSES[0] / f"{name}.png", palette_png(classes))
        write_bytes(out / OBJECTS[0] / f"{name}.png", palette_png(objects))
        write_text(out / BOXES / f"{name}.xml", annotation_of(sample, file))
        names.append(name)
        void = void or ignores(ids)
    for folder in (LISTS, BOX_LISTS):
        write_text(out / folder / "default.txt", "".join(f"{name}\n" for name in names))
    write_text(out / LABELMAP, labelmap_of(source.categories, void))


def labelmap_of(categories: tuple[str, ...], void: bool) -> str:
    """Return labelmap.txt. void: whether a mask holds what is ignored, whose colour readers want to be named then."""
    numbers = {"background": 0} | {name: k for k, name in enumerate(categories, 1)}
    numbers |= {"ignored": IGNORED} if void else {}
    rows = [f"{name}:{','.join(map(str, colour_of(number)))}::\n" for name, number in numbers.items()]
    return "# label:color_rgb:parts:actions\n" + "".join(rows)


def check_names(source: ManifestSource) -> None:
    """Raise InputError for categories that cannot be written."""
    if len(source.categories) > MOST_CATEGORIES:
        raise InputError(
            f"{source.manifest}: found {len(source.categories)} categories, wanted {MOST_CATEGORIES} at most for voc"
        )
    for name in source.categories:
        if name.lower() in BACKGROUND | IGNORED_NAMES or name != name.strip() or not name or name[0] == "#":
            raise InputError(f"{source.manifest}: the category {shown(name)} is no object to VOC; rename it")
        if ":" in name or len(name.splitlines()) > 1 or UNWRITABLE.search(name):
            raise InputError(f"{source.manifest}: the category {shown(name)} cannot stand in {LABELMAP}; rename it")


def objects_map(ids: IdMap, sample: Sample, source: ManifestSource) -> NDArray[np.uint8]:
    """Return (H, W) uint8: k = the k-th object, 255 = void; raise InputError for too many objects."""
    numbers = Counter(item.index for item in sample.instances)
    if len(numbers) > MOST_OBJECTS:
        raise InputError(
            f"{source.manifest}: sample {sample.id}: found {len(numbers)} objects, wanted {MOST_OBJECTS} at most for "
            "voc; export it as coco"
        )
    table = np.zeros(IGNORE + 1, np.uint8)
    table[sorted(numbers)] = np.arange(1, len(numbers) + 1)
    table[IGNORE] = IGNORED
    return table[ids]


def palette_png(values: NDArray[np.uint8]) -> bytes:
    """Return a mask (H, W) as PNG with VOC's palette."""
    picture, buffer = Image.fromarray(values), io.BytesIO()
    picture.putpalette([part for k in range(256) for part in colour_of(k)])
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def annotation_of(sample: Sample, file: str) -> str:
    """Return the file of Annotations/ of one sample. Boxes count pixels from 1, and the last one is a part of it."""
    root = Element("annotation")
    height, width = sample.size_hw
    add(root, {"folder": IMAGES, "filename": file})
    add(SubElement(root, "source"), {"database": sample.source, "licence": sample.licence})
    add(SubElement(root, "size"), {"width": width, "height": height, "depth": 3})
    add(root, {"segmented": 1})
    for item in sample.instances:
        x0, y0, x1, y1 = item.box
        element = SubElement(root, "object")
        add(element, {"name": item.category, "pose": "Unspecified", "truncated": 0, "difficult": 0})
        add(SubElement(element, "bndbox"), {"xmin": x0 + 1, "ymin": y0 + 1, "xmax": x1, "ymax": y1})
    indent(root)
    return UNWRITABLE.sub("?", tostring(root, "unicode")) + "\n"


def add(parent: Element, words: Mapping[str, object]) -> None:
    """Append an element for each word."""
    for tag, word in words.items():
        SubElement(parent, tag).text = str(word)

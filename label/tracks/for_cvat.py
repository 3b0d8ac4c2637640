"""CVAT's file of a clip with one group_id an object: of a mask track it keeps the first shape alone, groups survive."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, parse

from label.tracks.propagating import TrackedFrame


def grouped(path: Path, frames: Sequence[TrackedFrame]) -> None:
    """Give every mask of an annotations.xml of our own writer its object's number as group_id.

    frames: in the order of the file's images; their objects in the order of the masks.
    """
    tree: ElementTree[Element] = parse(path)
    for image, frame in zip(tree.getroot().iterfind("image"), frames, strict=True):
        for mask, one in zip(image.iterfind("mask"), frame.objects, strict=True):
            mask.set("group_id", str(one.track))
    tree.write(path, encoding="utf-8", xml_declaration=True)

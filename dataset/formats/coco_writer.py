"""COCO instance JSON: images/ and annotations.json, masks as compressed RLE."""

from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as rle_tools

from dataset.formats.json_rows import json_with_rows
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import IdMap, Mask
from dataset.records import Instance, Sample


def write(source: ManifestSource, out: Path) -> None:
    """Write the images as they are and their instances, all numbered from 1 in the manifest's order.

    Beside the standard keys an image says sample_id, domain, source, draws and its tags, an annotation
    visible_fraction and asset (null for what a camera saw).
    """
    head = {
        "info": {"description": "exported by admix"},
        "licenses": [{"id": k, "name": name, "url": ""} for k, name in enumerate(source.licences, 1)],
        "categories": [{"id": k, "name": name, "supercategory": ""} for k, name in enumerate(source.categories, 1)],
    }
    with json_with_rows(out / "annotations.json", head, "images", "annotations") as (images, annotations):
        for sample in source.samples():
            file, ids = source.save_image(sample, out / "images", name_of(sample)), source.ids_of(sample)
            images.add(image_row(images.count + 1, file, sample, source))
            for item in sample.instances:
                numbers = {"id": annotations.count + 1, "image_id": images.count}
                annotations.add(numbers | annotation_row(item, ids, source))


def image_row(number: int, file: str, sample: Sample, source: ManifestSource) -> dict[str, Any]:
    """Return the entry of one image."""
    height, width = sample.size_hw
    standard = {"id": number, "file_name": file, "width": width, "height": height}
    licence = {"license": source.licences.index(sample.licence) + 1}
    return facts_of(sample) | standard | licence | {"draws": sample.draws}


def annotation_row(item: Instance, ids: IdMap, source: ManifestSource) -> dict[str, Any]:
    """Return the entry of one instance without its own number and its image's."""
    x0, y0, x1, y1 = item.box
    return {
        "category_id": source.categories.index(item.category) + 1,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": item.area_px,
        "iscrowd": 0,
        "segmentation": rle_of(ids == item.index),
        "visible_fraction": item.visible_fraction,
        "asset": item.asset,
    }


def rle_of(mask: Mask) -> dict[str, Any]:
    """Return the compressed RLE of a mask (H, W): size [H, W] and counts as text, runs down the columns."""
    rle = rle_tools.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": rle["counts"].decode("ascii")}

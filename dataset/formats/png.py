"""Folders of PNG as our own `ingest` reads them: images/, masks/ (8 bit), ids/ (16 bit), categories.json, meta.json."""

from pathlib import Path

from dataset.formats.json_rows import json_with_rows
from dataset.formats.source import ManifestSource, facts_of, name_of
from dataset.idmap import MOST_CATEGORIES, categories_map, png_bytes, write_ids
from pipeline.errors import InputError
from pipeline.files import write_json


def write(source: ManifestSource, out: Path) -> None:
    """Write images as they are, and two pictures of labels each, both 0 where nothing is labelled.

    masks/: c = the c-th category of categories.json, 255 = ignored. ids/: k = the k-th instance, which keeps apart
    those that touch, 65535 = ignored. Raises InputError for more categories than a mask can tell apart.
    """
    if len(source.categories) > MOST_CATEGORIES:
        raise InputError(
            f"{source.manifest}: found {len(source.categories)} categories, wanted {MOST_CATEGORIES} at most for png"
        )
    write_json(out / "categories.json", list(source.categories))
    (out / "masks").mkdir()
    head = {"classes": {str(k): name for k, name in enumerate(source.categories, 1)}}
    with json_with_rows(out / "meta.json", head, "images") as (images,):
        for sample in source.samples():
            name, ids = name_of(sample), source.ids_of(sample)
            file = source.save_image(sample, out / "images", name)
            mask = categories_map(ids, sample.instances, source.categories)
            (out / "masks" / f"{name}.png").write_bytes(png_bytes(mask))
            write_ids(out / "ids" / f"{name}.png", ids)
            files = {"file": f"images/{file}", "mask": f"masks/{name}.png", "ids": f"ids/{name}.png"}
            images.add(facts_of(sample) | files | {"licence": sample.licence})

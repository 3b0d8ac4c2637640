"""What every export reads: the samples of a manifest one at a time, and what must be known of all of them first."""

import dataclasses
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from scipy.ndimage import find_objects

from dataset.idmap import IdMap, read_ids, without_ignored
from dataset.records import REAL, Sample, each_sample
from dataset.shards import read_bytes
from pipeline.errors import InputError
from pipeline.progress import track


@dataclasses.dataclass(frozen=True)
class ManifestSource:
    """A manifest that was read once. It keeps no sample, only counts (and while it is read, the ids)."""

    manifest: Path
    count: int
    categories: tuple[str, ...]  # in the order of their numbers
    licences: tuple[str, ...]  # of the pictures, sorted
    photos: Mapping[tuple[str, str], int]  # (source, licence) of the photos -> how many
    assets: Mapping[str, int]  # asset id -> pictures it stands in
    objects: Mapping[str, str]  # asset id, or category where there is no asset, of what is labelled -> category
    scenes: Path | None = None  # the plan of the renders, for the formats that tell poses
    labelled: frozenset[str] = frozenset()  # assets known to carry a label, shown or not

    def samples(self) -> Iterator[Sample]:
        """Yield every sample in the manifest's order, and show how far it is."""
        return track(each_sample(self.manifest), self.count, "export", "images")

    def fetch(self, sample: Sample, path: str) -> bytes:
        """Return the bytes of a file of a sample; raise InputError when it is missing or outside the folder."""
        return read_bytes(self.path_of(sample, path))

    def path_of(self, sample: Sample, path: str) -> Path:
        """Return where a file of a sample lies; raise InputError when its path leads out of the manifest's folder.

        A link in that folder may lead elsewhere, as DVC's do.
        """
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise InputError(f"{self.manifest}: sample {sample.id}: {path!r} leaves its folder; name a file inside it")
        return self.manifest.parent / path

    def ids_of(self, sample: Sample) -> IdMap:
        """Return the id map of a sample; raise InputError when it is not the one that its record describes."""
        ids = read_ids(self.path_of(sample, sample.ids))
        where = f"{self.manifest}: sample {sample.id}"
        if ids.shape != sample.size_hw:
            raise InputError(f"{where}: its id map is {ids.shape}, its record says {sample.size_hw}; write it again")
        labelled = without_ignored(ids)
        areas, boxes = np.bincount(labelled.ravel()), find_objects(labelled)
        for item in sample.instances:
            place = boxes[item.index - 1] if 0 < item.index <= len(boxes) else None
            box = (place[1].start, place[0].start, place[1].stop, place[0].stop) if place else None
            if box != item.box or areas[item.index] != item.area_px:
                raise InputError(
                    f"{where}: instance {item.index} is {box or 'nowhere'} in {sample.ids}, its record says "
                    f"{item.box} with {item.area_px} pixels; run the stage that writes it again"
                )
        return ids

    def save_image(self, sample: Sample, folder: Path, name: str) -> str:
        """Copy the picture's file as it is into `folder` and return its new name: `name` and its suffix."""
        file = name + PurePosixPath(sample.image).suffix.lower()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(self.fetch(sample, sample.image))
        return file


def say_left_out(pictures: int, style: str) -> None:
    """Say on stderr in how many pictures a format left out what is ignored; nothing for none."""
    if pictures:
        sys.stderr.write(
            f"export: left out the ignored regions of {pictures} pictures, which {style} cannot hold; "
            "there they are background\n"
        )


def name_of(sample: Sample) -> str:
    """Return the sample's id as a file name without a dot: what is not a letter, digit, - or _ becomes %XX.

    Two ids never get one name, and no name leaves its folder or hides in it.
    """
    return re.sub(r"[^\w-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), sample.id)


def facts_of(sample: Sample) -> dict[str, str]:
    """Return a sample's tags and provenance in the words of our own readers of COCO and meta.json."""
    own = {"sample_id": sample.id, "domain": sample.domain, "source": sample.source}
    return sample.tags | own


def read_source(manifest: Path, names: tuple[str, ...] | None) -> ManifestSource:
    """Return what is known of a manifest after one reading.

    names: the categories in the order of their numbers; None: those that occur, sorted.
    Raises InputError for no sample, an id that is empty or there twice, no category, and one that is not in `names`.
    """
    ids: set[str] = set()
    licences: set[str] = set()
    photos, assets, objects = Counter[tuple[str, str]](), Counter[str](), dict[str, str]()
    for sample in each_sample(manifest):
        if not sample.id or sample.id in ids:
            raise InputError(f"{manifest}: the sample id {sample.id!r} is empty or there twice; give each its own")
        ids.add(sample.id)
        licences.add(sample.licence)
        objects |= {item.asset or item.category: item.category for item in sample.instances}
        assets.update({*sample.assets, *(item.asset for item in sample.instances if item.asset)})
        if sample.domain == REAL:
            photos[sample.source, sample.licence] += 1
    categories = names or tuple(sorted(set(objects.values())))
    unknown = sorted(set(objects.values()) - set(categories))
    if unknown:
        raise InputError(f"{manifest}: found the category {unknown[0]!r}, which --categories does not list; add it")
    if not ids or not categories:
        raise InputError(
            f"{manifest}: found {'no category' if ids else 'no sample'}, wanted one; name another manifest"
        )
    return ManifestSource(
        manifest, len(ids), categories, tuple(sorted(licences)), photos, assets, dict(sorted(objects.items()))
    )

"""BOP-style scene folders: 000000/ with rgb/, mask_visib/, depth/ and three JSON files, and models/models_info.json.

What BOP asks for and we do not have is left out, not guessed: the masks of whole objects (mask/), since we keep only
what is seen; bbox_obj of an object that is partly hidden ([-1, -1, -1, -1]); the meshes and their diameters. Nor can
it hold what is ignored. Cameras and poses come from the plan; without it, and for photos, there are none. A pose is
that of the asset in its own axes, in millimetres and times `scale`, a key of our own, because BOP knows one size only.
"""

import dataclasses
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import (
    BROKEN_LABEL,
    BROKEN_PHOTO,
    NO_LICENCE,
    NO_PHOTO,
    Defects,
    FirstDefect,
    ListedPhoto,
    PhotoSet,
    files_of,
    refuse_unread,
)
from dataset.formats.mask_files import PartFile, PartFiles
from dataset.formats.outlines import Outlines
from dataset.formats.pairing import folders_of
from dataset.formats.poses import PoseView, Views
from dataset.formats.source import ManifestSource, say_left_out
from dataset.idmap import IdMap, ignores, png_bytes
from dataset.records import RENDER, Instance, Sample
from pipeline.errors import InputError
from pipeline.files import write_json
from pipeline.reading import read_json

CHUNK = 1000  # pictures a scene folder
UNKNOWN = [-1, -1, -1, -1]
BROKEN = (ValueError, EOFError, SyntaxError, TokenError, TypeError, LookupError, ArithmeticError, MemoryError, OSError)
FULL = 65535  # of a depth picture
GT = "scene_gt.json"
PHOTOS = ("rgb", "gray")  # where the pictures of a scene lie


@dataclasses.dataclass(frozen=True)
class BopScene:
    """One scene folder."""

    folder: Path
    photos: Path  # its rgb/ or gray/
    split: str = ""  # the folder around it, such as train_pbr


def find_bop(root: Path) -> Path | None:
    """Return the folder itself if there are scenes with labels in it or in a folder of it, else None."""
    return root if any((scene.folder / GT).is_file() for scene in scenes_in(root)) else None


def scenes_in(root: Path) -> list[BopScene]:
    """Return the scenes of a set: the folder itself, 000000/ in it, or train_pbr/000000/."""
    if (root / GT).is_file():
        return scenes_of([root])
    own = scenes_of(folder for folder in folders_of(root) if folder.name.isdecimal())
    splits = folders_of(root) if not own else []
    return own + [
        scene
        for split in splits
        for scene in scenes_of((folder for folder in folders_of(split) if folder.name.isdecimal()), split.name)
    ]


def scenes_of(folders: Iterable[Path], split: str = "") -> list[BopScene]:
    """Return those of the folders that hold photos where BOP has them."""
    return [
        BopScene(folder, folder / name, split)
        for folder in folders
        for name in [next((name for name in PHOTOS if (folder / name).is_dir()), None)]
        if name
    ]


def read_bop(root: Path, defects: Defects | None = None) -> PhotoSet:
    """Return the photos of all scenes with the seen masks of their objects, a split as the tag subset.

    A category is what models_info.json says of its object, else obj_000001 and so on. A photo without an entry in
    scene_gt.json is not labelled. Poses, cameras and depth are passed over. defects: takes what is wrong with single
    photos; None = it is raised.
    """
    defects, names = defects or FirstDefect(), read_models(root / "models" / "models_info.json")
    photos = list[ListedPhoto]()
    for scene in scenes_in(root):
        objects = read_objects(scene.folder / GT)
        names |= {number: names.get(number, f"obj_{number:06d}") for found in objects.values() for number in found}
        photos += photos_of(scene, objects, names, root.resolve().name, defects)
    categories = tuple(dict.fromkeys(names[number] for number in sorted(names)))
    return PhotoSet(categories, tuple(photos), ("poses, cameras and depth are left out",))


def photos_of(
    scene: BopScene, objects: Mapping[int, list[int]], names: Mapping[int, str], source: str, defects: Defects
) -> Iterator[ListedPhoto]:
    """Yield the photos of one scene; a mask that is not there, and labels without a photo, are defects."""
    with defects.gathering(BROKEN_PHOTO):
        refuse_unread(scene.photos)
    tags = {"scene": scene.folder.name} | ({"subset": scene.split} if scene.split else {})
    numbers = {file: int(file.stem) if file.stem.isdecimal() else None for file in files_of(scene.photos)}
    for file, number in numbers.items():
        known = [] if number is None else objects.get(number, [])
        masks = [scene.folder / "mask_visib" / f"{file.stem}_{k:06d}.png" for k in range(len(known))]
        lost = next((mask for mask in masks if not mask.is_file()), None)
        if lost:
            defects.add(BROKEN_LABEL, f"{lost}: is not there, but {scene.folder / GT} names its object; bring it", file)
        parts = tuple(PartFile(mask, names[each], single=True) for mask, each in zip(masks, known, strict=True))
        label = PartFiles(parts) if parts else Outlines(str(file), None, ())
        name = "_".join(filter(None, [scene.split, scene.folder.name, file.stem]))
        yield ListedPhoto(file, label, source, NO_LICENCE, tags, number in objects, name)
    for number in sorted(set(objects) - set(numbers.values())):
        text = f"{scene.folder / GT}: picture {number} is not in {scene.photos}; bring it there, or drop the entry"
        defects.add(NO_PHOTO, text)


def read_objects(path: Path) -> dict[int, list[int]]:
    """Return the numbers of the objects of each picture of a scene_gt.json; none where there is no such file."""
    value = read_json(path) if path.is_file() else {}
    try:
        return {int(number): [index_in(row["obj_id"]) for row in rows] for number, rows in value.items()}
    except (AttributeError, LookupError, TypeError, ValueError):
        raise InputError(
            f'{path}: wanted objects a picture, such as {{"0": [{{"obj_id": 1}}]}}; write it again'
        ) from None


def read_models(path: Path) -> dict[int, str]:
    """Return the category of each object that models_info.json names; none of those of which it only tells the size."""
    value = read_json(path) if path.is_file() else {}
    try:
        rows = {int(number): row.get("category", row.get("name")) for number, row in value.items()}
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"{path}: wanted facts of each object by its number; write it again") from None
    return {number: str(name) for number, name in rows.items() if isinstance(name, str) and name}


def index_in(value: Any) -> int:
    """Return an object's number; raise ValueError for what is none."""
    if not isinstance(value, int) or not 0 <= value <= FULL:
        raise ValueError(value)
    return value


def write(source: ManifestSource, out: Path) -> None:
    """Write as many scene folders as it takes, pictures numbered from 0 in each.

    obj_id: the number from 1 of the asset among all that are labelled in the manifest, by name; of what a camera saw,
    of the category. models_info.json says which.
    """
    numbers = {name: k for k, name in enumerate(source.objects, 1)}
    models = {str(numbers[name]): {"asset": name, "category": category} for name, category in source.objects.items()}
    write_json(out / "models" / "models_info.json", models)
    views = Views(source.scenes, source.labelled) if source.scenes else None
    samples, left_out = source.samples(), 0
    for number, first in enumerate(samples):  # each turn takes one sample here, and the rest of its folder below
        folder = out / f"{number:06d}"
        (folder / "mask_visib").mkdir(parents=True)
        files: dict[str, dict[str, Any]] = {"scene_camera": {}, "scene_gt": {}, "scene_gt_info": {}}
        for k, sample in enumerate(itertools.chain([first], itertools.islice(samples, CHUNK - 1))):
            view = views.of(sample) if views and sample.domain == RENDER else None
            source.save_image(sample, folder / "rgb", f"{k:06d}")
            ids = source.ids_of(sample)
            left_out += ignores(ids)
            depth_mm, scale = write_depth(source, sample, folder / "depth" / f"{k:06d}.png")
            files["scene_camera"][str(k)] = camera_row(sample, view) | scale
            files["scene_gt"][str(k)] = [object_row(item, numbers, view) for item in sample.instances]
            files["scene_gt_info"][str(k)] = write_masks(sample, ids, depth_mm, folder / "mask_visib" / f"{k:06d}")
        for name, rows in files.items():
            write_json(folder / f"{name}.json", rows)
    say_left_out(left_out, "bop")


def camera_row(sample: Sample, view: PoseView | None) -> dict[str, Any]:
    """Return the entry of one picture in scene_camera.json, matrices row by row."""
    if view is None:
        return {"sample_id": sample.id}
    where = {"cam_R_w2c": view.rotation.ravel().tolist(), "cam_t_w2c": view.shift_mm.tolist()}
    return {"sample_id": sample.id, "cam_K": view.camera.ravel().tolist()} | where


def object_row(item: Instance, numbers: Mapping[str, int], view: PoseView | None) -> dict[str, Any]:
    """Return the entry of one instance in scene_gt.json."""
    row: dict[str, Any] = {"obj_id": numbers[item.asset or item.category]}
    if view is None:
        return row
    pose = view.poses[item.index]
    where = {"cam_R_m2c": pose.rotation.ravel().tolist(), "cam_t_m2c": pose.shift_mm.tolist()}
    return row | where | {"scale": pose.scale}


def write_masks(sample: Sample, ids: IdMap, depth: IdMap | None, stem: Path) -> list[dict[str, Any]]:
    """Write the mask of each instance as STEM_000000.png and so on; return their entries in scene_gt_info.json."""
    rows = []
    for k, item in enumerate(sample.instances):
        mask = ids == item.index
        stem.with_name(f"{stem.name}_{k:06d}.png").write_bytes(png_bytes(mask.astype(np.uint8) * 255))
        rows.append(info_row(item, 0 if depth is None else int((depth[mask] > 0).sum())))
    return rows


def info_row(item: Instance, valid_px: int) -> dict[str, Any]:
    """Return the entry of one instance in scene_gt_info.json; valid_px: seen pixels whose depth is known."""
    x0, y0, x1, y1 = item.box
    box = [x0, y0, x1 - x0, y1 - y0]
    return {
        "bbox_obj": box if item.visible_fraction == 1 else UNKNOWN,
        "bbox_visib": box,
        "px_count_all": round(item.area_px / max(item.visible_fraction, 0.0001)),  # as it is rounded in the record
        "px_count_valid": valid_px,
        "px_count_visib": item.area_px,
        "visib_fract": item.visible_fraction,
    }


def write_depth(source: ManifestSource, sample: Sample, path: Path) -> tuple[IdMap | None, dict[str, float]]:
    """Write the depth picture; return it with its scale for scene_camera.json, or None and nothing if there is none.

    0 = not known, which holds beyond 65.535 m too. A picture that ends before 6.5535 m is kept to 0.1 mm, others to 1.
    """
    if not sample.depth:
        return None, {}
    depth_mm = 1000 * depth_of(source, sample).astype(np.float64)
    scale = 0.1 if depth_mm[np.isfinite(depth_mm)].max(initial=0) <= FULL * 0.1 else 1.0
    steps = np.round(depth_mm / scale)
    stored = np.where((steps > 0) & (steps <= FULL), steps, 0).astype(np.uint16)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(png_bytes(stored))
    return stored, {"depth_scale": scale}


def depth_of(source: ManifestSource, sample: Sample) -> NDArray[np.float32]:
    """Return the depth of a sample, (H, W) float32 metres, inf = nothing there; raise InputError for another file."""
    try:
        depth = np.load(io.BytesIO(source.fetch(sample, sample.depth)), allow_pickle=False)
    except BROKEN as error:
        raise InputError(f"{source.manifest}: {sample.depth} is no NPY ({error}); render it again") from error
    if not isinstance(depth, np.ndarray) or depth.dtype.kind != "f" or depth.shape != sample.size_hw:
        raise InputError(
            f"{source.manifest}: {sample.depth} is no picture of {sample.size_hw} distances; render it again"
        )
    return np.asarray(depth, np.float32)

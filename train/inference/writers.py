"""From the records of a folder to the files that other tools read: JSON lines, a ranking, COCO with its RLE."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle_tools

from dataset.formats.json_rows import json_with_rows
from dataset.predictions import Prediction
from pipeline.files import whole_file
from pipeline.tables import write_table


def rles_of(ids: NDArray[np.integer], count: int) -> list[dict[str, Any]]:
    """Return the RLE {size: [H, W], counts: text} of the instances 1..count of a map (H, W), in that order.

    Raises ValueError if no pixel carries one of them.
    """
    flat = ids.ravel(order="F")  # runs go down the columns
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first, last = np.concatenate(([0], borders)), np.concatenate((borders, [flat.size]))
    order = np.argsort(flat[first], kind="stable")
    cuts = np.searchsorted(flat[first][order], np.arange(1, count + 2))
    runs = [order[start:stop] for start, stop in itertools.pairwise(cuts)]
    if not all(run.size for run in runs):
        raise ValueError(f"the map lacks one of the instances 1..{count}")
    return [packed(first[run], last[run], ids.shape) for run in runs]


def packed(first: NDArray[np.integer], last: NDArray[np.integer], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the RLE of runs [first, last) of pixels counted down the columns."""
    ends = np.stack((first, last), axis=1).ravel()
    counts = np.diff(ends, prepend=0).tolist()  # outside, inside, outside, ...
    rest = shape[0] * shape[1] - int(ends[-1])
    whole = {"size": list(shape), "counts": counts + [rest] * bool(rest)}
    rle = rle_tools.frPyObjects(whole, *shape)
    return {"size": list(shape), "counts": rle["counts"].decode("ascii")}


Read = Callable[[], Iterator[Prediction]]  # the records one at a time, in the order of their photos, as often as asked


def line_of(prediction: Prediction) -> dict[str, Any]:
    """Return a photo's line of predictions.jsonl."""
    instances = [dataclasses.asdict(item) for item in prediction.instances]
    return {
        "file": prediction.file,
        "size_hw": prediction.size_hw,
        "categories": sorted({item.category for item in prediction.instances}),
        "uncertainty_bits": prediction.uncertainty_bits,
        "instances": instances,
        "pictures": prediction.pictures,
    }


def write_lines(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions.jsonl whole, one photo a line; no photo gives an empty file."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(line_of(one), ensure_ascii=False) + "\n" for one in predictions)


def write_ranking(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write uncertain.csv: the photo of the highest mean entropy first, photos of the same by name."""
    rows = [(one.file, one.uncertainty_bits, len(one.instances), lowest(one)) for one in predictions]
    rows.sort(key=lambda row: (-row[1], row[0]))
    write_table(path, ("file", "uncertainty_bits", "instances", "lowest_score"), rows)


def lowest(prediction: Prediction) -> float | None:
    """Return the score of the least sure instance, None without instances (an empty cell)."""
    return min((item.score for item in prediction.instances), default=None)


def write_coco(path: Path, categories: tuple[str, ...], predictions: Iterable[Prediction]) -> None:
    """Write coco.json whole: photos, instances as compressed RLE with a score, all numbered from 1.

    Width and height are those of the upright photo. It says nothing of licences, which belong to the photos.
    """
    head = {"categories": [{"id": k, "name": name, "supercategory": ""} for k, name in enumerate(categories, 1)]}
    with whole_file(path) as part, json_with_rows(part, head, "images", "annotations") as (images, annotations):
        for one in predictions:
            height, width = one.size_hw
            images.add({"id": images.count + 1, "file_name": one.file, "width": width, "height": height})
            for item, rle in zip(one.instances, one.rles, strict=True):
                x0, y0, x1, y1 = item.box
                annotations.add({
                    "id": annotations.count + 1,
                    "image_id": images.count,
                    "category_id": categories.index(item.category) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": item.area_px,
                    "iscrowd": 0,
                    "segmentation": rle,
                    "score": item.score,
                })


def gather(out: Path, read: Read, categories: tuple[str, ...], *, coco: bool) -> None:
    """Write all files of a folder of predictions; without `coco`, no coco.json is left there."""
    write_lines(out / "predictions.jsonl", read())
    write_ranking(out / "uncertain.csv", read())
    if coco:
        write_coco(out / "coco.json", categories, read())
    else:
        (out / "coco.json").unlink(missing_ok=True)

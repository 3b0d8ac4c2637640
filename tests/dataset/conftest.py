"""A few labelled pictures whose shapes are known, written as a stage would write them."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from admix.cli import main
from dataset.idmap import IGNORE, instances_in, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from dataset.shards import write_shard

HEIGHT, WIDTH = 60, 80
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]


def disc(row: float, column: float, radius: float) -> np.ndarray:
    return (ROWS - row) ** 2 + (COLUMNS - column) ** 2 <= radius**2


def box(y0: int, x0: int, y1: int, x1: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


SHAPES = {
    "a ring": disc(29, 39, 25) & ~disc(29, 39, 12),
    "two pieces": disc(29, 18, 14) | disc(29, 60, 16),
    "two holes and an island": (box(2, 2, 58, 78) & ~box(8, 8, 50, 40) & ~disc(28, 60, 9)) | disc(28, 24, 10),
    "the whole picture": box(0, 0, HEIGHT, WIDTH),
    "an L at the border": box(0, 0, HEIGHT, 14) | box(46, 0, HEIGHT, WIDTH),
    "three pieces, two in the bay of one": box(5, 5, 55, 75) & ~box(15, 15, 55, 65) | disc(42, 30, 9) | disc(42, 52, 9),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Pictures:
    """A folder with a manifest, and what its id maps hold."""

    manifest: Path
    samples: list[Sample]
    ids: list[np.ndarray]

    def export(self, style: str, out: Path, *words: object) -> Path:
        main(["export", "--samples", str(self.manifest), "--format", style, "--out", str(out), *map(str, words)])
        return out

    def ignoring(self, *numbers: int) -> "Pictures":
        """Ignore a square of these pictures in which nothing is labelled, and their last row."""
        for k in numbers:
            free = np.zeros((HEIGHT, WIDTH), bool)
            free[5:25, 40:60], free[-1] = True, True
            self.ids[k][free & (self.ids[k] == 0)] = IGNORE
            write_ids(self.manifest.parent / self.samples[k].ids, self.ids[k])
        return self

    def with_depth(self, depth: np.ndarray) -> "Pictures":
        """Give the first picture a depth."""
        np.save(self.manifest.with_name("depth.npy"), depth)
        samples = [dataclasses.replace(self.samples[0], depth="depth.npy"), *self.samples[1:]]
        write_manifest(self.manifest, samples)
        return dataclasses.replace(self, samples=samples)


def layered(*masks: np.ndarray) -> np.ndarray:
    """Return an id map; the later mask lies on top."""
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    for k, mask in enumerate(masks, 1):
        ids[mask] = k
    return ids


def picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def make_sample(id_: str, ids: np.ndarray, categories: list[str], assets: list[str] | None, **changes) -> Sample:
    instances = instances_in(ids, categories)[1]
    if assets:
        seen = zip(instances, assets, (1.0, 0.5, 0.25), strict=False)
        instances = tuple(dataclasses.replace(i, asset=a, visible_fraction=v) for i, a, v in seen)
        known = {
            "domain": RENDER,
            "source": "tabletop",
            "licence": "CC-BY-4.0 AND CC0-1.0",
            "draws": {"camera.roll": 3.5},
        }
        changes = known | {"assets": tuple(sorted({*assets, "sky"}))} | changes
    known = {"domain": REAL, "source": "kitchen", "licence": "CC0-1.0", "tags": {"camera": "cam01"}}
    return Sample(id=id_, image="", ids="", size_hw=ids.shape, instances=instances, **known | changes)


def jpeg_bytes(path: Path, array: np.ndarray) -> bytes:
    Image.fromarray(array).save(path, "JPEG")
    return path.read_bytes()


CREDITS = {
    "mug": {"licence": "CC-BY-4.0", "source": "Ada Example", "category": "mug"},
    "plate": {"licence": "CC0-1.0", "source": "ours", "category": "plate"},
    "sky": {"licence": "CC0-1.0", "source": "Poly Haven"},
}


@pytest.fixture
def pictures(tmp_path) -> Pictures:
    """Two renders and two photos: a ring on two pieces, a scene of one mug, a JPEG, and one without an instance."""
    maps = [
        layered(SHAPES["two pieces"], SHAPES["a ring"], box(0, 0, 2, 3)),
        layered(SHAPES["an L at the border"]),
        layered(box(10, 10, 30, 40), box(30, 10, 50, 40)),
        layered(),
    ]
    samples = [
        make_sample("scene-1", maps[0], ["plate", "mug", "mug"], ["plate", "mug", "mug"]),
        make_sample("scene-2", maps[1], ["mug"], ["mug"], licence="CC-BY-4.0"),
        make_sample("../../IMG 1.0", maps[2], ["mug", "mug"], None),
        make_sample("empty", maps[3], [], None, source="garden"),
    ]
    folder = tmp_path / "pictures"
    (folder / "images").mkdir(parents=True)
    for k, ids in enumerate(maps):
        image = folder / "images" / f"{k}.png"
        image.write_bytes(png_bytes(picture(k)))
        samples[k] = dataclasses.replace(samples[k], image=f"images/{k}.png", ids=f"ids/{k}.png")
        write_ids(folder / "ids" / f"{k}.png", ids)
    jpeg_bytes(folder / "images" / "2.jpg", picture(2))
    samples[2] = dataclasses.replace(samples[2], image="images/2.jpg")
    write_manifest(folder / "samples.jsonl", samples)
    (folder / "credits.json").write_text(json.dumps(CREDITS), encoding="utf-8")
    return Pictures(folder / "samples.jsonl", samples, maps)


@pytest.fixture
def packed(pictures, tmp_path) -> Pictures:
    """The same pictures inside a tar."""
    folder, files, samples = tmp_path / "packed", [], []
    for k, sample in enumerate(pictures.samples):
        image, ids = f"{k}.image{Path(sample.image).suffix}", f"{k}.ids.png"
        for name, path in ((image, sample.image), (ids, sample.ids)):
            files.append((name, (pictures.manifest.parent / path).read_bytes()))
        samples.append(dataclasses.replace(sample, image=f"shards/0.tar/{image}", ids=f"shards/0.tar/{ids}"))
    write_shard(folder / "shards" / "0.tar", files)
    write_manifest(folder / "samples.jsonl", samples)
    (folder / "credits.json").write_text(json.dumps(CREDITS), encoding="utf-8")
    return Pictures(folder / "samples.jsonl", samples, pictures.ids)


@pytest.fixture(params=SHAPES)
def shape(request) -> np.ndarray:
    """A mask (60, 80) with holes, pieces or a border."""
    return SHAPES[request.param]

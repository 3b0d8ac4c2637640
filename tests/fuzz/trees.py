"""Small valid trees of files, one for every reader, and what it takes to call those that change what they read."""

import base64
import contextlib
import dataclasses
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pycocotools import mask as rle_tools
from torch import nn

from dataset.export import export
from dataset.folds import write_folds
from dataset.formats import brush_rle
from dataset.formats.label_studio import config_of
from dataset.formats.mask_values import names_in
from dataset.formats.outlines import rle_of
from dataset.formats.source import read_source
from dataset.formats.supervisely import png_of
from dataset.formats.voc import palette_png
from dataset.idmap import IGNORE, instance_of, png_bytes, write_ids
from dataset.predictions import Prediction
from dataset.records import REAL, RENDER, Sample, read_manifest, write_manifest
from dataset.shards import write_shard
from dataset.verdicts import read_verdicts, without_wrong
from label.prelabels.records import PlantedError, SentObject, SentPhoto, write_sent
from measure.scoring.photo import score_photo
from measure.scoring.records import Scores
from measure.scoring.scores import to_json, write_scores
from mix import compose, freeze, split
from mix import write_mix as one
from mix.rules import Split, SplitRule
from pipeline.bench import record
from pipeline.choose import choose
from pipeline.files import write_bytes, write_json, write_text
from pipeline.unpack import unpack
from render.arrival import ASSET
from render.audit.looking import remember
from render.frames.blobs import Frame, pack_frame
from render.spec import to_line as scene_line
from render.stock.facts import Facts
from render.stock.parts import fingerprint
from tests.measure.scoring.things import random_photo
from tests.render.things import placed, scene_of
from train.checkpoint import History, save
from train.inference.records import forget_others, record_path, write_record
from train.model import Network, save_weights

ROOT = Path(__file__).parents[2]
SIZE = (20, 30)
CUBE = (
    "mtllib a.mtl\no body\nusemtl look\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nv 1 1 1\nv 0 1 1\n"
    "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
)
HEAD = '#usda 1.0\n(\n    defaultPrim = "x"\n    metersPerUnit = 0.01\n)\ndef Xform "x"'
USDA = HEAD + " (\n    references = @b.usda@\n)\n{\n}\n"


def picture(style: str = "PNG", number: int = 1) -> bytes:
    """Return a small picture of any format, another one for each number."""
    pixels = np.random.default_rng(number).integers(0, 255, (*SIZE, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, style)
    return buffer.getvalue()


def ids() -> np.ndarray:
    """Return an id map with two instances."""
    found = np.zeros(SIZE, np.uint16)
    found[2:8, 3:9], found[10:16, 12:22] = 1, 2
    return found


def sample(name: str, domain: str = REAL, way: str = "") -> Sample:
    """Return a sample with two instances."""
    things = tuple(instance_of(ids(), k, category) for k, category in ((1, "mug"), (2, "plate")))
    return Sample(
        name, domain, f"{way}images/{name}.png", f"{way}ids/{name}.png", SIZE, things, "set", "CC0-1.0", assets=("a",)
    )


def samples_in(folder: Path, *names: str, domain: str = REAL, file: str = "samples.jsonl") -> None:
    """Write samples with their files; a corner of each is ignored."""
    labels = ids()
    labels[-3:, -3:] = IGNORE
    for name in names:
        write_bytes(folder / "images" / f"{name}.png", picture(number=zlib.crc32(name.encode())))
        write_ids(folder / "ids" / f"{name}.png", labels)
    write_manifest(folder / file, [sample(name, domain) for name in names])


def coco(folder: Path) -> None:
    write_bytes(folder / "a.png", picture())
    rle = rle_tools.encode(np.asfortranarray((ids() == 2).astype(np.uint8)))
    plain = {"size": list(SIZE), "counts": [100, 50, 450]}
    shapes = [[[1, 1, 9, 1, 9, 9]], {"size": list(SIZE), "counts": rle["counts"].decode()}, plain]
    write_json(folder / "annotations.json", {
        "images": [{"id": 1, "file_name": "a.png", "width": 30, "height": 20, "license": 1, "camera": "c"}],
        "categories": [{"id": 1, "name": "mug"}, {"id": 2, "name": "plate"}],
        "licenses": [{"id": 1, "name": "CC0-1.0"}],
        "annotations": [
            {"id": k, "image_id": 1, "category_id": 1, "segmentation": shape, "iscrowd": 0}
            for k, shape in enumerate(shapes)
        ] + [{"id": 9, "image_id": 1, "category_id": 2, "segmentation": plain, "iscrowd": 1, "ignored": True}],
    })  # fmt: skip


def described(folder: Path) -> None:
    write_bytes(folder / "images" / "a.png", picture())
    write_bytes(folder / "masks" / "a.png", png_bytes(ids().astype(np.uint8)))
    write_json(folder / "meta.json", {
        "name": "set", "licence": "CC0-1.0", "classes": {"1": "mug", "2": "plate"},
        "images": [{"file": "images/a.png", "mask": "masks/a.png", "camera": "c", "near": 3, "licence": "MIT"}],
    })  # fmt: skip


def labelme(folder: Path) -> None:
    write_bytes(folder / "a.png", picture())
    crop = png_bytes((ids()[2:8, 3:9] == 1).astype(np.uint8))
    write_json(folder / "a.json", {
        "version": "5.4.1", "flags": {"night": True}, "imagePath": "a.png", "imageData": None, "imageHeight": 20,
        "imageWidth": 30, "licence": "CC0-1.0", "shapes": [
            {"label": "mug", "points": [[1, 1], [9.5, 1], [9, 9]], "group_id": 1, "shape_type": "polygon", "flags": {}},
            {"label": "mug", "points": [[3, 2], [8, 7]], "group_id": 1, "shape_type": "mask",
             "mask": base64.b64encode(crop).decode()},
            {"label": "plate", "points": [[12, 10], [22, 16]], "group_id": None, "shape_type": "rectangle"},
            {"label": "sun", "points": [[20, 4], [23, 4]], "group_id": None, "shape_type": "circle"},
            {"label": "eye", "points": [[20, 4]], "group_id": None, "shape_type": "point"},
        ],
    })  # fmt: skip


def supervisely(folder: Path) -> None:
    write_bytes(folder / "ds" / "img" / "a.png", picture())
    mask = base64.b64encode(zlib.compress(png_of(ids()[10:16, 12:22] == 2))).decode()
    square = {"exterior": [[1, 1], [9, 1], [9, 9], [1, 9]], "interior": [[[3, 3], [5, 3], [5, 5]]]}
    write_json(folder / "meta.json", {"classes": [{"title": "mug", "shape": "any"}, {"title": "eye"}], "tags": []})
    write_json(folder / "ds" / "ann" / "a.png.json", {
        "tags": [{"name": "night", "value": None}], "size": {"height": 20, "width": 30}, "objects": [
            {"classTitle": "mug", "geometryType": "bitmap", "bitmap": {"data": mask, "origin": [12, 10]}},
            {"classTitle": "mug", "geometryType": "polygon", "points": square, "instance": "x"},
            {"classTitle": "mug", "geometryType": "multipolygon", "parts": [square], "instance": "x"},
            {"classTitle": "eye", "geometryType": "point", "points": {"exterior": [[3, 3]], "interior": []}},
        ],
    })  # fmt: skip


def voc(folder: Path) -> None:
    values = ids().astype(np.uint8)
    write_bytes(folder / "JPEGImages" / "a.png", picture())
    for kind in ("SegmentationClass", "SegmentationObject"):
        write_bytes(folder / kind / "a.png", palette_png(values))
    write_text(folder / "labelmap.txt", "background:0,0,0::\nmug:128,0,0::\nplate:0,128,0:rim:\n")
    write_text(folder / "ImageSets" / "Segmentation" / "default.txt", "a\n")
    write_text(folder / "Annotations" / "a.xml", (
        "<annotation><source><database>set</database></source><object><name>mug</name><bndbox><xmin>4</xmin>"
        "<ymin>3</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object></annotation>"
    ))  # fmt: skip


def cvat(folder: Path) -> None:
    write_bytes(folder / "images" / "train" / "a.png", picture())
    write_text(folder / "annotations.xml", """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>set</name><labels>
    <label><name>mug</name><type>any</type></label><label><name>plate</name></label><label><name>eye</name></label>
  </labels></task></meta>
  <image id="0" name="a.png" subset="train" width="30" height="20">
    <polygon label="mug" points="1.00,1.00;9.00,1.00;9.00,9.00" z_order="1" group_id="1"></polygon>
    <mask label="mug" source="manual" rle="0, 3, 2, 4" left="12" top="10" width="3" height="3" group_id="1"/>
    <ellipse label="plate" cx="20.00" cy="9.00" rx="6.00" ry="3.00" rotation="30.00" z_order="0"/>
    <box label="plate" xtl="14.00" ytl="5.00" xbr="26.00" ybr="13.00"/>
    <points label="eye" points="4.00,4.00"/><tag label="night"/>
  </image>
</annotations>
""")  # fmt: skip


def datumaro(folder: Path) -> None:
    write_bytes(folder / "images" / "train" / "a.png", picture())
    shapes = [
        {"type": "mask", "label_id": 0, "rle": rle_of(ids() == 2), "z_order": 1, "group": 1, "attributes": {"a": 1}},
        {"type": "polygon", "label_id": 0, "points": [1, 1, 9, 1, 9, 9], "z_order": 0, "group": 1},
        {"type": "mask", "label_id": 0, "rle": rle_of(ids() == 1), "attributes": {"is_crowd": True}},
        {"type": "ellipse", "label_id": 1, "points": [20, 2, 28, 6]},
        {"type": "bbox", "label_id": 2, "bbox": [1, 1, 5, 5]},
        {"type": "label", "label_id": 2},
        {"type": "caption", "caption": "night"},
    ]
    write_json(folder / "annotations" / "train.json", {
        "dm_format_version": "1.0", "media_type": 2, "infos": {},
        "categories": {"label": {"labels": [{"name": name, "parent": ""} for name in ("mug", "plate", "eye")]}},
        "items": [{
            "id": "a", "image": {"path": "a.png", "size": [20, 30]}, "attr": {"camera": "c"}, "annotations": shapes
        }],
    })  # fmt: skip


def label_studio(folder: Path) -> None:
    write_bytes(folder / "images" / "a.png", picture())
    common = {"from_name": "t", "to_name": "image", "original_width": 30, "original_height": 20, "image_rotation": 0}
    rle = brush_rle.encode(ids() == 1)
    regions = [
        ("brushlabels", {"format": "rle", "rle": rle, "brushlabels": ["mug"]}),
        ("polygonlabels", {"points": [[10, 10], [30, 10], [30, 90]], "closed": True, "polygonlabels": ["plate"]}),
        ("ellipselabels", {"x": 70, "y": 40, "radiusX": 10, "radiusY": 20, "rotation": 9, "ellipselabels": ["plate"]}),
        ("rectanglelabels", {"x": 5, "y": 5, "width": 20, "height": 9, "rotation": 0, "rectanglelabels": ["lid"]}),
        ("choices", {"choices": ["night"]}),
    ]
    results = [{"id": kind, "type": kind, "value": value} | common for kind, value in regions]
    write_json(folder / "tasks.json", [{
        "id": 1, "annotations": [
            {"id": 2, "result": results, "was_cancelled": False, "ground_truth": True, "created_at": "2026-11-01"},
            {"id": 3, "result": [], "was_cancelled": True, "updated_at": "2026-11-02"},
        ],
        "data": {"image": "/data/upload/1/0a1b2c3d-a.png", "camera": "c", "licence": "CC0-1.0"}, "predictions": [],
    }])  # fmt: skip
    write_text(folder / "label_config.xml", '<View><BrushLabels><Label value="plate"/></BrushLabels></View>')


def plain(style: str) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        write_bytes(folder / "images" / f"a.{style.lower()}", picture(style))
        write_bytes(folder / "masks" / "a.png", png_bytes(ids().astype(np.uint8)))
        write_json(folder / "categories.json", ["mug", "plate"])

    return build


def coloured(folder: Path) -> None:
    write_bytes(folder / "train" / "images" / "a.png", picture())
    colours = np.array([(0, 0, 0), (255, 0, 0), (0, 0, 255)], np.uint8)
    write_bytes(folder / "train" / "masks" / "a_mask.png", png_bytes(colours[ids()]))
    write_text(folder / "labelmap.txt", "# label:color_rgb:parts:actions\nmug:255,0,0::\nplate:0,0,255::\n")


def masks_of_objects(folder: Path) -> None:
    write_bytes(folder / "images" / "a.png", picture())
    for k, category in ((1, "mug"), (2, "plate")):
        write_bytes(folder / "masks" / category / "a.png", png_bytes((ids() == k).astype(np.uint8)))
    write_json(folder / "categories.json", ["mug", "plate"])


def panoptic(folder: Path) -> None:
    write_bytes(folder / "a.png", picture())
    colours = np.array([(0, 0, 0), (5, 1, 0), (7, 0, 2)], np.uint8)
    write_bytes(folder / "panoptic" / "a.png", png_bytes(colours[ids()]))
    segments = [{"id": 5 + 256, "category_id": 1, "iscrowd": 0}, {"id": 7 + 2 * 65536, "category_id": 2, "iscrowd": 1}]
    write_json(folder / "panoptic.json", {
        "images": [{"id": 1, "file_name": "a.png", "width": 30, "height": 20}],
        "categories": [{"id": 1, "name": "mug", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}],
        "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": segments}],
    })  # fmt: skip


def several(build: Callable[[Path], None], file: str, kind: str) -> Callable[[Path], None]:
    """Return what builds a set of two parts, train and val, each with what `build` writes."""

    def write(folder: Path) -> None:
        for part in ("train", "val"):
            build(folder / part)
            (folder / "annotations").mkdir(exist_ok=True)
            (folder / part / file).rename(folder / "annotations" / f"{kind}_{part}.json")
            for png in (folder / part / kind).glob("*.png"):
                write_bytes(folder / "annotations" / f"{kind}_{part}" / png.name, png.read_bytes())
                png.unlink()

    return write


def bop(folder: Path) -> None:
    write_bytes(folder / "000000" / "rgb" / "000000.png", picture())
    for k in (1, 2):
        mask = (ids() == k).astype(np.uint8) * 255
        write_bytes(folder / "000000" / "mask_visib" / f"000000_{k - 1:06d}.png", png_bytes(mask))
    write_json(folder / "000000" / "scene_gt.json", {"0": [{"obj_id": 1}, {"obj_id": 2}]})
    write_json(folder / "models" / "models_info.json", {"1": {"category": "mug"}, "2": {"diameter": 3.5}})


def tars(folder: Path) -> None:
    record = {key: value for key, value in dataclasses.asdict(sample("a")).items() if key not in ("image", "ids")}
    members = [("a.png", picture()), ("a.ids.png", png_bytes(ids())), ("a.json", json.dumps(record).encode())]
    write_shard(folder / "0.tar", [*members, ("b.png", picture()), ("b.mask.png", png_bytes(ids().astype(np.uint8)))])
    write_json(folder / "categories.json", ["mug", "plate"])


def yolo(folder: Path) -> None:
    write_bytes(folder / "images" / "train" / "a.png", picture())
    write_text(folder / "labels" / "train" / "a.txt", "0 0.1 0.1 0.5 0.1 0.5 0.5\n1 0.55 0.525 0.75 0.525 0.75 0.775\n")
    write_text(folder / "data.yaml", "path: .\ntrain: images/train\nnames:\n  0: mug\n  1: plate\n")


def of_params(folder: Path) -> None:
    for name in ("params.yaml", "setups/boards.yaml"):
        write_text(folder / name, (ROOT / name).read_text(encoding="utf-8"))
    (folder / "photos").mkdir()


def choose_there(inn: Path, out: Path) -> None:
    """Choose in a copy of the settings, which it may change."""
    for name in ("params.yaml", "setups/boards.yaml"):
        write_bytes(out / name, (inn / name).read_bytes())
    (out / "photos").mkdir()
    before = (out / "params.yaml").read_bytes()
    try:
        choose("boards", "photos", out)
    except BaseException:
        if (out / "params.yaml").read_bytes() == before:
            for path in sorted(out.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            out.rmdir()
        raise


ONE_EACH = Split(1, (), SplitRule({}, 1), SplitRule({}, 1), SplitRule({}, 1))


def split_there(inn: Path, out: Path) -> None:
    split.main(ONE_EACH, inn, out, inn / "frozen.json")


def frozen(folder: Path) -> None:
    samples_in(folder, "a", "b", "c")
    with contextlib.redirect_stderr(io.StringIO()):  # it says what it froze, once for each process of the fuzz
        freeze.main(ONE_EACH, folder, folder / "frozen.json", "a reason", freeze.ANEW)


def compose_there(inn: Path, out: Path) -> None:
    measured = inn / "val.jsonl", inn / "test.jsonl"
    manifests = inn / "train.jsonl", inn / "r.jsonl", inn / "sources", *measured
    compose.main(compose.Compose(1, None, 0), *manifests, out, inn / "more_val")


def of_compose(folder: Path) -> None:
    for split_name in ("train", "val", "test"):
        samples_in(folder, f"{split_name}1", file=f"{split_name}.jsonl")
    samples_in(folder, "r1", "r2", domain=RENDER, file="r.jsonl")
    samples_in(folder / "more_val", "n1", file="new.jsonl")
    samples_in(folder / "sources" / "mine", "m1", "m2")


def folds(folder: Path) -> None:
    write_folds(folder / "folds.json", (("a", "b"), ("c",)))


def pools(folder: Path) -> None:
    samples_in(folder / "real", "a", "b")
    samples_in(folder / "renders", "r1", "r2", "r3", domain=RENDER)
    write_json(folder / "pools.json", {
        "sources": [
            {"name": "real", "domain": "real", "manifest": "real/samples.jsonl", "ids": ["a", "b"]},
            {"name": "render", "domain": "render", "manifest": "renders/samples.jsonl", "ids": ["r1", "r2"]},
        ],
        "held_out": {"manifest": "renders/samples.jsonl", "ids": ["r3"]},
    })  # fmt: skip


def mix(folder: Path) -> None:
    pools(folder)
    one.main(folder / "pools.json", 0.5, folder / "mix.json")


def scores(seed: int = 1) -> Scores:
    rng = np.random.default_rng(seed)
    found = [score_photo(*random_photo(rng, (30, 40)), ("board", "tile")) for _ in range(2)]
    photos = tuple(dataclasses.replace(photo, id=f"p{k}", group=f"g{k}") for k, photo in enumerate(found))
    return Scores("val", 0.5, seed, 3, 4, photos, name="0.5", weights={"real": 0.5, "render": 0.5})


def race(folder: Path) -> None:
    write_scores(folder / "race" / "x" / "val.json", scores())
    row = {"name": "0.5", "ratio": 0.5, "schedule": "mix", "weights": {"real": 0.5}, "n_real": 3, "n_render": 4}
    row |= {"iou": 0.5, "ci95": [0.4, 0.6], "seeds": {"1": 0.5}, "picked": True, "trials": {"1": "race/x"}}
    row |= {"on_renders": None}
    head = {key: row[key] for key in ("name", "ratio", "schedule", "iou", "ci95")}
    write_json(folder / "pick.json", head | {"seed": 1, "trial": "race/x", "race": {"spent": 1.0}, "ratios": [row]})
    points = [{"n": 3, "seed": 1, "trial": "race/x"}]
    write_json(folder / "curves.json", {"real": points, "mixed": points, "renders": []})
    write_json(folder / "test.json", {"photos": 2, "runs": [to_json(scores())]})


def grid(folder: Path) -> None:
    text = (ROOT / "benchmarks/grids/boards.json").read_text(encoding="utf-8")
    value = json.loads(text)
    for part in (value["val"], value["test"]):
        part["groups"] = part["groups"][:3]
        for row in part["scores"]:
            row["intersection"], row["union"] = row["intersection"][:3], row["union"][:3]
    write_json(folder / "grid.json", value)


def run_settings(folder: Path) -> None:
    fit = {"encoder": "tf_efficientnet_lite0", "decoder": "FPN", "img_size": 64, "steps": 10}
    write_json(folder / "settings.json", {"fit": fit, "categories": ["mug"], "seed": 1, "ratio": 0.5})


def network() -> Network:
    return Network(nn.Linear(3, 2), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def weights(folder: Path) -> None:
    save_weights(network(), folder / "weights.safetensors")
    save(folder, "key", History(3, [(0, 1.5)], [(2, 0.5)], 1.0, 0.1), {"a": torch.ones(3), "b": torch.zeros(2, 2)})


def predictions(folder: Path) -> None:
    for name in ("a", "b"):
        found = Prediction("key", f"{name}.jpg", SIZE, 0.5, (), (), {"masks": f"masks/{name}.png"})
        write_bytes(folder / "masks" / f"{name}.png", picture())
        write_record(record_path(folder, name), found)


def proposals_sent(folder: Path) -> None:
    """One photo with one proposal, and one planted error."""
    rle = rle_of(np.eye(*SIZE, dtype=bool))
    thing = SentObject("a-1", "mug", 0.5, rle)
    write_sent(folder, [SentPhoto("a", "a.png", SIZE, (thing,))], [PlantedError("a", "a-1", "too wide", "mug", rle)])


def proposed_tasks(folder: Path) -> None:
    """A task of Label Studio with a brush as its prediction."""
    brush = {"format": "rle", "rle": brush_rle.encode(np.eye(*SIZE, dtype=bool)), "brushlabels": ["mug"]}
    region = {"from_name": "label", "to_name": "image", "type": "brushlabels", "value": brush, "score": 0.5}
    sized = region | {"original_width": SIZE[1], "original_height": SIZE[0]}
    write_json(folder / "tasks.json", [{"data": {"image": "a.png"}, "predictions": [{"result": [sized]}]}])
    write_text(folder / "config.xml", config_of(["mug"]))


def verdicts(folder: Path) -> None:
    """Two verdicts on one photo."""
    area = rle_of(np.eye(*SIZE, dtype=bool))
    told = {"photo": "a", "kind": "too wide", "verdict": "wrong", "area": area, "name": "a"}
    write_text(folder / "v.jsonl", "".join(json.dumps(told | {"object": each}) + "\n" for each in ("b", "")))


def verdicts_there(path: Path) -> None:
    """Read verdicts and apply them to an id map."""
    ids = np.eye(*SIZE, dtype=np.uint16)
    for told in read_verdicts(path).values():
        without_wrong(ids, 1, told, "a")


def forget_there(inn: Path, out: Path) -> None:
    """Forget in a copy, whose neighbours must stay."""
    for path in sorted(inn.rglob("*")):
        if path.is_file():
            write_bytes(out / path.relative_to(inn), path.read_bytes())
    try:
        forget_others(out, {"a"})
    except BaseException:
        same = all((out / path.relative_to(inn)).is_file() for path in inn.rglob("*") if path.is_file())
        for path in sorted(out.rglob("*"), reverse=True) if same else ():
            path.rmdir() if path.is_dir() else path.unlink()
        if same:
            out.rmdir()
        raise


def exports(folder: Path) -> None:
    samples_in(folder, "a", "b")
    renders = [
        dataclasses.replace(one, domain=RENDER, depth="d.npy") for one in read_manifest(folder / "samples.jsonl")
    ]
    np.save(folder / "d.npy", np.ones(SIZE, np.float32))
    write_manifest(folder / "samples.jsonl", renders)
    write_json(folder / "credits.json", {"a": {"licence": "MIT", "source": "Ada", "category": "mug"}})
    write_json(folder / "categories.json", ["mug", "plate"])


def export_as(style: str) -> Callable[[Path, Path], None]:
    def call(inn: Path, out: Path) -> None:
        source = read_source(inn / "samples.jsonl", names_in(inn / "categories.json"))
        export(source, inn / "credits.json", style, out)

    return call


def plan(folder: Path) -> None:
    lines = [scene_line(scene_of(placed("mug", x=float(at)))) for at in range(3)]
    write_text(folder / "scenes.jsonl", "\n".join(lines) + "\n")


def assets(folder: Path) -> None:
    write_text(folder / "a.mtl", "newmtl look\nmap_Kd -bm 0.2 a.png\n")
    write_bytes(folder / "a.png", picture())
    write_text(folder / "a.obj", CUBE)
    write_text(folder / "a.toml", (
        f'file = "a.obj"\nkind = "mesh"\nrole = "target"\ncategory = "mug"\nlicence = "MIT"\nsource = "Ada"\n'
        f'sha256 = "{fingerprint(folder / "a.obj")}"\nsize_m = [1.0, 1.0, 1.0]\nfaces = 12\n'
        'centre_m = [0.5, 0.5, 0.5]\n'
        'labelled = ["body"]\nweight = 2.0\nscale = 1.0\nup = "z"\n'
    ))  # fmt: skip


def gltf(folder: Path) -> None:
    table = {"asset": {"version": "2.0"}, "buffers": [{"uri": "a.bin", "byteLength": 4}], "images": [{"uri": "a.png"}]}
    write_json(folder / "a.gltf", table)
    text = json.dumps(table).encode()
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text)).to_bytes(4, "little")
    write_bytes(folder / "a.glb", head + len(text).to_bytes(4, "little") + b"JSON" + text)
    write_bytes(folder / "a.bin", b"\0" * 4)
    write_bytes(folder / "a.png", picture())


def archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mug/a.obj", CUBE)
        packed.writestr("mug/a.mtl", "newmtl look\n" * 50)


def unpack_there(inn: Path, out: Path) -> None:
    out.mkdir()
    try:
        unpack(inn / "a.zip", out, ASSET)
    except BaseException:
        for path in sorted(out.rglob("*"), reverse=True):  # a temporary folder in use: what is left in it is no result
            path.rmdir() if path.is_dir() else path.unlink()
        out.rmdir()
        raise


def photos_in_tars(folder: Path) -> None:
    """A set in a tar, and the same in a tar that is packed."""
    files = [
        ("set/images/a.png", picture()),
        ("set/masks/a.png", png_bytes(ids().astype(np.uint8))),
        ("set/categories.json", b'["mug", "plate"]'),
    ]
    write_shard(folder / "a.tar", files)
    write_bytes(folder / "a.tgz", gzip.compress((folder / "a.tar").read_bytes(), mtime=0))


def photos_in_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("set/images/a.png", picture())
        packed.writestr("set/masks/a.png", png_bytes(ids().astype(np.uint8)))
        packed.writestr("set/categories.json", '["mug", "plate"]')


def texture(folder: Path) -> None:
    for name in ("wood_color.png", "wood_normal.png"):
        write_bytes(folder / name, picture())


def usd(folder: Path) -> None:
    write_text(folder / "a.usda", USDA)
    write_text(
        folder / "b.usda", '#usda 1.0\n(\n    defaultPrim = "x"\n)\ndef Xform "x"\n{\n    asset inputs:f = @a.png@\n}\n'
    )


def memory(folder: Path) -> None:
    nothing = (0.0, 0.0, 0.0)
    remember(folder / "facts.json", {"a z 1": Facts(nothing, nothing, 1, ("a",), ("b",), (), True, 0, 0, 0.0, (), 1.0)})


def refused(folder: Path) -> None:
    write_json(folder / "refused.json", {"crashed": ["5cee"], "empty": ["1a", "2b"]})


def cache(folder: Path) -> None:
    write_json(folder / "index.json", {"longest": 64, "categories": ["mug"], "photos": {"a": [0, 2, 3]}})
    write_bytes(folder / "pixels.bin", b"\x07" * 24)


def frame(folder: Path) -> None:
    made = dataclasses.replace(sample("5" * 16, RENDER), image="i.png", ids="i.ids.png")
    write_bytes(folder / "a.tar", pack_frame(Frame("", made, (("i.png", picture()), ("i.ids.png", png_bytes(ids()))))))


def shard(folder: Path) -> None:
    write_shard(folder / "0.tar", [("a.png", picture()), ("a.ids.png", png_bytes(ids()))])


def lights(folder: Path) -> None:
    write_bytes(folder / "a.hdr", b"#?RADIANCE\n\n-Y 1 +X 1\n\x01\x02\x03\x04")


def texts(name: str, value: object) -> Callable[[Path], None]:
    return lambda folder: write_json(folder / name, value)


def record_there(out: Path) -> None:
    """Put numbers into a copy; one that is refused is gone again."""
    try:
        record(out, "render", {"images_per_s": 1.0})
    except BaseException:
        out.unlink()
        raise

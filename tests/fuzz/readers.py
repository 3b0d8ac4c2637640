"""Every reader of files that the project has, each with a small valid tree of files for it."""

from pathlib import Path

from benchmarks.replay import read_grid
from dataset.export import FORMATS
from dataset.folds import read_folds
from dataset.formats.poses import Views
from dataset.idmap import read_ids, read_image
from dataset.pictures import upright
from dataset.predictions import read_record
from dataset.records import read_manifest
from label.prelabels.records import mask_in, read_sent
from label.prelabels.task_check import check_tasks, controls_in
from label.pseudo import earlier_round
from label.sightings import read_about
from label.wins import read_wins
from measure.attribution.record import read_attribution
from measure.evidence import read_lines
from measure.pick import read_pick, read_picked_run, read_race, read_test
from measure.scoring.scores import read_scores
from measure.trials.pools import read_pools
from measure.trials.trainer import log_of
from measure.worth.backtests import read_backtests
from mix import ingest
from mix import write_mix as one
from mix.labelled import Ingest
from pipeline.files import write_bytes, write_text
from pipeline.settings import read_settings
from render.arrival import find
from render.audit.appearances import read_recipes
from render.audit.help import help_in
from render.audit.looking import recall
from render.catalog import read_catalog
from render.entries import facts_of_texture, read_entries, strays
from render.frames.blobs import unpack_frame
from render.frames.packing import read_refused
from render.scenes.recipe import read_recipe
from render.shoot import read_scenes
from render.stock.obj import measure
from render.stock.parts import whole
from render.stock.usd import look_at_layers
from report.numbers import numbers
from report.record import read_transfer
from report.report import tried
from report.sheets import read_evaluated
from setups.boards.corners import read_corners
from tests import page_project
from tests.fuzz.judge import Reader
from tests.fuzz.trees import (
    ROOT,
    archive,
    assets,
    bop,
    cache,
    choose_there,
    coco,
    coloured,
    compose_there,
    cvat,
    datumaro,
    described,
    export_as,
    exports,
    folds,
    forget_there,
    frame,
    frozen,
    gltf,
    grid,
    label_studio,
    labelme,
    lights,
    masks_of_objects,
    memory,
    mix,
    network,
    of_compose,
    of_params,
    panoptic,
    photos_in_tars,
    photos_in_zip,
    plain,
    plan,
    pools,
    predictions,
    proposals_sent,
    proposed_tasks,
    race,
    record_there,
    refused,
    run_settings,
    samples_in,
    several,
    shard,
    split_there,
    supervisely,
    tars,
    texts,
    texture,
    unpack_there,
    usd,
    verdicts,
    verdicts_there,
    voc,
    weights,
    yolo,
)
from train.cache import Cache, holds
from train.checkpoint import load
from train.data import load_labelled, read_categories, read_mix
from train.inference.records import photos_in
from train.model import load_weights
from train.run import read_run_settings
from train.settings import Fit


def ingested(real: Path, out: Path) -> None:
    """Read photos and labels with the settings as they are without a set-up."""
    ingest.main(Ingest(), real, out)


ABOUT = {"weights_sha256": "a" * 64, "uncertainty_most_bits": 1.0}
WIN = {"iou": [0.5], "area": 0.1, "area_ci95": [0.0, 0.2], "factor": 2.0, "factor_ci95": [1.5, 2.5]}
WINS = {"photos": "mugs", "learner": "a layer", "draws": 8, "start": 20, "labels": [40], "at": 40, "most": 1.0}
WINS |= {"strategies": {"k-centre": WIN}}
CERTIFICATE = {"score": 0.5, "checked": 40, "accepted": 30, "precision": 0.9, "needed": 29}
PSEUDO = {"round": 1, "network": "a" * 64, "val_iou": 0.5, "photos": 3, "left_out": {"unsure": 2}}
PSEUDO |= {"certificates": {"mug": CERTIFICATE}, "said": ["mug: taken"]}

READERS = (
    Reader("coco", coco, ("annotations.json",), ingested),
    Reader("cvat", cvat, ("annotations.xml",), ingested),
    Reader("datumaro", datumaro, ("annotations/train.json",), ingested),
    Reader("label studio", label_studio, ("tasks.json", "label_config.xml"), ingested),
    Reader("labelme", labelme, ("a.json",), ingested),
    Reader("supervisely", supervisely, ("meta.json", "ds/ann/a.png.json"), ingested),
    Reader(
        "voc",
        voc,
        ("SegmentationClass/a.png", "SegmentationObject/a.png", "labelmap.txt", "Annotations/a.xml"),
        ingested,
    ),
    Reader("described photos", described, ("meta.json",), ingested),
    Reader("plain photos", plain("PNG"), ("categories.json",), ingested),
    Reader("masks", plain("PNG"), ("masks/a.png",), ingested),
    Reader("masks in colour", coloured, ("labelmap.txt", "train/masks/a_mask.png"), ingested),
    Reader("masks of objects", masks_of_objects, ("categories.json", "masks/mug/a.png"), ingested),
    Reader("bop", bop, ("000000/scene_gt.json", "models/models_info.json"), ingested),
    Reader("tars", tars, ("0.tar", "categories.json"), ingested),
    Reader("photos in an archive", photos_in_zip, ("a.zip",), lambda i, o: ingested(i / "a.zip", o)),
    Reader("photos in a tar", photos_in_tars, ("a.tar",), lambda i, o: ingested(i / "a.tar", o)),
    Reader("photos in a packed tar", photos_in_tars, ("a.tgz",), lambda i, o: ingested(i / "a.tgz", o)),
    Reader(
        "several coco files",
        several(coco, "annotations.json", "instances"),
        ("annotations/instances_train.json", "annotations/instances_val.json"),
        ingested,
    ),
    Reader(
        "several panoptic files",
        several(panoptic, "panoptic.json", "panoptic"),
        ("annotations/panoptic_train.json", "annotations/panoptic_val/a.png"),
        ingested,
    ),
    Reader("panoptic", panoptic, ("panoptic.json", "panoptic/a.png"), ingested),
    Reader("yolo", yolo, ("data.yaml", "labels/train/a.txt"), ingested),
    *(
        Reader(f"photos {s}", plain(s), (f"images/a.{s.lower()}",), ingested)
        for s in ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
    ),
    Reader(
        "photos to predict",
        plain("JPEG"),
        ("images/a.jpeg",),
        lambda i, _: upright((i / "images/a.jpeg").read_bytes(), "a"),
    ),
    Reader("folder of photos", plain("JPEG"), ("images/a.jpeg",), lambda i, _: photos_in(i)),
    Reader(
        "manifest",
        lambda f: samples_in(f, "a", "b"),
        ("samples.jsonl",),
        lambda i, _: read_manifest(i / "samples.jsonl"),
    ),
    Reader(
        "labelled sample",
        lambda f: samples_in(f, "a"),
        ("samples.jsonl", "ids/a.png", "images/a.png"),
        lambda i, _: [load_labelled(i, s) for s in read_manifest(i / "samples.jsonl")],
    ),
    Reader("split", lambda f: samples_in(f, "a", "b", "c"), ("samples.jsonl",), split_there),
    Reader("frozen test set", frozen, ("frozen.json", "samples.jsonl"), split_there),
    Reader("folds", folds, ("folds.json",), lambda i, _: read_folds(i / "folds.json")),
    Reader("shard", shard, ("0.tar",), lambda i, _: (read_image(i / "0.tar/a.png"), read_ids(i / "0.tar/a.ids.png"))),
    Reader("frame in the store", frame, ("a.tar",), lambda i, _: unpack_frame((i / "a.tar").read_bytes())),
    Reader("sources", of_compose, ("sources/mine/samples.jsonl",), compose_there),
    Reader(
        "splits of compose",
        of_compose,
        ("train.jsonl", "val.jsonl", "test.jsonl", "more_val/new.jsonl", "r.jsonl"),
        compose_there,
    ),
    Reader("pools, for a mix", pools, ("pools.json",), lambda i, o: one.main(i / "pools.json", 0.5, o)),
    Reader("pools, to train on", pools, ("pools.json",), lambda i, _: read_pools(i / "pools.json")),
    Reader("mix", mix, ("mix.json",), lambda i, _: read_mix(i / "mix.json")),
    Reader("categories", texts("c.json", ["a", "b"]), ("c.json",), lambda i, _: read_categories(i / "c.json")),
    Reader("pick", race, ("pick.json",), lambda i, _: read_race(read_pick(i / "pick.json"), i)),
    Reader("picked run", race, ("pick.json",), lambda i, _: read_picked_run(i / "pick.json")),
    Reader("scores", race, ("race/x/val.json",), lambda i, _: read_scores(i / "race/x/val.json")),
    Reader("scores for the page", race, ("race/x/val.json",), lambda i, _: read_evaluated(i / "race/x/val.json")),
    Reader("test scores", race, ("test.json",), lambda i, _: read_test(i)),
    Reader("curves", race, ("curves.json",), lambda i, _: read_lines(i / "curves.json", "mean")),
    Reader("grid", grid, ("grid.json",), lambda i, _: read_grid(i / "grid.json")),
    Reader("run settings", run_settings, ("settings.json",), lambda i, _: read_run_settings(i / "settings.json")),
    Reader(
        "weights", weights, ("weights.safetensors",), lambda i, _: load_weights(network(), i / "weights.safetensors")
    ),
    Reader("checkpoint", weights, ("checkpoint.safetensors",), lambda i, _: load(i, "key")),
    Reader("log of a training", texts("log.json", {"seconds": {"0.5": 1.5}}), ("log.json",), lambda i, _: log_of(i)),
    Reader(
        "cache index",
        cache,
        ("index.json",),
        lambda i, _: holds(i, {"longest": 64, "categories": ["mug"]}, {"a"}) and Cache(i).photo("a"),
    ),
    Reader("prediction records", predictions, ("records/a.json",), lambda i, _: read_record(i / "records/a.json")),
    Reader(
        "verdicts",
        verdicts,
        ("v.jsonl",),
        lambda i, _: verdicts_there(i / "v.jsonl"),
    ),
    Reader(
        "proposals that were sent",
        proposals_sent,
        ("sent.jsonl", "planted.json"),
        lambda i, _: [mask_in(each, photo.size_hw) for photo in read_sent(i)[0] for each in photo.objects],
    ),
    Reader(
        "tasks with predictions",
        proposed_tasks,
        ("tasks.json", "config.xml"),
        lambda i, _: check_tasks(i / "tasks.json", controls_in(i / "config.xml")),
    ),
    Reader("records to forget", predictions, ("records/b.json",), forget_there),
    Reader("about predictions", texts("about.json", ABOUT), ("about.json",), lambda i, _: read_about(i)),
    Reader("pseudo-labelled source", texts("about.json", PSEUDO), ("about.json",), lambda i, _: earlier_round(i)),
    Reader("simulated strategies", texts("wins.json", WINS), ("wins.json",), lambda i, _: read_wins(i / "wins.json")),
    Reader(
        "backtests",
        texts("b.json", page_project.backtests()),
        ("b.json",),
        lambda i, _: tried(read_backtests(i / "b.json")),
    ),
    Reader(
        "transfer",
        texts("transfer.json", page_project.transfer()),
        ("transfer.json",),
        lambda i, _: numbers(read_transfer(i / "transfer.json")),
        scale=20,
    ),
    Reader(
        "attribution",
        texts("a.json", page_project.transfer()["attribution"]),
        ("a.json",),
        lambda i, _: (read_attribution(i / "a.json"), help_in(i / "a.json")),
    ),
    *(
        Reader(
            f"export {s}",
            exports,
            ("samples.jsonl", "credits.json", "categories.json", "ids/a.png", "d.npy"),
            export_as(s),
        )
        for s in FORMATS
    ),
    Reader("refused", refused, ("refused.json",), lambda i, _: read_refused(i / "refused.json")),
    Reader("plan", plan, ("scenes.jsonl",), lambda i, _: read_scenes(i / "scenes.jsonl")),
    Reader("plan, for poses", plan, ("scenes.jsonl",), lambda i, _: Views(i / "scenes.jsonl", {"mug"})),
    Reader(
        "recipe",
        lambda f: write_text(f / "wall.toml", (ROOT / "render/recipes/wall.toml").read_text(encoding="utf-8")),
        ("wall.toml",),
        lambda i, _: (read_recipes(i), read_recipe("wall", i)),
    ),
    Reader("catalogue", assets, ("a.toml", "a.obj", "a.mtl"), lambda i, _: read_catalog(i)),
    Reader("gallery's entries", assets, ("a.toml", "a.obj", "a.mtl"), lambda i, _: strays(i, read_entries(i))),
    Reader("gallery's memory", memory, ("facts.json",), lambda i, _: recall(i / "facts.json")),
    Reader("obj", assets, ("a.obj", "a.mtl"), lambda i, _: (whole(i / "a.obj"), measure(i / "a.obj", "y"))),
    Reader("gltf", gltf, ("a.gltf",), lambda i, _: find(i / "a.gltf", "")),
    Reader("glb", gltf, ("a.glb",), lambda i, _: find(i / "a.glb", "")),
    Reader("usd", usd, ("a.usda", "b.usda"), lambda i, _: look_at_layers(i / "a.usda"), scale=50),
    Reader("archive", archive, ("a.zip",), unpack_there),
    Reader("texture folder", texture, ("wood_color.png",), lambda i, _: facts_of_texture(i)),
    Reader("environment map", lights, ("a.hdr",), lambda i, _: find(i / "a.hdr", "")),
    Reader("params", of_params, ("params.yaml", "setups/boards.yaml"), lambda i, _: read_settings(Fit, i), scale=5),
    Reader("params, to choose", of_params, ("params.yaml",), choose_there, scale=5),
    Reader(
        "corners",
        texts("c.json", {"a.jpg": [[0, 0], [9, 0], [9, 9], [0, 9]], "b.jpg": []}),
        ("c.json",),
        lambda i, _: read_corners(i / "c.json"),
    ),
    Reader(
        "bench",
        texts("b.json", {"mix": {"seconds": 1}}),
        ("b.json",),
        lambda i, o: (write_bytes(o, (i / "b.json").read_bytes()), record_there(o)),
    ),
)

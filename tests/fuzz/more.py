"""More readers of files: what works in a folder of its own, what takes the place of a folder, what is cut in pieces."""

import contextlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.damage import BATCHES, plant
from benchmarks.render.score import SEEDS, score
from dataset.idmap import read_image
from dataset.records import RENDER
from dataset.shards import write_shard
from label import consensus, route, video
from label.clicking.answers import ClickAnswers
from label.clicking.asked import body_of
from pipeline.check import check
from pipeline.choose import choose
from pipeline.costs import Costs
from pipeline.files import whole_folder, write_json, write_text
from pipeline.settings import read_settings
from render.frames.packing import frame_in, samples_in
from render.scenes.photos import Photos
from render.stock.usd import look_at_layers
from tests.fuzz.judge import Reader
from tests.fuzz.trees import ROOT, USDA, of_params, race
from tests.fuzz.trees import samples_in as samples
from tests.label.clicking.asking import body, box, brush, click
from tests.label.crew import block, write_predictions
from tests.label.moving import made, write_frames, write_labels
from train.clicks.answer import read_click_settings

ROUTE, CONSENSUS, COSTS = read_settings(route.Route), read_settings(consensus.Consensus), read_settings(Costs)
VIDEO = read_settings(video.Video)
CLICK_FIT = {"encoder": "tf_efficientnet_lite0", "decoder": "FPN", "img_size": 128, "steps": 9, "decoder_channels": 64}
CALL = Callable[[Path], object]


def at_work(call: CALL) -> Callable[[Path, Path], object]:
    """Return a call in a copy of the tree, which a reader may change as it works; the copy is no result."""

    def there(inn: Path, out: Path) -> None:
        place = out.with_name("tmp") / "copy"
        shutil.copytree(inn, place)
        call(place)

    return there


def of_check(folder: Path) -> None:
    of_params(folder)
    for name in ("dvc.yaml", "params.yaml"):
        write_text(folder / name, (ROOT / name).read_text(encoding="utf-8"))


def archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.usdz", "w") as packed:
        packed.writestr("a.usda", USDA.replace("b.usda", "c.usda"))
        packed.writestr("c.usda", '#usda 1.0\n(\n    defaultPrim = "x"\n)\ndef Xform "x"\n{\n}\n')


def to_plant(folder: Path) -> None:
    names = [f"r{number}" for number in range(len(BATCHES))]
    samples(folder / "real", "a")
    samples(folder / "renders", *names, "held_out", domain=RENDER)
    write_json(folder / "pools.json", {
        "sources": [
            {"name": "real", "domain": "real", "manifest": "real/samples.jsonl", "ids": ["a"]},
            {"name": RENDER, "domain": RENDER, "manifest": "renders/samples.jsonl", "ids": names},
        ],
        "held_out": {"manifest": "renders/samples.jsonl", "ids": ["held_out"]},
    })  # fmt: skip


def to_score(folder: Path) -> None:
    samples(folder / "renders", "r", domain=RENDER)
    race(folder)
    for number in SEEDS:
        shutil.copytree(folder / "race" / "x", folder / f"run-{number}")


def earlier(folder: Path) -> None:
    with whole_folder(folder / "old", "cache of photos") as part:
        write_text(part / "a.txt", "a")


def replace(folder: Path) -> None:
    """Write a folder anew that may not be ours; what is refused must still be there."""
    before = {path.name: path.read_bytes() for path in (folder / "old").iterdir()}
    try:
        with whole_folder(folder / "old", "cache of photos") as part:
            write_text(part / "b.txt", "b")
    except BaseException:
        if {path.name: path.read_bytes() for path in (folder / "old").iterdir()} != before:
            raise AssertionError("it was refused, and is gone") from None
        raise


def packed(folder: Path) -> None:
    samples(folder, "a", domain=RENDER)
    files = [
        (f"a{ending}", (folder / place / "a.png").read_bytes())
        for place, ending in (("images", ".png"), ("ids", ".ids.png"))
    ]
    write_shard(folder / "shards/00000.tar", files)
    text = (folder / "samples.jsonl").read_text(encoding="utf-8")
    for place, ending in (("images", ".png"), ("ids", ".ids.png")):
        text = text.replace(f"{place}/a.png", f"shards/00000.tar/a{ending}")
        shutil.rmtree(folder / place)
    write_text(folder / "samples.jsonl", text)


def to_route(folder: Path) -> None:
    write_predictions(folder / "p", {"a.png": [("mug", 0.9, block())], "b.png": [("mug", 0.4, block())]})
    checks = [{"key": f"key of {name}.png", "instance": 0, "accepted": name == "a"} for name in "ab"]
    write_text(folder / "checks.jsonl", "".join(json.dumps(check) + "\n" for check in checks))
    with contextlib.redirect_stderr(io.StringIO()):
        route.main(ROUTE, COSTS, folder / "p", folder / "made", folder / "checks.jsonl")
    shutil.move(folder / "made" / "certificate.json", folder / "certificate.json")
    shutil.rmtree(folder / "made")


def crew_in(folder: Path) -> None:
    for name in ("ann", "ben"):
        samples(folder / "crew" / name, "a", "b")


def clip_in(folder: Path) -> None:
    made_clip = made(frames=3)
    write_frames(made_clip, folder / "frames")
    write_labels(made_clip, [0, 2], folder / "labels")
    rows = [{"file": "f2.png", "control": True, "change": 0.5, "reason": "by chance"}]
    write_json(folder / "keyframes.json", {"head": {"frames": 3}, "frames": rows})


def carry(inn: Path, out: Path) -> None:
    video.main(VIDEO, inn / "frames", inn / "labels", out, inn / "keyframes.json")


def asked(folder: Path) -> None:
    samples(folder, "a")
    size = read_image(folder / "images/a.png").shape[:2]
    there = brush(np.ones(size, bool))
    regions = [
        one | {"original_height": size[0], "original_width": size[1]}
        for one in (there, click(40, 40), box(1, 1, 90, 90))
    ]
    write_json(folder / "body.json", body(*regions[1:], image="a.png", annotations=[{"result": regions[:1]}]))


def answered(folder: Path, _: Path) -> None:
    answers = ClickAnswers(lambda photo, *_: np.ones(photo.shape[:2], bool), folder / "images", "1")
    answers.predict(body_of((folder / "body.json").read_bytes()))


def check_all(folder: Path, _: Path) -> None:
    check(folder)


def plant_all(folder: Path) -> None:
    plant(folder / "pools.json", folder / "out", ["mug", "plate"])


MORE = (
    Reader("params, every section", of_check, ("params.yaml", "setups/boards.yaml"), check_all, scale=20),
    Reader("checks of a routing", to_route, ("checks.jsonl",),
           lambda i, o: route.main(ROUTE, COSTS, i / "p", o, i / "checks.jsonl"), scale=20),
    Reader("certificate of a routing", to_route, ("certificate.json", "p/records/a.json"),
           lambda i, o: route.main(ROUTE, COSTS, i / "p", o, certificate=i / "certificate.json"), scale=20),
    Reader("labels of a crew", crew_in, ("crew/ann/samples.jsonl", "crew/ben/ids/a.png"),
           lambda i, o: consensus.main(CONSENSUS, i / "crew", o), scale=20),
    Reader("labels of a clip", clip_in, ("labels/samples.jsonl", "keyframes.json", "frames/f1.png"), carry, scale=20),
    Reader("a set-up, to choose", of_params, ("setups/boards.yaml",),
           at_work(lambda folder: choose("boards", "photos", folder)), scale=5),
    Reader("usdz", archive, ("a.usdz",), lambda i, _: look_at_layers(i / "a.usdz"), scale=50),
    Reader("photos behind scenes", lambda f: samples(f, "a", "b"), ("samples.jsonl",),
           lambda i, _: Photos(i / "samples.jsonl").plate("a")),
    Reader("a call of Label Studio", asked, ("body.json", "images/a.png"), answered),
    Reader("settings of a run for clicks",
           lambda f: write_json(f / "s.json", {"fit": CLICK_FIT, "click": {"img_size": 128}}), ("s.json",),
           lambda i, _: read_click_settings(i / "s.json")),
    Reader("pools, to plant", to_plant, ("pools.json", "renders/samples.jsonl"), at_work(plant_all)),
    Reader("scores of a bench", to_score, ("run-1/val.json",), at_work(lambda folder: score(folder, folder))),
    Reader("the mark of a folder", earlier, ("old/.admix",), at_work(replace)),
    Reader("earlier shards", packed, ("samples.jsonl", "shards/00000.tar"),
           lambda i, _: [frame_in(i, sample) for sample in samples_in(i)]),
)  # fmt: skip

"""`make docs`: make the pictures of README.md and docs/ again, from the results of the set-up boards."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import vl_convert
from PIL import Image, ImageDraw

from benchmarks.browser import browser
from benchmarks.replay import Grid, read_grid
from dataset.formats.licences import CREDITS
from dataset.idmap import categories_map, read_ids, read_image
from dataset.overlay import RGB, overlay
from dataset.records import Sample, read_manifest
from docs.examples import Examples, make_examples
from docs.labelling_round import labelling_pictures, shown_photos
from docs.screens import cards_of, part_of, shot_of, top_of
from docs.sheets import LABEL_PX, Tiles, across, below, font, square, write_sheet
from pipeline.errors import InputError
from pipeline.reading import read_typed
from pipeline.stage import run_stage
from pipeline.tables import write_table
from report.charts import VERSION
from report.sheets import prediction, spread

CATEGORIES = ("board",)
LEAST_SHARE = 0.05  # of a render that its labelled objects cover, to be shown
EXPOSURE, MOST_EV = "taken.exposure_ev", 0.5
RANGES = {  # what a recipe draws -> words for it
    "targets.share": "how wide the first target is, as a share of the picture",
    "targets.tilt_deg": "how far it is tilted, in degrees",
    "taken.elevation_deg": "how far the camera looks down, in degrees",
    EXPOSURE: "how long it was exposed, in stops against the automatic exposure",
}
ASSETS = ("board-01", "balloon-01", "mug")
SHARD = 250
WANTED = {  # what is read -> what makes it
    "data/split/train.jsonl": "make repro",
    "data/renders/samples.jsonl": "make repro",
    "data/renders/credits.json": "make repro",
    "data/picked/val": "make repro",
    "reports/index.html": "make repro",
    "reports/assets.html": "make assets",
}


@dataclasses.dataclass(frozen=True)
class Shown:
    """The pictures that were made, and whose renders and photos each shows."""

    out: Path
    samples: dict[str, list[tuple[Path, Sample]]] = dataclasses.field(default_factory=dict)

    def write(self, name: str, sheet: Image.Image, folder: Path | None = None, samples: Sequence[Sample] = ()) -> None:
        """Write a picture. samples: those it shows; folder: of their manifest."""
        write_sheet(self.out / name, sheet)
        self.samples.setdefault(name, []).extend((folder, sample) for sample in samples if folder)


def labelled(folder: Path, sample: Sample, side: int, ids: np.ndarray | None = None) -> RGB:
    """Return a sample with its masks laid over it, or others, as (side, side, 3)."""
    numbers = read_ids(folder / sample.ids) if ids is None else ids
    kinds = categories_map(numbers, sample.instances, CATEGORIES) if ids is None else ids.astype(np.uint8)
    size = (side, round(side * sample.size_hw[0] / sample.size_hw[1]))  # the outline is a pixel of the sheet
    image, kinds, numbers = (
        np.asarray(Image.fromarray(array).resize(size, how)).astype(array.dtype)
        for array, how in ((read_image(folder / sample.image), 1), (kinds, 0), (numbers, 0))
    )
    return square(overlay(image, kinds, numbers), side, middle_of(sample, side / sample.size_hw[1]))


def middle_of(sample: Sample, scale: float = 1) -> tuple[float, float] | None:
    """Return the middle of a sample's first object in pixels."""
    if not sample.instances:
        return None
    x0, y0, x1, y1 = sample.instances[0].box
    return (x0 + x1) / 2 * scale, (y0 + y1) / 2 * scale


def plain(folder: Path, sample: Sample, side: int) -> RGB:
    """Return a sample's image as (side, side, 3)."""
    return square(read_image(folder / sample.image), side, middle_of(sample))


def large(samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples whose labelled objects cover enough of the picture to be seen on a sheet."""
    return [s for s in samples if sum(i.area_px for i in s.instances) >= LEAST_SHARE * s.size_hw[0] * s.size_hw[1]]


def draw_sheet(shown: Shown, data: Path, renders: Sequence[Sample]) -> None:
    """Draw renders with their masks beside real photos, and what a network found on photos that it never saw."""
    made, split, side = data / "renders", data / "split", 148
    chosen = spread(large(renders), 12)
    photos = spread(read_manifest(split / "train.jsonl"), 6)
    unseen = spread(read_manifest(split / "val.jsonl"), 6)
    found = [labelled(split, one, side, prediction(data / "picked", one)) for one in unseen]
    blocks = [
        Tiles("renders, with their masks", [labelled(made, one, side) for one in chosen], 4),
        Tiles("real photos", [plain(split, one, side) for one in photos], 2),
        Tiles("found on other photos", found, 2),
    ]
    shown.write("sheet.jpg", across(blocks), made, chosen)
    shown.samples["sheet.jpg"] += [(split, one) for one in (*photos, *unseen)]


def draw_ranges(shown: Shown, folder: Path, renders: Sequence[Sample]) -> None:
    """Draw renders in the order of what was drawn for them, a row a range."""
    blocks, every = [], []
    for key, words in RANGES.items():
        known = [one for one in large(renders) if key in one.draws and (key == EXPOSURE or evenly_lit(one))]
        drawn = sorted(known, key=lambda one: (one.draws[key], one.id))
        if not drawn:
            raise InputError(f"{folder}: no render says what was drawn for {key}; mend RANGES in docs/pictures.py")
        chosen = spread(drawn, 8)
        labels = [f"{one.draws[key]:.{0 if key.endswith('_deg') else 2}f}" for one in chosen]
        blocks.append(Tiles(f"{key}: {words}", [plain(folder, one, 116) for one in chosen], 8, labels))
        every += chosen
    shown.write("ranges.jpg", below(blocks), folder, every)


def evenly_lit(sample: Sample) -> bool:
    """Return whether a render was exposed about as its light asks, so that a row shows its own range alone."""
    return abs(float(sample.draws.get(EXPOSURE, 0))) <= MOST_EV


def draw_sample(shown: Shown, folder: Path, renders: Sequence[Sample]) -> None:
    """Draw the sample of the fewest objects in its parts: image, id map, masks, boxes."""
    one = min(large(renders), key=lambda each: (len(each.instances), each.id))
    image, ids, side = read_image(folder / one.image), read_ids(folder / one.ids), 288
    several = overlay(np.zeros_like(image), ids.astype(np.uint8))
    masks = overlay(image, (ids > 0).astype(np.uint8), ids)
    parts = [square(part, side) for part in (image, several, masks, boxed(image, one))]
    labels = ["image", "ids: 0 = background, k = k-th instance", "masks of a category", "boxes, visible_fraction"]
    shown.write("sample.jpg", across([Tiles("", parts, 4, labels)]), folder, [one])


def boxed(image: RGB, sample: Sample) -> RGB:
    """Return an image with the boxes of its instances and the visible share of each."""
    drawn = Image.fromarray(image)
    pen = ImageDraw.Draw(drawn)
    for instance in sample.instances:
        x0, y0, x1, y1 = instance.box
        pen.rectangle((x0, y0, x1 - 1, y1 - 1), outline=(255, 193, 7), width=2)
        pen.text((x0 + 4, y0 + 3), f"{instance.visible_fraction:.2f}", (255, 255, 255), font(LABEL_PX), stroke_width=2,
                 stroke_fill=(0, 0, 0))  # fmt: skip
    return np.asarray(drawn)


def draw_shard(shown: Shown, folder: Path, renders: Sequence[Sample]) -> None:
    """Draw all samples of the first shard."""
    first = [one for one in renders if one.image.startswith(renders[0].image.split(".tar")[0])][:SHARD]
    tiles = [square(read_image(folder / one.image), 36) for one in first]
    width = 25 * 36
    sheet = Image.new("RGB", (width, -(-len(tiles) // 25) * 36))
    for number, tile in enumerate(tiles):
        sheet.paste(Image.fromarray(tile), (number % 25 * 36, number // 25 * 36))
    shown.write("shard.jpg", sheet, folder, first)


def draw_examples(shown: Shown, examples: Examples) -> None:
    """Draw renders of every recipe, and one scene in several qualities."""
    side = 132
    rows = [
        Tiles(name, [plain_square(examples.folder, one, side) for one in some], 6)
        for name, some in examples.recipes.items()
    ]
    shown.write("recipes.jpg", below(rows), examples.folder, [s for some in examples.recipes.values() for s in some])
    columns = [
        Tiles(words, [plain_square(examples.folder, one, 228) for one in some], 1)
        for words, some in examples.qualities.items()
    ]
    every = [s for some in examples.qualities.values() for s in some]
    shown.write("quality.jpg", across(columns, apart=8), examples.folder, every)


def plain_square(folder: Path, sample: Sample, side: int) -> RGB:
    """Return a square render's whole image as (side, side, 3)."""
    return square(read_image(folder / sample.image), side)


def draw_grids(shown: Shown, grids: Path) -> None:
    """Draw the score of every training of the recorded grids against its ratio."""
    rows = [row for path in sorted(grids.glob("*.json")) for row in grid_rows(path.stem, read_grid(path))]
    x = {"field": "ratio", "type": "quantitative", "title": "ratio (0 = real photos only, 1 = renders only)"}
    y = {"field": "iou", "type": "quantitative", "title": "IoU on val photos", "scale": {"zero": False}}
    blue = "#0b62c4"
    line = {"mark": {"type": "line", "color": blue}, "encoding": {"x": x, "y": {**y, "aggregate": "mean"}}}
    dots = {"mark": {"type": "point", "filled": True, "size": 60, "color": blue}, "encoding": {"x": x, "y": y}}
    spec = {
        "data": {"values": rows},
        "facet": {"field": "set", "type": "nominal", "title": None, "header": {"labelFontSize": 14}},
        "columns": 3,
        "spec": {"width": 230, "height": 170, "layer": [line, dots]},
        "resolve": {"scale": {"y": "independent"}},
        "config": {"axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}},
        "background": "white",
        "padding": 12,
    }
    data = vl_convert.vegalite_to_png(spec, vl_version=VERSION, scale=1.3, allowed_base_urls=[])
    shown.write("grids.png", shot_of(data))


def grid_rows(name: str, grid: Grid) -> list[dict[str, str | float]]:
    """Return a row a finished training of a grid: its set-up, ratio and IoU."""
    return [
        {"set": name, "ratio": each.ratio, "iou": grid.results[key].iou}
        for each in grid.candidates
        for key in sorted(grid.results, key=str)
        if key.name == each.name and key.share == 1
    ]


def draw_pages(shown: Shown, reports: Path) -> None:
    """Draw the page, two of its charts and some cards of the gallery."""
    page = reports / "index.html"
    with browser() as chrome:
        shown.write("page.png", top_of(chrome, page, (900, 900)))
        shown.write("ratio.png", part_of(chrome, page, "#ratio .live", 760))
        shown.write("worth.png", part_of(chrome, page, "#worth .live", 760))
        shown.write("cards.jpg", cards_of(chrome, reports / "assets.html", ASSETS))


def draw_labelling(shown: Shown, data: Path) -> None:
    """Draw the pages of a round of labelling on the photos of the set-up."""
    with browser() as chrome:
        for name, picture in labelling_pictures(chrome, data):
            shown.write(name, picture, data / "photos", shown_photos(data))


def write_credits(shown: Shown, credits_file: Path) -> None:
    """Write whose photos and assets each picture shows, a line a picture, licence and source."""
    known = read_typed(credits_file, CREDITS, "asset ids with their licence and source", "run make repro again")
    rows = []
    for name, samples in sorted(shown.samples.items()):
        photos = Counter((one.source, one.licence) for _, one in samples if one.domain == "real")
        names = {asset for _, one in samples for asset in one.assets}
        assets = Counter((known[asset]["source"], known[asset]["licence"]) for asset in names)
        for kind, counts in (("photos", photos), ("assets", assets)):
            rows += [(name, kind, licence, source, count) for (source, licence), count in sorted(counts.items())]
    write_table(shown.out / "LICENCES.csv", ("picture", "kind", "licence", "source", "count"), rows)


def check(data: Path, reports: Path) -> None:
    """Raise InputError for the first thing that is not there yet."""
    for name, command in WANTED.items():
        room, rest = name.split("/", 1)
        path = (data if room == "data" else reports) / rest
        if not path.exists():
            raise InputError(f"{path}: is not there yet, and the pictures of the docs show it; run {command} first")


def main(data: Path, reports: Path, assets: Path, grids: Path, work: Path, out: Path) -> None:
    """Make all pictures. data: the folder of the set-up boards; work: for renders that only the docs show."""
    check(data, reports)
    shown, folder = Shown(out), data / "renders"
    renders = read_manifest(folder / "samples.jsonl")
    draw_sheet(shown, data, renders)
    draw_ranges(shown, folder, renders)
    draw_shard(shown, folder, renders)
    draw_grids(shown, grids)
    examples = make_examples(assets, data / "split" / "train.jsonl", work)
    draw_examples(shown, examples)
    draw_sample(shown, examples.folder, examples.recipes["bin"])
    draw_pages(shown, reports)
    draw_labelling(shown, data)
    write_credits(shown, folder / "credits.json")


if __name__ == "__main__":
    run_stage(main)

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from page_reader import Reader

from dataset.idmap import instance_of, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_json
from train.page.answer import answer, notes
from train.page.pictures import COLOURS, curve_svg, outline, overlay, small
from train.report import Report, main, spread, worst_of
from train.scoring.scores import FOREGROUND, PhotoScore, Pixels, Scores, to_json, write_scores
from train.sweep import Sweep
from train.transfer import Transfer
from train.transfer import main as transfer
from train.tune import Tune
from train.tune import main as tune

SIZE_HW = (30, 40)
EVIL = '<script>alert("x")</script>'
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def sample(folder: Path, name: str, domain: str, rel: str, assets: tuple[str, ...] = ()) -> Sample:
    ids = np.zeros(SIZE_HW, np.uint16)
    ids[5:15, 5:25] = 1
    write_ids(folder / "ids" / f"{name}.png", ids)
    write_bytes(folder / "images" / f"{name}.png", png_bytes(np.full((*SIZE_HW, 3), 128, np.uint8)))
    boxes = (instance_of(ids, 1, "board"),)
    paths = (f"{rel}images/{name}.png", f"{rel}ids/{name}.png")
    return Sample(name, domain, *paths, SIZE_HW, boxes, f"source {EVIL}", "CC0-1.0", "", assets)


def scores(split: str, ratio: float, seed: int, hits: int) -> Scores:
    pixels = {"board": Pixels(hits, 100), FOREGROUND: Pixels(hits, 100)}
    return Scores(split, ratio, seed, 2, 3, tuple(PhotoScore(f"{split}{i}", "", pixels) for i in (1, 2)))


def write_project(root: Path, hits: dict[float, int]) -> None:
    """Everything before the stage report. hits: right pixels of 100 by ratio, on val and on test."""
    for split in ("train", "val"):
        photos = [sample(root / "photos", f"{split}{i}", REAL, "../photos/") for i in (1, 2)]
        write_manifest(root / "split" / f"{split}.jsonl", photos)
    renders = [sample(root / "renders", f"r{i}", RENDER, "", (EVIL, "tile")) for i in range(3)]
    write_manifest(root / "renders" / "samples.jsonl", renders)
    write_json(root / "renders" / "refused.json", {"crashed": ["5cee"], "empty": ["1a", "2b"]})
    for ratio, hit in hits.items():
        run = root / "runs" / f"{ratio}-1"
        write_scores(run / "val.json", scores("val", ratio, 1, hit))
        for i in (1, 2):
            write_bytes(run / "val" / f"val{i}.png", png_bytes(np.ones(SIZE_HW, np.uint8)))
    tested = [to_json(scores("test", ratio, 1, hit)) for ratio, hit in hits.items()]
    write_json(root / "test" / "test.json", {"photos": 2, "runs": tested})


def write_page(root: Path, hits: dict[float, int], renders: int = 2, worst: int = 1) -> str:
    """Return the page of a whole small project."""
    write_project(root, hits)
    sweep, pick, out = Sweep(tuple(hits), (1,)), root / "pick.json", root / "index.html"
    tune(Tune(20, 0.0), sweep, root / "runs", pick)
    outs = [root / name for name in ("transfer.json", "metrics.json", "ratio.csv")]
    transfer(Transfer(20), sweep, root / "runs", pick, root / "test", *outs)
    main(Report(renders, worst), outs[0], pick, root / "runs", root / "renders", root / "split", out)
    return out.read_text(encoding="utf-8")


def test_names_are_text_and_never_markup(tmp_path):
    read = Reader(write_page(tmp_path, {0.0: 70, 0.5: 90}))
    assert "script" not in {tag for tag, _ in read.tags}
    assert EVIL in read.text  # as the asset's name
    assert f"source {EVIL}" in read.text


def test_refused_scenes_are_counted_by_cause_and_those_set_aside_are_named(tmp_path):
    text = " ".join(Reader(write_page(tmp_path, {0.0: 70, 0.5: 90})).text.split())
    assert "replaced by other scenes: 2 empty, 1 crashed (set aside: 5cee)." in text


def test_the_page_asks_for_nothing_but_itself(tmp_path):
    read = Reader(write_page(tmp_path, {0.0: 70, 0.5: 90}))
    asked = [value for _, attrs in read.tags for key, value in attrs.items() if key in {"src", "href", "xlink:href"}]
    assert asked
    assert all(value.startswith(("data:image/jpeg;base64,", "#")) for value in asked)
    assert not {"link", "script", "iframe"} & {tag for tag, _ in read.tags}


def test_every_picture_has_words_for_those_who_do_not_see_it(tmp_path):
    read = Reader(write_page(tmp_path, {0.0: 70, 0.5: 90}))
    pictures = [attrs for tag, attrs in read.tags if tag == "img"]
    assert len(pictures) == 2 + 2 + 3  # two renders, two photos, one mistake
    assert all(attrs["alt"] for attrs in pictures)
    assert [attrs for _, attrs in read.tags if attrs.get("role") == "img" and attrs.get("aria-label")]


def test_the_page_is_the_same_bytes_every_time(tmp_path):
    hits = {0.0: 70, 0.5: 90, 1.0: 60}
    assert write_page(tmp_path / "a", hits) == write_page(tmp_path / "b", hits)


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param(
            {0.0: 70, 0.5: 90, 1.0: 60},
            "Real photos alone reach 0.70 on the test photos; with renders at ratio 0.5 it is 0.90 (0.90 to 0.90).",
            id="a mix is better",
        ),
        pytest.param({0.5: 90, 1.0: 60}, "real photos alone were not run", id="no real only"),
        pytest.param({0.0: 70, 1.0: 90}, "renders alone reach 0.90", id="renders only is the pick"),
        pytest.param({0.0: 70, 0.5: 60}, "No mix beat real photos alone on val; they reach 0.70", id="real only is"),
        pytest.param({0.5: 70}, "Only one ratio was run, so nothing is compared.", id="one ratio"),
    ],
)
def test_the_page_of_any_sweep_opens_with_its_answer(tmp_path, hits, expected):
    assert expected in Reader(write_page(tmp_path, hits)).text


@pytest.mark.parametrize(
    ("ci95", "end"),
    [
        pytest.param([0.01, 0.05], "0.84 (0.80 to 0.88).", id="above nothing"),
        pytest.param([-0.01, 0.05], "0.84 (0.80 to 0.88): no difference shown.", id="around nothing"),
        pytest.param([-0.05, -0.01], "0.84 (0.80 to 0.88): the renders made it worse.", id="below nothing"),
    ],
)
def test_the_answer_claims_no_more_than_the_interval_of_the_difference(ci95, end):
    test = {"ratio": 0.8, "mean_iou": 0.84, "mean_ci95": [0.8, 0.88], "real_only": {"iou": 0.82}}
    found = {"runs": [{"ratio": 0.0}, {"ratio": 0.8}], "test": test | {"gain": {"iou": 0.02, "ci95": ci95}}}
    assert answer(found).endswith(end)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param(1, "All test photos belong to one group", id="one group"),
        pytest.param(5, "5 independent groups of photos are few", id="few groups"),
    ],
)
def test_a_weak_interval_says_so(groups, expected):
    assert expected in " ".join(notes(noted(n_groups=groups), 2))


def noted(**test):
    val = {"best": {"ratio": 0.5, "iou": 0.8}, "real_only": {"iou": 0.7}, "render_only": None}
    return val | {
        "runs": [{"ratio": 0.0}, {"ratio": 1.0}],
        "test": {"n_photos": 40, "n_groups": 40, "gain": None} | test,
    }


def test_a_pick_that_another_ratio_beats_on_val_is_explained():
    ahead = noted() | {"real_only": {"iou": 0.81}}
    assert "another ratio is ahead by 0.010; the set-up asks for a mix" in " ".join(notes(ahead, 2))
    assert "ahead" not in " ".join(notes(noted(), 2))


def test_no_picture_is_a_page_without_sheets(tmp_path):
    page = write_page(tmp_path, {0.0: 70, 0.5: 90}, renders=0, worst=0)
    assert "<img" not in page
    assert "fails most" not in page


def test_a_scored_photo_that_the_split_lost_is_named(tmp_path):
    write_page(tmp_path, {0.0: 70, 0.5: 90})
    write_manifest(tmp_path / "split" / "val.jsonl", [])
    paths = [tmp_path / name for name in ("transfer.json", "pick.json", "runs", "renders", "split", "index.html")]
    with pytest.raises(InputError, match=r"val\.jsonl: has no photo val1"):
        main(Report(1, 1), *paths)


def test_the_worst_photos_come_first_and_equals_by_name():
    photos = [PhotoScore(name, "", {FOREGROUND: Pixels(hits, 10)}) for name, hits in (("a", 9), ("c", 2), ("b", 2))]
    assert [photo.id for photo in worst_of(Scores("val", 0.5, 1, 1, 1, tuple(photos)), 2)] == ["b", "c"]


@pytest.mark.parametrize(
    ("total", "wanted", "expected"),
    [
        pytest.param(10, 5, [0, 2, 4, 6, 8], id="evenly spaced"),
        pytest.param(2, 5, [0, 1], id="fewer than wanted"),
        pytest.param(0, 5, [], id="none there"),
        pytest.param(3, 0, [], id="none wanted"),
    ],
)
def test_a_sheet_takes(total, wanted, expected):
    assert spread(list(range(total)), wanted) == expected


def test_an_overlay_tints_the_mask_outlines_it_and_leaves_the_rest():
    image, categories = np.full((9, 9, 3), 100, np.uint8), np.zeros((9, 9), np.uint8)
    categories[2:7, 2:7] = 1
    drawn = overlay(image, categories)
    assert (drawn[categories == 0] == 100).all()
    assert tuple(drawn[2, 4]) == COLOURS[0]
    assert tuple(drawn[4, 4]) == tuple(round(0.6 * 100 + 0.4 * channel) for channel in COLOURS[0])


def test_the_border_of_the_image_is_no_outline():
    assert not outline(np.ones((4, 5), np.uint8)).any()


def test_a_small_map_keeps_its_numbers_and_a_small_image_its_shape():
    ids = np.kron(np.array([[0, 300], [7, 65535]], np.uint16), np.ones((10, 20), np.uint16))
    assert np.unique(small(ids, 20)).tolist() == [0, 7, 300, 65535]
    assert small(ids, 20).shape == (10, 20)
    assert small(np.zeros((30, 10, 3), np.uint8), 60).shape == (30, 10, 3)


def test_the_curve_takes_the_colour_of_the_page_and_marks_each_seed():
    svg = curve_svg([{"ratio": 0.5, "iou": 0.8, "ci95": [0.7, 0.9], "seeds": {"1": 0.79, "2": 0.8, "3": 0.81}}])
    assert "currentColor" in svg
    assert not re.search(r"#000000|dc:date|<\?xml", svg)
    dots = svg[svg.index("PathCollection") :]
    assert dots[: dots.index("</g>\n   </g>")].count("<use") == 3


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_a_browser_shows_the_page_without_scrolling_sideways(tmp_path):
    page = write_page(tmp_path, {0.0: 70, 0.5: 90, 1.0: 60})
    measure = (
        "<script>document.title = document.documentElement.scrollWidth - document.documentElement.clientWidth</script>"
    )
    (tmp_path / "measured.html").write_text(page + measure, encoding="utf-8")
    switches = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    quiet = f"--disable-component-update --disable-sync --window-size=500,900 --user-data-dir={tmp_path / 'profile'}"
    command = [CHROMIUM, *switches.split(), *quiet.split(), "--dump-dom", f"file://{tmp_path / 'measured.html'}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert re.search(r"<title>(-?\d+)</title>", shown).group(1) == "0"

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from dataset.formats.cvat import read_cvat
from dataset.formats.listed import Defects
from dataset.idmap import mask_iou, png_bytes, read_ids
from dataset.records import read_manifest, write_manifest
from label import keyframes, video
from label.tracks.clip_files import read_clip, read_labels
from mix.extra_sources import domain_of, extra_sources
from pipeline.errors import InputError
from pipeline.files import write_bytes, write_text
from pipeline.settings import read_settings
from tests.label.moving import FRAMES, made, write_frames, write_labels

CLIP = made()
KEYFRAMES, VIDEO = read_settings(keyframes.Keyframes), read_settings(video.Video)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A clip, labels of four frames, and what the command made of them."""
    home = tmp_path_factory.mktemp("clip")
    write_frames(CLIP, home / "frames")
    write_labels(CLIP, [0, 4, 8, 12], home / "labels")
    controls = [{"file": "f4.png", "control": True, "change": 0.3, "reason": "by chance"}]
    write_text(home / "keyframes.json", json.dumps({"head": {}, "frames": controls}))
    video.main(VIDEO, home / "frames", home / "labels", home / "tracks", home / "keyframes.json")
    return home


def test_all_frames_are_labelled_and_say_by_whom(done):
    samples = read_manifest(done / "tracks/labels/samples.jsonl")
    assert [sample.tags["file"] for sample in samples] == [f"f{at}.png" for at in range(FRAMES)]
    for at, sample in enumerate(samples):
        ids = read_ids(done / "tracks/labels" / sample.ids)
        assert [item.category for item in sample.instances] == ["ball", "box"]
        if at in {0, 4, 8, 12}:
            assert sample.tags["labels"] == "person"
            assert "iou" not in sample.tags
            assert (ids == CLIP.truth[at]).all()
        else:
            assert sample.tags["labels"] == "propagated"
            assert float(sample.tags["iou"]) > 0.8
            assert mask_iou(ids == 1, CLIP.truth[at] == 1) > 0.9
    assert len({sample.group for sample in samples}) == 1


def test_the_source_holds_what_no_person_drew_and_is_sure(done, tmp_path):
    shutil.copytree(done / "tracks/source", tmp_path / "sources/clip")
    (manifest,) = extra_sources(tmp_path / "sources").values()
    assert domain_of(manifest) == "real"
    assert {sample.tags["labels"] for sample in read_manifest(manifest)} == {"propagated"}
    assert len(read_manifest(manifest)) == FRAMES - 4
    strict = dataclasses.replace(VIDEO, least_iou=0.999)
    video.main(strict, done / "frames", done / "labels", tmp_path / "tracks")
    assert not (tmp_path / "tracks/source").exists()
    head = json.loads((tmp_path / "tracks/video.json").read_text(encoding="utf-8"))["head"]
    assert len(head["look_again"]) == FRAMES - 4


def test_cvat_gets_one_group_an_object_and_the_same_masks(done):
    found = read_cvat(done / "tracks/cvat/annotations.xml", Defects())
    assert len(found.photos) == FRAMES
    samples = read_manifest(done / "tracks/labels/samples.jsonl")
    for photo, sample in zip(found.photos, samples, strict=True):
        ids, names = photo.label.draw(sample.size_hw)
        assert names == ["ball", "box"]
        assert (ids == read_ids(done / "tracks/labels" / sample.ids)).all()
    text = (done / "tracks/cvat/annotations.xml").read_text(encoding="utf-8")
    assert text.count('group_id="1"') == text.count('group_id="2"') == FRAMES


def test_video_json_says_what_was_checked_and_what_to_label_next(done):
    told = json.loads((done / "tracks/video.json").read_text(encoding="utf-8"))
    head = told["head"]
    assert (head["frames"], head["labelled"]) == (FRAMES, 4)
    assert head["control"]["frames"] == 1
    assert head["hidden"]["frames"] == 2
    assert head["control"]["iou"] > 0.9
    assert len(head["next"]) == VIDEO.next
    assert sum(one["control"] for one in head["next"]) == 1
    assert {one["file"] for one in head["next"]}.isdisjoint({"f0.png", "f4.png", "f8.png", "f12.png"})
    assert [row["file"] for row in told["frames"]] == [f"f{at}.png" for at in range(FRAMES)]
    assert [one["track"] for one in told["frames"][3]["objects"]] == [1, 2]


def test_labels_that_the_command_made_are_no_key_frames(done):
    clip = read_clip(done / "frames", 384)
    assert [one.at for one in read_labels(done / "tracks/labels", clip)] == [0, 4, 8, 12]


def test_labels_come_from_a_tool_without_its_frames(done, tmp_path):
    shutil.copy(done / "tracks/cvat/annotations.xml", tmp_path / "annotations.xml")
    text = (tmp_path / "annotations.xml").read_text(encoding="utf-8").replace('name="frames-f', 'name="f')
    write_text(tmp_path / "annotations.xml", text)
    labelled = read_labels(tmp_path / "annotations.xml", read_clip(done / "frames", 384))
    assert [one.at for one in labelled] == list(range(FRAMES))
    assert labelled[0].categories == ("ball", "box")
    assert (labelled[0].ids == CLIP.truth[0]).all()


def test_keyframes_names_frames_and_copies_them(done, tmp_path):
    settings = dataclasses.replace(KEYFRAMES, share=0.6)
    keyframes.main(settings, done / "frames", tmp_path / "keys")
    told = json.loads((tmp_path / "keys/keyframes.json").read_text(encoding="utf-8"))
    assert len(told["frames"]) == 8
    assert sum(row["control"] for row in told["frames"]) == 1
    names = {row["file"] for row in told["frames"]}
    assert {path.name for path in (tmp_path / "keys/frames").iterdir()} == names
    page = (tmp_path / "keys/index.html").read_text(encoding="utf-8")
    assert all(name in page for name in names)
    assert page.count('class="control"') == 1


def test_the_same_clip_gives_the_same_files(done, tmp_path):
    video.main(VIDEO, done / "frames", done / "labels", tmp_path / "tracks", done / "keyframes.json")
    for name in ("video.json", "labels/samples.jsonl", "index.html", "cvat/annotations.xml"):
        assert (tmp_path / "tracks" / name).read_bytes() == (done / "tracks" / name).read_bytes()


def one_frame(home: Path) -> None:
    for path in (home / "frames").iterdir():
        if path.name != "f0.png":
            path.unlink()


def other_size(home: Path) -> None:
    write_bytes(home / "frames/f3.png", png_bytes(np.zeros((50, 60, 3), np.uint8)))


def same_name(home: Path) -> None:
    shutil.copy(home / "frames/f3.png", home / "frames/f3.jpg")


def of_another_clip(home: Path) -> None:
    manifest = home / "labels/samples.jsonl"
    renamed = [dataclasses.replace(s, id="x", image="images/x.png") for s in read_manifest(manifest)[:1]]
    write_manifest(manifest, renamed)


def twice(home: Path) -> None:
    manifest = home / "labels/samples.jsonl"
    write_manifest(manifest, read_manifest(manifest) * 2)


def small_labels(home: Path) -> None:
    write_bytes(home / "labels/ids/f0.png", png_bytes(np.zeros((5, 5), np.uint16)))


def no_labels(home: Path) -> None:
    shutil.rmtree(home / "labels")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (one_frame, "found 1 frames, wanted two or more"),
        (other_size, "is 60 x 50 pixels, the first frame 96 x 96"),
        (same_name, "has the same name as f3"),
        (of_another_clip, "holds labels of no frame of"),
        (twice, "is there twice; leave one"),
        (small_labels, "its labels are 5 x 5 pixels, the frames 96 x 96"),
        (no_labels, "there is no such file or folder"),
    ],
)
def test_a_users_mistake_is_one_line(tmp_path, spoil, words):
    write_frames(made(frames=5), tmp_path / "frames")
    write_labels(CLIP, [0, 4], tmp_path / "labels")
    spoil(tmp_path)
    with pytest.raises(InputError, match=words) as caught:
        video.main(VIDEO, tmp_path / "frames", tmp_path / "labels", tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "words"), [({"least_iou": 2}, "least_iou is 2"), ({"side_px": 5}, "side_px"), ({"next": -1}, "next")]
)
def test_settings_that_make_nothing_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(VIDEO, **change)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_the_page_goes_from_frame_to_frame_by_keyboard(done):
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright to open the page with")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab, heard = browser.new_page(), []
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.goto(f"file://{done / 'tracks/index.html'}")
        for key in ("j", "j", "k", "p"):
            tab.keyboard.press(key)
        assert tab.inner_text("#said") == f"5 of {FRAMES}"
        assert tab.inner_text("figcaption:visible").startswith("f4.png: labelled by a person")
        assert tab.locator("figure:visible").count() == 1
        tab.locator(".mark").last.click()
        assert tab.inner_text("#said") == f"{FRAMES} of {FRAMES}"
        assert heard == []
        browser.close()

"""Folders of labelled photos become samples, whole or not at all."""

import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from dataset.idmap import IGNORE, read_ids, read_image
from dataset.records import read_manifest
from dataset.upright import turned
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError

SHARED = Path(__file__).resolve().parents[3] / "shared"
PIXELS = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
MASK = np.zeros((20, 30), np.uint8)
MASK[2:8, 3:13], MASK[15:18, 20:25] = 1, 1


def save(path: Path, array: np.ndarray, orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    image.getexif()[274] = orientation
    image.save(path, exif=image.getexif())
    return path


def plain(root: Path, mask: np.ndarray = MASK, orientation: int = 1) -> Path:
    save(root / "images" / "a.jpg", PIXELS, orientation)
    Image.fromarray(mask).save(save(root / "masks" / "a.png", mask))
    return root


def described(root: Path) -> Path:
    plain(root)
    entry = {"file": "images/a.jpg", "mask": "masks/a.png", "burst": 3}
    meta = {"name": "set", "classes": {"1": "set"}, "images": [entry]}
    (root / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return root


def coco(root: Path) -> Path:
    save(root / "images" / "a.jpg", PIXELS)
    squares = [[3, 2, 13, 2, 13, 8, 3, 8]], [[20, 15, 25, 15, 25, 18, 20, 18]]
    annotations = [{"id": k, "image_id": 1, "category_id": 1, "segmentation": s} for k, s in enumerate(squares)]
    image = {"id": 1, "file_name": "a.jpg", "height": 20, "width": 30}
    text = json.dumps({"images": [image], "annotations": annotations, "categories": [{"id": 1, "name": "set"}]})
    (root / "instances.json").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("layout", [plain, described, coco])
def test_every_layout_gives_the_same_two_instances(tmp_path, layout):
    root, out = layout(tmp_path / "set"), tmp_path / "out"
    main(Ingest(), root, out)
    (sample,) = read_manifest(out / "samples.jsonl")
    assert [(i.category, i.box, i.area_px) for i in sample.instances] == [
        ("set", (3, 2, 13, 8), 60),
        ("set", (20, 15, 25, 18), 15),
    ]
    assert (sample.id, sample.domain, sample.size_hw) == ("a", "real", (20, 30))
    assert (sample.source, sample.licence) == ("set", "none stated")
    assert ((read_ids(out / sample.ids) > 0) == (MASK > 0)).all()
    assert (out / sample.image).read_bytes() == (root / "images" / "a.jpg").read_bytes()
    assert json.loads((out / "categories.json").read_text(encoding="utf-8")) == ["set"]


def test_two_runs_write_the_same_bytes(tmp_path):
    root = described(tmp_path / "set")
    for out in ("one", "two", "two"):
        main(Ingest(), root, tmp_path / out)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 5  # with the mark
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_as_the_camera_says(orientation):
    image = Image.fromarray(PIXELS)
    image.getexif()[274] = orientation
    assert (turned(PIXELS, orientation) == np.asarray(ImageOps.exif_transpose(image))).all()


@pytest.mark.parametrize("drawn", ["upright", "stored"])
def test_a_photo_on_its_side_is_stood_up_with_its_mask(tmp_path, drawn):
    upright = np.rot90(MASK, -1)  # orientation 6: the camera was turned to the left
    main(Ingest(), plain(tmp_path / "set", upright if drawn == "upright" else MASK, 6), tmp_path / "out")
    (sample,) = read_manifest(tmp_path / "out" / "samples.jsonl")
    stored = read_image(tmp_path / "set" / "images" / "a.jpg")
    assert sample.size_hw == (30, 20)
    assert (read_image(tmp_path / "out" / sample.image) == np.rot90(stored, -1)).all()
    assert ((read_ids(tmp_path / "out" / sample.ids) > 0) == (upright > 0)).all()


def cut(root: Path) -> None:
    path = root / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:-200])


def empty(root: Path) -> None:
    for path in root.glob("*/a.*"):
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(cut, r"a\.jpg: cannot be read as an image", id="a truncated photo"),
        pytest.param(empty, "found no photos", id="no photos"),
        pytest.param(lambda r: save(r / "images" / "a.png", PIXELS), "has the same name as", id="a name twice"),
        pytest.param(
            lambda r: save(r / "masks" / "a.png", MASK[:9]), "30 x 20 pixels, its mask 30 x 9", id="mask size"
        ),
        pytest.param(lambda r: save(r / "masks" / "a.png", MASK * 7), "found the value 7", id="mask value"),
        pytest.param(
            lambda r: save(r / "masks" / "a.png", PIXELS), "found 3 channels, wanted one", id="mask in colour"
        ),
        pytest.param(lambda r: (r / "masks").rename(r / "m"), "found no labelled photos, wanted", id="no known layout"),
        pytest.param(lambda r: r.rename(r.with_name("gone")), "there is no such folder", id="no folder"),
    ],
)
def test_a_faulty_set_is_named_and_nothing_is_written(tmp_path, spoil, message):
    root = plain(tmp_path / "set")
    spoil(root)
    with pytest.raises(InputError, match=message):
        main(Ingest(), root, tmp_path / "out" / "photos")
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_a_faulty_set_leaves_the_last_good_result(tmp_path):
    root = plain(tmp_path / "set")
    main(Ingest(), root, tmp_path / "out")
    cut(root)
    with pytest.raises(InputError):
        main(Ingest(), root, tmp_path / "out")
    assert len(read_manifest(tmp_path / "out" / "samples.jsonl")) == 1


def test_the_photos_themselves_are_never_replaced(tmp_path):
    root = plain(tmp_path / "set")
    with pytest.raises(InputError, match="would replace the photos"):
        main(Ingest(), root, tmp_path)
    assert (root / "images" / "a.jpg").is_file()


def archive(root: Path, at: Path) -> Path:
    """Pack a folder's files, without the folder itself or with it, as tools do."""
    if at.suffix.lower() != ".zip":
        with tarfile.open(at, "w:gz" if at.suffix == ".gz" else "w") as packed:
            packed.add(root, "." if at.stem == "set" else "set")
        return at
    with zipfile.ZipFile(at, "w") as packed:
        for path in sorted(root.rglob("*")):
            packed.write(path, path.relative_to(at.parent / "set" if at.stem == "set" else root.parent))
    return at


@pytest.mark.parametrize("layout", [plain, described, coco])
@pytest.mark.parametrize("name", ["set.zip", "with the folder.ZIP", "set.tar", "with the folder.tar.gz"])
def test_an_archive_gives_what_its_folder_gives(tmp_path, layout, name):
    root = layout(tmp_path / "set")
    main(Ingest(), root, tmp_path / "out")
    main(Ingest(), archive(root, tmp_path / name), tmp_path / "again")
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "out")).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["again", "out", "set", name])


def test_a_fault_in_an_archive_is_named_in_it_and_nothing_is_left_behind(tmp_path):
    root = plain(tmp_path / "set", MASK * 7)
    packed = archive(root, tmp_path / "set.zip")
    with pytest.raises(InputError) as refusal:
        main(Ingest(), packed, tmp_path / "out" / "photos")
    assert str(refusal.value).startswith(f"{packed}/masks/a.png: found the value 7")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder ../shared with real photo sets is not here")
@pytest.mark.parametrize(("name", "photos"), [("balloon", 74), ("qr", 53)])
def test_a_real_set_keeps_every_labelled_pixel(tmp_path, name, photos):
    main(Ingest(), SHARED / "real" / name, tmp_path / "out")
    samples = read_manifest(tmp_path / "out" / "samples.jsonl")
    assert len(samples) == photos
    for sample in samples[:10]:
        mask = read_ids(SHARED / "real" / name / "masks" / f"{sample.id}.png")
        assert sum(i.area_px for i in sample.instances) == (mask > 0).sum()


def two_kinds(root: Path, **more: object) -> Path:
    """Write a COCO set of two photos: a mug and a cup on the first, nothing said of the second."""
    for name in "ab":
        save(root / "images" / f"{name}.png", PIXELS)
    squares = [[3, 2, 13, 2, 13, 8, 3, 8]], [[20, 15, 25, 15, 25, 18, 20, 18]]
    rows = [{"id": k, "image_id": 1, "category_id": k, "segmentation": s} for k, s in enumerate(squares, 1)]
    images = [{"id": k, "file_name": f"{name}.png", "height": 20, "width": 30} for k, name in enumerate("ab", 1)]
    names = [{"id": 1, "name": "Mug"}, {"id": 2, "name": "cup"}]
    coco = {"images": images, "annotations": rows, "categories": names} | more
    (root / "annotations.json").write_text(json.dumps(coco), encoding="utf-8")
    return root


def ingested(tmp_path: Path, settings: Ingest) -> tuple[list[str], list[tuple[str, int]], np.ndarray]:
    """Return the categories, the first photo's objects with their areas, and its id map."""
    main(settings, tmp_path / "set", tmp_path / "out")
    names = json.loads((tmp_path / "out" / "categories.json").read_text(encoding="utf-8"))
    first = read_manifest(tmp_path / "out" / "samples.jsonl")[0]
    return names, [(i.category, i.area_px) for i in first.instances], read_ids(tmp_path / "out" / first.ids)


@pytest.mark.parametrize(
    ("words", "names", "objects", "ignored_px"),
    [
        pytest.param({}, ["Mug", "cup"], [("Mug", 60), ("cup", 15)], 0, id="as they are"),
        pytest.param({"rename": {"Mug": "mug"}}, ["mug", "cup"], [("mug", 60), ("cup", 15)], 0, id="renamed"),
        pytest.param({"rename": {"Mug": "cup"}}, ["cup"], [("cup", 60), ("cup", 15)], 0, id="two become one"),
        pytest.param({"ignore": ("Mug",)}, ["cup"], [("cup", 15)], 60, id="ignored"),
        pytest.param({"leave_out": ("Mug",)}, ["cup"], [("cup", 15)], 0, id="left out"),
    ],
)
def test_categories_are_taken_as_the_settings_say(tmp_path, words, names, objects, ignored_px):
    two_kinds(tmp_path / "set")
    found = ingested(tmp_path, Ingest(unlabelled="empty", **words))
    assert found[:2] == (names, objects)
    assert (found[2] == IGNORE).sum() == ignored_px


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            {"rename": {"mug": "cup"}}, r"'mug' is no category of the labels \(did you mean 'Mug'\?\)", id="name"
        ),
        pytest.param({"ignore": ("jar",)}, "ingest.ignore: 'jar' is no category of the labels", id="ignored name"),
        pytest.param({"rename": {"Mug": "a"}, "ignore": ("Mug",)}, "'Mug' stands in two of", id="two settings"),
        pytest.param({"format": "cocoa"}, "the format is 'cocoa', wanted one of auto, ", id="format"),
        pytest.param({"format": "masks"}, "found no labelled photos, wanted images/ and masks/", id="other format"),
        pytest.param({}, r"b\.png: has no label; add it, or, if nothing", id="a photo of which nothing is said"),
    ],
)
def test_what_the_settings_say_meets_the_labels(tmp_path, words, message):
    two_kinds(tmp_path / "set")
    with pytest.raises(InputError, match=message):
        main(Ingest(**words), tmp_path / "set", tmp_path / "out")


@pytest.mark.parametrize(("unlabelled", "photos"), [("empty", 2), ("leave out", 1)])
def test_photos_of_which_nothing_is_said_are_taken_as_the_settings_say(tmp_path, unlabelled, photos):
    two_kinds(tmp_path / "set")
    main(Ingest(unlabelled=unlabelled), tmp_path / "set", tmp_path / "out")
    assert len(read_manifest(tmp_path / "out" / "samples.jsonl")) == photos


def test_all_defects_are_told_at_once_and_their_photos_can_be_left_out(tmp_path, capsys):
    outside = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[90, 2, 99, 2, 99, 9]]}
    box = {"id": 2, "image_id": 2, "category_id": 1, "segmentation": []}
    whole = {"id": 3, "image_id": 3, "category_id": 1, "segmentation": [[3, 2, 13, 2, 13, 8, 3, 8]]}
    strange = {"id": 4, "image_id": 9, "category_id": 1, "segmentation": [[3, 2, 13, 2, 13, 8, 3, 8]]}
    images = [{"id": k, "file_name": f"{name}.png", "height": 20, "width": 30} for k, name in enumerate("abc", 1)]
    root = two_kinds(tmp_path / "set", annotations=[outside, box, whole, strange], images=images)
    save(root / "images" / "c.png", PIXELS)
    with pytest.raises(InputError, match=r"annotation 4 is for the image 9.*\(and 1 broken labels, 1 labels outside"):
        main(Ingest(), root, tmp_path / "out")
    main(Ingest(defects="leave out"), root, tmp_path / "out")
    assert [sample.id for sample in read_manifest(tmp_path / "out" / "samples.jsonl")] == ["c"]
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith(
        "left out: 1 broken labels, left out: 1 labels outside their photo, left out: 1 labels without a photo"
    )


def test_when_a_photo_was_taken_is_a_tag_unless_the_set_has_its_own(tmp_path):
    root = described(tmp_path / "set")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = "2024:05:01 12:30:00"
    Image.fromarray(PIXELS).save(root / "images" / "a.jpg", exif=exif)
    main(Ingest(), root, tmp_path / "out")
    assert read_manifest(tmp_path / "out" / "samples.jsonl")[0].tags == {"burst": "3", "taken": "2024:05:01 12:30:00"}
    meta = json.loads((root / "meta.json").read_text())
    meta["images"][0]["taken"] = "1999-01-01"
    (root / "meta.json").write_text(json.dumps(meta))
    main(Ingest(), root, tmp_path / "out")
    assert read_manifest(tmp_path / "out" / "samples.jsonl")[0].tags["taken"] == "1999-01-01"


def test_objects_end_earlier_where_they_are_trimmed(tmp_path):
    main(Ingest(trim_px={"right": 1, "below": 2}), plain(tmp_path / "set"), tmp_path / "out")
    (sample,) = read_manifest(tmp_path / "out" / "samples.jsonl")
    assert [thing.box for thing in sample.instances] == [(3, 2, 12, 6), (20, 15, 24, 16)]


def test_labels_that_reach_too_far_are_told_in_one_line(tmp_path, capsys):
    for number in range(16):
        image, mask = np.full((80, 90, 3), 60, np.uint8), np.zeros((80, 90), np.uint8)
        image[20:60, 20:60], mask[20:60, 20:61] = 180, 1
        save(tmp_path / f"set/images/{number}.png", image)
        Image.fromarray(mask).save(save(tmp_path / f"set/masks/{number}.png", mask))
    main(Ingest(), tmp_path / "set", tmp_path / "out")
    told = [line for line in capsys.readouterr().err.splitlines() if "reach" in line]
    assert told == [
        "ingest: labels reach 1.0 px beyond edges to the right (median of 16 objects); if an overlay agrees, write "
        "trim_px: {right: 1} into ingest of params.yaml or the set-up"
    ]
    main(Ingest(trim_px={"right": 1}), tmp_path / "set", tmp_path / "again")
    assert "reach" not in capsys.readouterr().err

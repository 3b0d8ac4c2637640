"""Sets whose labels would be lost or turned into others: each is refused in one line, and nothing is written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import IGNORE, read_ids
from dataset.records import read_manifest
from mix.check_set import check_set
from mix.ingest import main
from mix.labelled import Ingest
from pipeline.errors import InputError

MASK = np.zeros((48, 64), np.uint8)
MASK[10:20, 10:30] = 1
PHOTO = np.full((48, 64, 3), 90, np.uint8)


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(PHOTO).save(path, format="JPEG" if path.suffix != ".png" else "PNG")
    return path


def masked(root: Path, mask: Image.Image, name: str = "a.png", **how) -> Path:
    photo(root / "images/a.jpg")
    (root / "masks").mkdir(exist_ok=True)
    mask.save(root / "masks" / name, **how)
    return root


def coco(root: Path, segmentation, **image) -> Path:
    photo(root / "images/a.jpg")
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "height": 48, "width": 64} | image],
        "annotations": [{"id": 7, "image_id": 1, "category_id": 1, "segmentation": segmentation}],
        "categories": [{"id": 1, "name": "mug"}],
    }
    (root / "instances.json").write_text(json.dumps(labels), encoding="utf-8")
    return root


def pointed(root: Path) -> Path:
    """A LabelMe photo of which a point alone says what is on it, beside one with an outline."""
    for name, kind, points in (("a", "polygon", [[10, 10], [30, 10], [30, 20], [10, 20]]), ("b", "point", [[5, 5]])):
        photo(root / f"{name}.jpg")
        shape = {"label": "mug", "shape_type": kind, "points": points, "group_id": None, "flags": {}}
        value = {"imagePath": f"{name}.jpg", "imageHeight": 48, "imageWidth": 64, "shapes": [shape], "imageData": None}
        with_file(root, f"{name}.json", json.dumps(value))
    return root


SQUARE = [[10, 10, 30, 10, 30, 20, 10, 20]]


def with_file(root: Path, name: str, text: str) -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root


def posed(root: Path) -> Path:
    photo(root / "images/train/a.jpg")
    (root / "labels/train").mkdir(parents=True)
    (root / "labels/train/a.txt").write_text("0 0.3 0.3 0.3 0.2 0.2 0.2 0.4 0.2 0.4 0.4 0.2 0.4\n")
    return with_file(root, "data.yaml", "train: images/train\nnames: [mug]\nkpt_shape: [4, 2]\n")


def two_ids(root: Path) -> Path:
    masked(root, Image.fromarray(MASK))
    (root / "ids").mkdir()
    for name in ("a.png", "a.tif"):
        Image.fromarray(MASK).save(root / "ids" / name)
    return root


def stray_ids(root: Path) -> Path:
    two_ids(root)
    (root / "ids/a.tif").rename(root / "ids/b.tif")
    return root


def meta(root: Path, classes: str) -> Path:
    masked(root, Image.fromarray(MASK))
    entry = '{"file": "images/a.jpg", "mask": "masks/a.png"}'
    return with_file(root, "meta.json", f'{{"classes": {classes}, "images": [{entry}]}}')


def two_masks(root: Path, value: int) -> Path:
    """A set whose first mask holds the number 1, and the second one a value alone."""
    masked(root, Image.fromarray(MASK))
    photo(root / "images/b.jpg")
    Image.fromarray(MASK * np.uint8(value)).save(root / "masks/b.png")
    return root


def without_id(root: Path) -> Path:
    masked(root, Image.fromarray(MASK))
    (root / "ids").mkdir()
    Image.fromarray(MASK * 0).save(root / "ids/a.png")
    return root


def drawn_twice(root: Path, category: str) -> Path:
    """A set of two equal outlines, the second one of this category."""
    coco(root, SQUARE)
    value = json.loads((root / "instances.json").read_text(encoding="utf-8"))
    value["categories"].append({"id": 2, "name": "plate"})
    again = {"id": 8, "category_id": 2 if category == "plate" else 1}
    value["annotations"].append(value["annotations"][0] | again)
    return with_file(root, "instances.json", json.dumps(value))


def turned_mask(root: Path) -> Path:
    exif = Image.Exif()
    exif[274] = 6
    return masked(root, Image.fromarray(MASK.T.copy()), exif=exif)


def apart(root: Path, name: str, bare: bool = False) -> Path:
    """A set with a picture of another kind in a folder of its own."""
    if not bare:
        masked(root, Image.fromarray(MASK))
    (root / name).parent.mkdir(parents=True)
    return with_file(root, name, "x")


def blank_name(root: Path) -> Path:
    text = (coco(root, SQUARE) / "instances.json").read_text(encoding="utf-8")
    return with_file(root, "instances.json", text.replace('"mug"', '"  "'))


def palette(*colours: tuple[int, int, int]) -> Image.Image:
    image = Image.fromarray(MASK, "P")
    image.putpalette([number for colour in colours for number in colour])
    return image


CASES = [
    pytest.param(
        lambda root: masked(root, Image.fromarray(np.stack([MASK] * 3, -1)), "a.webp", quality=80),
        "a.webp: is a lossy WebP, which changes",
        id="a lossy WebP",
    ),
    pytest.param(
        lambda root: masked(root, Image.fromarray(MASK), "a.tif", compression="jpeg"),
        "a.tif: is a TIFF packed by JPEG, which changes",
        id="a JPEG in a TIFF",
    ),
    pytest.param(
        lambda root: masked(root, palette((255, 255, 255), (0, 0, 0))),
        "its palette has the colour 255,255,255 at index 0, which is background, and black at 1",
        id="a palette that a program has sorted",
    ),
    pytest.param(
        lambda root: coco(root, [[0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5]]),
        "annotation 7.* covers one pixel .*are its numbers shares of the picture",
        id="shares in the place of pixels",
    ),
    pytest.param(
        lambda root: coco(root, [[-3, 10, -0.6, 10, -0.6, 20, -3, 20]]),
        r"\(x -3 to -0.6, y 10 to 20\) covers no pixel of a picture of 64 x 48; mend it",
        id="just outside",
    ),
    pytest.param(
        lambda root: coco(root, {"size": [48, 64], "counts": [48 * 64]}), "covers no pixel of a picture", id="no run"
    ),
    pytest.param(
        lambda root: coco(root, SQUARE, width="128", height="96"),
        "96",
        id="another size, as text",
    ),
    pytest.param(lambda root: coco(root, SQUARE, width=128.0, height=96.0), "96", id="another size, as floats"),
    pytest.param(
        lambda root: coco(root, SQUARE, width="wide", height=48), "is 'wide' x 48 pixels, wanted", id="a size in words"
    ),
    pytest.param(posed, "has kpt_shape: its labels are boxes with key points", id="key points of YOLO"),
    pytest.param(pointed, "b.json: .*the point of .mug. is no mask", id="a point alone"),
    pytest.param(two_ids, "a.tif: a.png holds the ids of the same photo; take one", id="two files of ids"),
    pytest.param(stray_ids, "b.tif: found no photo of that name in .*images; add it or drop the ids", id="stray ids"),
    pytest.param(
        lambda root: with_file(
            masked(root, Image.fromarray(np.stack([MASK * 255, MASK * 0, MASK * 0], -1))),
            "palette.json",
            '{"mug": [255, 0, 0], "plate": [255, 0, 0]}',
        ),
        r"palette.json: \(255, 0, 0\) is both 'mug' and 'plate'; give each its own",
        id="two names of one colour",
    ),
    pytest.param(
        lambda root: with_file(
            masked(root, Image.fromarray(MASK)), "_classes.csv", "Pixel Value, Class\n0, background\n1, mug\n1, plate\n"
        ),
        "_classes.csv: 1 is both 'mug' and 'plate'; give each its own",
        id="two names of one value",
    ),
    pytest.param(
        lambda root: meta(root, '{"1": "mug", "01": "plate"}'),
        "meta.json: 1 is both 'mug' and 'plate'; give each its own",
        id="two names of one value in meta.json",
    ),
    pytest.param(
        lambda root: meta(root, '{"1": "mug", "1": "plate"}'),
        "meta.json: the key '1' is there twice; take one away",
        id="a key that stands twice",
    ),
    pytest.param(
        lambda root: two_masks(root, 255),
        "b.png: holds 255 and no category, other masks of the set their numbers; give its objects theirs, 1 .set., or",
        id="255 alone beside numbers",
    ),
    pytest.param(
        lambda root: without_id(root),
        "ids/a.png: has no id where the mask of its photo shows set, whose objects would be lost",
        id="ids without an object of the mask",
    ),
    pytest.param(
        lambda root: drawn_twice(root, "plate"),
        "a.jpg: every outline of 'mug' on it .1. is wholly covered by others, and would be lost",
        id="one outline of two categories",
    ),
    pytest.param(
        lambda root: turned_mask(root),
        "a.png: has an EXIF orientation of its own .6., by which some tools turn a mask",
        id="a mask with an orientation",
    ),
    pytest.param(
        lambda root: apart(root, "images/more/b.heic"), "more/b.heic: HEIC is not read here", id="a folder of HEIC"
    ),
    pytest.param(lambda root: apart(root, "c/b.heic", bare=True), "c/b.heic: HEIC is not", id="HEIC without labels"),
    pytest.param(lambda root: blank_name(root), "the category 1 has the name '  ', wanted one", id="a blank name"),
    pytest.param(
        lambda root: (
            shutil.copy(photo(masked(root, Image.fromarray(MASK)) / "images/b.jpg"), root / "images/b.HIF") and root
        ),
        "b.HIF",
        id="a photo of a camera's own kind",
    ),
]


@pytest.mark.parametrize(("build", "said"), CASES)
def test_a_label_that_would_be_lost_is_said_and_nothing_is_written(tmp_path, build, said):
    root = build(tmp_path / "set")
    with pytest.raises(InputError, match=said):
        main(Ingest(), root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda root: coco(root, SQUARE, width="64", height="48"), id="the size as text"),
        pytest.param(lambda root: coco(root, SQUARE, width=64.0, height=48.0), id="the size as floats"),
        pytest.param(lambda root: coco(root, SQUARE, width=None, height=None), id="no size"),
        pytest.param(lambda root: masked(root, Image.fromarray(MASK), "a.webp", lossless=True), id="a lossless WebP"),
        pytest.param(
            lambda root: masked(root, Image.fromarray(MASK), "a.tif", compression="tiff_lzw"), id="an LZW TIFF"
        ),
        pytest.param(lambda root: masked(root, palette((0, 0, 0), (255, 0, 0))), id="a palette with black first"),
        pytest.param(lambda root: masked(root, palette((255, 255, 255), (255, 0, 0))), id="a palette without black"),
    ],
)
def test_what_looks_like_them_and_loses_nothing_is_taken(tmp_path, build):
    main(Ingest(), build(tmp_path / "set"), tmp_path / "out")
    (sample,) = read_manifest(tmp_path / "out/samples.jsonl")
    assert [(one.box, one.area_px) for one in sample.instances] == [((10, 10, 30, 20), 200)]


def test_photos_that_a_coco_file_does_not_name_are_counted(tmp_path, capsys):
    root = coco(tmp_path / "set", SQUARE)
    for name in ("b.jpg", "c.HEIC", "d.png", "e.jpg"):
        shutil.copy(root / "images/a.jpg", root / "images" / name)
    main(Ingest(), root, tmp_path / "out")
    said = (
        "passed over what its labels do not name: 4 pictures lie beside its photos ('b.jpg', 'c.HEIC', 'd.png' and 1 "
    )
    assert said in capsys.readouterr().err
    assert [sample.id for sample in read_manifest(tmp_path / "out/samples.jsonl")] == ["a"]


def test_a_jpeg_by_another_suffix_is_a_photo(tmp_path):
    root = masked(tmp_path / "set", Image.fromarray(MASK))
    (root / "images/a.jpg").rename(root / "images/a.jfif")
    main(Ingest(), root, tmp_path / "out")
    assert [sample.id for sample in read_manifest(tmp_path / "out/samples.jsonl")] == ["a"]


def test_an_outline_drawn_twice_is_one_object_and_said(tmp_path, capsys):
    main(Ingest(), drawn_twice(tmp_path / "set", "mug"), tmp_path / "out")
    assert "1 instances, read as COCO, wholly covered by others, and not counted: 1 mug" in capsys.readouterr().err


def test_what_is_hidden_by_a_category_that_is_left_out_is_said_by_its_name(tmp_path, capsys):
    root = drawn_twice(tmp_path / "set", "plate")
    main(Ingest(ignore=("mug",)), root, tmp_path / "out")
    assert "wholly covered" not in capsys.readouterr().err
    report = check_set(Ingest(), root, root)
    assert [(kind, len(found)) for kind, found in report.kinds.items()] == [("labels wholly hidden by others", 1)]


def test_a_value_that_is_called_void_is_ignored(tmp_path):
    root = with_file(
        two_masks(tmp_path / "set", 255), "_classes.csv", "Value, Class\n0, background\n1, mug\n255, void\n"
    )
    main(Ingest(), root, tmp_path / "out")
    first, second = read_manifest(tmp_path / "out/samples.jsonl")
    assert [item.category for item in first.instances] == ["mug"]
    assert not second.instances
    assert (read_ids(tmp_path / "out" / second.ids) == MASK * np.uint16(IGNORE)).all()


def test_a_list_of_names_that_begins_with_background_counts_from_0(tmp_path):
    root = with_file(masked(tmp_path / "set", Image.fromarray(MASK)), "categories.json", '["background", "mug"]')
    main(Ingest(), root, tmp_path / "out")
    (sample,) = read_manifest(tmp_path / "out/samples.jsonl")
    assert [item.category for item in sample.instances] == ["mug"]


@pytest.mark.parametrize("settings", [Ingest(), Ingest(rename={"mug": "cup"}), Ingest(rename={" mug": "cup"})])
def test_a_category_has_no_blanks_around_it(tmp_path, capsys, settings):
    root = with_file(masked(tmp_path / "set", Image.fromarray(MASK)), "categories.json", '[" mug"]')
    main(settings, root, tmp_path / "out")
    (sample,) = read_manifest(tmp_path / "out/samples.jsonl")
    assert [item.category for item in sample.instances] == ["cup" if settings.rename else "mug"]
    assert "names are taken without the blanks around them (' mug')" in capsys.readouterr().err

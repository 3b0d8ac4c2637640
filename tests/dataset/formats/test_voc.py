"""Sets in the format of Pascal VOC, as VOC itself, CVAT and LabelMe write them, become the objects that were drawn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.export import FORMATS
from dataset.formats.listed import NO_LABEL, NO_PHOTO, OTHER_SIZE, UNKNOWN_NAME, Defects
from dataset.formats.mask_files import code_of
from dataset.formats.voc import find_voc, read_voc
from dataset.formats.voc_masks import colour_of, number_of
from dataset.idmap import IGNORE, read_ids
from dataset.known_formats import read_set
from pipeline.errors import InputError

HEIGHT, WIDTH = 40, 60
COLOURS = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 15: (192, 128, 128), 20: (0, 64, 128)}
LABELMAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nmug:250,50,83::\nplate:51,221,255:rim,foot:\n"
CVAT = {0: (0, 0, 0), 1: (250, 50, 83), 2: (51, 221, 255), 255: (224, 224, 192)}  # its own colours of labels

classes = np.zeros((HEIGHT, WIDTH), np.uint8)  # two mugs that touch, a plate with a hole in two pieces, void
classes[5:15, 5:15], classes[5:15, 15:25] = 1, 1
classes[20:35, 5:25], classes[25:30, 10:15], classes[20:24, 40:50] = 2, 0, 2
classes[5:10, 40:50] = 255
objects = np.where(classes == 255, 255, 0).astype(np.uint8)
objects[5:15, 5:15], objects[5:15, 15:25] = 1, 2
objects[classes == 2] = 3
TRUTH = np.where(objects == 255, IGNORE, objects.astype(np.uint16))


def palette_png(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(values)
    picture.putpalette([part for k in range(256) for part in COLOURS.get(k, (k, k, k) if k < 255 else (224, 224, 192))])
    picture.save(path)


def colour_png(path: Path, values: np.ndarray, colours: dict[int, tuple[int, int, int]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((*values.shape, 3), np.uint8)
    for value, colour in colours.items():
        pixels[values == value] = colour
    Image.fromarray(pixels).save(path)


def photo(root: Path, name: str = "a", folder: str = "JPEGImages") -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(root / folder / f"{name}.jpg")


def xml(root: Path, name: str, *boxed: tuple[str, int, int, int, int], more: str = "") -> None:
    """As VOC writes it."""
    (root / "Annotations").mkdir(parents=True, exist_ok=True)
    parts = "".join(
        f"<object><name>{label}</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult><bndbox>"
        f"<xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>"
        for label, x0, y0, x1, y1 in boxed
    )
    text = f"<annotation><folder>VOC2012</folder><filename>{name}.jpg</filename>{more}{parts}</annotation>"
    (root / "Annotations" / f"{name}.xml").write_text(text, encoding="utf-8")


def named(root: Path, text: str = LABELMAP) -> None:
    (root / "labelmap.txt").write_text(text, encoding="utf-8")


def voc(root: Path) -> Path:
    """As VOC itself: palettes, its own categories, an XML a photo, lists."""
    photo(root)
    palette_png(root / "SegmentationClass" / "a.png", classes)
    palette_png(root / "SegmentationObject" / "a.png", objects)
    xml(root, "a", ("aeroplane", 6, 6, 15, 15), ("aeroplane", 16, 6, 25, 15), ("bicycle", 6, 21, 50, 35))
    return root


def cvat(root: Path) -> Path:
    """As CVAT exports "Segmentation mask 1.1" and "Pascal VOC 1.1": colours that labelmap.txt names."""
    photo(root)
    named(root)
    colour_png(root / "SegmentationClass" / "a.png", classes, CVAT)
    colour_png(root / "SegmentationObject" / "a.png", objects, COLOURS | {255: (224, 224, 192)})
    return root


def labelme(root: Path) -> Path:
    """As labelme2voc writes it: class_names.txt, and palettes."""
    voc(root)
    (root / "Annotations" / "a.xml").unlink()
    (root / "class_names.txt").write_text("_background_\nmug\nplate", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("build", "names"),
    [
        pytest.param(voc, ["aeroplane", "aeroplane", "bicycle"], id="VOC"),
        pytest.param(cvat, ["mug", "mug", "plate"], id="CVAT"),
        pytest.param(labelme, ["mug", "mug", "plate"], id="labelme2voc"),
    ],
)
def test_objects_void_and_categories_are_those_of_the_masks(tmp_path, build, names):
    found = read_voc(build(tmp_path))
    ids, drawn = found.photos[0].label.draw((1, 1))
    assert (ids == TRUTH).all()
    assert drawn == names
    assert found.photos[0].labelled
    assert found.categories[:2] == (names[0], names[2])


def test_the_palette_is_vocs():
    assert {k: colour_of(k) for k in COLOURS} == COLOURS
    assert colour_of(255) == (224, 224, 192)
    codes = np.array([code_of(colour_of(k)) for k in range(256)])
    assert number_of(codes).tolist() == list(range(256))


@pytest.mark.parametrize("folder", ["VOC2012", "VOCdevkit/VOC2007"])
def test_the_set_may_lie_in_the_folder_of_its_year(tmp_path, folder):
    voc(tmp_path / folder)
    assert find_voc(tmp_path) == tmp_path
    assert len(read_voc(tmp_path).photos) == 1


def test_two_years_are_one_too_many(tmp_path):
    voc(tmp_path / "VOC2007")
    voc(tmp_path / "VOC2012")
    with pytest.raises(InputError, match="found VOC2007, VOC2012, wanted one folder"):
        read_voc(tmp_path)


def test_without_a_mask_of_objects_each_connected_piece_is_one(tmp_path):
    cvat(tmp_path)
    (tmp_path / "SegmentationObject" / "a.png").unlink()
    found = read_voc(tmp_path)
    ids, names = found.photos[0].label.draw((1, 1))
    assert names == ["mug", "plate", "plate"]
    assert ((ids == 1) == (classes == 1)).all()
    assert ((ids == IGNORE) == (classes == 255)).all()
    assert found.assumed == ("1 photos have no mask of objects: there each connected piece is one",)


def test_an_object_of_two_categories_is_two(tmp_path):
    cvat(tmp_path)
    colour_png(tmp_path / "SegmentationObject" / "a.png", np.minimum(objects, 1), COLOURS)
    ids, names = read_voc(tmp_path).photos[0].label.draw((1, 1))
    assert names == ["mug", "plate"]
    assert ((ids == 2) == (classes == 2)).all()


@pytest.mark.parametrize(
    "save", [pytest.param(palette_png, id="palette"), pytest.param(lambda p, v: Image.fromarray(v).save(p), id="grey")]
)
def test_masks_of_values_beside_a_labelmap_count_its_lines(tmp_path, save):
    cvat(tmp_path)
    save(tmp_path / "SegmentationClass" / "a.png", classes)
    ids, names = read_voc(tmp_path).photos[0].label.draw((1, 1))
    assert (ids == TRUTH).all()
    assert names == ["mug", "mug", "plate"]


def test_a_labelmap_without_colours_takes_vocs(tmp_path):
    cvat(tmp_path)
    named(tmp_path, "background:::\nmug:::\nplate:::\n")
    colour_png(tmp_path / "SegmentationClass" / "a.png", classes, COLOURS | {255: (224, 224, 192)})
    assert read_voc(tmp_path).photos[0].label.draw((1, 1))[1] == ["mug", "mug", "plate"]


def test_a_line_named_void_is_what_is_ignored_and_a_name_may_have_a_colon(tmp_path):
    cvat(tmp_path)
    named(tmp_path, "background:0,0,0::\nmug: 1:250,50,83::\nvoid:51,221,255::\n")
    found = read_voc(tmp_path)
    ids, names = found.photos[0].label.draw((1, 1))
    assert (found.categories, names) == (("mug: 1",), ["mug: 1", "mug: 1"])
    assert ((ids == IGNORE) == (classes >= 2)).all()


def test_photos_of_no_list_are_passed_over_and_those_of_one_are_not_labelled(tmp_path):
    cvat(tmp_path)
    for name in ("b", "c", "nested/d"):
        (tmp_path / "JPEGImages" / "nested").mkdir(exist_ok=True)
        photo(tmp_path, name)
    (tmp_path / "ImageSets" / "Segmentation").mkdir(parents=True)
    for name, lines in (("train", "a\n"), ("trainval", "a\nb\nnested/d\n"), ("val", "b\nnested/d \n")):
        (tmp_path / "ImageSets" / "Segmentation" / f"{name}.txt").write_text(lines, encoding="utf-8")
    found = read_voc(tmp_path)
    assert [(one.file.stem, one.labelled, one.tags) for one in found.photos] == [
        ("a", True, {"subset": "train"}),
        ("b", False, {"subset": "val"}),
        ("d", False, {"subset": "val"}),
    ]
    assert found.assumed == ("1 photos without a mask are in no list of ImageSets/Segmentation and passed over",)


def test_an_empty_mask_says_that_nothing_is_to_be_seen(tmp_path):
    cvat(tmp_path)
    for kind in ("SegmentationClass", "SegmentationObject"):
        palette_png(tmp_path / kind / "a.png", np.zeros_like(classes))
    (found,) = read_voc(tmp_path).photos
    assert found.labelled
    assert found.label.draw((1, 1))[1] == []


def test_the_database_is_the_source(tmp_path):
    voc(tmp_path)
    more = "<source><database>The VOC2007 Database</database><image>flickr</image></source><segmented>1</segmented>"
    xml(tmp_path, "a", ("aeroplane", 6, 6, 15, 15), ("bicycle", 6, 21, 50, 35), more=more)
    assert read_voc(tmp_path).photos[0].source == "The VOC2007 Database"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], r"found no labelmap\.txt .*a\.png holds the colours 0,0,0 and 0,128,0 and", id="no name"),
        pytest.param([("mug", 6, 6, 15, 15)], "and Annotations name 'mug'; write one", id="a name that is not VOC's"),
    ],
)
def test_without_names_the_user_is_asked(tmp_path, rows, message):
    voc(tmp_path)
    xml(tmp_path, "a", *rows)
    with pytest.raises(InputError, match=message):
        read_voc(tmp_path)


MUGS = [("mug", 6, 6, 15, 15)]
ENTITY = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation/>'


def strange_colour(root: Path) -> None:
    colour_png(root / "SegmentationClass" / "a.png", classes, CVAT | {1: (9, 8, 7)})


def other_size(root: Path) -> None:
    palette_png(root / "SegmentationObject" / "a.png", objects[:-1])


def object_on_background(root: Path) -> None:
    palette_png(root / "SegmentationObject" / "a.png", np.where(classes == 0, 7, 1).astype(np.uint8))


def entity(root: Path) -> None:
    xml(root, "a")
    (root / "Annotations" / "a.xml").write_text(ENTITY, encoding="utf-8")


def lossy(root: Path) -> None:
    Image.fromarray(classes).save(root / "SegmentationClass" / "a.png", "JPEG")


def no_picture(root: Path) -> None:
    (root / "SegmentationClass" / "a.png").write_bytes(b"?")


def boxed(*rows: tuple[str, int, int, int, int], more: str = "") -> Callable[[Path], None]:
    return lambda root: xml(root, "a", *rows, more=more)


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        pytest.param(strange_colour, UNKNOWN_NAME, "the colours 9,8,7, for which no category", id="an unknown colour"),
        pytest.param(other_size, OTHER_SIZE, "has 60 x 39 pixels, .* 60 x 40", id="masks of two sizes"),
        pytest.param(object_on_background, None, "1 of its objects have no category .* is 7", id="without category"),
        pytest.param(boxed(*MUGS, ("mug", 50, 35, 60, 40)), NO_LABEL, "object 2, 'mug', has a box", id="a box alone"),
        pytest.param(
            boxed(("cat", 6, 6, 15, 15)), UNKNOWN_NAME, "object 1 is 'cat', which is not", id="a strange name"
        ),
        pytest.param(boxed(more="<object><name>mug</name></object>"), None, "found no bndbox", id="no box"),
        pytest.param(entity, None, "declares types or entities", id="an XML with entities"),
        pytest.param(lossy, None, "is a JPEG", id="a JPEG mask"),
        pytest.param(no_picture, None, "cannot be read as an image", id="no picture"),
    ],
)
def test_what_cannot_be_read_spoils_its_photo_alone(tmp_path, spoil, kind, message):
    cvat(tmp_path)
    spoil(tmp_path)
    defects = Defects()
    for one in read_voc(tmp_path, defects).photos:
        with defects.gathering("drawn", one.file):
            one.label.draw((1, 1))
    (defect,) = defects.found
    assert defect.photo == tmp_path / "JPEGImages" / "a.jpg"
    assert kind in (None, defect.kind)
    with pytest.raises(InputError, match=message):
        raise InputError(defect.text)


def test_a_box_of_what_is_ignored_says_nothing(tmp_path):
    cvat(tmp_path)
    xml(tmp_path, "a", *MUGS, ("ignored", 50, 35, 60, 40))
    assert (read_voc(tmp_path).photos[0].label.draw((1, 1))[0] == TRUTH).all()


def test_boxes_without_a_mask_spoil_their_photo(tmp_path):
    cvat(tmp_path)
    photo(tmp_path, "b")
    xml(tmp_path, "b", *MUGS)
    defects = Defects()
    read_voc(tmp_path, defects)
    assert [(defect.kind, defect.photo) for defect in defects.found] == [(NO_LABEL, tmp_path / "JPEGImages" / "b.jpg")]


def test_a_mask_without_a_photo_is_told_of(tmp_path):
    cvat(tmp_path)
    palette_png(tmp_path / "SegmentationClass" / "b.png", classes)
    defects = Defects()
    read_voc(tmp_path, defects)
    assert [defect.kind for defect in defects.found] == [NO_PHOTO]


def test_masks_by_vocs_own_values_must_be_what_annotations_name(tmp_path):
    voc(tmp_path)
    xml(tmp_path, "a", ("bicycle", 6, 21, 50, 35))
    with pytest.raises(InputError, match="shows 'aeroplane' by VOC's own values, and Annotations name no such object"):
        read_voc(tmp_path).photos[0].label.draw((1, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("mug\n", r"labelmap\.txt:1: is 'mug', wanted a line such as", id="no colour"),
        pytest.param("mug:300,0,0::\n", r"labelmap\.txt:1: is", id="a colour beyond 255"),
        pytest.param("mug:12\x1f,0,0::\n", "wanted background, then", id="a sign that only looks like a blank"),
        pytest.param("background:0,0,0::\n", "wanted background, then a line a category", id="no category"),
        pytest.param("a:1,1,1::\nb:1,1,1::\n", "the colour of 'b' is that of another name", id="a colour twice"),
        pytest.param("mug:0,0,0::\n", "the colour of 'mug' is that of another name", id="black"),
        pytest.param("mug:::\nplate:::\n", "wanted background", id="no background and no colours"),
    ],
)
def test_a_labelmap_that_is_none_is_named(tmp_path, text, message):
    cvat(tmp_path)
    named(tmp_path, text)
    with pytest.raises(InputError, match=message):
        read_voc(tmp_path)


@pytest.mark.parametrize("style", sorted(FORMATS.keys() - {"bop", "voc"}))
def test_a_folder_of_another_format_is_none_of_vocs(pictures, tmp_path, style):
    assert find_voc(pictures.export(style, tmp_path / "out")) is None


def test_what_is_written_is_read_back_to_the_pixel(pictures, tmp_path):
    pictures.ignoring(0, 3)
    out = pictures.export("voc", tmp_path / "out")
    assert (out / "labelmap.txt").read_text(encoding="utf-8").endswith("plate:0,128,0::\nignored:224,224,192::\n")
    found = read_set(out, Defects())
    assert found.categories == ("mug", "plate")
    photos = {one.file.stem: one for one in found.photos}
    for sample, ids in zip(pictures.samples, pictures.ids, strict=True):
        stem = "%2E%2E%2F%2E%2E%2FIMG%201%2E0" if "IMG" in sample.id else sample.id
        drawn, names = photos[stem].label.draw((1, 1))
        assert (drawn == ids).all()
        assert names == [item.category for item in sample.instances]
        assert (photos[stem].source, photos[stem].licence) == (sample.source, sample.licence)
        assert photos[stem].file.read_bytes() == (pictures.manifest.parent / sample.image).read_bytes()


def test_what_is_written_is_as_voc_has_it(pictures, tmp_path):
    out = pictures.export("voc", tmp_path / "out")
    mask = Image.open(out / "SegmentationClass" / "scene-1.png")
    assert mask.mode == "P"
    assert mask.getpalette()[3:9] == [128, 0, 0, 0, 128, 0]
    assert (read_ids(out / "SegmentationObject" / "scene-1.png") == pictures.ids[0]).all()
    assert (out / "labelmap.txt").read_text(encoding="utf-8").splitlines()[1:] == [
        "background:0,0,0::",
        "mug:128,0,0::",
        "plate:0,128,0::",
    ]
    assert "scene-1\n" in (out / "ImageSets" / "Segmentation" / "default.txt").read_text(encoding="utf-8")
    text = (out / "Annotations" / "%2E%2E%2F%2E%2E%2FIMG%201%2E0.xml").read_text(encoding="utf-8")
    for part in ("<xmin>11</xmin>", "<ymin>11</ymin>", "<xmax>40</xmax>", "<ymax>30</ymax>", "<licence>CC0-1.0<"):
        assert part in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("a:b", "cannot stand in labelmap.txt", id="a colon"),
        pytest.param("Background", "is no object to VOC", id="background"),
    ],
)
def test_a_category_that_voc_cannot_hold_is_refused(pictures, tmp_path, capsys, name, message):
    (tmp_path / "c.json").write_text(f'["mug", "plate", "{name}"]', encoding="utf-8")
    with pytest.raises(SystemExit):
        pictures.export("voc", tmp_path / "out", "--categories", tmp_path / "c.json")
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    ["{}", "{}.jpg", "JPEGImages/{}.jpg", "{} -1", "{}  1", "/JPEGImages/{}.jpg /SegmentationClass/{}.png"],
    ids=["bare", "a suffix", "a folder", "not there", "there", "with its mask"],
)
def test_a_line_of_a_list_means_its_photo_in_each_way_that_tools_write(tmp_path, line):
    cvat(tmp_path)
    for name in ("b", "c"):
        photo(tmp_path, name)
    (tmp_path / "ImageSets/Segmentation").mkdir(parents=True)
    for part, names in (("train", "ab"), ("val", "d")):
        text = "".join(line.replace("{}", name) + "\n" for name in names)
        (tmp_path / f"ImageSets/Segmentation/{part}.txt").write_text(text, encoding="utf-8")
    found = read_voc(tmp_path)
    assert [(each.file.stem, each.labelled) for each in found.photos] == [("a", True), ("b", False)]
    assert found.assumed[-2].startswith("1 photos without a mask are in no list")
    assert found.assumed[-1].startswith("1 lines of ImageSets/Segmentation name no photo of JPEGImages")
    assert "d" in found.assumed[-1]


def test_a_list_of_a_class_does_not_say_which_part_a_photo_is_of(tmp_path):
    cvat(tmp_path)
    photo(tmp_path, "b")
    (tmp_path / "ImageSets/Segmentation").mkdir(parents=True)
    for part, text in (("train", "a\n"), ("val", "b\n"), ("mug_train", "a 1\n"), ("mug_val", "b -1\n")):
        (tmp_path / f"ImageSets/Segmentation/{part}.txt").write_text(text, encoding="utf-8")
    assert [each.tags["subset"] for each in read_voc(tmp_path).photos] == ["train", "val"]

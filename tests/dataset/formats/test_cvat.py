"""What CVAT exports for images is read to the pixel, and what is written for it, its own way to read masks takes."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dataset.formats.cvat import find_cvat, read_cvat
from dataset.formats.listed import Defects
from dataset.formats.source import name_of
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.trips import check_trip

META = """
  <meta>
    <project>
      <id>3</id><name>kitchen</name>
      <tasks>
        <task><id>11</id><name>morning</name><size>1</size><subset>train</subset></task>
        <task><id>12</id><name>evening</name><size>1</size><subset>val</subset></task>
      </tasks>
      <labels>
        <label><name>mug</name><color>#ff0000</color><type>any</type>
          <attributes><attribute><name>full</name><mutable>False</mutable><input_type>checkbox</input_type>
            <default_value>false</default_value><values>false</values></attribute></attributes></label>
        <label><name>hand</name><type>skeleton</type><svg>&lt;circle r="1"/&gt;</svg><attributes/></label>
        <label><name>thumb</name><type>points</type><parent>hand</parent><attributes/></label>
        <label><name>plate</name><type>any</type><attributes/></label>
      </labels>
    </project>
    <dumped>2026-11-20 10:00:00.000000+00:00</dumped>
  </meta>"""
POLYGON = (
    '<polygon label="mug" source="manual" occluded="0" points="2.00,1.00;6.00,1.00;6.00,4.00;2.00,4.00" z_order="1">'
    '<attribute name="full">true</attribute></polygon>'
)
# rows "011", "101", "110" of a box at x 7, y 2; a hole within it, and it lies along the rows
MASK = (
    '<mask label="plate" source="manual" occluded="0" rle="1, 3, 1, 3, 1" left="7" top="2" width="3" height="3" '
    'z_order="0"/>'
)


def write_cvat(root: Path, *shapes: str, meta: str = META, image: str = "", name: str = "a b/ü.jpg") -> Path:
    """Write a file of one image of 12 x 8 pixels with its photo, as CVAT exports a project."""
    photo = root / "images" / "train" / name
    photo.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 8)).save(photo)
    image = image or f'<image id="0" name="{name}" subset="train" task_id="11" width="12" height="8">'
    path = root / "annotations.xml"
    text = f"<version>1.1</version>{meta}{image}{''.join(shapes)}</image>"
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>{text}</annotations>\n', encoding="utf-8")
    return path


def region(*rows: str) -> np.ndarray:
    return np.array([[digit != "0" for digit in row] for row in rows])


def test_a_project_gives_its_labels_in_their_order_and_its_photos_with_tags(tmp_path):
    found = read_cvat(write_cvat(tmp_path, POLYGON, MASK, '<tag label="blurred" source="manual"/>'))
    assert found.categories == ("mug", "hand", "plate")
    (photo,) = found.photos
    assert photo.file == tmp_path / "images" / "train" / "a b" / "ü.jpg"
    assert photo.tags == {"blurred": "true", "subset": "train", "task": "morning"}
    assert (photo.source, photo.labelled) == ("kitchen", True)
    assert found.assumed == ()


def test_polygons_and_masks_are_read_to_the_pixel(tmp_path):
    ids, names = read_cvat(write_cvat(tmp_path, POLYGON, MASK)).photos[0].label.draw((8, 12))
    assert names == ["mug", "plate"]
    wanted = np.zeros((8, 12), np.uint16)
    wanted[1:4, 2:6] = 1
    wanted[2:5, 7:10][region("011", "101", "110")] = 2
    assert (ids == wanted).all()


def test_the_higher_z_order_is_seen(tmp_path):
    below = '<mask label="plate" rle="0, 4" left="3" top="2" width="2" height="2" z_order="0"/>'
    ids, _ = read_cvat(write_cvat(tmp_path, POLYGON, below)).photos[0].label.draw((8, 12))
    assert set(np.unique(ids)) == {0, 1}


def test_shapes_of_a_group_are_one_object_and_ellipses_are_masks(tmp_path):
    parts = [
        '<polygon label="mug" points="0,0;2,0;2,2;0,2" z_order="0" group_id="4"/>',
        '<mask label="mug" rle="0, 1" left="11" top="7" width="1" height="1" group_id="4"/>',
        '<ellipse label="plate" cx="6.00" cy="4.00" rx="3.00" ry="2.00" z_order="0"/>',
    ]
    found = read_cvat(write_cvat(tmp_path, *parts))
    ids, names = found.photos[0].label.draw((8, 12))
    assert names == ["mug", "plate"]
    assert (ids == 1).sum() == 5
    assert ids[7, 11] == 1
    assert (ids == 2).sum() == pytest.approx(np.pi * 6, abs=2)
    assert found.assumed == ("1 ellipses are taken as masks", "1 groups of shapes are one object each")


def test_what_is_no_mask_is_told_with_its_count(tmp_path):
    others = [
        '<box label="hand" xtl="1.00" ytl="1.00" xbr="5.00" ybr="5.00" z_order="0"/>',
        '<points label="mug" points="3.00,2.00" z_order="0"/>',
        '<polyline label="hand" points="3.00,2.00;5.00,2.00" z_order="0"/>',
        '<skeleton label="hand" z_order="0"><points label="thumb" outside="0" points="3.00,2.00"/></skeleton>',
        '<cuboid label="hand" xtl1="1.00" ytl1="1.00" xbr2="5.00" ybr2="5.00" z_order="0"/>',
    ]
    found = read_cvat(write_cvat(tmp_path, POLYGON, *others))
    kinds = ("box", "cuboid", "points", "polyline", "skeleton")
    assert found.assumed == tuple(f"left out: 1 of the kind {kind!r}, which is no mask" for kind in kinds)


def test_a_photo_without_a_shape_is_not_labelled(tmp_path):
    assert not read_cvat(write_cvat(tmp_path)).photos[0].labelled


def test_several_tasks_are_read_as_one_set(tmp_path):
    task = "<meta><task><name>{}</name><labels><label><name>mug</name></label></labels></task></meta>"
    for name in ("one", "two"):
        write_cvat(tmp_path / name, POLYGON, meta=task.format(name), name=f"{name}.jpg")
    found = read_set(tmp_path, Defects())
    assert found.categories == ("mug",)
    assert [(photo.file.name, photo.source) for photo in found.photos] == [("one.jpg", "one"), ("two.jpg", "two")]
    assert found.assumed[0] == "read as CVAT for images"


@pytest.mark.parametrize("file", ["frame_000001.PNG", "frame_000001.jpg"])
def test_a_frame_of_a_video_is_found_without_its_suffix(tmp_path, file):
    image = '<image id="1" name="frame_000001" width="12" height="8">'
    path = write_cvat(tmp_path, POLYGON, image=image, name=file)
    (tmp_path / "images" / "train" / file).rename(tmp_path / "images" / file)
    assert read_cvat(path).photos[0].file == tmp_path / "images" / file


def test_a_file_without_meta_has_the_labels_that_occur(tmp_path):
    assert read_cvat(write_cvat(tmp_path, POLYGON, MASK, meta="")).categories == ("mug", "plate")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        pytest.param(MASK.replace("1, 3, 1, 3, 1", "1, 3"), "its rle is broken, wanted runs that sum to 3 x", id="few"),
        pytest.param(MASK.replace("1, 3, 1, 3, 1", "-1, 10"), "its rle is broken", id="a run below 0"),
        pytest.param(MASK.replace("1, 3, 1, 3, 1", "abc"), "its rle is broken", id="RLE of COCO"),
        pytest.param(MASK.replace('left="7"', 'left="10"'), "leaves its picture of 12 x 8", id="a mask over the edge"),
        pytest.param(MASK.replace('width="3"', 'width="99999"'), "is 99999 x 3 pixels, on an image", id="too large"),
        pytest.param(MASK.replace('width="3"', 'width="x"'), "width is 'x', wanted a whole number", id="no number"),
        pytest.param(POLYGON.replace("2.00,1.00", "2.00,one"), "found a coordinate that is no number", id="a word"),
        pytest.param(POLYGON.replace('"mug"', '"cup"'), "its label is 'cup', wanted one that <meta>", id="no label"),
        pytest.param('<box label="mug" xtl="1" ytl="5" xbr="2" ybr="7"/>' + POLYGON, "the box of 'mug'", id="box"),
    ],
)  # fmt: skip
def test_a_shape_that_is_wrong_is_a_defect_of_its_photo(tmp_path, shape, message):
    defects = Defects()
    found = read_cvat(write_cvat(tmp_path, shape), defects)
    assert [defect.photo for defect in defects.found] == [found.photos[0].file]
    assert message in defects.found[0].text


@pytest.mark.parametrize(
    ("image", "message"),
    [
        pytest.param('<image id="0" name="c.jpg" width="12" height="8">', "'c.jpg' is neither in", id="no such photo"),
        pytest.param('<image id="0" name="../c.jpg" width="12" height="8">', "is neither in", id="out of the folder"),
        pytest.param('<image id="0" name="a b/ü.jpg" width="0" height="8">', "is neither in", id="another subset"),
        pytest.param(
            '<image id="0" name="a b/ü.jpg" subset="train" width="0" height="8">', "0 x 8 pixels", id="no size"
        ),
    ],
)
def test_an_image_that_is_wrong_is_named(tmp_path, image, message):
    with pytest.raises(InputError, match=message):
        read_cvat(write_cvat(tmp_path, POLYGON, image=image))


def test_an_export_for_video_is_refused_with_the_one_to_choose(tmp_path):
    (tmp_path / "annotations.xml").write_text(
        '<annotations><track id="0" label="mug"/></annotations>', encoding="utf-8"
    )
    with pytest.raises(InputError, match=r'is "CVAT for video"; export the task again as "CVAT for images 1\.1"'):
        read_cvat(find_cvat(tmp_path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.xml", "<annotation><folder>VOC</folder></annotation>", id="Pascal VOC"),
        pytest.param("a.xml", "", id="an empty file"),
        pytest.param("annotations.json", '{"annotations": []}', id="COCO"),
    ],
)
def test_another_tools_folder_is_not_taken_for_it(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert find_cvat(tmp_path) is None


def test_everything_that_is_written_comes_back_to_the_pixel(pictures, tmp_path):
    check_trip(pictures, read_set(pictures.export("cvat", tmp_path / "out"), Defects()))


def decoded(mask: ElementTree.Element, size_hw: tuple[int, int]) -> np.ndarray:
    """Return a <mask> as CVAT's own tools unpack it: runs by turns of background and object, along its box's rows."""
    left, top, width, height = (int(mask.attrib[key]) for key in ("left", "top", "width", "height"))
    pixels = [k % 2 == 1 for k, run in enumerate(mask.attrib["rle"].split(", ")) for _ in range(int(run))]
    whole = np.zeros(size_hw, bool)
    whole[top : top + height, left : left + width] = np.reshape(pixels, (height, width))
    return whole


def test_masks_are_written_as_cvat_unpacks_them_with_labels_that_are_declared(pictures, tmp_path):
    root = ElementTree.parse(pictures.export("cvat", tmp_path / "out") / "annotations.xml").getroot()
    assert [name.text for name in root.iterfind("meta/task/labels/label/name")] == ["mug", "plate"]
    images = root.findall("image")
    assert [image.get("id") for image in images] == ["0", "1", "2", "3"]
    for image, sample, ids in zip(images, pictures.samples, pictures.ids, strict=True):
        assert Path(image.get("name")).stem == name_of(sample)
        assert [mask.get("label") for mask in image] == [item.category for item in sample.instances]
        for mask, item in zip(image, sample.instances, strict=True):
            assert (decoded(mask, ids.shape) == (ids == item.index)).all()

"""The values of masks are read for what they are; where they may mean two things, a line says so."""

import numpy as np
import pytest

from dataset.formats.folder import read_plain
from dataset.idmap import IGNORE
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import BOTH, HEIGHT, ONE, PAIR, TWO, WIDTH, build, drawn, photo, save

CUPS = ["cup", "cup"]
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
TWO_NAMES = {"categories.json": '["cup", "plate"]'}
ONE_NAME = {"categories.json": '["cup"]'}


def coloured(*layers: tuple[np.ndarray, tuple[int, int, int]]) -> np.ndarray:
    """Return (H, W, 3): black, with each mask in its colour."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for mask, colour in layers:
        picture[mask > 0] = colour
    return picture


def read_one(root, mask, texts, palette=None):
    """Return what one mask of a set gives: ids, names, and what was assumed."""
    build(root, ("images/a.png",), {}, texts)
    save(root / "masks" / "a.png", mask, palette)
    found = read_plain(root)
    ((ids, names),) = drawn(found).values()
    return np.array(ids), names, " ".join(found.assumed)


SEPARATE = ONE + 2 * TWO
MEANT = {
    "numbers of categories": (SEPARATE, TWO_NAMES, SEPARATE, ["cup", "plate"], "255"),
    "black and white with one category": (BOTH * 255, ONE_NAME, SEPARATE, CUPS, "255 is an object"),
    "black and white as a bitmap": (BOTH > 0, ONE_NAME, SEPARATE, CUPS, ""),
    "255 beside a category": (ONE + TWO * 255, ONE_NAME, ONE + TWO.astype(int) * IGNORE, ["cup"], "is ignored"),
    "grey saved in three channels": (np.dstack([BOTH * 255] * 3), ONE_NAME, SEPARATE, CUPS, "255 is an object"),
    "grey with an alpha that is full": (
        np.dstack([BOTH, BOTH, BOTH, ONE * 0 + 255]), ONE_NAME, SEPARATE, CUPS, ""),
    "16 bits in black and white": (BOTH.astype(np.uint16) * 65535, ONE_NAME, SEPARATE, CUPS, "65535 is an object"),
    "16 bits with numbers of categories": (SEPARATE.astype(np.uint16), TWO_NAMES, SEPARATE, ["cup", "plate"], ""),
    "16 bits with ids": (PAIR.astype(np.uint16) * 300, ONE_NAME, PAIR, CUPS, "is one object"),
    "ids with ignored pixels": (
        PAIR.astype(np.uint16) * 7 + TWO.astype(np.uint16) * IGNORE, ONE_NAME,
        PAIR + TWO.astype(int) * IGNORE, CUPS, "one object"),
    "colours of a palette.json": (
        coloured((ONE, RED), (TWO, BLUE)), {"palette.json": '{"cup": [255, 0, 0], "plate": [0, 0, 255]}'},
        SEPARATE, ["cup", "plate"], "colours"),
    "colours of a labelmap.txt with background and void": (
        coloured((ONE, RED), (TWO, WHITE)),
        {"labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncup:255,0,0::\nvoid:255,255,255::\n"},
        ONE + TWO.astype(int) * IGNORE, ["cup"], "colours"),
    "colours of a classes.csv, two of one name": (
        coloured((ONE, RED), (TWO, BLUE)), {"classes.csv": "name,r,g,b\ncup,255,0,0\ncup, 0,0,255\n"},
        SEPARATE, CUPS, "colours"),
    "values of Roboflow's table": (
        SEPARATE, {"images/_classes.csv": " Pixel Value, Class\n0, background\n1, cup\n2, plate\n"},
        SEPARATE, ["cup", "plate"], ""),
}  # fmt: skip


@pytest.mark.parametrize(("mask", "texts", "ids", "names", "said"), MEANT.values(), ids=MEANT)
def test_values_are_read_for_what_they_mean(tmp_path, mask, texts, ids, names, said):
    found, found_names, assumed = read_one(tmp_path / "set", mask, texts)
    assert found_names == names
    assert (found == ids).all()
    assert said in assumed


def test_a_palette_png_counts_by_index_without_a_palette_file_and_by_colour_with_one(tmp_path):
    palette = [0, 0, 0, *RED, *BLUE]
    by_index = read_one(tmp_path / "index", SEPARATE, TWO_NAMES, palette)
    other_way = {"palette.json": '{"plate": [0, 0, 255], "cup": [255, 0, 0]}'}
    by_colour = read_one(tmp_path / "colour", SEPARATE, other_way, palette)
    assert (by_index[0] == SEPARATE).all()
    assert by_index[1] == ["cup", "plate"]
    assert (by_colour[0] == ONE * 2 + TWO).all()  # numbered by the palette's order
    assert by_colour[1] == ["plate", "cup"]


def test_255_beside_numbers_is_ignored_and_alone_it_is_asked_for(tmp_path):
    both = ONE * 255 + TWO
    found = read_plain(build(
        tmp_path, ("images/a.png", "images/b.png"), {"masks/a.png": ONE * 255, "masks/b.png": both}, ONE_NAME
    ))  # fmt: skip
    first, second = found.photos
    assert second.label.draw((1, 1))[0].tolist() == (ONE * np.uint16(IGNORE) + TWO).tolist()
    with pytest.raises(InputError, match=r"a\.png: holds 255 and no category, other masks of the set their numbers"):
        first.label.draw((1, 1))


def test_ids_are_known_by_any_mask_of_the_set(tmp_path):
    masks = {"masks/a.png": BOTH.astype(np.uint16), "masks/b.png": PAIR.astype(np.uint16)}
    found = read_plain(build(tmp_path, ("images/a.png", "images/b.png"), masks, ONE_NAME))
    assert drawn(found) == {"a": (BOTH.tolist(), ["cup"]), "b": (PAIR.tolist(), ["cup", "cup"])}


@pytest.mark.parametrize("with_masks", [True, False], ids=["beside masks that say the category", "alone"])
def test_a_folder_of_ids_keeps_objects_apart_that_touch(tmp_path, with_masks):
    masks = {"ids/a.png": PAIR.astype(np.uint16)} | ({"masks/a.png": (PAIR > 0) * np.uint8(2)} if with_masks else {})
    found = read_plain(build(tmp_path, ("images/a.png",), masks, TWO_NAMES if with_masks else ONE_NAME))
    assert drawn(found)["a"] == (PAIR.tolist(), ["plate"] * 2 if with_masks else ["cup"] * 2)


def test_a_photo_whose_category_nobody_names_is_of_the_folders_and_that_is_said(tmp_path):
    assert "the only category is called 'cups', after the folder" in read_one(tmp_path / "cups", ONE, {})[2]


UNCLEAR = {
    "colours without a palette": (coloured((ONE, RED), (TWO, BLUE)), ONE_NAME, "found 0,0,0 and 0,0,255 and 255,0,0"),
    "a colour that the palette lacks": (
        coloured((ONE, RED), (TWO, (254, 1, 0))), {"palette.json": '{"cup": [255, 0, 0]}'},
        r"found the colours 254,1,0, which the palette does not name"),
    "black and white with two categories": (
        BOTH * 255, TWO_NAMES, r"found only 0 and 255 in its masks, wanted the numbers of 1 \(cup\), 2 \(plate\)"),
    "ids with two categories": (PAIR.astype(np.uint16) * 9, TWO_NAMES, "are ids, and there are 2 categories"),
    "8-bit values beyond the categories": (PAIR, ONE_NAME, r"found the value 2, wanted 0 or one of 1 \(cup\)"),
    "an alpha with holes": (np.dstack([BOTH, BOTH, BOTH, ONE]), ONE_NAME, "one sees through"),
    "a palette that is none": (ONE, {"palette.json": "[1, 2]"}, r"palette\.json: wanted names and colours such as"),
    "a palette with a colour too bright": (ONE, {"palette.json": '{"cup": [256, 0, 0]}'}, "wanted names and colours"),
    "a palette of background alone": (ONE, {"labelmap.txt": "background:0,0,0::\n"}, "names no category"),
    "a table without numbers": (ONE, {"classes.csv": "name,r,g,b\ncup\n"}, "wanted a line name,r,g,b"),
    "two files that say different things": (
        ONE, {"palette.json": '{"cup": [255, 0, 0]}'} | ONE_NAME, "says something else of the masks than"),
}  # fmt: skip


@pytest.mark.parametrize(("mask", "texts", "message"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_may_mean_two_things_is_said_in_a_line(tmp_path, mask, texts, message):
    with pytest.raises(InputError, match=message):
        read_one(tmp_path, mask, texts)


def test_one_of_several_masks_holds_one_value(tmp_path):
    found = read_plain(build(tmp_path, ("images/a.png",), {"masks/a_0.png": PAIR}))
    with pytest.raises(InputError, match=r"a_0\.png: found the values 1, 2, wanted 0 and one other"):
        drawn(found)


def test_an_id_of_two_categories_is_refused(tmp_path):
    masks = {"ids/a.png": BOTH.astype(np.uint16), "masks/a.png": SEPARATE}
    with pytest.raises(InputError, match="says cup and plate of the id 1, wanted one category"):
        drawn(read_plain(build(tmp_path, ("images/a.png",), masks, TWO_NAMES)))


def test_a_mask_in_jpeg_is_refused(tmp_path):
    photo(tmp_path / "images" / "a.png")
    found = read_plain(build(tmp_path, (), {"masks/a.jpg": ONE}, ONE_NAME))
    with pytest.raises(InputError, match="is a JPEG, which changes the values"):
        drawn(found)

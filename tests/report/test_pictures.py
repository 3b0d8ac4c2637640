import numpy as np

from dataset.idmap import IGNORED
from dataset.overlay import COLOURS, colour_of, outline, overlay, small
from report.sheets import picture


def test_an_overlay_tints_the_mask_outlines_it_and_leaves_the_rest():
    image, categories = np.full((9, 9, 3), 100, np.uint8), np.zeros((9, 9), np.uint8)
    categories[2:7, 2:7] = 1
    drawn = overlay(image, categories)
    assert (drawn[categories == 0] == 100).all()
    assert tuple(drawn[2, 4]) == COLOURS[0]
    assert tuple(drawn[4, 4]) == tuple(round(0.6 * 100 + 0.4 * channel) for channel in COLOURS[0])


def test_an_overlay_stripes_what_is_ignored_in_grey_without_an_outline():
    image, categories = np.full((40, 60, 3), (200, 20, 20), np.uint8), np.zeros((40, 60), np.uint8)
    categories[:, 30:] = 1
    plain = overlay(image, categories)
    categories[10:30, 10:28] = IGNORED
    drawn = overlay(image, categories)
    rest = categories != IGNORED
    assert (drawn[rest] == plain[rest]).all()
    colours = np.unique(drawn[~rest], axis=0)
    assert len(colours) == 2  # of a stripe and of what is between two
    assert (np.ptp(colours, axis=1) < np.ptp(image[0, 0])).all()  # greyer than the photo


def test_the_seventh_category_takes_the_first_colour_again():
    assert colour_of(7) == colour_of(1) != colour_of(2)


def test_the_border_of_the_image_is_no_outline():
    assert not outline(np.ones((4, 5), np.uint8)).any()


def test_a_small_map_keeps_its_numbers_and_a_small_image_its_shape():
    ids = np.kron(np.array([[0, 300], [7, 65535]], np.uint16), np.ones((10, 20), np.uint16))
    assert np.unique(small(ids, 20)).tolist() == [0, 7, 300, 65535]
    assert small(ids, 20).shape == (10, 20)
    assert small(np.zeros((30, 10, 3), np.uint8), 60).shape == (30, 10, 3)


def test_a_picture_carries_its_size_so_that_the_page_does_not_jump():
    found = picture(np.zeros((30, 10, 3), np.uint8), "words", "below")
    assert found.size_wh == (10, 30)
    assert found.uri.startswith("data:image/jpeg;base64,")

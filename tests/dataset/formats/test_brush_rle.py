"""Brush masks of Label Studio are unpacked and packed bit by bit as it does."""

import numpy as np
import pytest

from dataset.formats.brush_rle import decode, encode
from pipeline.errors import InputError


def by_the_book(data: list[int]) -> list[int]:
    """Return the bytes that a stream packs: a decoder of its own, along a text of bits."""
    text = "".join(f"{byte:08b}" for byte in data)
    place = 0

    def take(count: int) -> int:
        nonlocal place
        place += count
        return int(text[place - count : place], 2)

    count, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    found: list[int] = []
    while len(found) < count:
        repeats, length = take(1), take(sizes[take(2)]) + 1
        found += [take(word)] * length if repeats else [take(word) for _ in range(length)]
    assert len(found) == count
    assert set(text[place:]) <= {"0"}
    assert len(text) - place <= 8
    return found


def packed(values: list[int]) -> list[int]:
    """Return a stream that packs every byte on its own or in packets of several, as a coloured brush is stored."""
    text = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    for start in range(0, len(values), 5):
        part = values[start : start + 5]
        text += f"000{len(part) - 1:03b}" + "".join(f"{value:08b}" for value in part)
    text += "0" * (-len(text) % 8)
    return [int(text[at : at + 8], 2) for at in range(0, len(text), 8)]


def random_mask(seed: int, size_hw: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.random((size_hw[0] // 7 + 1, size_hw[1] // 7 + 1)) < 0.4
    return np.kron(coarse, np.ones((7, 7), bool))[: size_hw[0], : size_hw[1]]


MASKS = {
    "one pixel": np.ones((1, 1), bool),
    "nothing": np.zeros((30, 40), bool),
    "a run of more than 65536 bytes": np.ones((200, 300), bool),
    "a run of exactly 65536 bytes": np.ones((128, 128), bool),
    "holes and pieces": random_mask(1, (43, 61)),
    "a checkerboard": np.indices((9, 10)).sum(axis=0) % 2 == 1,
}  # fmt: skip


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_mask_is_packed_as_opaque_pixels_of_four_bytes_and_comes_back(mask):
    rle = encode(mask)
    assert by_the_book(rle) == np.repeat(mask.ravel() * 255, 4).tolist()
    assert (decode(rle, mask.shape, "a") == mask).all()


def test_the_smallest_mask_is_packed_to_the_bytes_that_label_studio_makes_of_it():
    assert encode(np.array([[False, True]])) == [0, 0, 0, 8, 57, 27, 252, 96, 17, 255, 128]


@pytest.mark.parametrize(
    ("alpha", "mask"),
    [
        pytest.param([0, 255, 200, 90, 128, 127], [0, 1, 1, 0, 1, 0], id="the soft edge of a brush"),
        pytest.param([0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0], id="1 in place of 255, as importers write it"),
        pytest.param([0, 127, 127, 0, 60, 64], [0, 1, 1, 0, 0, 1], id="a brush that was half transparent"),
        pytest.param([0] * 6, [0] * 6, id="nothing"),
    ],
)
def test_a_pixel_is_set_where_it_is_half_as_opaque_as_the_most_opaque_one(alpha, mask):
    coloured = [value for opacity in alpha for value in (12, 200, 7, opacity)]
    assert decode(packed(coloured), (2, 3), "a").ravel().astype(int).tolist() == mask


GOOD = encode(random_mask(2, (10, 12)))


@pytest.mark.parametrize(
    ("rle", "size_hw", "message"),
    [
        pytest.param(GOOD, (12, 11), "holds 480 bytes, wanted 4 for each of 11 x 12 pixels", id="another size"),
        pytest.param(GOOD[:-9], (10, 12), "its brush mask is broken", id="cut off"),
        pytest.param([], (10, 12), "its brush mask is broken", id="empty"),
        pytest.param(None, (10, 12), "its brush mask is broken", id="missing"),
        pytest.param("OlC1", (10, 12), "its brush mask is broken", id="RLE of COCO"),
        pytest.param(10**9, (10, 12), "its brush mask is broken", id="a number"),
        pytest.param([*GOOD[:4], 300, *GOOD[5:]], (10, 12), "its brush mask is broken", id="no byte"),
        pytest.param([*GOOD[:4], 255, *GOOD[5:]], (10, 12), "its brush mask is broken", id="words of 32 bits"),
        pytest.param([0, 0, 1, 224, *GOOD[4:7], *[255] * 99], (10, 12), "its brush mask is broken", id="too long"),
    ],
)
def test_a_stream_that_is_broken_is_named(rle, size_hw, message):
    with pytest.raises(InputError, match=f"^a: .*{message}"):
        decode(rle, size_hw, "a")

import numpy as np
import pytest

from render.frame import instances_of, refusal

NOISE = np.random.default_rng([5]).integers(0, 255, (32, 32, 3)).astype(np.uint8)


def ids(*areas: int) -> np.ndarray:
    flat = np.zeros(32 * 32, np.uint16)
    start = 0
    for index, area in enumerate(areas, 1):
        flat[start : start + area] = index
        start += area
    return flat.reshape(32, 32)


@pytest.mark.parametrize(
    ("image", "id_map", "cause"),
    [
        pytest.param(NOISE, ids(40), None, id="good"),
        pytest.param(NOISE * 0, ids(40), "black", id="black"),
        pytest.param(NOISE * 0 + 255, ids(40), "white", id="white"),
        pytest.param(NOISE * 0 + 90, ids(40), "flat", id="one grey"),
        pytest.param(NOISE, ids(), "empty", id="no label"),
        pytest.param(NOISE, ids(5, 29), "too small", id="two, both too small"),
        pytest.param(NOISE, ids(5, 30), None, id="one large enough"),
    ],
)
def test_a_picture_counts_only_when_it_shows_its_target(
    image: np.ndarray, id_map: np.ndarray, cause: str | None
) -> None:
    assert refusal(image, id_map, 30) == cause


def test_an_instance_carries_the_share_that_is_seen_and_hidden_ones_are_left_out() -> None:
    found = instances_of(ids(50, 0, 8), {1: "a", 2: "b", 3: "a"}, {"a": "cat", "b": "dog"}, {1: 100, 2: 70, 3: 7})
    assert [(i.index, i.category, i.area_px, i.visible_fraction, i.asset) for i in found] == [
        (1, "cat", 50, 0.5, "a"),
        (3, "cat", 8, 1.0, "a"),
    ]

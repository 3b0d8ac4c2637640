from typing import Any

import numpy as np
import pytest

from render.blender.shot import NOT_A_NUMBER, OUT_OF_STEP, Shot
from render.blender.silhouette import Silhouette
from render.frames.frame import CAUSES, Limits, instances_of, refusal

NOISE = np.random.default_rng([5]).integers(0, 255, (32, 32, 3)).astype(np.uint8)
LIMITS = Limits(min_area_px=30, min_visible=0.25)
EVERYWHERE = (0, 0, 32, 32)


def ids(*areas: int) -> np.ndarray:
    flat = np.zeros(32 * 32, np.uint16)
    start = 0
    for index, area in enumerate(areas, 1):
        flat[start : start + area] = index
        start += area
    return flat.reshape(32, 32)


def square(x: int, y: int, side: int) -> np.ndarray:
    found = np.zeros((32, 32), np.uint16)
    found[y : y + side, x : x + side] = 1
    return found


def shot(id_map: np.ndarray, *alone_px: int, image: np.ndarray = NOISE, **other: Any) -> Shot:
    """Return a picture of as many objects as there are areas; each of them would be seen everywhere."""
    alone = {k: Silhouette(area, EVERYWHERE) for k, area in enumerate(alone_px, 1)}
    assets = {k: "abc"[k - 1] for k in alone}
    return Shot(**({"image": image, "alpha": np.ones(id_map.shape), "ids": id_map, "assets": assets, "alone": alone}
                   | other))  # fmt: skip


def mostly(level: int, share: float) -> np.ndarray:
    image = NOISE.copy()
    image[: round(32 * share)] = level
    return image


GOOD = shot(ids(40), 50)
NIGHT = NOISE // 20 + 1  # dark, but one can tell things apart
PLATE = np.where(np.arange(32) < 8, 1.0, 0.0)[None].repeat(32, axis=0)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        pytest.param(GOOD, "", id="good"),
        pytest.param(shot(ids(40), 50, image=NOISE * 0), "black", id="black"),
        pytest.param(shot(ids(40), 50, image=NOISE * 0 + 255), "white", id="white"),
        pytest.param(shot(ids(40), 50, image=NOISE * 0 + 90), "flat", id="one grey"),
        pytest.param(shot(ids(40), 50, image=NIGHT), "", id="a night"),
        pytest.param(shot(ids(40), 50, image=mostly(0, 0.6)), "clipped", id="more than half without any light"),
        pytest.param(shot(ids(40), 50, image=mostly(255, 0.6)), "clipped", id="more than half burnt out"),
        pytest.param(shot(ids(40), 50, image=mostly(255, 0.4)), "", id="a bright window"),
        pytest.param(shot(ids(40), 50, image=mostly(0, 1) + np.uint8([200, 0, 0])), "flat", id="one red"),
        pytest.param(
            shot(ids(40), 50, image=(NOISE * PLATE[:, :, None]).astype(np.uint8), alpha=PLATE), "",
            id="black where the plate will be",
        ),
        pytest.param(shot(ids(), 50), "empty", id="no label"),
        pytest.param(shot(ids(), 50, alpha=PLATE * 0, image=NOISE * 0), "empty", id="nothing but the plate"),
        pytest.param(shot(ids()), "empty", id="nothing that could carry a label"),
        pytest.param(shot(ids(5, 29), 9, 50), "too small", id="two, both too small"),
        pytest.param(shot(ids(5, 30), 9, 50), "", id="one large enough"),
        pytest.param(shot(ids(40, 60), 200, 600), "too hidden", id="two, both too hidden"),
        pytest.param(shot(ids(40, 60), 200, 100), "", id="one of two shows enough"),
        pytest.param(shot(ids(5, 60), 5, 600), "too hidden", id="the one that is not hidden is too small"),
        pytest.param(shot(ids(40), 50, broken=NOT_A_NUMBER), NOT_A_NUMBER, id="light that is no number"),
        pytest.param(shot(ids(40), 50, broken=OUT_OF_STEP, image=NOISE * 0), OUT_OF_STEP, id="the gravest comes first"),
        pytest.param(shot(ids(40)[:16], 50), OUT_OF_STEP, id="image and id map of two sizes"),
        pytest.param(shot(ids(40, 40), 50), OUT_OF_STEP, id="a label that no object has"),
        pytest.param(
            shot(square(10, 10, 8), alone={1: Silhouette(36, (12, 12, 16, 16))}, assets={1: "a"}), "",
            id="two pixels beyond its silhouette",
        ),
        pytest.param(
            shot(square(9, 10, 8), alone={1: Silhouette(36, (12, 12, 16, 16))}, assets={1: "a"}), OUT_OF_STEP,
            id="three pixels beyond its silhouette",
        ),
        pytest.param(
            shot(square(9, 10, 8), alone={1: Silhouette(36, None)}, assets={1: "a"}), OUT_OF_STEP,
            id="seen where it cannot be",
        ),
    ],
)  # fmt: skip
def test_a_picture_counts_only_when_it_is_sound_and_shows_its_target(found: Shot, cause: str) -> None:
    assert refusal(found, LIMITS) == cause
    assert cause in {"", *CAUSES}


def test_an_instance_carries_the_share_that_is_seen_and_hidden_ones_are_left_out() -> None:
    found = instances_of(shot(ids(50, 0, 8), 100, 70, 7), {"a": "cat", "b": "dog", "c": "cat"})
    assert [(i.index, i.category, i.area_px, i.visible_fraction, i.asset) for i in found] == [
        (1, "cat", 50, 0.5, "a"),
        (3, "cat", 8, 1.0, "c"),
    ]

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.idmap import png_bytes, read_ids
from dataset.records import read_manifest
from label.voting.skeene import ABSTAIN
from label.weak import Weak, main
from label.weakly.combine import VoteTally, believed_in, learned_from, tallied
from label.weakly.functions import busy_square, functions_in, qr_functions, vote_of
from mix.extra_sources import domain_of, extra_sources
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.settings import read_settings

SETTINGS = dataclasses.replace(read_settings(Weak), functions="none", min_area_px=20)
RED = """
import numpy as np

def label_red(image):
    return image[..., 0] > 150

def label_again(image):
    return image[..., 0] > 150

def label_upper(image):
    if image[..., 0].max() < 150:
        return None
    mask = image[..., 0] > 150
    mask[20:] = False
    return mask
"""


@pytest.fixture
def photos(tmp_path) -> Path:
    for number in range(3):
        image = np.full((40, 60, 3), 60, np.uint8)
        if number < 2:
            image[10:30, 15 : 35 + number, 0] = 220
        write_bytes(tmp_path / f"photos/sub/p{number}.png", png_bytes(image))
    (tmp_path / "rules.py").write_text(RED, encoding="utf-8")
    return tmp_path / "photos"


def test_functions_of_a_user_become_a_source_of_the_mix(photos, tmp_path):
    out = tmp_path / "sources" / "weak"
    main(SETTINGS, photos, "mug", out, tmp_path / "rules.py")
    samples = read_manifest(out / "samples.jsonl")
    assert [sample.id for sample in samples] == ["sub/p0", "sub/p1"]
    assert [item.category for sample in samples for item in sample.instances] == ["mug", "mug"]
    assert extra_sources(tmp_path / "sources") == {"weak": out / "samples.jsonl"}
    assert domain_of(out / "samples.jsonl") == "real"
    ids = read_ids(out / samples[0].ids)
    assert (ids[10:20, 15:35] == 1).all()
    assert {path.name for path in out.iterdir()} == {
        ".admix",
        "ids",
        "images",
        "index.html",
        "samples.jsonl",
        "weak.json",
    }
    found = {row["name"]: row for row in json.loads((out / "weak.json").read_text(encoding="utf-8"))["functions"]}
    assert (found["red"]["weight"], found["again"]["weight"], found["upper"]["weight"]) == (0.5, 0.5, 1)
    assert found["upper"]["photos"] == pytest.approx(2 / 3)


def votes_with(rng, accuracies, copies=0):
    """Return truth (H, W) and votes (F, H, W) of functions that err each by itself, the last `copies` times more."""
    truth = rng.random((200, 200)) < 0.3
    votes = [np.where(rng.random(truth.shape) < right, truth, ~truth).astype(np.int8) for right in accuracies]
    votes[0][rng.random(truth.shape) < 0.5] = ABSTAIN
    return truth, np.stack(votes + [votes[-1]] * copies)


def judged(votes):
    tally = VoteTally(len(votes))
    tallied(tally, votes)
    model = learned_from(tally, 0.99)
    return model, believed_in(model, votes) > 0.5


def test_accuracies_come_back_from_votes_alone_and_better_than_the_best_function():
    accuracies = (0.9, 0.85, 0.75, 0.7)
    truth, votes = votes_with(np.random.default_rng(2), accuracies)
    model, mask = judged(votes)
    right = [model.found.confusion[k, c, c] for k in range(4) for c in (0, 1)]
    assert right == pytest.approx(np.repeat(accuracies, 2), abs=0.05)
    assert (mask == truth).mean() > max((vote == truth).mean() for vote in votes)


def test_copies_of_a_function_change_nothing():
    rng = np.random.default_rng(3)
    truth, votes = votes_with(rng, (0.9, 0.85, 0.8, 0.6))
    copied = np.concatenate([votes, *[votes[-1:]] * 4])
    alone, crowded = judged(votes)[1], judged(copied)[1]
    assert (alone != crowded).mean() < 0.01
    assert (crowded == truth).mean() > (votes[-1] == truth).mean() + 0.2


def qr_photo() -> tuple[np.ndarray, np.ndarray]:
    """Return a photo of a code on grey, and its mask."""
    code = cv2.QRCodeEncoder.create().encode("labels by rules")
    side = 200
    large = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    image = np.full((360, 480, 3), 200, np.uint8)
    image[80 : 80 + side, 150 : 150 + side] = large[..., None]
    mask = np.zeros(image.shape[:2], bool)
    mask[80 : 80 + side, 150 : 150 + side] = True
    return image, mask


def test_the_functions_for_codes_find_one_and_are_silent_on_a_wall():
    image, mask = qr_photo()
    votes = [vote_of(name, function, image) for name, function in qr_functions().items()]
    said = [(vote == 1) for vote in votes if (vote != ABSTAIN).any()]
    assert len(said) > 4
    assert all((one & mask).sum() / (one | mask).sum() > 0.5 for one in said)
    assert busy_square(8, np.full((100, 100, 3), 90, np.uint8)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("def label_a(image):\n    return image[0]", "wanted 1, 0 or -1", id="another shape"),
        pytest.param("def label_a(image):\n    raise KeyError('x')", "function 'a': failed", id="fails"),
        pytest.param("x = ", "cannot be run", id="no Python"),
        pytest.param("def other(image): pass", "found no function label_NAME", id="no function"),
        pytest.param("def label_a(image):\n    return None", "no function said anything", id="says nothing"),
    ],
)
def test_a_wrong_file_of_functions_is_one_line_and_nothing_is_written(photos, tmp_path, text, said):
    (tmp_path / "rules.py").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        main(SETTINGS, photos, "mug", tmp_path / "out", tmp_path / "rules.py")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no Python file"):
        functions_in(tmp_path / "none.py")

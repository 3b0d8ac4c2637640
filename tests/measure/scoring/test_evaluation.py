import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset.idmap import instances_in, png_bytes, write_ids
from dataset.records import REAL, RENDER, Sample, write_manifest
from measure.scoring.evaluation import evaluate, predict_manifest
from pipeline.errors import InputError
from tests.train.inference.runs import colour_run, write_run
from train.run import WEIGHTS, load_run


def squares(folder: Path, name: str, domain: str, size_hw: tuple[int, int] = (64, 80)) -> Sample:
    """Write a sample of a red and a blue square on grey."""
    drawn = np.zeros(size_hw, np.uint16)
    drawn[8:24, 8:24], drawn[32:48, 40:64] = 1, 2
    image = np.array([(120, 120, 120), (220, 20, 20), (20, 20, 220)], np.uint8)[drawn]
    ids, instances = instances_in(drawn, ["red", "blue"])
    (folder / f"{name}.png").write_bytes(png_bytes(image))
    write_ids(folder / f"{name}_ids.png", ids)
    return Sample(name, domain, f"{name}.png", f"{name}_ids.png", size_hw, instances, "test", "CC0", group=f"of {name}")


def manifest_of(folder: Path, *domains: str) -> Path:
    samples = [squares(folder, f"s{n}", domain, (64, 80 + 16 * (n // 2))) for n, domain in enumerate(domains)]
    write_manifest(folder / "some.jsonl", samples)
    return folder / "some.jsonl"


def test_a_network_that_sees_the_squares_scores_near_one_on_each(tmp_path: Path):
    scores = evaluate(colour_run(), manifest_of(tmp_path, REAL, REAL, REAL), "val", "val", tmp_path / "kept")
    assert [(photo.id, photo.group) for photo in scores.photos] == [(f"s{n}", f"of s{n}") for n in range(3)]
    assert (scores.split, scores.name, scores.schedule, scores.n_real) == ("val", "0.5", "mix", 4)
    assert all(photo.iou > 0.9 for photo in scores.photos)
    assert {name: iou > 0.9 for name, iou in scores.iou_per_category.items()} == {"red": True, "blue": True}
    kept = np.asarray(Image.open(tmp_path / "kept" / "s2.png"))
    assert kept.shape == (64, 96)
    assert (kept[16, 16], kept[40, 50], kept[60, 10]) == (1, 2, 0)


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_render_is_refused_where_scores_are_of_real_photos(tmp_path: Path, split: str):
    with pytest.raises(InputError, match="s1 is a render, wanted real photos only"):
        evaluate(colour_run(), manifest_of(tmp_path, REAL, RENDER), split, split, None)


def test_renders_kept_out_of_training_are_scored_as_held(tmp_path: Path):
    scores = evaluate(colour_run(), manifest_of(tmp_path, RENDER, RENDER), "held", "held", None)
    assert scores.split == "held"
    assert scores.iou > 0.9


@pytest.mark.parametrize("split", ["val", "held"])
def test_a_manifest_without_samples_is_said(tmp_path: Path, split: str):
    with pytest.raises(InputError, match=r"some\.jsonl: holds no"):
        list(predict_manifest(colour_run(), manifest_of(tmp_path), split))


def test_a_missing_image_is_said(tmp_path: Path):
    manifest = manifest_of(tmp_path, REAL)
    (tmp_path / "s0.png").unlink()
    with pytest.raises(InputError, match=r"s0\.png: there is no such file"):
        evaluate(colour_run(), manifest, "val", "val", None)


def test_pickled_weights_are_refused_and_not_run(tmp_path: Path):
    run, ran = write_run(tmp_path / "run"), tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return Path.touch, (ran,)

    (run / WEIGHTS).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(InputError, match="not this network's weights"):
        load_run(run)
    assert not ran.exists()


def test_settings_of_something_else_are_no_run(tmp_path: Path):
    run = write_run(tmp_path / "run")
    (run / "settings.json").write_text('{"fit": {}, "categories": ["board"]}')
    with pytest.raises(InputError, match=r"settings\.json: not a run's settings"):
        load_run(run)

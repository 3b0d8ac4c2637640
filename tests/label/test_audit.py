import dataclasses
import json
import shutil

import numpy as np
import pytest

from dataset.idmap import IGNORE, read_ids, read_image
from dataset.records import read_manifest
from dataset.verdicts import LabelVerdict, object_key, photo_key, read_verdicts, without_wrong
from label import audit, warn
from label.plants import FIVE, SWAPPED, plant, put_in
from pipeline.errors import InputError
from pipeline.seeds import rng_for
from tests.label.audited import CATEGORIES, true_ids, write_set

SETTINGS = audit.Audit(1, 60, 0.5, 200, 4)
WRONG = dict(enumerate([*FIVE, SWAPPED]))  # photo -> the error in its first object


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A set with one error of each kind, audited once."""
    root, labels = tmp_path_factory.mktemp("audited"), {}
    for number, kind in WRONG.items():
        ids, names = true_ids(number)
        made = plant(kind, ids == 1, ids > 1, "ball", CATEGORIES, rng_for(2, kind))
        labels[number] = put_in(ids, 1, made), [made.category, *names[1:], made.category]
    audit.main(SETTINGS, *write_set(root, labels), root / "audit")
    return root


def found_in(root):
    return json.loads((root / "audit" / "audit.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_errors_of_every_kind_are_ahead_of_right_labels(audited):
    those = audit.audit_set(audited / "samples.jsonl", audited / "predictions")
    scores = audit.assess(audit.all_rows(those, SETTINGS), 1).photo_scores
    assert set(np.argsort(-scores)[: len(WRONG)].tolist()) == set(WRONG)


@pytest.mark.slow
def test_what_is_listed_is_wrong_and_what_each_queue_is_worth_is_said(audited):
    found = found_in(audited)
    listed = {row["photo"] for row in found["suspects"]}
    assert len(listed & {f"p{number:02}" for number in WRONG}) >= len(listed) / 2 > 0
    for row in found["queues"].values():
        assert 0 < row["expected"] <= row["listed"]
        assert 0 <= row["found"] <= row["planted"]


def test_the_stage_without_predictions_audits_nothing_and_says_nothing(audited, tmp_path, capsys):
    warn.main(SETTINGS, audited / "samples.jsonl", tmp_path / "audits/balls", tmp_path / "audit")
    found = found_in(tmp_path)
    assert (found["photos"], found["suspects"], found["queues"]) == (0, [], {})
    assert found["without_prediction"] == len(read_manifest(audited / "samples.jsonl"))
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_the_stage_with_predictions_writes_and_tells_what_the_command_does(audited, tmp_path, capsys):
    warn.main(SETTINGS, audited / "samples.jsonl", audited / "predictions", tmp_path / "audit")
    assert found_in(tmp_path) == found_in(audited)
    assert capsys.readouterr().err.splitlines()[-1].startswith("audit: ")


def test_no_prediction_of_these_photos_is_refused(audited, tmp_path):
    shutil.copytree(audited / "predictions", tmp_path / "p")
    for path in (tmp_path / "p" / "records").iterdir():
        row = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(row | {"file": f"other-{path.stem}.png"}), encoding="utf-8")
    with pytest.raises(InputError, match="holds no prediction of a photo of"):
        audit.main(SETTINGS, audited / "samples.jsonl", tmp_path / "p", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_prediction_of_another_size_is_refused(audited, tmp_path):
    manifest = tmp_path / "samples.jsonl"
    line = (audited / "samples.jsonl").read_text(encoding="utf-8").splitlines()[0]
    manifest.write_text(json.dumps(json.loads(line) | {"size_hw": [50, 50]}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="predict that photo again"):
        audit.main(SETTINGS, manifest, audited / "predictions", tmp_path / "out")


def verdict(root, number, index, kind, answer="wrong"):
    """Return a verdict on an object of a photo, its area the object, and the photo's id map."""
    sample = read_manifest(root / "samples.jsonl")[number]
    image, ids = read_image(root / sample.image), read_ids(root / sample.ids)
    from dataset.formats.outlines import rle_of

    key, mask = photo_key(image), ids == index
    return LabelVerdict(key, object_key(mask), kind, answer, rle_of(mask), sample.id), ids


@pytest.mark.parametrize(("kind", "left"), [("spurious", 0), ("misplaced", IGNORE)])
def test_a_wrong_label_is_background_where_nothing_is_and_ignored_else(kind, left, audited):
    told, ids = verdict(audited, 9, 2, kind)
    changed = without_wrong(ids, 3, [told], "p")
    assert set(changed[ids == 2].tolist()) == {left}
    np.testing.assert_array_equal(changed[ids != 2], ids[ids != 2])


def test_a_right_label_and_one_that_has_changed_stay(audited):
    told, ids = verdict(audited, 9, 2, "misplaced", "right")
    np.testing.assert_array_equal(without_wrong(ids, 3, [told], "p"), ids)
    wrong = dataclasses.replace(told, verdict="wrong", object="of another mask")
    np.testing.assert_array_equal(without_wrong(ids, 3, [wrong], "p"), ids)


def test_a_place_without_a_label_is_ignored_around_other_objects(audited):
    told, ids = verdict(audited, 9, 2, "missing")
    bare = np.where(ids == 2, 0, ids).astype(np.uint16)
    changed = without_wrong(bare, 3, [dataclasses.replace(told, object="")], "p")
    np.testing.assert_array_equal(changed == IGNORE, ids == 2)


def test_the_later_of_two_verdicts_holds_and_another_line_is_refused(audited, tmp_path):
    one, _ = verdict(audited, 9, 2, "misplaced")
    two = dataclasses.replace(one, verdict="right")
    path = tmp_path / "v.jsonl"
    path.write_text("".join(json.dumps(dataclasses.asdict(v)) + "\n" for v in (one, two)), encoding="utf-8")
    assert read_verdicts(path) == {one.photo: (two,)}
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"v\.jsonl:1: not a verdict: photo is missing"):
        read_verdicts(path)

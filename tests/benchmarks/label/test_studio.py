"""The round trip through Label Studio: its measures by what is planted, and the trip where its program is named."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.browser import BROWSERS
from benchmarks.label.studio import NOT_BACK, SHAPES, main, photos_by_name, rows_of
from benchmarks.label.studio_acts import Touch, near
from benchmarks.label.studio_clicks import key_of, with_smart_tools
from benchmarks.label.studio_photos import (
    BLOB,
    COLOURS,
    CONFIRMED,
    CORRECTED,
    DELETED,
    LARGE,
    LEFT,
    RING,
    SIZES,
    UNSEEN,
    drawn,
    write_drawn,
)
from benchmarks.label.studio_server import running
from dataset.formats.label_studio import config_of
from label import prelabel
from label.prelabel import Prelabel
from label.prelabels.changes import Returned
from label.prelabels.task_check import controls_of
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.reading import read_json
from pipeline.settings import read_settings
from train.clicks.settings import Click
from train.settings import Fit

PROGRAM = os.environ.get("ADMIX_LABEL_STUDIO", "")
A_TRIP = [
    pytest.mark.skipif(not PROGRAM, reason="ADMIX_LABEL_STUDIO does not name the program label-studio to try"),
    pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no chromium to open Label Studio's page with"),
    pytest.mark.slow,
    pytest.mark.training,
]
a_trip = pytest.mark.parametrize("shapes", [pytest.param(shapes, marks=A_TRIP) for shapes in SHAPES])


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    prelabel.main(read_settings(Prelabel), *write_drawn(folder), "label_studio", folder / "sent")
    return photos_by_name(folder / "sent")


def as_sent(name, **changed):
    """What comes back of a drawn photo that was handed in, some masks changed."""
    masks = drawn(name).proposed | changed
    ids = np.select(list(masks.values()), [1, 2], 0).astype(np.uint16)
    return Returned(ids, tuple(masks), ("", ""), True)


def test_a_stroke_covers_what_lies_within_its_reach():
    mask = near((9, 12), [(2.5, 4.5), (8.5, 4.5)], 1)
    wanted = np.zeros((9, 12), bool)
    wanted[3:6, 2:9] = wanted[4, 1:10] = True
    assert (mask == wanted).all()


@pytest.mark.slow
def test_only_the_photos_that_are_corrected_have_wrong_proposals():
    wrong = [
        name for name in SIZES for kind, mask in drawn(name).proposed.items() if (mask != drawn(name).truth[kind]).any()
    ]
    assert wrong == [CORRECTED, LARGE]


@pytest.mark.slow
def test_pixels_beside_the_mouse_and_pixels_it_did_not_change_are_told(sent):
    before = drawn(CORRECTED).proposed[BLOB]
    went = near(SIZES[CORRECTED], [(240.0, 150.0), (280.0, 150.0)], 3)
    touches = {(CORRECTED, BLOB): Touch(went, went, np.zeros_like(went))}
    astray = before.copy()
    astray[5:7, 5:8] = True
    for after, row in ((before | went, (0, 0)), (astray | went, (6, 0)), (before, (0, int((went & ~before).sum())))):
        came = {CORRECTED: as_sent(CORRECTED, **{BLOB: after})}
        found = {(one.photo, one.category): one for one in rows_of("masks", sent, came, touches)}
        assert (found[CORRECTED, BLOB].astray_px, found[CORRECTED, BLOB].missed_px) == row
        assert found[CORRECTED, RING].state == "confirmed"
        assert found[UNSEEN, RING].state == NOT_BACK


def test_smart_tools_have_the_labels_of_the_brush_and_keys_that_go_on():
    controls = controls_of(with_smart_tools(config_of(sorted(COLOURS))), "config")
    assert [control.kind for control in controls.values()] == ["brushlabels", "keypointlabels", "rectanglelabels"]
    assert {control.labels for control in controls.values()} == {frozenset(COLOURS)}
    assert [key_of(n, name) for n in range(3) for name in (BLOB, RING)] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(("program", "words"), [("/bin/false", "or ended"), ("/no/such/program", "does not start")])
def test_what_is_no_label_studio_is_one_line(program, words, tmp_path):
    with pytest.raises(InputError, match=words), running(Path(program), tmp_path, tmp_path):
        pass


@pytest.fixture(scope="module")
def trips(tmp_path_factory):
    out = tmp_path_factory.mktemp("trips") / "out"
    sections = [read_settings(kind) for kind in (Prelabel, Costs, Click, Fit)]
    main(*sections, Path(PROGRAM), out)
    return read_json(out / "studio.json")


def states(trips, shapes, photo):
    return {row["category"]: row["state"] for row in trips["rows"] if (row["shapes"], row["photo"]) == (shapes, photo)}


@a_trip
def test_what_one_ring_tells_is_sent_as_a_polygon_where_polygons_are_wanted(trips, shapes):
    assert trips["polygons"][shapes] == (len(SIZES) if shapes == "polygons" else 0)


@a_trip
def test_what_was_confirmed_comes_back_to_the_pixel(trips, shapes):
    assert states(trips, shapes, CONFIRMED) == {RING: "confirmed", BLOB: "confirmed"}
    assert states(trips, shapes, DELETED) == {RING: "deleted", BLOB: "confirmed"}
    assert trips["seen_iou"][shapes] > 0.95


@a_trip
def test_what_was_corrected_differs_where_the_mouse_went_and_nowhere_else(trips, shapes):
    rows = [row for row in trips["rows"] if row["shapes"] == shapes]
    moved = {(row["photo"], row["category"]) for row in rows if row["state"] == "moved"}
    assert moved == {(photo, category) for photo in (CORRECTED, LARGE) for category in COLOURS}
    assert all(row["differ_px"] > 100 for row in rows if row["state"] == "moved")
    assert [row for row in rows if row["astray_px"] or row["missed_px"]] == []


@a_trip
def test_a_draft_and_an_open_proposal_do_not_count(trips, shapes):
    for photo in (LEFT, UNSEEN):
        assert states(trips, shapes, photo) == {RING: NOT_BACK, BLOB: NOT_BACK}


@pytest.mark.parametrize("asked", [pytest.param(asked, marks=A_TRIP) for asked in range(3)])
def test_clicks_are_answered_with_masks(trips, asked):
    row = trips["clicks"][asked]
    assert trips["backend"] == "Connected"
    assert trips["kept"] == 0
    assert row["state"] == ("moved" if row["photo"] == CORRECTED else "drawn")
    assert row["iou"] > max(0.6, row["iou_before"])

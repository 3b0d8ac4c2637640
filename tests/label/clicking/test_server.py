import base64
import json
import socket
import threading

import numpy as np
import pytest

from dataset.formats import brush_rle
from dataset.idmap import png_bytes
from label.click_serve import server_for, token_in
from label.clicking.server import MOST_BYTES
from label.prelabels.task_check import check_region, controls_of
from pipeline.errors import InputError
from pipeline.files import write_bytes
from tests.label.clicking.asking import CONFIG, body, box, brush, call, click


def square(x, y, half=5):
    mask = np.zeros((60, 80), bool)
    mask[max(int(y) - half, 0) : int(y) + half, max(int(x) - half, 0) : int(x) + half] = True
    return mask


class Squares:
    """Marks a square about each click, within the box, beside what was there; keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, photo, clicks, box, previous):
        self.asked.append((photo.shape, tuple(clicks), box, previous is not None))
        mask = np.zeros(photo.shape[:2], bool) if previous is None else previous.copy()
        if box and not clicks:
            x0, y0, x1, y1 = map(round, box)
            mask[y0:y1, x0:x1] = True
        for x, y, positive in list(clicks)[-1:]:
            mask = mask | square(x, y) if positive else mask & ~square(x, y)
        return mask


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    write_bytes(folder / "a.png", png_bytes(np.zeros((60, 80, 3), np.uint8)))
    write_bytes(folder / "sub/b c.png", png_bytes(np.zeros((60, 80, 3), np.uint8)))
    write_bytes(tmp_path / "secret.png", png_bytes(np.zeros((60, 80, 3), np.uint8)))
    return folder


@pytest.fixture
def serving(photos):
    """Return what starts a server; it is stopped at the end."""
    running = []

    def start(token="", segment=None):
        squares = segment or Squares()
        server = server_for(lambda: (squares, "test-1"), photos, "127.0.0.1", 0, token)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()  # s until a stop is seen
        running.append(server)
        return server, squares

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(serving):
    return serving()[0]


def mask_in(answer):
    (only,) = answer["results"]
    (region,) = only["result"]
    check_region(region, controls_of(CONFIG, "config"), "the answer")  # as Label Studio does not
    return region, brush_rle.decode(region["value"]["rle"], (60, 80), "the answer")


def test_the_five_calls(server):
    assert call(server, "/health") == (200, {"status": "UP", "model_class": "admix clicks"})
    assert call(server, "/")[1]["status"] == "UP"
    setup = {"project": "1.17", "schema": CONFIG, "hostname": "http://localhost:8080", "access_token": "x"}
    assert call(server, "/setup", setup) == (200, {"model_version": "test-1"})
    assert call(server, "/versions") == (200, {"versions": ["test-1"]})
    assert call(server, "/webhook", {"action": "ANNOTATION_CREATED"}) == (201, {})


def test_a_click_in_percent_becomes_a_brush(server):
    status, answer = call(server, "/predict", body(click(50, 25)))
    region, mask = mask_in(answer)
    assert status == 200
    assert (mask == square(40, 15)).all()
    assert region["id"] == "click-k1"
    assert region["value"]["brushlabels"] == ["mug"]
    assert (region["original_width"], region["original_height"]) == (80, 60)


def test_further_clicks_mend_and_the_id_stays(serving):
    server, squares = serving()
    first, _ = mask_in(call(server, "/predict", body(click(50, 25)))[1])
    clicks = (click(50, 25), click(55, 25, 0, name="k2"))
    second, mask = mask_in(call(server, "/predict", body(*clicks))[1])
    assert second["id"] == first["id"]
    assert (mask == square(40, 15) & ~square(44, 15)).all()
    assert len(squares.asked) == 2  # the first answer was kept
    assert squares.asked[1][3]


def test_a_server_that_is_new_answers_the_same(serving):
    clicks = (click(50, 25), click(55, 25, 0, name="k2"))
    one, two = serving()[0], serving()[0]
    call(one, "/predict", body(click(50, 25)))
    assert call(one, "/predict", body(*clicks)) == call(two, "/predict", body(*clicks))


def test_boxes_come_first(server):
    _, mask = mask_in(call(server, "/predict", body(box(25, 50, 50, 25)))[1])
    wanted = np.zeros((60, 80), bool)
    wanted[30:45, 20:60] = True
    assert (mask == wanted).all()
    _, mask = mask_in(call(server, "/predict", body(box(25, 50, 50, 25), click(0, 0)))[1])
    assert (mask == wanted | square(0, 0)).all()


def test_ordinary_points_and_those_of_a_draft_are_no_clicks(serving):
    server, squares = serving()
    ordinary = {key: value for key, value in click(10, 10, name="old").items() if key != "is_positive"}
    region, mask = mask_in(call(server, "/predict", body(ordinary, click(50, 25, True, name="new")))[1])
    assert region["id"] == "click-new"
    assert (mask == square(40, 15)).all()
    call(server, "/predict", body(ordinary, box(25, 50, 50, 25)))
    assert squares.asked[-1][1:3] == ((), (20, 30, 60, 45))
    region, mask = mask_in(call(server, "/predict", body(ordinary))[1])  # from another caller, who says nothing of it
    assert (mask == square(8, 6)).all()


def test_a_box_that_is_turned_is_what_holds_it(serving):
    server, squares = serving()
    call(server, "/predict", body(box(50, 50, 20, 20, rotation=90)))  # 16 x 12 pixels, turned about (40, 30)
    assert np.allclose(squares.asked[0][2], (28, 30, 40, 46))


@pytest.mark.parametrize("kind", ["drafts", "annotations", "predictions"])
def test_a_click_into_a_mask_mends_it(server, kind):
    there = {
        kind: [{"result": [brush(square(70, 50), name="far"), brush(square(20, 20)), brush(square(20, 20), "plate")]}]
    }
    region, mask = mask_in(call(server, "/predict", body(click(25, 40, 0), **there))[1])
    assert region["id"] == "old"
    assert (mask == square(20, 20) & ~square(20, 24)).all()


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/3/0a1b2c3d-a.png",
        "/data/local-files/?d=home/photos/a.png",
        "http://localhost:8080/data/upload/3/0a1b2c3d-a.png",
        "a.png",
        "/data/upload/3/0a1b2c3d-b_c.png",
        "s3://bucket/sub/b%20c.png",
    ],
)
def test_photos_are_found_by_the_names_of_label_studio(server, address):
    assert call(server, "/predict", body(click(50, 25), image=address))[0] == 200


@pytest.mark.parametrize(
    "address",
    ["../secret.png", "/data/local-files/?d=../secret.png", "/etc/passwd", "file:///etc/passwd", "", "\0", "c.png"],
)
def test_no_other_file_is_opened(serving, address):
    server, squares = serving()
    status, answer = call(server, "/predict", body(click(50, 25), image=address))
    assert status == 400
    assert "\n" not in answer["error"]
    assert not squares.asked


def test_a_link_out_of_the_folder_is_not_followed(serving, photos):
    server, squares = serving()
    (photos / "link.png").symlink_to(photos.parent / "secret.png")
    status, answer = call(server, "/predict", body(click(50, 25), image="link.png"))
    assert status == 400
    assert "leaves" in answer["error"]
    assert not squares.asked


def changed(**more):
    return body(click(50, 25)) | more


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param(b"{", "not JSON", id="no JSON"),
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param([], "the request", id="a list"),
        pytest.param({}, "tasks is missing", id="no tasks"),
        pytest.param(changed(tasks=[{"data": []}]), "data", id="no data"),
        pytest.param(changed(tasks=[]), "has 0 tasks", id="no task"),
        pytest.param(changed(label_config="<View/>"), "no control", id="no brush"),
        pytest.param(changed(label_config="<!DOCTYPE x><View/>"), "DOCTYPE", id="entities"),
        pytest.param(changed(label_config=None), "label_config", id="no configuration"),
        pytest.param(body(click(50, 25) | {"value": 3}), "wanted keypointlabels", id="no value"),
        pytest.param(body(click(50, 25) | {"value": {}}), "result[0]: lies nowhere", id="no place"),
        pytest.param(body(click(50, 25) | {"type": "choices"}), "'choices'", id="another type"),
        pytest.param(body(click(50, 25) | {"type": {}}), "result[0] is {}", id="no type"),
        pytest.param(body(click(500, 25)), "500", id="beyond the photo"),
        pytest.param(body(click(50, 25, 7)), "is_positive is 7", id="neither"),
        pytest.param(body(click(50, 25, 0)), "click on it first", id="only where it is not"),
        pytest.param(body(box(25, 50, 0, 25)), "no pixel", id="an empty box"),
        pytest.param(body(click(50, 25) | {"original_width": 81}), "bring the same photo", id="another size"),
        pytest.param(body(click(50, 25) | {"original_width": None}), "missing", id="no size"),
        pytest.param(body(click(50, 25) | {"image_rotation": 90}), "turned", id="turned"),
        pytest.param(body(*[click(50, 25)] * 101), "100", id="clicks without end"),
    ],
)
def test_a_bad_call_is_answered_in_one_line(server, sent, words):
    status, answer = call(server, "/predict", sent)
    assert status == 400
    assert words in answer["error"]
    assert "\n" not in answer["error"]
    assert "Traceback" not in answer["error"]


def test_a_call_for_whole_tasks_has_no_prediction_of_any(server):
    tasks = body(click(1, 1))["tasks"] * 3
    for params in ({"context": None}, {}, None):
        status, answer = call(server, "/predict", {"tasks": tasks, "label_config": CONFIG, "params": params})
        assert status == 200
        assert answer["results"] == [[], [], []]


def test_a_call_of_the_page_without_a_click_has_an_empty_prediction(server):
    status, answer = call(server, "/predict", body())
    assert status == 200
    assert [each["result"] for each in answer["results"]] == [[]]


def test_a_fault_of_the_model_shows_nothing(serving, capsys):
    def broken(*_):
        raise RuntimeError("secret inside")

    server, _ = serving(segment=broken)
    status, answer = call(server, "/predict", body(click(50, 25)))
    assert status == 500
    assert "secret" not in json.dumps(answer)
    assert "RuntimeError: secret inside" in capsys.readouterr().err
    assert call(server, "/health")[0] == 200


@pytest.mark.parametrize("kind", ["Bearer", "Token"])
def test_a_token_is_asked_for(serving, kind):
    server, _ = serving("s3cret")
    assert call(server, "/health")[0] == 200
    assert call(server, "/versions")[0] == 401
    assert call(server, "/predict", body(click(50, 25)), Authorization=f"{kind} other")[0] == 401
    assert call(server, "/predict", body(click(50, 25)), Authorization=f"{kind} s3cret")[0] == 200


def test_basic_auth_gives_the_token_as_password(serving):
    server, _ = serving("s3cret")
    given = base64.b64encode(b"anyone:s3cret").decode()
    assert call(server, "/versions", Authorization=f"Basic {given}")[0] == 200
    for wrong in ("Basic !!!", "Basic " + base64.b64encode(b"s3cret").decode(), "Digest x", "s3cret"):
        assert call(server, "/versions", Authorization=wrong)[0] == 401


def test_pages_of_a_browser_do_not_reach_it(server):
    assert call(server, "/versions", Host="evil.example")[0] == 403
    assert call(server, "/predict", body(click(50, 25)), **{"Content-Type": "text/plain"})[0] == 415
    assert call(server, "/versions", Host="localhost:9090")[0] == 200


def test_other_calls_are_not_known(server):
    assert call(server, "/train", {})[0] == 404
    assert call(server, "/predict")[0] == 404
    assert call(server, "/../../etc/passwd")[0] == 404


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(MOST_BYTES + 1), b"413"), ("9" * 5000, b"413"), ("-1", b"411"), ("x", b"411"), (None, b"411")],
)
def test_bodies_have_a_length_and_a_bound(server, length, status):
    lines = ["POST /predict HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"Content-Length: {length}"] if length else ["Transfer-Encoding: chunked"]
    with socket.create_connection(("127.0.0.1", server.server_port), 20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = connection.makefile("rb").read()  # until the server closes: what was not read is no next call
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_others_reach_it_with_a_token_alone(photos):
    with pytest.raises(InputError, match="wanted a token"):
        server_for(lambda: (Squares(), "1"), photos, "0.0.0.0", 0, "")


def test_a_port_that_is_taken_and_a_folder_that_is_not_there_are_said(server, photos, tmp_path):
    with pytest.raises(InputError, match="cannot listen"):
        server_for(lambda: (Squares(), "1"), photos, "127.0.0.1", server.server_port, "")
    with pytest.raises(InputError, match="no such folder"):
        server_for(lambda: (Squares(), "1"), tmp_path / "nowhere", "127.0.0.1", 0, "")


def test_tokens_are_read_from_files(tmp_path):
    write_bytes(tmp_path / "token", b"abc\n")
    write_bytes(tmp_path / "empty", b" \n")
    assert token_in(tmp_path / "token") == "abc"
    assert not token_in(None)
    with pytest.raises(InputError, match="is empty"):
        token_in(tmp_path / "empty")

"""Calls as Label Studio makes them."""

import json
import urllib.error
import urllib.request

from dataset.formats import brush_rle

CONFIG = """<View>
  <Image name="image" value="$image"/>
  <BrushLabels name="brush" toName="image"><Label value="mug"/><Label value="plate"/></BrushLabels>
  <KeyPointLabels name="point" toName="image" smart="true"><Label value="mug"/></KeyPointLabels>
  <RectangleLabels name="box" toName="image" smart="true"><Label value="mug"/></RectangleLabels>
</View>"""
SIZE = {"original_width": 80, "original_height": 60, "image_rotation": 0}


def click(x, y, positive=1, label="mug", name="k1"):
    """A click at a place in percent."""
    value = {"x": x, "y": y, "width": 0.5, "keypointlabels": [label]}
    return {"id": name, "from_name": "point", "to_name": "image", "type": "keypointlabels", "is_positive": positive,
            "value": value, **SIZE}  # fmt: skip


def box(x, y, width, height, rotation=0):
    """A box in percent."""
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": ["mug"]}
    return {"id": "b1", "from_name": "box", "to_name": "image", "type": "rectanglelabels", "value": value, **SIZE}


def brush(mask, label="mug", name="old"):
    """A mask that is there already."""
    value = {"format": "rle", "rle": brush_rle.encode(mask), "brushlabels": [label]}
    return {"id": name, "from_name": "brush", "to_name": "image", "type": "brushlabels", "value": value, **SIZE}


def body(*result, image="/data/upload/1/0a1b2c3d-a.png", **task):
    """The body of an interactive call."""
    return {
        "tasks": [{"id": 1, "data": {"image": image}, "annotations": [], "predictions": [], **task}],
        "project": "1.1700000000",
        "label_config": CONFIG,
        "params": {"login": None, "password": None, "context": {"result": list(result), "annotation_id": 1}},
    }


def call(server, path, data=None, **headers):
    """Return the status and the JSON of a call to a server that listens."""
    address = f"http://127.0.0.1:{server.server_port}{path}"
    sent = data if isinstance(data, bytes | None) else json.dumps(data).encode()
    request = urllib.request.Request(address, sent, {"Content-Type": "application/json"} | headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())

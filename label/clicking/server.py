"""Label Studio's ML backend: its five calls over HTTP, from the standard library's server."""

import base64
import binascii
import hmac
import http.server
import ipaddress
import json
import sys
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from label.clicking.answers import ClickAnswers
from label.clicking.asked import body_of
from pipeline.errors import InputError, one_line
from pipeline.reading import parse_json

MOST_BYTES = 64 * 2**20  # of a body: a call carries all regions of its photo, 1 MB for a hundred masks
MODEL = "admix clicks"
OPEN_CALLS = {"/", "/health"}  # these say that it is up, and ask for no token
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


class ClickServer(http.server.ThreadingHTTPServer):
    """A server that answers for one `ClickAnswers`; calls for health come through while a mask is made."""

    daemon_threads = True

    def __init__(self, host: str, port: int, answers: ClickAnswers, token: str) -> None:
        """port: 0 = any that is free. token: "" = none, for calls from this machine to this machine alone.

        Raises InputError for a host that others reach without a token.
        """
        if not token and not is_loopback(host):
            raise InputError(
                f"--host {host}: others reach it, wanted a token then; name a file that holds one, --token-file"
            )
        self.answers, self.token = answers, token
        super().__init__((host, port), ClickHandler)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine and reached from nowhere else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class HttpError(Exception):
    """What is refused before it is read: a status of HTTP and a line."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class ClickHandler(http.server.BaseHTTPRequestHandler):
    """One call. Whatever comes, it is answered with JSON and a status; the words of a mistake are one line."""

    server: ClickServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "admix", ""
    timeout = 30  # seconds without a byte
    CALLS: ClassVar[dict[tuple[str, str], str]] = {
        ("GET", "/"): "say_up",
        ("GET", "/health"): "say_up",
        ("GET", "/versions"): "name_versions",
        ("POST", "/setup"): "set_up",
        ("POST", "/predict"): "predict",
        ("POST", "/webhook"): "take_notice",
    }

    def do_GET(self) -> None:
        """Answer a GET."""
        self.answer("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self.answer("POST")

    def answer(self, method: str) -> None:
        """Answer one call."""
        try:
            status, made = self.called(method)
        except HttpError as error:
            status, made = error.status, {"error": str(error)}
            self.close_connection = True  # a body that was not read is not the next call
        except InputError as error:
            status, made = 400, {"error": one_line(error)}
        except Exception as error:  # noqa: BLE001 - a fault of ours ends no server and shows nobody its inside
            sys.stderr.write(f"click-serve: {type(error).__name__}: {one_line(error)}\n")
            status, made = 500, {"error": "a fault of the server, which its own output names"}
        self.send(status, made)

    def called(self, method: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer of a call; raise HttpError for one that is not allowed or not known."""
        path = urlsplit(self.path).path
        name = self.CALLS.get((method, path))
        if name is None:
            known = ", ".join(f"{method} {path}" for method, path in self.CALLS)
            raise HttpError(404, f"{method} {path[:80]} is no call of this backend, wanted one of {known}")
        if path not in OPEN_CALLS:
            self.check_caller()
        body = self.body() if method == "POST" else b""
        call: Callable[[bytes], tuple[int, dict[str, Any]]] = getattr(self, name)
        return call(body)

    def check_caller(self) -> None:
        """Raise HttpError for a call without the token, or without one for another name than this machine's.

        The name keeps out pages of a browser on this machine, whose own address leads here.
        """
        token = self.server.token
        if token and not hmac.compare_digest(given_token(self.headers.get("Authorization", "")), token.encode()):
            raise HttpError(401, "wanted the token, as 'Authorization: Bearer TOKEN' or as the password of basic auth")
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if not token and host not in LOCAL_NAMES:
            raise HttpError(403, "without a token it answers to this machine's own names alone, such as localhost")

    def body(self) -> bytes:
        """Return the body of a call; raise HttpError for one without a length, or that is too long."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise HttpError(411, "wanted a Content-Length")
        if len(length) > 12 or int(length) > MOST_BYTES:
            raise HttpError(413, f"the body has {length[:20]} bytes, wanted {MOST_BYTES} at most")
        if self.headers.get_content_type() != "application/json":
            raise HttpError(415, "wanted Content-Type: application/json")
        return self.rfile.read(int(length))

    def say_up(self, _: bytes) -> tuple[int, dict[str, Any]]:
        """Say that the server is up."""
        return 200, {"status": "UP", "model_class": MODEL}

    def name_versions(self, _: bytes) -> tuple[int, dict[str, Any]]:
        """Name the one model."""
        return 200, {"versions": [self.server.answers.version]}

    def set_up(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Take a project; nothing of it is kept, since every call carries its configuration."""
        parse_json(body, "the request")
        return 200, {"model_version": self.server.answers.version}

    def predict(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer clicks with a mask."""
        return 200, self.server.answers.predict(body_of(body))

    def take_notice(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Take notice of an annotation; nothing is learned from it here."""
        parse_json(body, "the request")
        return 201, {}

    def send(self, status: int, made: dict[str, Any]) -> None:
        """Send an answer."""
        data = json.dumps(made).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing of each call: what a caller sends would stand in the terminal."""


def given_token(header: str) -> bytes:
    """Return the token of an Authorization header: a bearer's, Label Studio's own, or the password of basic auth."""
    kind, _, rest = header.partition(" ")
    if kind.lower() in {"bearer", "token"}:
        return rest.strip().encode("utf-8", "replace")
    if kind.lower() != "basic":
        return b""
    try:
        return base64.b64decode(rest, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""

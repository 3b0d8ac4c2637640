"""Command `label click-serve`: masks for clicks and boxes in Label Studio, as its ML backend.

``admix label click-serve --run clicks --photos PHOTOS`` answers at http://127.0.0.1:9090 until it is stopped. PHOTOS
holds the photos that the project labels, under the names that they were uploaded by, or served from; the server opens
no other file, writes none, and opens no connection.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from label.clicking.answers import ClickAnswers, Segment
from label.clicking.server import ClickServer
from pipeline.errors import InputError
from pipeline.reading import read_text

MOST_TOKEN_BYTES = 4096


def token_in(path: Path | None) -> str:
    """Return the token of a file, "" for no file; raise InputError for an empty one."""
    if path is None:
        return ""
    token = read_text(path, MOST_TOKEN_BYTES).strip()
    if not token:
        raise InputError(f"{path}: is empty, wanted a token of your own on one line")
    return token


def server_for(load: Callable[[], tuple[Segment, str]], photos: Path, host: str, port: int, token: str) -> ClickServer:
    """Return a server that listens; raise InputError when it cannot.

    load: returns what answers, and its version; called last, since it takes seconds.
    """
    if not photos.is_dir():
        raise InputError(f"{photos}: there is no such folder; name the one with the photos that are labelled")
    segment, version = load()
    try:
        return ClickServer(host, port, ClickAnswers(segment, photos, version), token)
    except (OSError, OverflowError) as error:
        raise InputError(f"--host {host} --port {port}: cannot listen there ({error}); name another one") from error


def main(load: Callable[[], tuple[Segment, str]], photos: Path, host: str, port: int, token_file: Path | None) -> None:
    """Answer until Ctrl-C."""
    server = server_for(load, photos, host, port, token_in(token_file))
    sys.stderr.write(f"click-serve: http://{host}:{server.server_port} (stop with Ctrl-C)\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stderr.write("click-serve: stopped\n")
    finally:
        server.server_close()

"""Write the set-up in force, and where its real photos lie, into params.yaml."""

import contextlib
import io
import sys
import unicodedata
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import PlainScalarString

from pipeline.archives import ending_of
from pipeline.errors import InputError, shown
from pipeline.files import write_text
from pipeline.reading import read_text, read_yaml
from pipeline.settings import PARAMS, SETUPS, setup_path
from pipeline.stage import one_line_errors


class Representer(RoundTripRepresenter):
    """Writes null as null, where ruamel's own would leave the place empty."""

    def represent_none(self, _: None) -> ScalarNode:
        """Return the node of None."""
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


Representer.add_representer(type(None), Representer.represent_none)


def real_of(setup: str, real: str | None, params: dict[str, Any], root: Path) -> str:
    """Return where the real photos of a set-up lie: as it was named, a relative path from the project's folder `root`.

    real: what the user named, None for what is known already: what the set-up's own file says, else what params.yaml
    says of the set-up in force. An absolute path stays one, so that it is found from a copy of the project too, as
    `dvc exp run --temp` makes one. Raises InputError when nothing is known, or there is no such folder and
    no such archive.
    """
    own = read_yaml(root / SETUPS / f"{setup}.yaml").get("real")
    if real is None and isinstance(own, str) and own:
        return own  # it may be the output of a stage, and so not be there yet
    if real is None and params.get("setup") != setup:
        raise InputError(f"SETUP={setup} needs REAL=path/to/photos")
    named = str(params.get("real")) if real is None else real
    check_real(named)
    if not is_folder(root / named) and not is_archive(root / named):
        raise InputError(
            f"REAL={named}: there is no such folder; name the one that holds the photos and their labels, or its "
            ".zip or .tar"
        )
    return in_words_of_dvc(named)


def check_real(named: str) -> None:
    """Raise InputError for a path that no line of a file can hold: control characters, or bytes that are no text."""
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in named):
        raise InputError(f"REAL={shown(named)}: has signs in it that no line can hold; rename the folder")


def is_folder(path: Path) -> bool:
    """Return whether there is such a folder; a path that is too long, or that may not be looked at, is none."""
    with contextlib.suppress(OSError):
        return path.is_dir()
    return False


def is_archive(path: Path) -> bool:
    """Return whether there is such an archive; as `is_folder`."""
    with contextlib.suppress(OSError):
        return bool(ending_of(path)) and path.is_file()
    return False


def in_words_of_dvc(path: str) -> str:
    """Return a path with forward slashes, and so that DVC takes it for a folder; an absolute one stays absolute.

    "./" comes before what would be an address to DVC (``s3:``), "/" after what would be a file of its own (``x.dvc``).
    """
    plain = Path(path).as_posix()
    before = "./" if ":" in plain.split("/")[0] else ""
    return before + plain + ("/" if plain.endswith((".dvc", "/dvc.yaml")) or plain == "dvc.yaml" else "")


def with_choice(text: str, setup: str, real: str) -> str:
    """Return the text of params.yaml with the two values replaced and all else as it was."""
    yaml = YAML()
    yaml.Representer = Representer
    yaml.width, yaml.preserve_quotes = 4096, True
    params = yaml.load(text)
    # plain: in quotes only where the text needs them, whatever stood there before
    params["setup"], params["real"] = PlainScalarString(setup), PlainScalarString(real)
    column = max(len(f"setup: {setup}"), len(f"real: {real}")) + 1
    for key in ("setup", "real"):  # their comments stay one under the other
        for comment in filter(None, params.ca.items.get(key, [])):
            comment.column = column
    buffer = io.StringIO()
    yaml.dump(params, buffer)
    return buffer.getvalue()


def choose(setup: str, real: str | None, root: Path = Path()) -> None:
    """Put a set-up in force: write it and its photos' place into params.yaml, if it says something else so far.

    Raises InputError, with params.yaml left as it was, for an unknown set-up or photos that are not there.
    """
    params = read_yaml(root / PARAMS)
    setup_path({"setup": setup}, root)
    chosen = {"setup": setup, "real": real_of(setup, real, params, root)}
    if {key: params.get(key) for key in chosen} != chosen:
        text = read_text(root / PARAMS)
        write_text(root / PARAMS, with_choice(text, **chosen))


def main(arguments: list[str]) -> None:
    """Take SETUP and, for a set-up whose file names no photos, REAL from the command line."""
    if not 1 <= len(arguments) <= 2:
        raise InputError(f"found {len(arguments)} words, wanted one or two: python -m pipeline.choose SETUP [REAL]")
    choose(arguments[0], arguments[1] if len(arguments) == 2 else None)


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])

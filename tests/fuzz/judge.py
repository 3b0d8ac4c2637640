"""What becomes of one call of a reader: a right answer, one clear line, or what must not happen."""

import contextlib
import dataclasses
import errno
import io
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.confine import confine, limit_memory
from pipeline.stage import one_line_errors

MEMORY_BYTES = 2**31  # beyond what the process holds at rest
SHORTEST, LONGEST = 10, 2000  # characters of a message
FINE = ("right", "refused")
BAD = ("traceback", "crash", "hang", "memory", "outside", "half", "unclear")
NOBODY = 65534
ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Reader:
    """Something that opens files."""

    name: str
    build: Callable[[Path], None]  # writes a small valid tree into an empty folder
    files: tuple[str, ...]  # those of it that are mutated, relative
    call: Callable[[Path, Path], object]  # the tree, and a place where nothing is yet: what it writes goes there
    scale: int = 1  # a case in so many is tried where one takes long
    seconds: float = 60  # a case that takes longer hangs, on a machine that has other work too


@dataclasses.dataclass(frozen=True)
class Scratch:
    """A folder in which a reader may do what it likes: its tree, and neighbours that must stay as they are."""

    root: Path
    first: dict[Path, bytes | None]  # the valid tree and its neighbour: {path: content, None for a folder}

    @property
    def tree(self) -> Path:
        """The folder that is read."""
        return self.root / "in"

    @property
    def out(self) -> Path:
        """Where nothing is before a call."""
        return self.root / "out"

    @property
    def beside(self) -> Path:
        """Files of somebody else, which a path of a file may reach as ../beside/kept.txt."""
        return self.root / "beside"

    @property
    def kept(self) -> Path:
        """Inputs that showed something, each as it was."""
        return self.root / "kept"

    def files(self) -> dict[str, bytes]:
        """Return the files of the valid tree, {path below it: content}."""
        below = {path: data for path, data in self.first.items() if data is not None and self.tree in path.parents}
        return {path.relative_to(self.tree).as_posix(): data for path, data in below.items()}

    def rest(self) -> dict[Path, bytes | None]:
        """Return all that is there and was not asked for: {path: content, None for a folder}."""
        return rest(self.root)


OWN = {"out", "kept", "tmp"}  # what a call may change; what we keep; where temporary files go


def rest(root: Path) -> dict[Path, bytes | None]:
    """Return what a scratch folder holds that a call may not change."""
    tops = [top for top in root.iterdir() if top.name not in OWN]
    return {path: content(path) for top in tops for path in (top, *top.rglob("*"))}


def content(path: Path) -> bytes | None:
    """Return the bytes of a file, None for what is no file."""
    return path.read_bytes() if path.is_file() else None


def scratch_for(reader: Reader, root: Path) -> Scratch:
    """Return a folder with the valid tree of a reader and a neighbour."""
    for name in ("in", "kept", "tmp", "beside/data"):
        (root / name).mkdir(parents=True)
    for name in ("kept.txt", "data/kept.txt"):
        (root / "beside" / name).write_text("somebody else's", encoding="utf-8")
    reader.build(root / "in")
    return Scratch(root, rest(root))


def shut_in(scratch: Scratch) -> None:
    """Let this process write in the scratch folder alone, as an ordinary user where it can, with so much memory.

    Raises ValueError where it would stay root that may write anywhere.
    """
    if may_drop():
        for path in (scratch.root, *scratch.root.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    if not confine(None, [scratch.root]) and os.getuid() == 0:
        raise ValueError("this kernel cannot confine root (no Landlock): try wrong files as an ordinary user")
    tempfile.tempdir = str(scratch.root / "tmp")
    limit_memory(MEMORY_BYTES)


def may_drop() -> bool:
    """Whether this process is root's, and can go on as nobody: who must be able to read the project and its Python."""
    read = [ROOT, *(Path(place).resolve() for place in (sys.prefix, sys.base_prefix, os.__file__))]
    way = {path for place in read for path in (place, *place.parents) if path.is_dir()}
    return os.getuid() == 0 and all(path.stat().st_mode & 0o5 == 0o5 for path in way)


def judged(reader: Reader, scratch: Scratch, name: str, data: bytes) -> tuple[str, str]:
    """Return what a call came to with one file of the tree replaced, and a text that says more about it."""
    (scratch.tree / name).write_bytes(data)
    before = scratch.rest()
    outcome, about = called(reader, scratch)
    after = scratch.rest()
    if after != before:
        places = sorted(
            str(path.relative_to(scratch.root)) for path in {*before, *after} if differs(path, before, after)
        )
        outcome, about = changed(places), f"changed {places[:4]}; {about}"
    elif os.path.lexists(scratch.out) and outcome in {"refused", "unclear"}:
        outcome, about = "half", f"left something at its output; {about}"
    tidy(scratch, name, whole=after == before)
    return outcome, about


def differs(path: Path, one: dict[Path, bytes | None], other: dict[Path, bytes | None]) -> bool:
    """Whether a path is not the same in both."""
    return (path in one) != (path in other) or one[path] != other[path]


def changed(places: list[str]) -> str:
    """Return "half" where all that is new is an unfinished file beside the output, "outside" for any other change."""
    return "half" if all(place.startswith((".out", "out")) for place in places) else "outside"


def called(reader: Reader, scratch: Scratch) -> tuple[str, str]:
    """Return what one call came to, and what it said."""
    try:
        reader.call(scratch.tree, scratch.out)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is what the user would see
        return named(error, scratch)
    return "right", ""


def named(error: BaseException, scratch: Scratch) -> tuple[str, str]:
    """Return the outcome that an error is, and what it says: as a user would see it."""
    every = list(chain(error))
    if any(isinstance(one, MemoryError) or "allocate memory" in str(one) for one in every):
        return "memory", "".join(traceback.format_exception(error))
    if any(kept_out(one, scratch) for one in every):
        return "outside", "".join(traceback.format_exception(error))
    line = told(error)
    if line is None:
        return "traceback", "".join(traceback.format_exception(error))
    return clear(line), line


def clear(line: str) -> str:
    """Return "refused" for a message that says something in one line of bearable length."""
    good = line.strip().count("\n") == 0 and SHORTEST < len(line.strip()) <= LONGEST
    return "refused" if good else "unclear"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from; it may be among them."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def kept_out(error: BaseException, scratch: Scratch) -> bool:
    """Whether an error says that the system kept the process from touching what is not in its folder."""
    if not isinstance(error, OSError) or error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return False
    place = Path.cwd() / os.fsdecode(error.filename or ".")
    seen = os.access(place if os.path.lexists(place) else place.parent, os.R_OK)  # so it was to be written, not read
    return seen and scratch.root not in (place, *place.parents)


def told(error: BaseException) -> str | None:
    """Return the lines that a command ends in, None where it ends in a traceback."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            one_line_errors().__exit__(type(error), error, error.__traceback__)
    except SystemExit:
        return said.getvalue()
    return None


def tidy(scratch: Scratch, name: str, whole: bool) -> None:
    """Make the scratch folder as it was before a case; all of it where more than the one file has changed."""
    for path in (scratch.out, *(scratch.root / "tmp").iterdir()):
        away(path)
    if whole:
        (scratch.tree / name).write_bytes(scratch.first[scratch.tree / name] or b"")
        return
    for path in scratch.root.iterdir():
        if path.name not in OWN:
            away(path)
    for path, data in scratch.first.items():  # a folder comes before what is in it
        path.mkdir() if data is None else path.write_bytes(data)


def away(path: Path) -> None:
    """Take away a file or folder; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

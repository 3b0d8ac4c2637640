"""What judges the readers is given wrong readers, and finds each of them out."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.confine import landlock
from pipeline.errors import InputError
from tests.fuzz.block import SIZE, drawn
from tests.fuzz.judge import Reader
from tests.fuzz.oracle import Failure, fuzz
from tests.fuzz.readers import READERS

pytestmark = pytest.mark.fuzz

VALID = b'{"a": 1}'
Call = Callable[[Path, Path], object]


def build(folder: Path) -> None:
    (folder / "a.json").write_bytes(VALID)


def planted(call: Call, seconds: float = 60) -> Reader:
    """A reader that takes the valid file, and does something else with any other."""

    def wrong(inn: Path, out: Path) -> None:
        if (inn / "a.json").read_bytes() != VALID:
            call(inn, out)

    return Reader("planted", build, ("a.json",), wrong, seconds=seconds)


def raises(inn: Path, out: Path) -> None:  # noqa: ARG001 - as all of these are called
    raise KeyError("a")


def raises_in_a_circle(inn: Path, out: Path) -> None:  # noqa: ARG001
    one, other = KeyError("a"), KeyError("b")
    one.__cause__, other.__cause__ = other, one
    raise one


def dies(inn: Path, out: Path) -> None:  # noqa: ARG001
    os.kill(os.getpid(), signal.SIGSEGV)


def leaves(inn: Path, out: Path) -> None:  # noqa: ARG001
    os._exit(0)


def hangs(inn: Path, out: Path) -> None:  # noqa: ARG001
    time.sleep(60)


def takes_memory(inn: Path, out: Path) -> None:  # noqa: ARG001
    bytearray(3 * 2**30)


def takes_memory_and_says_so(inn: Path, out: Path) -> None:  # noqa: ARG001
    try:
        bytearray(3 * 2**30)
    except MemoryError as error:
        raise InputError("a.json: too large; write it smaller") from error


def deletes(inn: Path, out: Path) -> None:  # noqa: ARG001
    (inn / "a.json").unlink()


def deletes_beside(inn: Path, out: Path) -> None:  # noqa: ARG001
    (inn / "../beside/kept.txt").unlink()


def writes_beside(inn: Path, out: Path) -> None:  # noqa: ARG001
    (inn.parent / "beside" / "new.txt").touch()


def leaves_half(inn: Path, out: Path) -> None:  # noqa: ARG001
    out.write_bytes(b"half")
    raise InputError("a.json: not what it should be; write it again")


def leaves_a_part(inn: Path, out: Path) -> None:  # noqa: ARG001
    out.with_name(".out.part").write_bytes(b"half")
    raise InputError("a.json: not what it should be; write it again")


def says_nothing(inn: Path, out: Path) -> None:  # noqa: ARG001
    raise InputError(" ")


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (raises, "traceback"), (raises_in_a_circle, "traceback"), (dies, "crash"), (leaves, "crash"),
        (takes_memory, "memory"), (takes_memory_and_says_so, "memory"), (deletes, "outside"),
        (deletes_beside, "outside"), (writes_beside, "outside"), (leaves_half, "half"),
        (leaves_a_part, "half"), (says_nothing, "unclear"),
    ],
)  # fmt: skip
def test_a_reader_that_does_this_is_found_out(call: Call, outcome: str, tmp_path: Path):
    tally = fuzz(planted(call), 5, tmp_path / "kept")
    assert set(tally.bad()) == {outcome}
    assert tally.counts.total() == 5
    assert list((tmp_path / "kept").iterdir())


def test_a_reader_that_hangs_is_found_out(tmp_path: Path):
    assert fuzz(planted(hangs, seconds=1), 1, tmp_path / "kept").bad() == {"hang": 1}


def test_a_case_is_judged_after_one_that_ended_the_process(tmp_path: Path):
    def dies_of_text(inn: Path, out: Path) -> None:
        if b'"' not in (inn / "a.json").read_bytes():
            dies(inn, out)

    counts = fuzz(planted(dies_of_text), 30, tmp_path).counts
    assert counts["crash"] > 0
    assert counts["right"] > 0
    assert counts.total() == 30


@pytest.mark.parametrize("call", [raises, dies])
def test_a_failure_is_repeated_by_its_number(call: Call, tmp_path: Path):
    def seldom(inn: Path, out: Path) -> None:
        if len((inn / "a.json").read_bytes()) > 30:
            call(inn, out)

    whole = fuzz(planted(seldom), SIZE, tmp_path / "all")
    (failure,) = whole.first.values()
    again = fuzz(planted(seldom), 1, tmp_path / "again", first=failure.number)
    assert failure.number > 0
    assert again.first.keys() == whole.first.keys()
    assert bytes_of(again.first) == bytes_of(whole.first)


def bytes_of(first: dict[str, Failure]) -> list[bytes]:
    return [Path(failure.file).read_bytes() for failure in first.values()]


def test_a_reader_that_writes_elsewhere_is_kept_from_it_and_found_out():
    if not landlock():
        pytest.skip("this kernel has no Landlock")

    def strays(inn: Path, out: Path) -> None:  # noqa: ARG001
        thesis.unlink()

    with tempfile.TemporaryDirectory() as folder:  # not tmp_path: what root hides from nobody is not seen to be there
        Path(folder).chmod(0o755)
        thesis = Path(folder) / "thesis.txt"
        thesis.write_text("years of work", encoding="utf-8")
        assert fuzz(planted(strays), 3).bad().keys() == {"outside"}
        assert thesis.read_text(encoding="utf-8") == "years of work"


def test_a_reader_that_refuses_even_the_valid_tree_teaches_nothing_and_is_said(tmp_path: Path):
    def refuses(inn: Path, out: Path) -> None:  # noqa: ARG001
        raise InputError("a.json: not what it should be; write it again")

    with pytest.raises(ValueError, match="valid tree is not taken"):
        fuzz(Reader("refuses", build, ("a.json",), refuses), 3, tmp_path)


SAID = """
import sys, zlib
from tests.fuzz.block import drawn
sys.stdout.write(str(zlib.crc32(repr(drawn("a", 3, {"a.json": b"[1, 2]"})).encode())))
"""


def test_the_cases_of_a_reader_are_always_the_same():
    command, root = [sys.executable, "-c", SAID], Path(__file__).parents[2]
    said = {subprocess.run(command, capture_output=True, check=True, cwd=root).stdout for _ in range(2)}
    assert said == {str(zlib.crc32(repr(drawn("a", 3, {"a.json": b"[1, 2]"})).encode())).encode()}


def test_blocks_differ_and_hold_as_many_cases_as_they_should():
    one, other = (drawn("a", number, {"a.json": VALID}) for number in (0, 1))
    assert len(one) == len(other) == SIZE
    assert one != other


def test_readers_have_names_of_their_own():
    assert len({reader.name for reader in READERS}) == len(READERS)

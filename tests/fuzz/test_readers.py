"""Every reader is given wrong files, and the oracle that judges it is given wrong readers."""

import os
import signal
import time
from pathlib import Path

import pytest

from pipeline.confine import landlock
from pipeline.errors import InputError
from tests.fuzz.blender import KINDS, SCALES, fuzz_kind, write_valid
from tests.fuzz.oracle import Reader, fuzz
from tests.fuzz.readers import READERS

CASES = 200


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_wrong_file_is_read_rightly_or_refused_in_one_line(reader: Reader, tmp_path: Path):
    tally = fuzz(reader, max(CASES // reader.scale, 4), tmp_path / "kept")
    assert not tally.bad(), tally.first
    assert tally.counts["refused"] + tally.counts["right"] > 0


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return write_valid(tmp_path_factory.mktemp("valid"))


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_file_of_blender_s_is_told_of_in_one_line_and_harms_nothing(kind: str, valid: dict[str, bytes]):
    tally = fuzz_kind(kind, valid[kind], CASES // SCALES.get(kind, 1))
    assert not tally.bad(), tally.first
    assert tally.counts["refused"] > 0


def planted(call) -> Reader:
    """A reader that takes the valid file, and does something else with any other."""

    def build(folder: Path) -> None:
        (folder / "a.json").write_text('{"a": 1}', encoding="utf-8")

    def wrong(inn: Path, out: Path) -> None:
        if (inn / "a.json").read_bytes() != b'{"a": 1}':
            call(inn, out)

    return Reader("planted", build, ("a.json",), wrong)


def raises(inn: Path, out: Path) -> None:  # noqa: ARG001 - as all of these are called
    raise KeyError("a")


def dies(inn: Path, out: Path) -> None:  # noqa: ARG001
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(inn: Path, out: Path) -> None:  # noqa: ARG001
    time.sleep(60)


def takes_memory(inn: Path, out: Path) -> None:  # noqa: ARG001
    bytearray(3 * 2**30)


def deletes(inn: Path, out: Path) -> None:  # noqa: ARG001
    (inn / "a.json").unlink()


def leaves_half(inn: Path, out: Path) -> None:  # noqa: ARG001
    out.write_bytes(b"half")
    raise InputError("a.json: not what it should be; write it again")


def says_nothing(inn: Path, out: Path) -> None:  # noqa: ARG001
    raise InputError(" ")


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (raises, "traceback"), (dies, "crash"), (takes_memory, "memory"), (deletes, "outside"), (leaves_half, "half"),
        (says_nothing, "unclear"),
    ],
)  # fmt: skip
def test_a_reader_that_does_this_is_found_out(call, outcome: str, tmp_path: Path):
    tally = fuzz(planted(call), 5, tmp_path / "kept")
    assert set(tally.bad()) == {outcome}
    assert list((tmp_path / "kept").iterdir())


def test_a_reader_that_hangs_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.fuzz.oracle.HANG_S", 1)
    assert fuzz(planted(hangs), 1, tmp_path / "kept").bad() == {"hang": 1}


def test_a_reader_that_writes_elsewhere_is_kept_from_it_and_found_out(tmp_path: Path):
    if not landlock():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")

    def strays(inn: Path, out: Path) -> None:  # noqa: ARG001
        (tmp_path / "thesis.txt").unlink()

    assert fuzz(planted(strays), 3, None).counts["traceback"] == 3
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_reader_that_refuses_even_the_valid_tree_teaches_nothing_and_is_said(tmp_path: Path):
    def refuses(inn: Path, out: Path) -> None:  # noqa: ARG001
        raise InputError("a.json: not what it should be; write it again")

    with pytest.raises(ValueError, match="the valid tree of files is not taken"):
        fuzz(Reader("refuses", planted(raises).build, ("a.json",), refuses), 3, tmp_path)


def test_the_cases_of_a_reader_are_always_the_same(tmp_path: Path):
    seen: list[dict[str, int]] = []
    for _ in range(2):
        seen.append(dict(fuzz(next(r for r in READERS if r.name == "mix"), 40, tmp_path).counts))
    assert seen[0] == seen[1]

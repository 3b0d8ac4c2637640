"""Every reader is given wrong files."""

from pathlib import Path

import pytest

from tests.fuzz.blender import KINDS, SCALES, fuzz_kind, write_valid
from tests.fuzz.judge import Reader
from tests.fuzz.more import MORE
from tests.fuzz.oracle import fuzz
from tests.fuzz.readers import READERS

pytestmark = pytest.mark.fuzz

CASES = 60  # make fuzz gives each 10,000


@pytest.mark.parametrize("reader", [*READERS, *MORE], ids=lambda reader: reader.name)
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

"""What every test here wants: a process without Ray, since the oracle forks, and a fork beside Ray's threads hangs."""

import pytest

from pipeline.engine import HELD


@pytest.fixture(autouse=True, scope="module")
def _no_ray() -> None:
    HELD.end()

"""The cases of a reader, in blocks: which they are follows from the reader's name and the number of the block alone."""

import zlib
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from tests.fuzz.mutate import mutated

SIZE = 60  # cases of a block
ROUNDS = 20  # so often is drawn anew where hypothesis has seen all that it can draw
STEADY = "steady"
Case = tuple[str, bytes]  # which file of the tree, and what stands in it


class Steady(HypothesisProvider):
    """Hypothesis without the constants that it takes from the sources of whatever happens to be imported."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[STEADY] = f"{__name__}.{Steady.__name__}"
OFTEN = settings(
    max_examples=SIZE,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    backend=STEADY,
)
find(st.text(min_size=1), bool, settings=settings(database=None, backend=STEADY))  # makes its tables of letters


def drawn(name: str, number: int, valid: dict[str, bytes]) -> list[Case]:
    """Return the cases of a block of a reader. valid: the files that are mutated, {path: content}.

    Raises ValueError where there are fewer than SIZE.
    """
    cases: list[Case] = []
    files = st.sampled_from(list(valid)).flatmap(lambda file: st.tuples(st.just(file), mutated(file, valid[file])))

    def draw(case: Case) -> None:
        cases.append(case)

    for again in range(ROUNDS):
        if len(cases) < SIZE:
            seed(zlib.crc32(f"{name} {number} {again}".encode()))(OFTEN(given(files)(draw)))()
    if len(cases) < SIZE:
        raise ValueError(f"{name}: found {len(cases)} ways in which its files can be wrong, wanted {SIZE}")
    return cases[:SIZE]

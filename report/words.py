"""How the page writes numbers: scores, intervals, labels, money, and what a difference shows."""

from collections.abc import Mapping, Sequence

from measure.scoring.differences import BETTER as BETTER
from measure.scoring.differences import SAME as SAME
from measure.scoring.differences import WORSE as WORSE
from report.record import CurveRecord, Gain, OpenEnds

REAL, MIXED = "real only", "real and renders"  # the two learning curves that are shown
NOTHING = "\N{EN DASH}"  # in a cell without a value

ACTIONS = {
    "label": "Label more photos",
    "render": "Render more",
    "assets": "Add or mend assets",
    "look": "Compare renders with photos",
    "architecture": "Change the network or its resolution",
    "stop": "Stop here",
}


def score(value: float | None, digits: int = 3) -> str:
    """Return a score, e.g. "0.951"; a dash for none."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference of scores with its sign, e.g. "+0.012"; a dash for none."""
    return NOTHING if value is None else f"{value:+.{digits}f}"


def span(ends: Sequence[float | None] | None, digits: int = 2, sign: str = "") -> str:
    """Return an interval (lo, hi) as e.g. "0.90 to 0.95"; an open end in words, a dash for none.

    sign: "+" writes the sign of both ends.
    """
    if not ends or (ends[0] is None and ends[1] is None):
        return NOTHING
    lo, hi = (None if end is None else f"{end:{sign},.{digits}f}" for end in ends)
    if lo is None:
        return f"up to {hi}"
    return f"{lo} or more" if hi is None else f"{lo} to {hi}"


def whole(value: float | None) -> str:
    """Return a number of things without decimals, e.g. "1,200"; a dash for none."""
    return NOTHING if value is None else f"{value:,.0f}"


def money(value: float | None, currency: str) -> str:
    """Return an amount, e.g. "1,200 EUR", with cents below 10; a dash for none."""
    if value is None:
        return NOTHING
    return f"below 0.01 {currency}" if 0 < value < 0.005 else f"{value:,.{cents(value)}f} {currency}"


def cents(value: float) -> int:
    """Return how many decimals an amount of money has: cents below 10."""
    return 2 if 0 < abs(value) < 10 else 0


def several(number: float, one: str, many: str = "") -> str:
    """Return a number with its noun, e.g. "1 photo", "1,200 photos"; `many` where an s is not enough."""
    return f"{number:,.0f} {one if f'{number:.0f}' == '1' else many or f'{one}s'}"


def claim(difference: Gain) -> str:
    """Return what a difference shows: BETTER or WORSE only where its interval leaves 0 out and its verdict agrees."""
    lo, hi = difference.ci95
    shown = BETTER if lo > 0 else WORSE if hi < 0 else SAME
    return shown if difference.verdict == shown else SAME


def known_ends(ends: OpenEnds | None, open_above: bool) -> OpenEnds | None:
    """Return an interval of a worth, its upper end None where that lies beyond what was measured; None without one."""
    return (ends[0], None) if ends and open_above else ends


def both_curves(curves: Mapping[str, CurveRecord] | None) -> list[tuple[str, CurveRecord]]:
    """Return the curve of real photos alone and that of the mix under their words, as far as they were trained."""
    named = (("real", REAL), ("mixed", MIXED))
    return [(words, curves[name]) for name, words in named if curves and name in curves]

"""`make bench-label`: what every part of the label room does on the measured sets, as `make label` writes it.

The sets are folders as `ingest` reads them, called domino, balloon and qr.
"""

import functools
from pathlib import Path

from benchmarks.label import audit, consensus, effects, pick, prelabel, pseudo, route, video, weak
from benchmarks.label.judges import PLANS, JudgePlan
from benchmarks.label.photo_sets import LabelledSet, ingested
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.stage import run_stage
from train.settings import Fit

SETS = ("domino", "balloon", "qr")


def parts(costs: Costs, fit: Fit, real: Path, work: Path) -> effects.Parts:
    """Return what measures each part, in the order in which a round of labelling goes."""

    @functools.cache
    def domino() -> tuple[LabelledSet, JudgePlan]:
        one = ingested("domino", real, work)
        return one, PLANS["domino"](one.samples)

    return {
        "pick": lambda: pick.measure(domino()[0], pick.DOMINO, costs, fit),
        "prelabel": lambda: prelabel.measure(*domino(), costs),
        "pseudo": lambda: pseudo.measure(domino()[0], pseudo.DOMINO, costs),
        "audit": lambda: audit.measure(*domino(), costs),
        "consensus": lambda: consensus.measure(real),
        "route": lambda: route.measure(route.by_colours(real), route.COLOURS, costs),
        "video": lambda: video.measure(real, costs),
        "weak": lambda: weak.measure(real, costs),
    }


def main(costs: Costs, fit: Fit, real: Path, work: Path, out: Path, site: Path) -> None:
    """Write what was measured and its page. real: the folder of the sets; raises InputError where one is missing."""
    for name in SETS:
        if not (real / name).is_dir():
            raise InputError(
                f"{real / name}: there is no such folder; make bench-label REAL=the folder of {', '.join(SETS)}"
            )
    effects.write(parts(costs, fit, real, work), f"photos of {', '.join(SETS)}", costs, out, site)


if __name__ == "__main__":
    run_stage(main)

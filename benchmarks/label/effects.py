"""`make label`: what each part of the label room does on real photos, as reports/label.json and a page.

The measured sets are folders as `ingest` reads them, called domino, balloon and qr. Trainings and predictions are kept
in the folder of work, so that a second run takes what is there.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.label import audit, consensus, pick, prelabel, pseudo, route, video, weak
from label.record import Effect, write_effects
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.pages import rendered
from pipeline.stage import run_stage
from train.settings import Fit

TEMPLATE = Path(__file__).with_name("effects.html.j2")
SETS = ("domino", "balloon", "qr")


def parts(costs: Costs, fit: Fit, real: Path, work: Path) -> dict[str, Callable[[], Effect]]:
    """Return what measures each part, in the order in which a round of labelling goes."""
    return {
        "pick": lambda: pick.measure(real, work / "pick", costs, fit),
        "prelabel": lambda: prelabel.measure(real, work / "judges", costs),
        "pseudo": lambda: pseudo.measure(real, work / "pseudo", costs),
        "audit": lambda: audit.measure(real, work / "judges"),
        "consensus": lambda: consensus.measure(real),
        "route": lambda: route.measure(real, costs),
        "video": lambda: video.measure(real, costs),
        "weak": lambda: weak.measure(real, costs),
    }


def page(effects: dict[str, Effect], currency: str) -> str:
    """Return the effects as a page that needs no other file."""
    return rendered(TEMPLATE, effects=effects, currency=currency)


def main(costs: Costs, fit: Fit, real: Path, work: Path, out: Path, site: Path) -> None:
    """Write label.json and its page anew after every part, so that a run that is cut short leaves what it measured.

    real: the folder of the measured sets. site: the page. Raises InputError for a set that is not there.
    """
    for name in SETS:
        if not (real / name).is_dir():
            raise InputError(f"{real / name}: there is no such folder; make label REAL=the folder of {', '.join(SETS)}")
    effects: dict[str, Effect] = {}
    for part, measure in parts(costs, fit, real, work).items():
        effects[part] = measure()
        sys.stdout.write(f"label: {part}: {effects[part].what}: {effects[part].measured:g}\n")
        sys.stdout.flush()
        write_effects(out, effects)
        write_text(site, page(effects, costs.currency))


if __name__ == "__main__":
    run_stage(main)

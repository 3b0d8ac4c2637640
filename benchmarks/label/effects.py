"""`make label`: what the label room saves on labelled photos, as reports/label.json and a page.

Labels are hidden, and looked at when a simulated person gives them. What is trained and predicted is kept in the folder
of work and made again only for other photos, labels or settings. `measured.py` does the same on the measured sets.
"""

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.label import audit, pick, prelabel, pseudo, route
from benchmarks.label.judges import JudgePlan, folds
from benchmarks.label.photo_sets import LabelledSet, set_of
from label.record import Effect, write_effects
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.pages import rendered
from pipeline.stage import run_stage
from train.settings import Fit

TEMPLATE = Path(__file__).with_name("effects.html.j2")
LEAST, MOST = 20, 300  # photos with a labelled object; photos that are measured on, of more so many by chance
Parts = Mapping[str, Callable[[], Effect]]
WORDS = {
    "pick": "Which photos to label next: those that a strategy names, or some by chance?",
    "prelabel": "A network proposes masks, and people confirm, correct or draw them, in place of drawing all.",
    "pseudo": "A network labels photos by itself, and trains on what it is sure of.",
    "audit": "Wrong labels are searched for: errors were planted, and suspects stand first.",
    "consensus": "Several people's labels become one set, in which no one's habit counts twice.",
    "route": "People say yes or no to what a network found, draw the rest, and after enough checks take part unseen.",
    "video": "A few frames of a clip are labelled, and their labels are carried to all others.",
    "weak": "Rules label photos that nobody drew.",
}


def parts(one: LabelledSet, plan: JudgePlan, costs: Costs, fit: Fit) -> Parts:
    """Return what measures each part on any set, in the order in which a round of labelling goes."""
    found = f"networks {plan.words} found in {len(one.samples)} photos of {one.name}"
    return {
        "pick": lambda: pick.measure(one, pick.plan_for(one.samples), costs, fit),
        "prelabel": lambda: prelabel.measure(one, plan, costs),
        "pseudo": lambda: pseudo.measure(one, pseudo.plan_for(one.samples), costs),
        "audit": lambda: audit.measure(one, plan, costs),
        "route": lambda: route.measure(route.by_networks(one, plan), found, costs),
    }


def verdict(effect: Effect, currency: str) -> str:
    """Return in words what a part saves, no more than its interval claims."""
    if effect.minutes is None or effect.money is None:
        return "No time of people is counted for it."
    if effect.minutes_ci95 is None or effect.money_ci95 is None:
        return f"About {effect.minutes:.0f} minutes, {effect.money:.2f} {currency}; no interval was measured."
    low, high = effect.minutes_ci95
    if low <= 0 <= high:
        return f"No saving shown on these photos: {effect.minutes:.1f} minutes, and {low:.1f} to {high:.1f} holds 0."
    if high < 0:
        return f"It costs {-effect.minutes:.1f} minutes here ({-high:.1f} to {-low:.1f}): do without it on such photos."
    least, most = effect.money_ci95
    return (
        f"Saves {effect.minutes:.1f} minutes ({low:.1f} to {high:.1f}), "
        f"{effect.money:.2f} {currency} ({least:.2f} to {most:.2f})."
    )


def page(effects: Mapping[str, Effect], currency: str, about: str) -> str:
    """Return the effects as a page that needs no other file. about: the photos, in words."""
    told = functools.partial(verdict, currency=currency)
    return rendered(TEMPLATE, effects=effects, about=about, words=WORDS, verdict=told)


def write(measured: Parts, about: str, costs: Costs, out: Path, site: Path) -> None:
    """Write label.json and its page anew after every part, so that a run that is cut short leaves what it measured."""
    effects: dict[str, Effect] = {}
    for part, measure in measured.items():
        effects[part] = measure()
        sys.stdout.write(f"label: {part}: {verdict(effects[part], costs.currency)}\n")
        sys.stdout.flush()
        write_effects(out, effects)
        write_text(site, page(effects, costs.currency, about))
    sys.stdout.write(f"The page is {site}\n")


def main(costs: Costs, fit: Fit, photos: Path, name: str, work: Path, out: Path, site: Path) -> None:
    """Write what each part saves on a set. photos: its manifest. name: of the set. site: the page."""
    one = set_of(name, photos, work, MOST)
    labelled = sum(bool(sample.instances) for sample in one.samples)
    if labelled < LEAST:
        raise InputError(
            f"{photos}: {labelled} photos have a labelled object, wanted {LEAST} or more, since some labels are "
            "hidden; label more, or try it on the embedded photos: make label SETUP=boards"
        )
    about = f"{len(one.samples)} photos of {name} with {one.objects} labelled objects"
    write(parts(one, folds(one.samples), costs, fit), about, costs, out, site)


if __name__ == "__main__":
    run_stage(main)

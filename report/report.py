"""Stage `report`: write the one page with the answer."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pydantic import TypeAdapter

from dataset.idmap import read_image
from dataset.overlay import STRIPES, colour_of
from dataset.records import Sample, read_manifest
from measure.pick import PickedRun, read_picked_run
from measure.worth.backtests import Backtests, advice_words, held_words, read_backtests
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.pages import allowed, rendered
from pipeline.reading import read_typed
from pipeline.stage import run_stage
from report.charts import scripts
from report.failures import causes
from report.ignored import share_ignored, words
from report.leaks import leak_parts
from report.nearest import compare, features
from report.numbers import numbers
from report.provenance import of_assets, of_seeds, of_settings, of_sources, of_versions, refused
from report.record import TransferRecord, read_transfer
from report.sheets import (
    Picture,
    labelled,
    mistakes,
    read_evaluated,
    seen,
    spread,
    typical_of,
    unsure_of,
    worst_of,
)
from train.run import SETTINGS, read_run_settings

PAGE = Path(__file__).with_name("page")
CAUSES = TypeAdapter(dict[str, list[str]])  # of refusals -> the scenes
SEEN = 3  # val photos beside the curve of the ratios
COMPARED = 600  # renders of which the nearest photo is looked for, evenly spaced over all


@dataclasses.dataclass(frozen=True)
class Report:
    """Section `report` of params.yaml."""

    renders: int  # renders on the page, each beside the real photo nearest to it
    worst: int  # val photos on the sheet of mistakes, and on that of doubts

    def __post_init__(self) -> None:
        """Raise ValueError for a number of pictures below 0."""
        for name in ("renders", "worst"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 0 or more")


def pairs(
    renders: Sequence[Sample],
    home: Path,
    photos: Sequence[Sample],
    folder: Path,
    wanted: int,
    categories: Sequence[str],
) -> tuple[list[tuple[Picture, Picture]], str]:
    """Return renders beside the real photos nearest to them, and in one sentence how near renders are to photos.

    home, folder: of the manifests of renders and photos. Nothing where there are no renders or no photos.
    """
    some = spread(renders, COMPARED)
    if not some or not photos or not wanted:
        return [], ""
    made, real = (
        [features(read_image(root / one.image)) for one in part] for root, part in ((home, some), (folder, photos))
    )
    found = compare(made, real)
    shown = [
        (
            labelled(home, some[at], categories, f"render {some[at].id}"),
            labelled(folder, photos[found.nearest[at]], categories, f"photo {photos[found.nearest[at]].id}"),
        )
        for at in spread(range(len(some)), wanted)
    ]
    return shown, "" if found.ratio is None else how_near(found.ratio)


def how_near(ratio: float) -> str:
    """Return in words how far renders lie from photos, as against photos from one another."""
    return (
        f"By this measure a render is typically {ratio:.1f} times as far from its nearest photo as photos are from the "
        "next one: about 1 means that renders look no more foreign than another photo."
    )


def photo_parts(settings: Report, trial: Path, val: Path, categories: Sequence[str]) -> dict[str, Any]:
    """Return the sheets of val photos: causes of failure, worst and least sure; raise InputError where one is gone."""
    path, samples = trial / "val.json", {sample.id: sample for sample in read_manifest(val)}
    photos = read_evaluated(path)
    for photo in photos:
        if photo.id not in samples:
            raise InputError(f"{val}: has no photo {photo.id}, which {path} scores: run 'make repro'")
    worst = worst_of(photos, settings.worst)
    unsure = [photo for photo in unsure_of(photos, settings.worst) if photo not in worst]
    known = [samples[photo.id] for photo in photos]
    return {
        "seen": seen(trial, val.parent, typical_of(photos, SEEN if settings.worst else 0), samples, categories),
        "causes": causes(trial, val.parent, known, categories) if settings.worst else [],
        "worst": mistakes(trial, val.parent, worst, samples, categories),
        "unsure": mistakes(trial, val.parent, unsure, samples, categories),
        "ignored": words({
            f"{split} photos": share_ignored(val.with_name(f"{split}.jsonl")) for split in ("val", "test")
        }),
    }


def legend(
    categories: Sequence[str], photos: Mapping[str, Any], shown: Sequence[tuple[Picture, Picture]]
) -> list[tuple[str, str]]:
    """Return the name and the background of each colour in the pictures, also of what is ignored if one shows it.

    photos: as of `photo_parts`. shown: renders beside photos.
    """
    rows = [*photos["seen"], *photos["worst"], *photos["unsure"]]
    pictures = [*(one for row in rows for one in row.pictures), *(one for pair in shown for one in pair)]
    pictures += [cause.example for cause in photos["causes"]]
    names = [(name, colour_of(number)) for number, name in enumerate(categories, 1)]
    return [*names, *([("ignored", STRIPES)] if any(one.ignoring for one in pictures) else [])]


def origin_parts(
    found: TransferRecord,
    pick: PickedRun,
    settings: Mapping[str, Any],
    parts: dict[str, list[Sample]],
    scenes: dict[str, list[str]],
) -> dict[str, Any]:
    """Return where the numbers come from. parts: samples by the name of their part; scenes: refused.json."""
    picked = f"The picked run: {pick['name']}, seed {pick['seed']}."
    sentences = [picked, of_seeds(found.runs), refused(scenes)]
    folded = [of_assets(parts["renders"]), of_settings(settings), of_versions()]
    return {
        "sources": of_sources(parts),
        "origin": [sentence for sentence in sentences if sentence],
        "folded": [table for table in folded if table],
    }


def tried(found: Backtests) -> dict[str, str]:
    """Return how often forecasts held in backtests, beside worth and advice."""
    return {"worth_held": held_words(found, ["worth"]), "advice_held": of_advised(found)}


def of_advised(found: Backtests) -> str:
    """Return how often expected scores held, and the advised step was a good one; the empty text if none was tried."""
    scores = held_words(found, ["real labels", "labels with renders"])
    return " ".join(text for text in (scores, advice_words(found)) if text)


def contents(parts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return id and words of every section that the page has."""
    every = (
        ("ratio", "ratios", "Ratio"),
        ("worth", "curves", "Worth"),
        ("money", "money", "Money"),
        ("advice", "advice", "What next"),
        ("failures", "causes", "Failures"),
        ("worst", "worst", "Worst photos"),
        ("unsure", "unsure", "Least sure"),
        ("renders", "pairs", "Renders"),
        ("scores", "details", "Scores"),
        ("stability", "stability", "Trust"),
        ("attribution", "attribution", "Which help"),
        ("leaks", "leaks", "Leaks"),
        ("origin", "sources", "Origin"),
    )
    return [(name, words) for name, key, words in every if parts[key]]


def page(parts: dict[str, Any]) -> str:
    """Return the page; every text in it is escaped, the charts' library and our own style and script are trusted."""
    style = Markup((PAGE / "style.css").read_text(encoding="utf-8"))
    code = scripts()
    own = {"style": style, "scripts": code, "policy": Markup(" ".join(map(allowed, code))), "contents": contents(parts)}
    return rendered(PAGE / "page.html.j2", **parts, **own)


def main(
    settings: Report,
    transfer: Path,
    pick: Path,
    trial: Path,
    renders: Path,
    split: Path,
    leaks: Path,
    backtests: Path,
    out: Path,
) -> None:
    """Write the page, whole in one file. trial: the folder of the picked run. backtests: those that were recorded."""
    found, picked, run = read_transfer(transfer), read_picked_run(pick), read_run_settings(trial / SETTINGS)
    made, photos = read_manifest(renders / "samples.jsonl"), read_manifest(split / "train.jsonl")
    shown, nearness = pairs(made, renders, photos, split, settings.renders, run["categories"])
    parts = {"train photos": photos, "val photos": read_manifest(split / "val.jsonl"), "renders": made}
    sheets = photo_parts(settings, trial, split / "val.jsonl", run["categories"])
    text = page(
        numbers(found)
        | sheets
        | origin_parts(
            found,
            picked,
            run,
            parts,
            read_typed(renders / "refused.json", CAUSES, "the causes of refusals", "run stage shoot again"),
        )
        | {"pairs": shown, "nearness": nearness, "legend": legend(run["categories"], sheets, shown)}
        | leak_parts(leaks)
        | tried(read_backtests(backtests))
    )
    write_text(out, text)


if __name__ == "__main__":
    run_stage(main)

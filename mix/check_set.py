"""`admix ingest --check`: every defect of a set of labelled photos at once, as text and as a page with pictures."""

import contextlib
import dataclasses
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from dataset.formats.listed import BROKEN_LABEL, Defect, Defects, ListedPhoto
from dataset.idmap import categories_map, ignores
from dataset.known_formats import read_set
from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.upright import Lie, ways_to_take, words_on
from mix.ingest import ARCHIVE, verdicts_in, with_labels, words_on_hidden
from mix.labelled import Ingest, Labelled, labelled, stored_photo
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.pages import rendered
from pipeline.progress import track
from pipeline.unpack import unpacked

TEMPLATE = Path(__file__).with_name("check_set.html.j2")
FIRST = 5  # defects of a kind that are told in full
SHOWN = 12  # photos with their labels on the page


@dataclasses.dataclass
class SetReport:
    """What was found in a set."""

    real: Path
    categories: tuple[str, ...]
    assumed: tuple[str, ...]
    photos: int = 0  # that can be taken
    objects: Counter[str] = dataclasses.field(default_factory=Counter)  # by category
    empty: int = 0  # photos on which nothing is labelled
    ignored: int = 0  # photos with a region to ignore
    hidden: Counter[str] = dataclasses.field(default_factory=Counter)  # objects of which no pixel is seen, by category
    kinds: dict[str, list[Defect]] = dataclasses.field(default_factory=dict)
    samples: list[SetPicture] = dataclasses.field(default_factory=list)

    @property
    def count(self) -> int:
        """Return the number of defects."""
        return sum(map(len, self.kinds.values()))


def check_set(settings: Ingest, root: Path, real: Path) -> SetReport:
    """Return what `mix.ingest` would find in a set; nothing is written. Errors as of `read_set`.

    root: the folder of the photos. real: what the user named, which is `root`, or the archive that it came from.
    """
    defects = Defects()
    found = read_set(root, defects, settings.format)
    settings.check(found.categories)
    verdicts = verdicts_in(root, settings)
    report = SetReport(real, settings.names(found.categories), found.assumed)
    photos = sorted(with_labels(found.photos, settings, defects), key=lambda photo: photo.id)
    chosen = {photos[k].file for k in np.linspace(0, len(photos) - 1, min(SHOWN, len(photos))).round().astype(int)}
    lies, doubtful = list[Lie](), list[ListedPhoto]()
    for photo in track(photos, len(photos), "check", "photos"):
        with defects.gathering(BROKEN_LABEL, photo.file):
            shown = labelled(photo, settings, verdicts)
            lies += [shown.lie] if shown.lie else []
            if shown.lie and not shown.lie.sure:
                doubtful.append(photo)
            else:
                add(report, photo, shown, photo.file in chosen)
    ways = ways_to_take(lies, defects)
    for photo in doubtful:
        add(report, photo, labelled(photo, settings, verdicts, ways.get(photo.file)), photo.file in chosen)
    taken = [dataclasses.replace(lie, way=ways.get(lie.file, lie.way)) for lie in lies]
    report.assumed += (*words_on(taken), *words_on_hidden(report.hidden.elements()))
    kinds = defaultdict(list)
    for defect in defects.found:
        text = defect.text.replace(str(root), str(real))
        kinds[defect.kind].append(dataclasses.replace(defect, text=text))
    report.kinds = dict(sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])))
    return report


def add(report: SetReport, photo: ListedPhoto, found: Labelled, is_shown: bool) -> None:
    """Count one photo, and keep its picture if it is to be shown."""
    report.photos += 1
    report.objects.update(item.category for item in found.instances)
    report.hidden.update(found.hidden)
    report.empty += not found.instances
    report.ignored += ignores(found.ids)
    if is_shown:
        names = Counter(item.category for item in found.instances)
        caption = ", ".join(f"{count} {name}" for name, count in sorted(names.items())) or "nothing labelled"
        kinds = categories_map(found.ids, found.instances, report.categories)
        report.samples.append(set_picture(overlay(found.image, kinds, found.ids), f"{photo.file.name}: {caption}"))


def lines_of(report: SetReport) -> Iterator[str]:
    """Yield the report as lines of text."""
    objects = ", ".join(f"{name} {report.objects[name]}" for name in report.categories)
    yield f"{report.real}: {', '.join(report.assumed)}"
    yield f"photos: {report.photos}, of which {report.empty} show nothing that is labelled"
    yield f"objects: {objects}"
    if report.ignored:
        yield f"regions to ignore: on {report.ignored} photos"
    if not report.count:
        yield "defects: none"
    for kind, defects in report.kinds.items():
        yield f"{kind}: {len(defects)}"
        yield from (f"  {defect.text}" for defect in defects[:FIRST])
        if len(defects) > FIRST:
            yield f"  ... and {len(defects) - FIRST} more"


def page(report: SetReport) -> str:
    """Return the report as a page that needs no other file; every text is escaped."""
    kinds = [(kind, len(found), list(told(found[:FIRST]))) for kind, found in report.kinds.items()]
    return rendered(TEMPLATE, report=report, kinds=kinds, first=FIRST)


def told(defects: Iterable[Defect]) -> Iterator[tuple[str, SetPicture | None]]:
    """Yield the text of each defect, and its photo where that can be read."""
    for defect in defects:
        shown = None
        with contextlib.suppress(InputError):  # which is the defect itself
            shown = set_picture(stored_photo(defect.photo)[1].pixels, defect.photo.name) if defect.photo else None
        yield defect.text, shown


def main(settings: Ingest, real: Path, out: Path | None) -> None:
    """Print the report, and write the page unless None; exit with code 2 if the set has a defect."""
    with unpacked(real, ARCHIVE) as root:
        report = check_set(settings, root, real)
        sys.stdout.write("\n".join(lines_of(report)) + "\n")
        if out:
            write_text(out, page(report))
            sys.stdout.write(f"the page is {out}\n")
    if report.count:
        sys.exit(2)

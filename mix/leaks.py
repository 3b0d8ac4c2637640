"""Stage `leaks`: look for photos of val and test that show the same as a photo to train on, and stop at the first."""

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from dataset.folds import Folds, read_folds
from dataset.guards import more_val_in
from dataset.idmap import read_image
from dataset.leaks import Leak, LeakedPhoto, LeaksRecord, Planted, write_leaks
from dataset.page_pictures import SetPicture, set_picture
from dataset.records import REAL, each_sample
from mix.copies.library import PhotoFile, PhotoLibrary, library_of
from mix.copies.plants import PLANTS
from mix.extra_sources import extra_sources
from pipeline.errors import InputError
from pipeline.files import way_to, write_text
from pipeline.pages import rendered
from pipeline.progress import track
from pipeline.seeds import rng_for
from pipeline.stage import run_stage

TEMPLATE = Path(__file__).with_name("leaks.html.j2")
MOST_PAIRS = 24  # on the page


@dataclasses.dataclass(frozen=True)
class Leaks:
    """Section `leaks` of params.yaml."""

    seed: int
    stop: bool  # at a leak; else it is told, and stands on the page
    agreement: float  # share of what two photos have in common that must agree, 0..1
    candidates: int  # photos to train on that each photo is compared with
    most_photos: int  # to train on; of more, copies are found by their hashes alone: no crops and no turns
    planted: int  # photos of which copies are planted, to see that they are found

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that no search can have."""
        if not 0 < self.agreement <= 1:
            raise ValueError(f"agreement is {self.agreement}, wanted above 0 and at most 1")
        for name, least in (("candidates", 1), ("most_photos", 0), ("planted", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted at least {least}")


def photos_of(part: str, manifest: Path) -> list[PhotoFile]:
    """Return the real photos of a manifest, which may be a source of renders."""
    samples = (sample for sample in each_sample(manifest) if sample.domain == REAL)
    return [PhotoFile(part, sample.id, manifest.parent / sample.image, sample.group or sample.id) for sample in samples]


def search(
    photos: Sequence[PhotoFile], library: PhotoLibrary, settings: Leaks, home: Path, folds: Folds = ()
) -> list[Leak]:
    """Return the photos that are in the library, each with the photo that it agrees with most.

    home: the folder from which the images are named. folds: a val photo is not held against those of its own fold,
    which no network that scores it was trained on.
    """
    found, beside = [], beside_in_fold(library, folds)
    for photo in track(photos, len(photos), "look for leaks", "photos"):
        own = beside.get(photo.id, ()) if photo.part == "val" else ()
        copy = library.copy_of(read_image(photo.path), settings.candidates + len(own), settings.agreement, own)
        if copy:
            trained = leaked(library.photos[copy.at], home)
            found.append(Leak(leaked(photo, home), trained, copy.mirrored, round(copy.agreement, 4)))
    return found


def beside_in_fold(library: PhotoLibrary, folds: Folds) -> dict[str, list[int]]:
    """Return the id of a labelled photo -> places of the photos of its fold in the library, its own too."""
    places = {photo.id: at for at, photo in enumerate(library.photos) if photo.part == "train"}
    return {name: [places[other] for other in fold if other in places] for fold in folds for name in fold}


def leaked(photo: PhotoFile, home: Path) -> LeakedPhoto:
    """Return a photo as leaks.json names it."""
    return LeakedPhoto(photo.part, photo.id, way_to(photo.path, home))


def tried(library: PhotoLibrary, settings: Leaks) -> Planted:
    """Return how the search fares on copies of some photos of the library, drawn by the seed.

    A copy is found when the search names its photo, or one of the same group. A photo itself is looked for among the
    photos of other groups: what is found there is a false alarm, or a true copy that the groups do not know.
    """
    drawn = rng_for(settings.seed, "leaks", "planted").permutation(len(library.photos))[: settings.planted]
    groups, hits, alarms = groups_in(library), defaultdict[str, list[bool]](list), list[bool]()
    for at in track(sorted(drawn.tolist()), len(drawn), "look for planted copies", "photos"):
        photo = library.photos[at]
        image, own = read_image(photo.path), groups[photo.group]
        for kind, plant in PLANTS.items():
            rng = rng_for(settings.seed, "leaks", kind, photo.id)
            copy = library.copy_of(plant(image, rng), settings.candidates, settings.agreement)
            hits[kind].append(copy is not None and copy.at in own)
        alarms.append(library.copy_of(image, settings.candidates, settings.agreement, own) is not None)
    every = [hit for kind in hits.values() for hit in kind]
    return Planted(share(every), share(alarms), {kind: share(found) for kind, found in hits.items()}, len(drawn))


def groups_in(library: PhotoLibrary) -> dict[str, list[int]]:
    """Return group -> places of its photos."""
    groups = defaultdict(list)
    for at, photo in enumerate(library.photos):
        groups[photo.group].append(at)
    return groups


def share(those: Sequence[bool]) -> float:
    """Return the share that is true, to four places."""
    return round(sum(those) / len(those), 4)


def in_words(hits: Sequence[Leak], out: Path) -> str:
    """Return in one line what was found first, how much more, and what to do."""
    first = hits[0]
    more = f", and {len(hits) - 1} more such pair{'s' * (len(hits) > 2)}" if len(hits) > 1 else ""
    return (
        f"{first.measured.part}: the photo {first.measured.id} shows the same as {first.trained.id} of "
        f"{first.trained.part}{' in a mirror' * first.mirrored}{more}, so a score would not measure what is new; {out} "
        "shows them: set split.near_duplicates or split.look_alikes, or give the photos of a pair one value of a tag "
        "that split.keep_together names, or take one out; leaks.stop: false in params.yaml goes on all the same"
    )


def page(found: LeaksRecord, home: Path) -> str:
    """Return the page of the first `MOST_PAIRS` pairs. home: the folder that their images are named from."""
    pairs = [[pictured(photo, home) for photo in (hit.measured, hit.trained)] for hit in found.hits[:MOST_PAIRS]]
    count = len(found.hits)
    said = f"{count} photo{'s show' if count != 1 else ' shows'} the same as a photo to train on"
    return rendered(TEMPLATE, words=said if count else "No leak was found", count=count, pairs=pairs)


def pictured(photo: LeakedPhoto, home: Path) -> SetPicture:
    """Return a photo of a pair as the page shows it."""
    return set_picture(read_image(home / photo.image), f"{photo.part}: {photo.id}")


def main(
    settings: Leaks,
    train: Path,
    val: Path,
    test: Path,
    more_val: Path,
    more: Path,
    out: Path,
    report: Path,
    folds: Path | None = None,
) -> None:
    """Write leaks.json for the stages after this one, the same to `report`, and a page beside that.

    train, val, test: manifests. more_val: a folder of the manifests of further validation sets. more: the folder of
    further sources, whose real photos are trained on. folds: file of the folds of the real photos, if there may be any.
    Raises InputError at a leak, unless the settings say to go on.
    """
    sources = {"train": train} | extra_sources(more)
    library = library_of([p for part, path in sources.items() for p in photos_of(part, path)], settings.most_photos)
    manifests = {"val": val, "test": test} | more_val_in(more_val)
    measured = {part: photos_of(part, path) for part, path in manifests.items()}
    home, parts = out.parent, read_folds(folds) if folds else ()
    hits = search([photo for photos in measured.values() for photo in photos], library, settings, home, parts)
    searched = {"train": len(library.photos)} | {part: len(photos) for part, photos in measured.items()}
    found = LeaksRecord(tried(library, settings), tuple(hits), searched)
    for path in (report, out):
        write_leaks(path, found, home)
    seen = report.with_suffix(".html")
    write_text(seen, page(found, home))
    if hits and settings.stop:
        raise InputError(in_words(hits, seen))
    sys.stderr.write(f"leaks: {in_words(hits, seen) if hits else 'none'}\n")


if __name__ == "__main__":
    run_stage(main)

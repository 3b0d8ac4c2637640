"""Command `label weak`: labels by rules, and no hand, as a further source of the mix.

``admix label weak --photos PHOTOS --category 'qr code' --out sources/SETUP/weak`` lets labelling functions vote on
every photo: those that come with the project for QR codes (section `weak` of params.yaml names the set), those of a
Python file of your own (--functions; the file is run, with all your rights), and what a network found (--predictions).
It writes:

samples.jsonl    with images/ and ids/: the photos of which any function spoke and the votes see an object
weak.json        each function's share of photos, hits, precision and weight, as the votes themselves tell them
index.html       the page

A function of your own is ``def label_NAME(image)`` with an image (H, W, 3) uint8 RGB; it returns a mask (H, W), or
None.
"""

import dataclasses
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dataset.formats.listed import NO_LICENCE, PHOTO_SUFFIXES
from dataset.idmap import instances_in, png_bytes, write_ids
from dataset.overlay import overlay
from dataset.page_pictures import SetPicture, set_picture
from dataset.pictures import upright
from dataset.predictions import Prediction, each_prediction, mask_at
from dataset.records import REAL, Sample, write_manifest
from label.voting.skeene import ABSTAIN
from label.weakly.combine import (
    MOST_FUNCTIONS,
    FunctionFound,
    LabelModel,
    VoteTally,
    believed_in,
    functions_found,
    learned_from,
    tallied,
)
from label.weakly.functions import SETS, Function, Image, Vote, functions_in, vote_of
from pipeline.errors import InputError
from pipeline.files import whole_folder, write_bytes, write_json, write_text
from pipeline.pages import rendered
from pipeline.progress import track
from pipeline.reading import read_bytes
from pipeline.settings import suggestion
from pipeline.stage import run_stage

KIND = "weak labels"
TEMPLATE = Path(__file__).parent / "weakly" / "weak.html.j2"
NETWORK = "network"


@dataclasses.dataclass(frozen=True)
class Weak:
    """Section `weak` of params.yaml."""

    functions: str  # a key of label.weakly.functions.SETS
    copies: float  # share of agreement from which two functions count as one
    belief: float  # probability from which a pixel is the object
    min_area_px: int  # smaller pieces are background
    licence: str  # of the photos
    pictures: int  # on the page

    def __post_init__(self) -> None:
        """Raise ValueError for a set that is none, or a share that is none."""
        if self.functions not in SETS:
            raise ValueError(f"functions is {self.functions!r}{suggestion(self.functions, SETS)}")
        for name in ("copies", "belief"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted more than 0 and at most 1")


@dataclasses.dataclass(frozen=True)
class Voted:
    """All that was learned of a folder of photos; the votes themselves lie in files meanwhile."""

    names: tuple[str, ...]
    spoke: list[int]  # photos of which each function said anything
    model: LabelModel


def photos_below(folder: Path) -> list[Path]:
    """Return the photos of a folder and those below it, by path; raise InputError for none."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
    if not found:
        raise InputError(f"{folder}: found no photo, wanted one at least; name the folder of the photos")
    for one, other in itertools.pairwise(sorted(found, key=lambda path: path.with_suffix(""))):
        if one.with_suffix("") == other.with_suffix(""):
            raise InputError(f"{other}: has the same name as {one} but for its suffix; rename one")
    return found


def image_of(path: Path) -> Image:
    """Return a photo upright (H, W, 3); raise InputError when it cannot be read."""
    return upright(read_bytes(path), str(path))


def network_vote(found: Prediction | None, size_hw: tuple[int, int], category: str) -> Vote:
    """Return what a network says: yes or no where it was asked, nothing of a photo that it did not see."""
    if found is None:
        return np.full(size_hw, ABSTAIN, np.int8)
    if found.size_hw != size_hw:
        raise InputError(f"{found.file}: was predicted at {found.size_hw}, the photo is {size_hw}; predict it again")
    vote = np.zeros(size_hw, np.int8)
    for number, item in enumerate(found.instances):
        if item.category == category:
            vote[mask_at(found, number)] = 1
    return vote


def functions_of(settings: Weak, own: Path | None) -> dict[str, Function]:
    """Return all functions by name; raise InputError for none, or more than can be counted."""
    found = SETS[settings.functions]() | (functions_in(own) if own else {})
    if len(found) >= MOST_FUNCTIONS:
        raise InputError(f"{own}: {len(found)} functions, wanted {MOST_FUNCTIONS - 1} at most; leave some out")
    return found


def each_vote(
    functions: dict[str, Function], photos: list[Path], folder: Path, known: dict[str, Prediction], category: str
) -> Iterator[NDArray[np.int8]]:
    """Yield the votes (F, H, W) of each photo, in order; the network's come last, if there is one."""
    for path in track(photos, len(photos), "weak", "photos"):
        image = image_of(path)
        votes = [vote_of(name, function, image) for name, function in functions.items()]
        if known:
            seen = known.get(path.relative_to(folder).as_posix())
            votes.append(network_vote(seen, image.shape[:2], category))
        yield np.stack(votes)


def voted(votes: Iterator[NDArray[np.int8]], names: tuple[str, ...], copies: float, keep: Path) -> Voted:
    """Return what was learned; the votes of photo k lie in keep/k.npz for the second time they are needed."""
    tally, spoke = VoteTally(len(names)), np.zeros(len(names), int)
    for number, each in enumerate(votes):
        tallied(tally, each)
        spoke += (each != ABSTAIN).any((1, 2))
        keep.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(keep / f"{number}.npz", votes=each)
    if not spoke.any():
        raise InputError("no function said anything of any photo; write one that does, see docs/labelling.md")
    return Voted(names, spoke.tolist(), learned_from(tally, copies))


def pieces_in(mask: NDArray[np.bool_], least_px: int) -> NDArray[np.uint16]:
    """Return the connected pieces of a mask (H, W) that have so many pixels, numbered from 1."""
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(numbers.ravel(), minlength=count + 1)
    kept = np.flatnonzero((areas >= least_px) & (np.arange(count + 1) > 0))
    table = np.zeros(count + 1, np.uint16)
    table[kept] = np.arange(1, len(kept) + 1)
    return np.asarray(table[numbers], np.uint16)


def sample_of(settings: Weak, name: str, image: Image, ids: NDArray[np.uint16], category: str) -> Sample:
    """Return a sample; its picture and id map are called after the photo."""
    count = int(ids.max(initial=0))
    _, instances = instances_in(ids, [category] * count)
    plain = PurePosixPath(name).with_suffix("").as_posix()
    return Sample(
        plain, REAL, f"images/{plain}.png", f"ids/{plain}.png", image.shape[:2], instances, "weak labels",
        settings.licence or NO_LICENCE, tags={"labels": "weak"},
    )  # fmt: skip


def write_samples(
    settings: Weak, found: Voted, photos: list[Path], folder: Path, category: str, out: tuple[Path, Path]
) -> tuple[list[Sample], list[SetPicture]]:
    """Write the photos in which the votes see an object. out: the source's folder, and that of the votes."""
    samples, shown = list[Sample](), list[SetPicture]()
    for number, path in enumerate(photos):
        with np.load(out[1] / f"{number}.npz") as kept:
            likely = believed_in(found.model, kept["votes"])
        ids = pieces_in(likely >= settings.belief, settings.min_area_px)
        if not ids.any():
            continue
        image = image_of(path)
        sample = sample_of(settings, path.relative_to(folder).as_posix(), image, ids, category)
        write_bytes(out[0] / sample.image, png_bytes(image))
        write_ids(out[0] / sample.ids, ids)
        samples.append(sample)
        if len(shown) < settings.pictures:
            shown.append(set_picture(overlay(image, (ids > 0).astype(np.uint8), ids), sample.id))
    return samples, shown


def main(
    settings: Weak,
    photos: Path,
    category: str,
    out: Path,
    functions: Path | None = None,
    predictions: Path | None = None,
) -> None:
    """Write the source. functions: a Python file of the user's own, which is run."""
    paths, rules = photos_below(photos), functions_of(settings, functions)
    known = {one.file: one for one in each_prediction(predictions)} if predictions else {}
    names = (*rules, *([NETWORK] if known else []))
    if not names:
        raise InputError("weak: no function at all; name a file of --functions, or a set in section weak")
    with whole_folder(out, KIND) as folder:
        keep = folder / ".votes"
        found = voted(each_vote(rules, paths, photos, known, category), names, settings.copies, keep)
        samples, shown = write_samples(settings, found, paths, photos, category, (folder, keep))
        for path in sorted(keep.iterdir()):
            path.unlink()
        keep.rmdir()
        rows: list[FunctionFound] = functions_found(found.model, names, found.spoke, len(paths))
        write_manifest(folder / "samples.jsonl", samples)
        numbers = {"photos": len(paths), "labelled": len(samples), "functions": [dataclasses.asdict(r) for r in rows]}
        write_json(folder / "weak.json", numbers)
        write_text(folder / "index.html", rendered(TEMPLATE, rows=rows, numbers=numbers, shown=shown))
    sys.stderr.write(f"weak: {len(samples)} of {len(paths)} photos labelled by {len(names)} functions in {out}\n")


if __name__ == "__main__":
    run_stage(main)

"""The photos of an audit: samples of a manifest, each with the prediction of a network that was not trained on it."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import read_ids, read_image
from dataset.predictions import Prediction, each_prediction, mask_at
from dataset.records import Sample
from label.suspects.search import AuditPhoto
from label.suspects.views import Reals
from pipeline.errors import InputError
from pipeline.files import inside

FOREGROUND = "foreground"  # the kind of picture that tells how probable an object is
FAINT = 0.02  # probability of an object where no instance was predicted, when no map of it is there


@dataclasses.dataclass(frozen=True)
class JudgedPhotos:
    """A folder of predictions, by photo."""

    folder: Path
    by_file: Mapping[str, Prediction]  # path of the photo as the predictions name it
    by_name: Mapping[str, tuple[Prediction, ...]]  # the file's name alone

    @classmethod
    def of(cls, folder: Path) -> "JudgedPhotos":
        """Return the predictions of a folder; raise InputError as `each_prediction`."""
        by_file = {one.file: one for one in each_prediction(folder)}
        names: dict[str, list[Prediction]] = {}
        for file, one in by_file.items():
            names.setdefault(PurePosixPath(file).name, []).append(one)
        return cls(folder, by_file, {name: tuple(found) for name, found in names.items()})

    def of_sample(self, sample: Sample) -> Prediction | None:
        """Return the prediction of a sample's photo, None when there is none.

        By its path, else by its file's name; raises InputError where several photos have that name, or the prediction
        is of another size.
        """
        name = PurePosixPath(sample.image).name
        named = self.by_name.get(name, ())
        found = self.by_file.get(sample.image) or (named[0] if len(named) == 1 else None)
        if found is None and named:
            raise InputError(
                f"{self.folder}: {len(named)} photos are called {name}, wanted one for the sample {sample.id}; predict "
                "the folder in which the manifest lies"
            )
        if found is not None and found.size_hw != sample.size_hw:
            raise InputError(
                f"{self.folder}: the prediction of {found.file} is {found.size_hw[1]} x {found.size_hw[0]} pixels, the "
                f"sample {sample.id} {sample.size_hw[1]} x {sample.size_hw[0]}; predict that photo again"
            )
        return found


def audit_photo(
    home: Path, sample: Sample, judged: JudgedPhotos, found: Prediction, categories: list[str]
) -> AuditPhoto:
    """Return a sample with its prediction. home: the manifest's folder. categories: names in their order."""
    image, ids = read_image(home / sample.image), read_ids(home / sample.ids)
    if ids.shape != sample.size_hw:
        raise InputError(
            f"{home / sample.ids}: is {ids.shape} pixels (height, width), its manifest says {sample.size_hw}; run the "
            "stage that writes the manifest again"
        )
    return AuditPhoto(sample.id, image, ids, sample.instances, *seen_in(judged.folder, found, categories))


def seen_in(folder: Path, found: Prediction, categories: list[str]) -> tuple[Reals, NDArray[np.uint8]]:
    """Return (H, W) the probability of any category and (H, W) the predicted category, 0 = background.

    Without a map of the foreground an instance has its own score all over, and what is none is `FAINT`.
    """
    seen, inside_ = np.zeros(found.size_hw, np.uint8), np.full(found.size_hw, FAINT, np.float32)
    for number, item in enumerate(found.instances):
        mask = mask_at(found, number)
        inside_[mask] = item.score
        seen[mask] = categories.index(item.category) + 1 if item.category in categories else len(categories) + 1
    drawn = found.pictures.get(FOREGROUND)
    if drawn is None:
        return inside_, seen
    path = inside(folder, drawn, f"{folder}: the record of {found.file}")
    probable = read_ids(path)
    if probable.shape != found.size_hw or probable.max(initial=0) > 255:
        raise InputError(f"{path}: is no map of the foreground of {found.file}; predict that photo again")
    return np.asarray(probable / 255, np.float32), seen


def each_judged(
    samples: list[Sample], home: Path, judged: JudgedPhotos, categories: list[str]
) -> Iterator[tuple[Sample, AuditPhoto]]:
    """Yield every sample that has a prediction with it, one at a time."""
    for sample in samples:
        found = judged.of_sample(sample)
        if found is not None:
            yield sample, audit_photo(home, sample, judged, found, categories)

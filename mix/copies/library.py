"""The photos to train on, and the search for the one that a photo is a copy of."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dataset.idmap import read_image
from dataset.likeness import Hashes, photo_hash
from dataset.likeness import mirrored as mirrored_hash
from dataset.overlay import RGB
from mix.copies.alignment import agreement
from mix.copies.sight import Sight, mirror, sight_of
from mix.copies.words import Words, words_of
from pipeline.progress import track
from pipeline.seeds import rng_for

SEED = 1  # of which descriptors are the words
NEAR_BITS = 8  # in which the hashes of two photos may differ for their pixels to be compared


@dataclasses.dataclass(frozen=True)
class PhotoFile:
    """A photo where it lies."""

    part: str  # train, val, test, or a further source's name
    id: str
    path: Path
    group: str


@dataclasses.dataclass(frozen=True)
class Copy:
    """What a search found."""

    at: int  # which photo of the library
    mirrored: bool
    agreement: float  # share of what the two photos have in common, 0..1


@dataclasses.dataclass(frozen=True)
class PhotoLibrary:
    """Photos that are searched. Without words they are found by their hashes alone."""

    photos: tuple[PhotoFile, ...]
    hashes: Hashes
    sights: tuple[Sight, ...]  # of all photos, or none
    words: Words | None

    def sight(self, at: int) -> Sight:
        """Return what is kept of a photo."""
        return self.sights[at] if self.sights else sight_of(read_image(self.photos[at].path))

    def copy_of(self, image: RGB, candidates: int, least: float, passed: Sequence[int] = ()) -> Copy | None:
        """Return the photo with which an image (H, W, 3) agrees most, None where none reaches `least`.

        candidates: how many photos are compared, beside those of a near hash. passed: photos that are none.
        """
        seen = sight_of(image)
        sights = {False: seen, True: mirror(seen)}
        wanted = [way for way in self.likely(photo_hash(image), sights, candidates) if way[0] not in set(passed)]
        found = [Copy(at, turned, agreement(sights[turned], self.sight(at)).agreement) for at, turned in wanted]
        best = max(found, key=lambda copy: (copy.agreement, -copy.at), default=None)
        return best if best and best.agreement >= least else None

    def likely(self, own: np.uint64, sights: dict[bool, Sight], candidates: int) -> list[tuple[int, bool]]:
        """Return photos to compare with, each as it is or as a mirror image; every one once."""
        found = dict.fromkeys((at, turned) for turned in sights for at in self.near(own, turned))
        if self.words:
            scores = np.stack([self.words.scores(sight) for sight in sights.values()])
            best = np.argsort(-scores, axis=None, kind="stable")[:candidates]
            turned, at = np.unravel_index(best, scores.shape)
            found |= dict.fromkeys(zip(at.tolist(), (turned > 0).tolist(), strict=True))
        return list(found)

    def near(self, own: np.uint64, turned: bool) -> Iterator[int]:
        """Yield the photos whose hash is near a photo's, or near its mirror image's: each is looked at, none sorted."""
        one = np.array([own], np.uint64)
        apart = self.hashes ^ (mirrored_hash(one) if turned else one)
        yield from np.flatnonzero(np.bitwise_count(apart) <= NEAR_BITS).tolist()


def library_of(photos: Sequence[PhotoFile], most: int) -> PhotoLibrary:
    """Return the library of these photos; of more than `most` the hashes alone, since features take memory and time."""
    hashes, sights = np.zeros(len(photos), np.uint64), list[Sight]()
    for at, photo in enumerate(track(photos, len(photos), "look at photos to train on", "photos")):
        image = read_image(photo.path)
        hashes[at] = photo_hash(image)
        if len(photos) <= most:
            sights.append(sight_of(image))
    words = words_of(sights, rng_for(SEED, "leaks", "words")) if sights else None
    return PhotoLibrary(tuple(photos), hashes, tuple(sights), words)

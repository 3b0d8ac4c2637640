"""What a consensus is worth where two of five annotators share a bias, on balloon, and that it harms no other crew.

`python -m benchmarks.label.consensus FOLDER` takes the folder of the measured sets and prints all methods; with the
word rivals, SimpleITK and crowd-kit judge the same masks, where they are installed (in an environment of their own).
"""

import dataclasses
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label.annotators import BIASED, Skill, shapes_by
from benchmarks.label.photo_sets import each_photo, iou
from label.record import Effect
from label.voting.agreeing import CrewAgreement, CrewPhoto, Way, agree, crew_photo, painted
from label.voting.groups import CrewShape, within

EVERY = 3  # 25 of the 74 photos of balloon
NAMES = ("balloon", "lantern")
WAY = Way("offsets", 0.25, 0.9, 0.8)
GOOD, WIDE, TIGHT = Skill(2), Skill(2, 5), Skill(2, -4)
SPAMMER = Skill(3, misses=1.0, invents=1.5)
OTHERS: dict[str, tuple[Skill, ...]] = {
    "five good": (GOOD,) * 5,
    "three good": (GOOD,) * 3,
    "two good": (GOOD,) * 2,
    "one wide": (GOOD, GOOD, WIDE),
    "one tight": (GOOD, GOOD, TIGHT),
    "wide and tight": (GOOD, GOOD, GOOD, WIDE, TIGHT),
    "most wide": (GOOD, WIDE, WIDE),
    "uneven": (Skill(2, 0, 4), Skill(2, 0, 4), Skill(2, 0, 4)),
    "uneven and wide": (GOOD, Skill(2, 5, 3), Skill(2, 5, 3), GOOD, GOOD),
    "rough": (Skill(6),) * 5,
    "one rough": (GOOD, GOOD, Skill(8)),
    "one spammer": (GOOD, GOOD, GOOD, SPAMMER),
    "two spammers": (GOOD, GOOD, GOOD, SPAMMER, SPAMMER),
    "missers": (Skill(2, misses=0.3),) * 5,
    "three missers": (Skill(2, misses=0.3),) * 3,
    "one misses half": (GOOD, GOOD, Skill(2, misses=0.5)),
    "inventors": (Skill(2, invents=0.3),) * 5,
    "swapped by one": (GOOD, GOOD, Skill(2, misnames=0.5)),
    "swapped by all": (Skill(2, misnames=0.25),) * 5,
    "few experts": (GOOD, GOOD, *(Skill(4, 3, misses=0.2, invents=0.2, misnames=0.4),) * 3),
}


@dataclasses.dataclass(frozen=True)
class CrewDrawn:
    """What a simulated crew drew in one photo."""

    name: str
    truth: NDArray[np.bool_]  # (H, W)
    shapes: dict[int, list[CrewShape]]

    def mask(self, annotator: int) -> NDArray[np.bool_]:
        """Return all that an annotator drew (H, W)."""
        height, width = self.truth.shape
        whole = np.zeros(self.truth.shape, bool)
        for shape in self.shapes[annotator]:
            whole |= within(shape, (0, 0, width, height))
        return whole


def drawn_by_crew(
    real: Path, crew: Sequence[Skill], names: tuple[str, ...] = NAMES[:1], draw: int = 0
) -> list[CrewDrawn]:
    """Return the photos of balloon as a crew draws them."""
    photos = list(each_photo(real / "balloon"))[::EVERY]
    return [
        CrewDrawn(
            name, mask, {at: shapes_by(skill, at, f"{name} {draw}", mask, names) for at, skill in enumerate(crew)}
        )
        for name, _, mask in photos
    ]


def agreed_on(photos: Sequence[CrewDrawn], voters: int, way: Way = WAY) -> tuple[list[CrewPhoto], CrewAgreement]:
    """Return the photos as the command sees them, and what it makes of them."""
    seen = [crew_photo(one.name, one.truth.shape, one.shapes, way.match_iou) for one in photos]
    return seen, agree(seen, NAMES, voters, None, way)


def ious_of(photos: Sequence[CrewDrawn], voters: int, way: Way = WAY) -> list[float]:
    """Return the IoU of each photo's consensus with the truth."""
    seen, found = agreed_on(photos, voters, way)
    masks = [painted(objects, photo.size_hw)[0] > 0 for photo, objects in zip(seen, found.objects, strict=True)]
    return [iou(mask, one.truth) for mask, one in zip(masks, photos, strict=True)]


def majorities(photos: Sequence[CrewDrawn], voters: int) -> list[float]:
    """Return the IoU of each photo's plain majority of pixels with the truth."""
    masks = (np.mean([one.mask(at) for at in range(voters)], axis=0) > 0.5 for one in photos)
    return [iou(mask, one.truth) for mask, one in zip(masks, photos, strict=True)]


def rivals(photos: Sequence[CrewDrawn], voters: int) -> dict[str, list[float]]:
    """Return the IoU of each photo by SimpleITK's STAPLE and crowd-kit's EM; both are no dependency of ours."""
    import pandas as pd
    import SimpleITK
    from crowdkit.aggregation import SegmentationEM

    found: dict[str, list[float]] = {"SimpleITK STAPLE": [], "crowd-kit EM": []}
    for one in photos:
        masks = [one.mask(at) for at in range(voters)]
        images = [SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in masks]
        staple = SimpleITK.GetArrayFromImage(SimpleITK.STAPLE(images, 1.0)) > 0.5
        found["SimpleITK STAPLE"].append(iou(staple, one.truth))
        rows = pd.DataFrame({"task": 0, "worker": range(voters), "segmentation": masks})
        found["crowd-kit EM"].append(iou(SegmentationEM().fit_predict(rows)[0], one.truth))
    return found


def measure(real: Path) -> Effect:
    """Return the effect for label.json. real: the folder of the measured sets."""
    draws = [drawn_by_crew(real, BIASED, draw=draw) for draw in range(3)]
    ours = np.array([ious_of(photos, len(BIASED)) for photos in draws])
    theirs = np.array([majorities(photos, len(BIASED)) for photos in draws])
    spread = 1.96 * ours.mean(0).std(ddof=1) / np.sqrt(ours.shape[1])
    middle = float(ours.mean())
    return Effect(
        what="mean IoU of the consensus where two of five annotators draw 6 and 8 px outside",
        measured=round(middle, 4),
        beside_what="majority of pixels",
        beside=round(float(theirs.mean()), 4),
        ci95=(round(middle - spread, 4), round(middle + spread, 4)),
        minutes=None,
        money=None,
        how=f"{len(draws)} draws of simulated annotators on {ours.shape[1]} photos of balloon",
    )


def main(words: list[str]) -> None:
    """Print all methods on the biased crew, and the difference to the majority on all others."""
    real = Path(words[0])
    photos = drawn_by_crew(real, BIASED)
    begun = time.process_time()
    _, found = agreed_on(photos, len(BIASED))
    seconds = (time.process_time() - begun) / len(photos)
    sys.stdout.write(f"offsets {found.offsets.round(2)} px, {seconds:.3f} s a photo\n")
    table = {"majority of pixels": majorities(photos, len(BIASED))}
    for method in ("offsets", "median", "majority", "staple"):
        table[method] = ious_of(photos, len(BIASED), dataclasses.replace(WAY, method=method))
    if words[1:] == ["rivals"]:
        table |= rivals(photos, len(BIASED))
    for method, ious in table.items():
        sys.stdout.write(f"{method}: mean {np.mean(ious):.4f}, worst {min(ious):.3f}\n")
    for name, crew in OTHERS.items() if words[1:] != ["rivals"] else ():
        drawn = drawn_by_crew(real, crew, NAMES)
        ours, theirs = np.mean(ious_of(drawn, len(crew))), np.mean(majorities(drawn, len(crew)))
        sys.stdout.write(f"{name}: {ours:.4f}, majority {theirs:.4f}, {ours - theirs:+.4f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Photos of val and test beside the photos to train on that show the same, and what the search for them is worth."""

from pathlib import Path
from typing import Any

from dataset.idmap import read_image
from dataset.leaks import LeakedPhoto, LeaksRecord, read_leaks
from dataset.overlay import small
from report.sheets import SHEET_PX, Picture, picture, spread

MOST_PAIRS = 24  # on the page, evenly spaced over all


def leak_parts(path: Path) -> dict[str, Any]:
    """Return the pairs of leaks.json as pictures, and what was looked for in words."""
    found = read_leaks(path)
    shown = [
        (leaked(path.parent, hit.measured), leaked(path.parent, hit.trained)) for hit in spread(found.hits, MOST_PAIRS)
    ]
    return {"leaks": shown, "leak_words": leak_words(found)}


def leaked(folder: Path, photo: LeakedPhoto) -> Picture:
    """Return a photo of a pair, as it is. folder: of leaks.json."""
    name = f"{photo.part} photo {photo.id}"
    return picture(small(read_image(folder / photo.image), SHEET_PX), f"{name}, one of a pair", name)


def leak_words(found: LeaksRecord) -> str:
    """Return in two sentences what the search for leaks found, and how well it searches."""
    counts, hits = found.searched, len(found.hits)
    if hits:
        said = f"{hits} photo{'s' * (hits > 1)} of val and test show{'s' * (hits == 1)} the same as a photo to train on"
    else:
        said = (
            f"No near-duplicates found between the {counts['train']} photos to train on and the {counts['val']} of val"
        )
        said = f"{said} and {counts['test']} of test"
    kinds = "crops, mirror images, recompression, brightness, small turns"
    return f"{said}. The same search found {found.planted.found:.0%} of the copies that were planted for it ({kinds})."

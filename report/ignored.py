"""What the labels ignore, which is neither hit nor miss: how much of the photos that is, in words."""

from collections.abc import Mapping
from pathlib import Path

from dataset.idmap import IGNORE, read_ids
from dataset.records import each_sample

LEAST = 0.0001  # any share below is said to be this


def share_ignored(manifest: Path) -> float:
    """Return which share of all pixels of a manifest's samples is ignored, in [0, 1]; 0 without a sample."""
    ignored = pixels = 0
    for sample in each_sample(manifest):
        ids = read_ids(manifest.parent / sample.ids)
        ignored, pixels = ignored + int((ids == IGNORE).sum()), pixels + ids.size
    return ignored / max(pixels, 1)


def words(shares: Mapping[str, float]) -> str:
    """Return in one sentence how much of each part is ignored, as far as any is; empty for none.

    shares: name of the part ("val photos") -> share of its pixels.
    """
    parts = [f"{max(share, LEAST):.2%} of the pixels of the {name}" for name, share in shares.items() if share]
    if not parts:
        return ""
    return f"The labels ignore {' and '.join(parts)}: what is predicted there is neither hit nor miss."

"""Command `label keyframes`: which frames of a clip to label, so that `admix label video` can do the others.

``admix label keyframes --frames FOLDER --out KEYS`` writes into KEYS:

keyframes.json  head (what was asked, what is to be said) and frames: file, control, change, reason
frames/         these frames, for a labelling tool
index.html      the same frames, and how much changes along the clip
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.page_pictures import SetPicture, set_picture
from dataset.predictions import each_prediction
from label.tracks.clip_files import Clip, as_vectors, read_clip
from label.tracks.moments import Changes, change_of, first_frames
from label.tracks.tracking import motion_of
from pipeline.files import whole_folder, write_bytes, write_json, write_text
from pipeline.pages import rendered
from pipeline.reading import read_bytes
from pipeline.stage import run_stage

TEMPLATE = Path(__file__).parent / "tracks" / "keyframes.html.j2"
KIND = "key frames"


@dataclasses.dataclass(frozen=True)
class Keyframes:
    """Section `keyframes` of params.yaml."""

    seed: int
    share: float  # of the frames to label
    control: float  # share of these that chance draws, to tell how good the labels between are
    side_px: int  # longer side of the pictures on which motion is measured

    def __post_init__(self) -> None:
        """Raise ValueError for a value that chooses nothing."""
        if not 0 < self.share <= 1 or not 0 <= self.control < 1:
            raise ValueError(f"share is {self.share} and control {self.control}, wanted shares above 0 and below 1")
        if self.side_px < 64:
            raise ValueError(f"side_px is {self.side_px}, wanted 64 pixels or more")


def way_of(changes: Changes) -> Changes:
    """Return (N,) how much of a clip's change is past at each frame, 0..1."""
    return np.asarray(np.cumsum(changes) / max(changes.sum(), 1e-9))


def row_of(clip: Clip, place: int, control: bool, way: Changes) -> dict[str, Any]:
    """Return one frame as keyframes.json names it. way: of `way_of`."""
    reason = "by chance, as a control" if control else "spreads the labels evenly over what changes"
    return {"file": clip.files[place].name, "control": control, "change": round(float(way[place]), 4), "reason": reason}


def lines_of(rows: list[dict[str, Any]], frames: int) -> list[str]:
    """Return what is to be said of the choice, in words."""
    control = sum(row["control"] for row in rows)
    return [
        f"{len(rows)} of {frames} frames to label.",
        f"{control} of them by chance, as a control: `admix label video` hides them once and says how good its labels "
        "of them are."
        if control
        else "Too few for a control by chance: how good the labels between are is told from the chosen frames alone.",
    ]


def chart_of(way: Changes, chosen: Mapping[int, bool]) -> dict[str, Any]:
    """Return the chart: points of the change so far over time, and those of the chosen frames. way: of `way_of`."""
    last = max(len(way) - 1, 1)
    points = " ".join(f"{1000 * at / last:.1f},{200 - 200 * value:.1f}" for at, value in enumerate(way))
    dots = [(f"{1000 * at / last:.1f}", f"{200 - 200 * way[at]:.1f}", control) for at, control in chosen.items()]
    return {"points": points, "dots": dots}


def pictured(clip: Clip, place: int, row: dict[str, Any]) -> SetPicture:
    """Return a chosen frame as the page shows it."""
    return set_picture(clip.image(place), f"{row['file']}: {row['reason']}")


def main(settings: Keyframes, frames: Path, out: Path, predictions: Path | None = None) -> None:
    """Write the frames to label first.

    frames: a folder of photos, in the order of their names. predictions: what `admix predict` wrote of them; with
    features among its formats, what a network sees change counts as much as what moves.
    """
    clip = read_clip(frames, settings.side_px)
    features = {one.file: one.features for one in each_prediction(predictions)} if predictions else {}
    changes = change_of(motion_of(clip.greys), as_vectors(features, clip))
    count = max(round(settings.share * len(clip.files)), 1)
    chosen = first_frames(changes, count, settings.control, settings.seed)
    way = way_of(changes)
    rows = [row_of(clip, place, control, way) for place, control in chosen.items()]
    said = lines_of(rows, len(clip.files))
    with whole_folder(out, KIND) as part:
        head = {"keyframes": dataclasses.asdict(settings), "frames": len(clip.files), "said": said}
        write_json(part / "keyframes.json", {"head": head, "frames": rows})
        for place in chosen:
            write_bytes(part / "frames" / clip.files[place].name, read_bytes(clip.files[place]))
        pictures = [pictured(clip, place, row) for place, row in zip(chosen, rows, strict=True)]
        page = rendered(TEMPLATE, said=said, chart=chart_of(way, chosen), pictures=pictures)
        write_text(part / "index.html", page)


if __name__ == "__main__":
    run_stage(main)

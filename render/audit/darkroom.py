"""The gallery's pictures on disk: rendered once, named by their scenes, and gone when no page wants them."""

import dataclasses
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.engine import Failed, actor_of, each, engine
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.progress import track
from render.audit.turntable import TurntableView
from render.blender.shot import Shot
from render.spec import AssetSource

RECYCLE = 400  # small pictures, after which a Blender is replaced
QUALITY = 72  # of WebP
MASK_COLOUR = (0, 229, 255)
OURS = re.compile(r"[0-9a-f]{16}(-mask)?\.webp")  # a scene's id
GREY_SHARE = 0.35  # how bright the unlabelled part of the picture stays


@dataclasses.dataclass(frozen=True)
class Portrait:
    """One picture to take."""

    view: TurntableView
    sources: dict[str, AssetSource]  # of every asset in the scene


class Photographer:
    """A Ray actor: one Blender that writes small pictures."""

    def __init__(self, assets: str, out: str) -> None:
        """Start Blender, which reaches the assets, `out` and its own folder alone."""
        from render.blender.reach import keep_to  # GPL: imported in the worker process alone

        self.folder = tempfile.TemporaryDirectory(prefix="admix-")  # Blender's own files, gone with the process
        self.out = Path(out)
        # before Blender is loaded: it binds this thread and what this thread starts
        keep_to(Path(assets), [self.out, Path(self.folder.name)], network=False)
        from render.blender.worker import Worker

        self.worker = Worker({}, Path(self.folder.name))

    def run(self, job: Portrait) -> str:
        """Take one picture; return "" or why there is none."""
        self.worker.sources = job.sources
        try:
            shot = self.worker.shoot(job.view.scene)
        except (InputError, RuntimeError, OSError, ValueError, KeyError) as error:  # what Blender says of a file
            return " ".join(f"{type(error).__name__}: {error}".split())[:300]
        for path, data in pictures(job.view, shot).items():
            write_bytes(self.out / path, data)
        return ""


def pictures(view: TurntableView, shot: Shot) -> dict[str, bytes]:
    """Return file name -> WebP of a picture and, if it is wanted, of its mask."""
    made = {image_name(view): webp(shot.image)}
    if view.mask:
        made[mask_name(view)] = webp(masked(shot.image, shot.ids > 0))
    return made


def image_name(view: TurntableView) -> str:
    """Return the file name of a picture."""
    return f"{view.scene.id}.webp"


def mask_name(view: TurntableView) -> str:
    """Return the file name of a picture's mask."""
    return f"{view.scene.id}-mask.webp"


def names_of(view: TurntableView) -> list[str]:
    """Return the names of all files of a view."""
    return [image_name(view), *([mask_name(view)] if view.mask else [])]


def masked(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return an image (H, W, 3), dark and grey but where `mask` (H, W) holds: there in one colour."""
    grey = np.repeat(image.mean(axis=2, keepdims=True) * GREY_SHARE, 3, axis=2)
    inside = 0.35 * image + 0.65 * np.array(MASK_COLOUR)
    return np.where(mask[..., None], inside, grey).round().astype(np.uint8)


def webp(image: NDArray[np.uint8]) -> bytes:
    """Return an image (H, W, 3) as WebP."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


def take(jobs: Sequence[Portrait], assets: Path, folder: Path, workers: int, limit_s: float) -> dict[str, str]:
    """Take the pictures that are not there yet; return scene id -> why there is none, for those that failed."""
    missing = [job for job in jobs if not all((folder / name).is_file() for name in names_of(job.view))]
    if not missing:
        return {}
    failed = {}
    folder.mkdir(parents=True, exist_ok=True)
    make = actor_of(Photographer, str(assets.resolve()), str(folder.resolve()))
    results = each(missing, make, engine(min(workers, len(missing))), RECYCLE, limit_s)
    for job, problem in track(results, len(missing), "turntables", "pictures"):
        if isinstance(problem, Failed):
            failed[job.view.scene.id] = f"Blender {problem.cause}"
        elif problem:
            failed[job.view.scene.id] = problem
    return failed


def tidy(folder: Path, views: Iterable[TurntableView]) -> None:
    """Remove the pictures that no view wants any more."""
    wanted = {name for view in views for name in names_of(view)}
    for path in sorted(folder.glob("*.webp")):
        if OURS.fullmatch(path.name) and path.name not in wanted:
            path.unlink()

"""A Ray actor around one Blender: a scene goes in, a finished frame is put where the driver finds it."""

import dataclasses
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dataset.idmap import png_bytes, read_ids, read_image
from dataset.records import from_line
from dataset.shards import read_bytes
from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.store import Store
from render.catalog import Asset
from render.frames.blobs import MARK, SAMPLE, Frame, frame_name, pack_frame, plate_name
from render.frames.frame import Limits, instances_of, refusal, sample_of
from render.frames.library import Library
from render.frames.plate import LabelledPhoto, behind, crediting
from render.spec import SceneSpec, assets_of

if TYPE_CHECKING:
    from render.blender.shot import Shot
    from render.blender.worker import Worker


@dataclasses.dataclass(frozen=True)
class Kit:
    """What every studio of a run needs."""

    catalog: tuple[Asset, ...]
    assets: str  # the assets folder
    store: str  # address of the place where frames go
    shared: bool  # assets come from the store, not from the folder
    limits: Limits


class Studio:
    """One Blender, which puts each finished frame into the store."""

    def __init__(self, kit: Kit) -> None:
        """Start Blender, which reaches the assets, the store and its own folder alone.

        Raises InputError when this machine does not see the driver's store.
        """
        self.kit, self.store = kit, Store(kit.store)
        if not self.store.has(MARK):
            raise InputError(
                f"{kit.store}: a worker does not see it; set shoot.store to a place that all machines reach"
            )
        self.temporary = tempfile.TemporaryDirectory(prefix="admix-")  # gone with the process
        self.folder = Path(self.temporary.name)
        brought = self.store if kit.shared else None
        self.library = Library(kit.catalog, Path(kit.assets), brought, self.folder / "assets")
        self.confine()  # first: it binds this thread and what this thread starts, Blender's own threads among them
        self.worker = self.start()
        self.categories = {asset.id: asset.category for asset in kit.catalog}
        self.licences = {asset.id: asset.licence for asset in kit.catalog}

    def start(self) -> "Worker":
        """Start Blender."""
        from render.blender.worker import Worker  # GPL: imported in the worker process alone

        return Worker({}, self.folder)

    def confine(self) -> None:
        """Let what follows reach the assets, the store and its own folder alone."""
        from render.blender.reach import keep_to  # GPL: imported in the worker process alone

        assets = None if self.kit.shared else Path(self.kit.assets)
        place = self.store.folder
        keep_to(assets, [self.folder, *([place] if place else [])], network=place is None)

    def run(self, scene: SceneSpec) -> str:
        """Render one scene and put its frame into the store; return the cause of refusal, "" if it counts."""
        for name in assets_of(scene):
            if name not in self.worker.sources:
                self.worker.sources[name] = self.library.source(name)
        frame = self.frame_of(scene, self.worker.shoot(scene))
        self.store.put(frame_name(scene.id), pack_frame(frame))
        return frame.cause

    def frame_of(self, scene: SceneSpec, shot: "Shot") -> Frame:
        """Return the frame of a finished picture."""
        cause = refusal(shot, self.kit.limits)
        if cause:
            return Frame(cause)
        sample = sample_of(scene, instances_of(shot, self.categories), self.licences)
        image, ids = shot.image, shot.ids
        if scene.plate:
            photo = self.backdrop(scene.plate.sha256)
            image, ids, shown = behind(photo, image, shot.alpha, ids)
            sample = crediting(sample, photo.sample, shown)
        files = {"png": png_bytes(image), "ids.png": png_bytes(ids)}
        files |= {f"{name}.npy": npy_bytes(getattr(shot, name)) for name in scene.also}
        return Frame("", sample, tuple((f"{scene.id}.{end}", data) for end, data in files.items()))

    def backdrop(self, sha256: str) -> LabelledPhoto:
        """Return a photo that the driver put into the store."""
        tar = self.folder / plate_name(sha256)
        if not tar.exists():
            write_bytes(tar, self.store.get(plate_name(sha256)))
        sample = from_line(read_bytes(tar / SAMPLE), str(tar))
        return LabelledPhoto(read_image(tar / "image"), read_ids(tar / "ids"), sample)


def npy_bytes(array: NDArray[np.generic]) -> bytes:
    """Return an array as the bytes of an NPY file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()

"""Assets where a worker can open them: in the assets folder, or brought from a store that every machine reaches."""

from collections.abc import Iterable
from pathlib import Path

from dataset.shards import tar_bytes, untar
from pipeline.files import inside, write_bytes
from pipeline.store import Store
from render.catalog import BLENDER, Asset, path_of
from render.spec import AssetSource
from render.stock.parts import files_of


class Library:
    """The assets as one worker sees them. Without a store all machines must see the assets folder itself."""

    def __init__(self, catalog: Iterable[Asset], assets: Path, store: Store | None, folder: Path) -> None:
        """Open it. folder: takes what is brought from the store."""
        self.catalog = {asset.id: asset for asset in catalog}
        self.assets, self.store, self.folder = assets, store, folder

    def source(self, name: str) -> AssetSource:
        """Return where an asset lies on this machine, brought here if need be, and how it is labelled."""
        asset = self.catalog[name]
        return source_of(asset, self.file_of(asset))

    def file_of(self, asset: Asset) -> Path:
        """Return the path of an asset's file on this machine."""
        if self.store is None or asset.file.startswith(BLENDER):
            return path_of(self.assets, asset)
        folder = self.folder / asset.sha256
        path = folder / Path(asset.file).name
        if not path.exists():
            for name, data in untar(self.store.get(blob_of(asset))).items():
                write_bytes(inside(folder, name, asset.id), data)
        return path


def source_of(asset: Asset, path: Path) -> AssetSource:
    """Return what a worker must know of an asset at this path. A link keeps its name, which says the format."""
    return AssetSource(str(path.absolute()), asset.category, asset.labelled, asset.scale, asset.up)


def stock(store: Store, catalog: Iterable[Asset], assets: Path) -> None:
    """Put the assets into the store, those that are not there yet, each with all files that belong to it."""
    for asset in catalog:
        if not asset.file.startswith(BLENDER) and not store.has(blob_of(asset)):
            path = path_of(assets, asset)
            parts = ((file.relative_to(path.parent).as_posix(), file.read_bytes()) for file in files_of(path))
            store.put(blob_of(asset), tar_bytes(parts))


def blob_of(asset: Asset) -> str:
    """Return the name of an asset in the store."""
    return f"assets/{asset.sha256}.tar"

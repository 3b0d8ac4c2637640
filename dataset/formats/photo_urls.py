"""Where the photo lies that a tool on the web names by an address."""

import dataclasses
import re
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from dataset.formats.listed import CLASH, NO_PHOTO, DefectError
from dataset.formats.photo_files import photos_below, plain_name
from pipeline.errors import InputError, shown

UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)", re.DOTALL)  # what Label Studio calls an upload
SERVED = "/data/"  # where Label Studio serves files: /data/upload/.., and /data/local-files/?d=..


@dataclasses.dataclass(frozen=True)
class PhotosBelow:
    """The pictures in a folder, at any depth."""

    root: Path
    by_name: dict[str, list[Path]]  # as of `photos_below`

    @classmethod
    def of(cls, root: Path) -> "PhotosBelow":
        """Return the pictures that lie in a folder now."""
        return cls(root, photos_below(root))

    def named(self, address: str, where: str) -> Path:
        """Return the photo at an address, by as much of the end of its path as is the same.

        Raises InputError, beginning with `where`, when there is none, or several are as good.
        """
        parts = PurePosixPath(path_in(address, where)).parts
        name = parts[-1] if parts else ""
        uploaded = UPLOADED.fullmatch(name)
        found = self.by_name.get(plain_name(name), []) or self.by_name.get(
            plain_name(uploaded[1] if uploaded else ""), []
        )
        if not found:
            raise DefectError(NO_PHOTO, f"{where}: {shown(address)} is nowhere in {self.root}; bring it there")
        likeness = [alike(path.relative_to(self.root).parts, parts) for path in found]
        best = [path for path, likes in zip(found, likeness, strict=True) if likes == max(likeness)]
        if len(best) > 1:
            raise DefectError(
                CLASH, f"{where}: {shown(address)} may be {best[0]} or {best[1]}; take one away, or rename it there too"
            )
        return best[0]


def alike(there: tuple[str, ...], asked: tuple[str, ...]) -> tuple[int, bool]:
    """Return how many parts at the end of two paths are the same, and whether all are."""
    same = [one == other for one, other in zip(reversed(there), reversed(asked), strict=False)]
    count = same.index(False) if False in same else len(same)
    return count, there == asked


def path_in(address: str, where: str) -> str:
    """Return the path that an address names: of a URL, of a store such as s3://, of Label Studio, or of a disk."""
    if "://" not in address and not address.startswith(SERVED):
        return address.replace("\\", "/")
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise InputError(f"{where}: {shown(address)} is no address ({error}); mend it") from None
    asked = parse_qs(parts.query).get("d", [])
    return asked[-1] if asked and parts.path.rstrip("/").endswith("local-files") else unquote(parts.path)

"""What studio and driver hand each other through the store: frames, refusals and photos for behind, a tar each."""

import dataclasses
from pathlib import Path

from dataset.records import Sample, from_line, to_line
from dataset.shards import read_bytes, tar_bytes, untar
from pipeline.errors import InputError

FRAMES = "frames"
MARK = "this-is-the-store"  # put there by the driver, looked for by every worker
SAMPLE, REFUSED = "sample.json", "refused.txt"


@dataclasses.dataclass(frozen=True)
class Frame:
    """A finished frame: a sample with its files, or why it was refused."""

    cause: str = ""  # empty: it counts
    sample: Sample | None = None
    files: tuple[tuple[str, bytes], ...] = ()  # name -> bytes; names begin with the scene's id


def frame_name(scene: str) -> str:
    """Return the blob of a scene's frame."""
    return f"{FRAMES}/{scene}.tar"


def pack_frame(frame: Frame) -> bytes:
    """Return a frame as a blob."""
    if frame.sample is None:
        return tar_bytes([(REFUSED, frame.cause.encode())])
    return tar_bytes([*frame.files, (SAMPLE, to_line(frame.sample).encode())])


def unpack_frame(data: bytes) -> Frame:
    """Return the frame that `pack_frame` packed; raise InputError for a blob that is none."""
    files = untar(data)
    if REFUSED in files:
        return Frame(files[REFUSED].decode(errors="replace"))
    if SAMPLE not in files:
        raise InputError("a frame in the store: holds no sample; remove it, and it is made again")
    sample = from_line(files.pop(SAMPLE), "a frame in the store")
    return Frame("", sample, tuple(files.items()))


def plate_name(sha256: str) -> str:
    """Return the blob of a photo that stands behind renders."""
    return f"plates/{sha256}.tar"


def pack_plate(folder: Path, sample: Sample) -> bytes:
    """Return a real photo with its labels as a blob. folder: of its manifest."""
    files = ((name, read_bytes(folder / getattr(sample, name))) for name in ("image", "ids"))
    return tar_bytes([*files, (SAMPLE, to_line(sample).encode())])

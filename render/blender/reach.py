"""What a Blender that renders may reach: strangers' files are opened by it."""

import os
import tempfile
from pathlib import Path

from pipeline.confine import confine, python_folders

ROOMS = ("benchmarks", "dataset", "pipeline", "render")
CODE = tuple(Path(__file__).parents[2] / room for room in ROOMS)  # what a worker may still import of ours
SHARED = Path("/dev/shm")  # where Blender and NumPy keep large arrays
KERNELS = (".cache/cycles", ".nv/ComputeCache")  # in the home folder: what Cycles and CUDA compile for a GPU, and keep


def keep_to(assets: Path | None, writable: list[Path], network: bool) -> None:
    """Let this thread read the assets, Python and our code alone, and write below `writable` alone; as `confine` does.

    assets: None = they are brought to a folder that is writable. network: the frames go to a place elsewhere, whose
    driver reads its keys where it pleases; then everything may be read. It may also use the folder for temporary
    files, GPUs and the caches of their kernels. Where the kernel has no Landlock, nothing is withheld.
    """
    writable = [*writable, Path(tempfile.gettempdir()), SHARED, *gpus(), *kernel_caches()]
    readable = None if network else [*python_folders(), *CODE, *([assets] if assets else [])]
    confine(readable, writable)


def gpus() -> list[Path]:
    """Return the device files of NVIDIA's, AMD's and Intel's GPUs."""
    return [Path("/dev/dri"), Path("/dev/kfd"), *sorted(Path("/dev").glob("nvidia*"))]


def kernel_caches() -> list[Path]:
    """Return the folders in which GPU kernels are kept; those that are not there are of no use to a worker."""
    own = os.environ.get("CUDA_CACHE_PATH")
    return [*(Path.home() / name for name in KERNELS), *([Path(own)] if own else [])]

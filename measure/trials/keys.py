"""The names of trainings and of evaluations: hashes of all that decides them, libraries and our own code included."""

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

LIBRARIES = (
    "albumentations", "numpy", "opencv-python-headless", "pillow", "segmentation-models-pytorch", "timm", "torch",
    "torchvision",
)  # fmt: skip
PIXELS = ("dataset.idmap", "dataset.pictures")  # how photos and labels are decoded
TRAINING_CODE = ("train", "dataset.encoder", *PIXELS)  # a package stands for the files right in it
EVALUATION_CODE = (*TRAINING_CODE, "train.inference", "measure.scoring")
LENGTH = 20  # of a key, in hex digits


def key_of(facts: Any, code: tuple[str, ...]) -> str:
    """Return the hash of plain values, of the versions of `LIBRARIES` and of the named modules of ours."""
    text = json.dumps([facts, versions(), code_of(code)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


@functools.cache
def versions() -> dict[str, str]:
    """Return the installed version of each of `LIBRARIES`."""
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


@functools.cache
def code_of(modules: tuple[str, ...]) -> str:
    """Return the hash of what modules do; their comments, docstrings and layout do not count."""
    return hashlib.sha256("\n".join(dump(path) for name in modules for path in files_of(name)).encode()).hexdigest()


def files_of(module: str) -> list[Path]:
    """Return the file of a module, or all files right in a package, in order. Raises ValueError without any."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ValueError(f"{module} has no file")
    return sorted(Path(found.origin).parent.glob("*.py")) if found.submodule_search_locations else [Path(found.origin)]


def dump(path: Path) -> str:
    """Return the syntax tree of a file without its docstrings."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)

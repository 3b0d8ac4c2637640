"""What tests of several rooms share: the project's own sources, read as syntax trees."""

import ast
import dataclasses
import functools
import gc
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ray_nodes import TwoNodes, two_ray_nodes

ROOT = Path(__file__).resolve().parent.parent
gc.disable()  # what is imported and collected stays: the collector would look through all of it again and again


@dataclasses.dataclass(frozen=True)
class Sources:
    """The Python files of the rooms. Modules are named as in an import, files relative to the project's folder."""

    root: Path
    rooms: tuple[str, ...]

    def files(self) -> list[str]:
        """Return every Python file of the rooms, in order."""
        return sorted(
            path.relative_to(self.root).as_posix() for r in self.rooms for path in (self.root / r).rglob("*.py")
        )

    def tree(self, file: str) -> ast.Module:
        """Return the syntax tree of a file, which is parsed once for all tests of this process."""
        return parsed(self.root / file)

    def file_of(self, module: str) -> str | None:
        """Return the file of a module of ours, None for everybody else's and for a room itself."""
        file = f"{module.replace('.', '/')}.py"
        return file if file.split("/")[0] in self.rooms and (self.root / file).is_file() else None

    def imported(self, file: str) -> set[str]:
        """Return all modules that a file imports, at its head or within a function: ours as files, others by name."""
        return {self.file_of(name) or name for name in imported_names(self.root / file)}

    def reached(self, file: str) -> set[str]:
        """Return a file of ours and all files of ours that it imports, directly or not."""
        found, waiting = set[str](), [file]
        while waiting:
            found.add(here := waiting.pop())
            waiting += [name for name in self.imported(here) if name.endswith(".py") and name not in found]
        return found


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@functools.cache
def imported_names(path: Path) -> frozenset[str]:
    """Return e.g. ``render.blender.worker`` and ``render`` for ``from render import worker``."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@functools.cache
def read_sources() -> Sources:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = {package.split(".")[0] for package in settings["tool"]["setuptools"]["packages"]}
    return Sources(ROOT, tuple(sorted(rooms)))


LONGEST = (  # files, the longest first: what starts last ends last, and then one process works alone
    "tests/fuzz/test_readers.py",  # the very first: it forks, and a fork of a process that has drawn a chart (V8) hangs
    "tests/test_end_to_end.py",
    "tests/render/test_shoot.py",
    "tests/report/test_chain.py",
    "tests/test_names.py",
    "tests/benchmarks/test_attribution.py",
    "tests/benchmarks/test_training.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, then those with slow tests, then all others as they were."""
    names = {item: item.path.relative_to(ROOT).as_posix() for item in items}
    slow = {names[item] for item in items if item.get_closest_marker("slow") or item.get_closest_marker("blender")}
    items.sort(key=lambda item: (order_of(names[item]), names[item] not in slow))


def pytest_collection_finish() -> None:
    """Let the collector look after what tests make, and no more at what was there before them."""
    gc.freeze()
    gc.enable()


def order_of(name: str) -> int:
    """Return a file's place among the longest, or the place after them."""
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _no_ray_stays() -> Iterator[None]:
    """End the Ray that all tests of this process share; a process of xdist may go without its last words."""
    yield
    if "pipeline.engine" in sys.modules:
        sys.modules["pipeline.engine"].HELD.end()


@pytest.fixture
def sources() -> Sources:
    return read_sources()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def two_nodes() -> Iterator[TwoNodes]:
    """A real Ray cluster of two nodes on this machine, which takes about 10 s to come and goes with the test."""
    with two_ray_nodes() as nodes:
        yield nodes

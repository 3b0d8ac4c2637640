"""A process that can reach little: where it may read and write, by Linux' Landlock, and how much memory it may take.

Standard library alone, since it runs before anything that a stranger's file could break is imported.
"""

import ctypes
import os
import resource
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # numbers of the system calls, the same on every architecture since 5.13
VERSION, BENEATH, NO_NEW_PRIVILEGES = 1, 1, 38
WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, DEVICE = 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
OF_FILES = WRITE_FILE | READ_FILE | TRUNCATE | DEVICE  # what can be allowed of a file that is no folder
READS = READ_FILE | READ_DIR
WRITES = WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make files of every kind
LATER = {2: 1 << 13, 3: TRUNCATE, 5: DEVICE}  # version of Landlock -> what it brought: move, cut short, devices
TCP = 0b11  # bind and connect, from version 4 on
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/opt", "/proc", "/sys", "/dev")


class Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr."""

    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64))


class Rule(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock() -> int:
    """Return the version of Landlock that the kernel has, 0 where it has none or may not use it."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, call(CREATE, None, ctypes.c_size_t(0), VERSION))


def confine(readable: Iterable[Path] | None, writable: Iterable[Path]) -> bool:
    """Let this thread, and what it starts from now on, write below `writable` alone; return False where that cannot be.

    readable: it reads below these alone, and the system's own folders, and opens no connection; None = it reads
    anywhere. What is writable can be read. Paths that are not there are passed over. What is open already stays open,
    and a thread that runs already stays free: so it comes before Blender, or another library with threads, is loaded.
    """
    version = landlock()
    if not version:
        return False
    new = sum(right for since, right in LATER.items() if version >= since)
    handled = WRITES | new | (0 if readable is None else READS)
    rules = Ruleset(handled, TCP if version >= 4 and readable is not None else 0)
    size = ctypes.sizeof(rules) if version >= 4 else ctypes.sizeof(ctypes.c_uint64)
    ruleset = call(CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    for path in () if readable is None else (*map(Path, SYSTEM), *readable):
        allow(ruleset, path, handled & READS)
    for path in (*writable, Path(os.devnull)):
        allow(ruleset, path, handled)
    try:
        ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return call(RESTRICT, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def allow(ruleset: int, path: Path, rights: int) -> None:
    """Add to a ruleset what may be done with a file, or with all below a folder."""
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        whole = stat.S_ISDIR(os.fstat(folder).st_mode)
        rule = Rule(rights if whole else rights & OF_FILES, folder)
        call(ADD, ruleset, BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(folder)


def call(number: int, *arguments: object) -> int:
    """Return what a system call returns, -1 for an error."""
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))


def python_folders() -> list[Path]:
    """Return the folders that a Python of this installation reads, our own code left out."""
    roots = {sys.prefix, sys.base_prefix, *(path for path in sys.path if path.endswith("-packages"))}
    return [Path(root) for root in sorted(roots)]


def limit_memory(more_bytes: int) -> None:
    """Let this process take no more than so many bytes beyond what it holds now: an allocation beyond fails.

    Counted is what it may write (RLIMIT_DATA), not the addresses that it has reserved.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:")) * 2**10
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = held + more_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))

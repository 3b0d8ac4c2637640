"""The rooms take nothing from the clock, the machine, a global generator or the order of a folder."""

import ast
import itertools
import re

import pytest

GENERATORS = {"numpy.random.default_rng", "random.Random"}  # fine with a seed
BLENDER = {"bpy", "bmesh", "mathutils", "blenderproc"}
DOORS = {  # what is imported inside a process of Blender's own
    "render/blender/worker.py",
    "render/blender/inspection.py",
    "benchmarks/render/peer.py",
}
HIDDEN = re.compile(
    r"time\.(time|time_ns|localtime|gmtime|ctime|strftime)|.*\b(date|datetime)\.(now|utcnow|today)|os\.(urandom|getrandom)"
    r"|(uuid|secrets)\..*|random\.(?!Random$).*|socket\.gethostname|platform\.node|numpy\.random\.(?!default_rng$|Generator$).*|hash"
)
LISTING = re.compile(r"(.*\.)?(iterdir|glob|rglob|listdir|scandir)")
ORDERLESS = {"sorted", "set", "frozenset", "sum", "any", "all", "len", "max", "min"}  # these do not pass an order on


def full_names(tree):
    """Return local name -> what it was imported as, e.g. np -> numpy, rng -> numpy.random.default_rng."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                (alias.asname or alias.name.split(".")[0]): alias.name if alias.asname else alias.name.split(".")[0]
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(node, names):
    """Return e.g. ``numpy.random.rand`` for the expression ``np.random.rand``; the empty text for other expressions."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return ""


def hidden_chance(tree):
    """Yield the line and name of every use of the clock, the machine or a generator that has no seed."""
    names = full_names(tree)
    imported = set(names.values()) | {"hash"}
    for node in ast.walk(tree):
        name = dotted(node, names) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        beginnings = itertools.accumulate(name.split("."), "{}.{}".format)  # a, a.b and a.b.c of a.b.c
        if not imported.isdisjoint(beginnings) and HIDDEN.fullmatch(name):
            yield f"{node.lineno}: {name}"
        if isinstance(node, ast.Call) and not node.args and dotted(node.func, names) in GENERATORS:
            yield f"{node.lineno}: {dotted(node.func, names)} without a seed"


def unordered_listings(tree):
    """Yield the line of every listing of a folder whose order goes on into what follows."""
    calm = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDERLESS:
            calm |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and LISTING.fullmatch(dotted(node.func, {})) and id(node) not in calm:
            yield f"{node.lineno}: {dotted(node.func, {})}"


CHANCE = [
    pytest.param("import time\ntime.time()", ["2: time.time"], id="the clock"),
    pytest.param("from time import time_ns as t\nt()", ["2: time.time_ns"], id="the clock under another name"),
    pytest.param("import datetime\ndatetime.datetime.now()", ["2: datetime.datetime.now"], id="a date"),
    pytest.param("from datetime import date\ndate.today()", ["2: datetime.date.today"], id="today"),
    pytest.param("import uuid\nuuid.uuid4()", ["2: uuid.uuid4"], id="a uuid"),
    pytest.param("import os\nos.urandom(4)", ["2: os.urandom"], id="the system's chance"),
    pytest.param("import random\nrandom.seed(1)", ["2: random.seed"], id="the global generator"),
    pytest.param("import numpy as np\nnp.random.rand(3)", ["2: numpy.random.rand"], id="numpy's global generator"),
    pytest.param("from numpy import random\nrandom.shuffle(x)", ["2: numpy.random.shuffle"], id="numpy.random by name"),
    pytest.param(
        "import numpy as np\nnp.random.default_rng()", ["2: numpy.random.default_rng without a seed"], id="no seed"
    ),
    pytest.param("import random\nrandom.Random()", ["2: random.Random without a seed"], id="no seed either"),
    pytest.param("import random\nrandom.Random(3)", [], id="a generator of one's own with a seed is fine"),
    pytest.param("hash('a')", ["1: hash"], id="salted hash"),
    pytest.param("import numpy as np\nnp.random.default_rng([1, 2])", [], id="a seed is fine"),
    pytest.param("import time\ntime.monotonic()", [], id="a stopwatch is fine"),
    pytest.param("def f(rng):\n    return rng.random()", [], id="a generator handed in is fine"),
]


@pytest.mark.parametrize(("code", "found"), CHANCE)
def test_the_scan_finds_chance_where_it_is_planted(code, found):
    assert list(hidden_chance(ast.parse(code))) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("for p in folder.iterdir(): pass", ["1: folder.iterdir"], id="a loop"),
        pytest.param("x = [p.name for p in (a / b).glob('*')]", ["1: .glob"], id="a comprehension"),
        pytest.param("x = sorted(p.name for p in (a / b).glob('*'))", [], id="sorted"),
        pytest.param("x = any(folder.iterdir())", [], id="only asked whether there is one"),
    ],
)
def test_the_scan_finds_unordered_listings_where_they_are_planted(code, found):
    assert list(unordered_listings(ast.parse(code))) == found


def test_no_room_uses_hidden_chance(sources):
    assert [f"{file}:{use}" for file in sources.files() for use in hidden_chance(sources.tree(file))] == []


def test_no_room_passes_on_the_order_of_a_folder(sources):
    assert [f"{file}:{use}" for file in sources.files() for use in unordered_listings(sources.tree(file))] == []


def test_only_the_render_worker_and_what_it_alone_uses_imports_blender(sources):
    imports = {file: sources.imported(file) for file in sources.files()}
    inside = {file for file, names in imports.items() if BLENDER & {name.split(".")[0] for name in names}}
    others = [
        f"{file} imports {name}" for file in imports for name in imports[file] & (inside - DOORS) if file not in inside
    ]
    assert {file.split("/")[0] for file in inside} <= {"render", "benchmarks"}
    assert others == []

"""Imports run one way, between rooms and within them, and a class has a name of its own."""

import ast
import tomllib
from pathlib import Path

import pytest

GROUND = {"pipeline", "dataset"}
MAY_IMPORT = {  # room -> rooms beside itself; report -> measure -> train -> dataset -> pipeline
    "pipeline": set(),
    "dataset": {"pipeline"},
    "render": GROUND,
    "mix": GROUND,
    "setups": GROUND,
    "label": GROUND,
    "train": GROUND,
    "measure": GROUND | {"train"},
    "report": GROUND | {"train", "measure"},
    "docs": GROUND | {"render", "train", "label", "report", "benchmarks"},
    "admix": GROUND | {"render", "mix", "train", "measure", "label", "benchmarks"},
    "benchmarks": GROUND | {"render", "mix", "train", "measure", "label"},
}


def part_of(file):
    """Return the package or the file right below a room: render/stock for render/stock/unpack.py."""
    return "/".join(file.split("/")[:2])


def circles(arrows):
    """Yield every circle that following the arrows meets. arrows: part -> parts that it imports."""
    done = set()

    def follow(part, way):
        if part in way:
            yield " -> ".join((*way[way.index(part) :], part))
        elif part not in done:
            done.add(part)
            for other in sorted(arrows.get(part, ())):
                yield from follow(other, (*way, part))

    for part in sorted(arrows):
        yield from follow(part, ())


def test_rooms_import_only_what_lies_below_them(sources):
    crossing = []
    for file in sources.files():
        room = file.split("/")[0]
        rooms = {name.split("/")[0].split(".")[0] for name in sources.imported(file)} & set(sources.rooms)
        crossing += [f"{file} imports {other}" for other in sorted(rooms - MAY_IMPORT[room] - {room})]
    assert crossing == []


def test_the_parts_of_a_room_import_each_other_one_way(sources):
    arrows = {}
    for file in sources.files():
        ours = {part_of(name) for name in sources.imported(file) if name.endswith(".py")}
        arrows.setdefault(part_of(file), set()).update(ours - {part_of(file)})
    assert list(circles(arrows)) == []


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        pytest.param({"a": {"b"}, "b": {"c"}}, [], id="one way"),
        pytest.param({"a": {"b"}, "b": {"a"}}, ["a -> b -> a"], id="two that need each other"),
        pytest.param({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b -> c -> b"], id="further on"),
    ],
)
def test_circles_are_found_where_they_are_planted(arrows, found):
    assert list(circles(arrows)) == found


def test_no_room_holds_more_than_a_third_of_the_code(sources):
    lines = {}
    for file in sources.files():
        room = file.split("/")[0]
        lines[room] = lines.get(room, 0) + len((sources.root / file).read_text(encoding="utf-8").splitlines())
    assert {room: count for room, count in lines.items() if count > sum(lines.values()) / 3} == {}


def test_no_two_classes_have_one_name(sources):
    places = {}
    for file in sources.files():
        for node in ast.walk(sources.tree(file)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(file)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_package_of_a_room_is_installed():
    root = Path(__file__).parents[1]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = MAY_IMPORT.keys()
    there = {
        ".".join(file.parent.relative_to(root).parts) for room in rooms for file in root.glob(f"{room}/**/__init__.py")
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == there

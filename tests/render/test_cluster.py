"""Rendering on two machines: a real Ray cluster of two nodes, one of which is killed half way."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ray_nodes import TwoNodes, wait_for

from dataset.records import read_manifest
from render.plan import Plan, make_scenes
from render.shoot import Shoot, main
from render.spec import Quality, to_line

ASSETS = Path(__file__).parents[2] / "assets"
CODE = """
import sys
from pathlib import Path
from render.shoot import Shoot, main

store, *paths = sys.argv[1:]
main(Shoot(0, 1, 0.0, 120, 4, store), *map(Path, paths))
"""
SCENES = 10


@pytest.mark.blender
@pytest.mark.slow
def test_a_node_that_vanishes_costs_no_picture_and_all_are_those_of_one_machine(
    two_nodes: TwoNodes, tmp_path: Path
) -> None:
    settings = Plan("domino", seed=4, scenes=SCENES, size_hw=(48, 64), quality=Quality(samples=1))
    scenes, store = tmp_path / "scenes.jsonl", tmp_path / "shared"
    plan = make_scenes(settings, ASSETS)
    scenes.write_text("".join(f"{to_line(scene)}\n" for scene in plan), encoding="utf-8")
    paths = [scenes, ASSETS, tmp_path / "no photos", tmp_path / "renders"]
    words = [sys.executable, "-c", CODE, str(store), *map(str, paths)]
    with subprocess.Popen(words, env=two_nodes.environment(), cwd=Path(__file__).parents[2]) as run:
        wait_for(lambda: len(list(store.glob("frames/*"))) >= 4, run)
        two_nodes.kill_second()
        assert run.wait(timeout=300) == 0
    refused = json.loads((tmp_path / "renders" / "refused.json").read_text(encoding="utf-8"))
    kept = [sample.id for sample in read_manifest(tmp_path / "renders" / "samples.jsonl")]
    assert sorted([*kept, *itertools.chain(*refused.values())]) == sorted(scene.id for scene in plan)
    assert not {"crashed", "timed out"} & set(refused)
    assert list(store.glob("assets/*"))
    assert not list(store.glob("frames/*"))
    main(Shoot(2, 1, 0.0, 120, 4, None), scenes, ASSETS, tmp_path / "no photos", tmp_path / "alone")
    assert content(tmp_path / "renders") == content(tmp_path / "alone")


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}

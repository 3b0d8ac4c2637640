"""What tests say to the Blender of shots.py, and what it answers."""

import dataclasses
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from render.blender.shot import Shot
from render.blender.silhouette import Silhouette
from render.spec import AssetSource, SceneSpec, to_line


@dataclasses.dataclass
class Blender:
    """A Blender in another process."""

    process: subprocess.Popen[str]
    folder: Path
    done: int = 0

    def shoot(self, scene: SceneSpec, sources: Mapping[str, AssetSource]) -> Shot:
        return self.ask(scene, sources, "shot")[0]

    def shoot_alone(self, scene: SceneSpec, sources: Mapping[str, AssetSource]) -> tuple[Shot, dict[int, np.ndarray]]:
        """Return also each labelled object by itself: index -> mask on three by three pictures."""
        return self.ask(scene, sources, "alone")

    def ask(
        self, scene: SceneSpec, sources: Mapping[str, AssetSource], what: str
    ) -> tuple[Shot, dict[int, np.ndarray]]:
        self.done += 1
        file = self.folder / f"{self.done}.npz"
        plain = {name: dataclasses.asdict(source) for name, source in sources.items()}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([to_line(scene), plain, what, str(file)]) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline(), "Blender has ended"
        return shot_of(file)


def shot_of(file: Path) -> tuple[Shot, dict[int, np.ndarray]]:
    with np.load(file) as arrays:
        found = dict(arrays)
    plain: dict[str, Any] = json.loads(str(found.pop("text")))
    alone = {int(k): Silhouette(px, box and tuple(box)) for (k, px), box in
             zip(plain["px"].items(), plain["boxes"].values(), strict=True)}  # fmt: skip
    assets = {int(k): asset for k, asset in plain["assets"].items()}
    masks = {int(name): found.pop(name) for name in list(found) if name.isdigit()}
    return Shot(assets=assets, alone=alone, broken=plain["broken"], **found), masks

"""Where the camera stood and where the objects lay, from the plan of the renders, in BOP's axes and millimetres.

The plan's world is in metres, Z up; its camera looks along its own -Z with +Y up in the picture. BOP's camera is
OpenCV's: x to the right, y down, z forward, and the middle of the first pixel is (0, 0).
"""

import dataclasses
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter
from scipy.spatial.transform import Rotation

from dataset.records import Sample
from pipeline.errors import InputError
from pipeline.reading import STRICT, lines_of, parse_typed

Array = NDArray[np.float64]


def turning(rotation: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return a quaternion as it is; raise ValueError for one of no length, which turns nothing."""
    if not any(rotation):
        raise ValueError("a quaternion that is not all zeros")
    return rotation


Quaternion = Annotated[tuple[float, float, float, float], AfterValidator(turning)]  # w, x, y, z
TO_BOP = np.diag([1.0, -1.0, -1.0])  # from the plan's camera axes


@dataclasses.dataclass(frozen=True)
class Pose:
    """One object as the camera sees it: point in the camera = rotation @ (scale * point of the asset) + shift."""

    asset: str
    rotation: Array  # (3, 3)
    shift_mm: Array  # (3,)
    scale: float


@dataclasses.dataclass(frozen=True)
class PoseView:
    """The camera of one picture and the objects before it."""

    camera: Array  # (3, 3) K, in pixels
    rotation: Array  # (3, 3) world to camera
    shift_mm: Array  # (3,)
    poses: Mapping[int, Pose]  # by the instance's index: the k-th labelled object of the scene has k


@dataclasses.dataclass(frozen=True)
class PlannedCamera:
    """The camera of a scene, as far as a pose needs it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT | {"extra": "ignore"}

    location_m: tuple[float, float, float]
    rotation: Quaternion
    angle_deg: Annotated[float, Field(gt=0, lt=180)]


@dataclasses.dataclass(frozen=True)
class PlannedObject:
    """An object of a scene, as far as a pose needs it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT | {"extra": "ignore"}

    asset: str
    location_m: tuple[float, float, float]
    rotation: Quaternion
    scale: float
    body: str = ""


@dataclasses.dataclass(frozen=True)
class PlannedScene:
    """A line of the plan."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT | {"extra": "ignore"}

    id: str
    camera: PlannedCamera
    objects: tuple[PlannedObject, ...]
    settle_s: float = 0.0


SCENE = TypeAdapter(PlannedScene)
AGAIN = "name the scenes.jsonl that was rendered, or run the stage plan again"


class Views:
    """The views of a plan, read one at a time; only where each line begins is kept."""

    def __init__(self, path: Path, labelled: Collection[str]) -> None:
        """labelled: the assets that carry a label. Raises InputError for a file that is no plan."""
        self.path, self.labelled = path, labelled
        self.places: dict[str, int] = {}
        place = 0
        for number, line in enumerate(lines_of(path), 1):
            self.places[parse_typed(line, SCENE, f"{path}:{number}: not a scene", AGAIN).id] = place
            place += len(line)

    def of(self, sample: Sample) -> PoseView:
        """Return the view of a render; raise InputError when the plan does not hold it, or holds another scene."""
        where = f"{self.path}: scene {sample.id}"
        if sample.id not in self.places:
            raise InputError(f"{where} is not there; name the scenes.jsonl that was rendered")
        with self.path.open("rb") as file:
            file.seek(self.places[sample.id])
            scene = parse_typed(file.readline(), SCENE, where, AGAIN)
        check_still(scene, where)
        view = view_of(scene, sample.size_hw, self.labelled)
        check_same(view, sample, where)
        return view


def check_still(scene: PlannedScene, where: str) -> None:
    """Raise InputError if objects still fall when the scene is set up: then it does not say where they end."""
    if scene.settle_s and any(item.body == "falls" for item in scene.objects):
        raise InputError(
            f"{where}: its objects fall before the picture is taken, so the plan does not know where they lie; "
            "leave out --scenes to export without poses"
        )


def check_same(view: PoseView, sample: Sample, where: str) -> None:
    """Raise InputError unless every instance of the sample is the object of that index."""
    for item in sample.instances:
        if item.index not in view.poses or view.poses[item.index].asset != item.asset:
            raise InputError(
                f"{where}: its labelled object {item.index} is not the {item.asset} of the sample; "
                "name the right plan, and state the category of every labelled asset in credits.json"
            )


def view_of(scene: PlannedScene, size_hw: tuple[int, int], labelled: Collection[str]) -> PoseView:
    """Return the view of a scene."""
    camera = scene.camera
    rotation = TO_BOP @ matrix(camera.rotation).T
    location = np.array(camera.location_m, float)
    poses = {
        k: Pose(
            item.asset,
            rotation @ matrix(item.rotation),
            1000 * rotation @ (np.array(item.location_m, float) - location),
            item.scale,
        )
        for k, item in enumerate((item for item in scene.objects if item.asset in labelled), 1)
    }
    return PoseView(intrinsics(size_hw, camera.angle_deg), rotation, -1000 * rotation @ location, poses)


def intrinsics(size_hw: tuple[int, int], angle_deg: float) -> Array:
    """Return K of a pinhole with square pixels whose picture is `angle_deg` wide."""
    height, width = size_hw
    focal_px = width / 2 / math.tan(math.radians(angle_deg) / 2)
    return np.array([[focal_px, 0, (width - 1) / 2], [0, focal_px, (height - 1) / 2], [0, 0, 1]])


def matrix(rotation: tuple[float, float, float, float]) -> Array:
    """Return the (3, 3) matrix of a quaternion w, x, y, z."""
    w, x, y, z = rotation
    return np.asarray(Rotation.from_quat([x, y, z, w]).as_matrix(), np.float64)

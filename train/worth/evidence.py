"""What the advice rests on, and what it says."""

import dataclasses
from typing import Literal

from train.worth.curve import Curve
from train.worth.points import Estimate

Action = Literal["label", "render", "assets", "look", "architecture", "stop"]


@dataclasses.dataclass(frozen=True)
class Group:
    """What one group of renders does to the score; help: IoU gained by having it, negative if it does harm."""

    name: str
    kind: str  # "asset", "recipe", "range", ...
    help: float
    lo: float | None = None  # 95 % interval of help; None if it has none
    hi: float | None = None

    @property
    def harms(self) -> bool:
        """Return whether harm is shown; without an interval it is not."""
        return self.hi is not None and self.hi < 0


@dataclasses.dataclass(frozen=True)
class Failure:
    """A kind of real instances and the share of them that is found at IoU 0.5."""

    name: str  # e.g. "small", "half hidden"
    recall: float


@dataclasses.dataclass(frozen=True)
class Lost:
    """What the IoU on val lacks to 1, by where the errors lie: the three add up to it."""

    outline: float  # near the outlines of objects that were seen
    missed: float  # objects that were not seen
    made_up: float  # seen where nothing is

    @property
    def by_outlines(self) -> bool:
        """Return whether outlines cost more than all else."""
        return self.outline > self.missed + self.made_up


@dataclasses.dataclass(frozen=True, eq=False)
class Evidence:
    """Everything measured that the advice may use; what was not measured is None or ()."""

    score: Estimate  # of the picked mix on real val photos
    n_real: int
    n_render: int
    real: Curve | None = None  # real photos alone, over real labels
    mixed: Curve | None = None  # with renders, over real labels
    renders: Curve | None = None  # with all real labels, over renders
    real_only: Estimate | None = None
    render_only: Estimate | None = None
    on_training: float | None = None  # IoU on the real photos it was trained on
    on_renders: float | None = None  # IoU on renders kept out of training
    assets: int | None = None  # different assets of the category that has fewest
    groups: tuple[Group, ...] = ()
    failures: tuple[Failure, ...] = ()
    lost: Lost | None = None
    detail: float | None = None  # pixels of the longer side of a val photo / pixels at which the network looks at it

    @property
    def overstates(self) -> float | None:
        """Return by how much renders flatter the network: IoU on held-out renders minus IoU on real photos."""
        return None if self.on_renders is None else self.on_renders - self.score.iou

    @property
    def gap(self) -> float | None:
        """Return real only minus renders only; None without both."""
        return self.real_only.iou - self.render_only.iou if self.real_only and self.render_only else None


@dataclasses.dataclass(frozen=True)
class Option:
    """One step that could be taken. reaches: whether the target would be; None where no measurement says so.

    amount: of labels, renders or assets. iou: expected after it. cost: in the currency of `Costs`.
    """

    action: Action
    what: str
    amount: float | None = None
    iou: Estimate | None = None
    cost: float | None = None
    cost_ci95: tuple[float, float] | None = None
    reaches: bool | None = None


@dataclasses.dataclass(frozen=True)
class Advice:
    """The one step to take, why, and all that could be taken."""

    action: Action
    why: str
    target: float
    options: tuple[Option, ...]

"""What the advice rests on, and what it is: a step that could be taken, and the one to take."""

import dataclasses
import math
from collections.abc import Iterable

from measure.worth.curve import Curve
from measure.worth.points import ScoreEstimate
from measure.worth.tried import Action, TriedChange, UntriedChange, why_not
from pipeline.costs import Costs

NOUNS: dict[Action, str] = {"label": "real labels", "render": "renders"}  # what more of can be had


@dataclasses.dataclass(frozen=True)
class WeakKind:
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

    score: ScoreEstimate  # of the picked mix on real val photos
    n_real: int
    n_render: int
    real: Curve | None = None  # real photos alone, over real labels
    mixed: Curve | None = None  # with renders, over real labels
    renders: Curve | None = None  # with all real labels, over renders
    real_only: ScoreEstimate | None = None
    render_only: ScoreEstimate | None = None
    on_training: float | None = None  # IoU on the real photos it was trained on
    on_renders: float | None = None  # IoU on renders kept out of training
    assets: int | None = None  # different assets of the category that has fewest
    failures: tuple[WeakKind, ...] = ()
    lost: Lost | None = None
    labels: ScoreEstimate | None = None  # what the val labels' outlines allow at most
    tried: tuple[TriedChange, ...] = ()  # by stage probe, and groups of renders that attribute trained without
    untried: tuple[UntriedChange, ...] = ()
    steps: int = 0  # of one training
    detail: float | None = None  # pixels of the longer side of a val photo / pixels at which the network is shown it

    def tried_for(self, action: Action) -> tuple[TriedChange, ...]:
        """Return the changes that speak of a step, the largest gain first."""
        return tuple(sorted((t for t in self.tried if t.action == action), key=lambda t: (-t.gain, t.name)))

    def not_known(self, action: Action) -> str:
        """Return which changes that speak of a step were not tried, and why; those that cannot be if nothing was."""
        some = tuple(each for each in self.untried if each.action == action)
        return why_not(tuple(each for each in some if each.possible) if self.tried_for(action) else some)

    def training_cost(self, costs: Costs) -> float:
        """Return what one training as today's costs."""
        return self.steps * costs.per_step

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

    amount: of labels, renders or assets. iou: expected after it. cost: in the currency of `Costs`, of what the step
    takes and of the training after it.
    """

    action: Action
    what: str
    amount: float | None = None
    iou: ScoreEstimate | None = None
    cost: float | None = None
    cost_ci95: tuple[float, float] | None = None
    reaches: bool | None = None
    helps: bool = False  # a gain is shown: the lower end of its interval is above 0
    value: float | None = None  # IoU that it is expected to bring; what lies beyond the target counts nothing
    short: str = ""  # the step in one sentence, where `what` tells more than that

    @property
    def value_per_cost(self) -> float | None:
        """Return the value a unit of money; None where either is not known, or it costs nothing."""
        return self.value / self.cost if self.value is not None and self.cost else None

    @property
    def compared(self) -> bool:
        """Return whether it may be advised by its value: a change shown to help, or data that lead to the target.

        More data whose curve does not reach the target are never compared, whatever they bring on the way.
        """
        shown = bool(self.reaches and self.amount) if self.action in NOUNS else self.helps
        return shown and self.value is not None and self.value > 0

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Return what orders options, the best one greatest: what may be advised, then value a cost, then cheapness.

        What costs nothing goes before what costs something; of what may not be advised the value alone counts.
        """
        value = -math.inf if self.value is None else self.value
        per_cost = self.value_per_cost if self.cost else math.inf
        return self.compared, (per_cost or 0.0) if self.compared else value, -(self.cost or 0.0)


@dataclasses.dataclass(frozen=True)
class Advice:
    """The one step to take, why, and all that could be taken."""

    action: Action
    why: str
    target: float
    options: tuple[Option, ...]


def best_value(table: Iterable[Option]) -> Option | None:
    """Return the option that may be advised with the best value a cost (`Option.rank`), at a tie the first; or None."""
    return max((row for row in table if row.compared), key=lambda row: row.rank, default=None)


def sentences(*parts: str) -> str:
    """Return these sentences one after the other; empty ones are left out."""
    return " ".join(part for part in parts if part)

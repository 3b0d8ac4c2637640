"""What labels, renders, machines and people's hours cost: a section that several rooms reckon with."""

import dataclasses
import math

ENGINEER = 12.0  # times a labeller's hour, where the engineer's is not given


@dataclasses.dataclass(frozen=True)
class Costs:
    """Section `costs` of params.yaml. Money is in `currency`."""

    currency: str
    minutes_per_label: float  # a photo with all its masks; 1.3 is one mask: COCO took 22 worker-hours for 1,000
    labeller_per_hour: float
    engineer_per_hour: float | None  # null = 12 labellers
    machine_per_hour: float
    seconds_per_render: float
    seconds_per_step: float  # of training
    hours_per_asset: float  # of a person who models one
    assets_made: int  # how many were modelled for this
    setup_hours: float  # of an engineer, until the first render
    mask_s: float = 79.0  # of a labeller, to draw one mask
    correction_s: float = 19.0  # to correct a proposed one
    check_s: float = 3.0  # to accept or reject one

    def __post_init__(self) -> None:
        """Raise ValueError for a value that is no amount, or a currency without a name."""
        if not self.currency.strip():
            raise ValueError("currency is empty, wanted a name such as EUR")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{field.name} is {value}, wanted 0 or more")

    @property
    def engineer(self) -> float:
        """Return what an engineer's hour costs."""
        return ENGINEER * self.labeller_per_hour if self.engineer_per_hour is None else self.engineer_per_hour

    @property
    def per_label(self) -> float:
        """Return what one labelled photo costs."""
        return self.minutes_per_label / 60 * self.labeller_per_hour

    @property
    def per_render(self) -> float:
        """Return what one render costs."""
        return self.seconds_per_render / 3600 * self.machine_per_hour

    @property
    def per_step(self) -> float:
        """Return what one step of training costs."""
        return self.seconds_per_step / 3600 * self.machine_per_hour

    @property
    def per_asset(self) -> float:
        """Return what one modelled asset costs."""
        return self.hours_per_asset * self.engineer

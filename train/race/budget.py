"""What a race may cost."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Budget:
    """Upper bounds, each of which may be None: then only the seeds limit the race."""

    runs: float | None = None  # whole trainings; one that stops half-way counts half
    minutes: float | None = None  # of training, summed over runs
    money: float | None = None
    money_per_hour: float | None = None  # price of an hour of training; needed where `money` is given

    def __post_init__(self) -> None:
        """Raise ValueError for a bound that is not above 0, or for money without a price."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{field.name} is {value}, wanted more than 0, or null for no bound")
        if self.money is not None and self.money_per_hour is None:
            raise ValueError("money is given without money_per_hour, the price of an hour of training")

    @property
    def timed(self) -> bool:
        """Whether a bound can be checked only once the length of a run is known."""
        return self.minutes is not None or self.money is not None

    def bounds(self, seconds_per_run: float | None) -> dict[str, float]:
        """Return each bound in runs, by its words; bounds in time are left out while `seconds_per_run` is None."""
        found = {} if self.runs is None else {f"{self.runs:g} runs": self.runs}
        if seconds_per_run is None:
            return found
        per_run = max(seconds_per_run, 1e-9)  # a run of no time is one that cost nothing
        if self.minutes is not None:
            found[f"{self.minutes:g} minutes"] = self.minutes * 60 / per_run
        if self.money is not None and self.money_per_hour is not None:
            found[f"{self.money:g} in money"] = self.money / self.money_per_hour * 3600 / per_run
        return found

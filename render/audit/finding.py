"""What the audit of an asset is given and what it says."""

import dataclasses

from render.catalog import Asset
from render.stock.facts import Facts

MEND, LOOK, FINE = "mend", "look", "fine"
LEVELS = (MEND, LOOK, FINE)  # worst first


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing to say about an asset, in an artist's words."""

    level: str  # "mend": renders would be wrong; "look": may be wrong; "fine": good to know
    what: str  # what was found
    how: str = ""  # how to mend it; empty when there is nothing to do


@dataclasses.dataclass(frozen=True)
class Seen:
    """How the renders that exist show an asset. Areas and sides are known of labelled assets alone, else 0."""

    renders: int  # pictures that hold it, seen or not
    area_px: tuple[int, int, int] = (0, 0, 0)  # smallest, median and largest instance
    share: float = 0.0  # median of the picture that an instance covers, 0..1
    side_px: int = 0  # longest side of its largest box


@dataclasses.dataclass(frozen=True)
class Uses:
    """What the recipes do with an asset."""

    recipes: tuple[str, ...] = ()  # names of those that may show it, sorted
    thin: bool = False  # one of them lets light through its skin
    falls: bool = False  # one of them drops it


@dataclasses.dataclass(frozen=True)
class Case:
    """All that is known of one asset."""

    asset: Asset
    facts: Facts | None  # None for an environment map, and where the file could not be read
    catalog: tuple[Asset, ...]  # every asset, this one included
    seen: Seen = Seen(0)
    uses: Uses = Uses()

    @property
    def longest_m(self) -> float:
        """Return the longest side of its bounding box."""
        return max(self.asset.size_m)

    @property
    def sidecar(self) -> str:
        """Return the name of the file its entry stands in."""
        return f"{self.asset.id}.toml"

    @property
    def peers(self) -> tuple[Asset, ...]:
        """Return the other targets of its category that have a size."""
        mine = self.asset.category
        return tuple(a for a in self.catalog if mine and a.category == mine and a.id != self.asset.id and any(a.size_m))


def length(metres: float) -> str:
    """Return a length as people say it: 85 m, 8.5 cm, 0.4 mm."""
    for unit, size in (("m", 1.0), ("cm", 0.01)):
        if metres >= size:
            return f"{metres / size:.3g} {unit}"
    return f"{metres * 1000:.2g} mm"

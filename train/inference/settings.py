"""The settings of a prediction: section `predict` of params.yaml."""

import dataclasses

SUFFIX = {"masks": "png", "overlays": "jpg", "uncertainty": "png", "foreground": "png"}
FEATURES = "features"
FORMATS = (*SUFFIX, "coco", FEATURES)
AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Predict:
    """Section `predict` of params.yaml."""

    tile: str | int | None  # side of a tile in a photo's pixels; auto = 5 img_size; null = every photo as a whole
    overlap: float  # least share of a tile that its neighbour sees too
    batch: int  # tiles in one forward pass
    min_area_px: int  # smaller pieces are background
    formats: tuple[str, ...]  # of masks, overlays, uncertainty, foreground, coco, features

    def __post_init__(self) -> None:
        """Raise ValueError for a value no prediction can use."""
        sized = isinstance(self.tile, int) and self.tile > 0
        if not sized and self.tile not in {AUTO, None}:
            raise ValueError(f"tile is {self.tile!r}, wanted auto, null, or a number of pixels")
        if not 0 <= self.overlap <= 0.5:
            raise ValueError(f"overlap is {self.overlap}, wanted 0 to 0.5")
        for name in ("batch", "min_area_px"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, wanted 1 or more")
        unknown = sorted(set(self.formats) - set(FORMATS))
        if unknown:
            raise ValueError(f"formats has {unknown[0]!r}, wanted some of: {', '.join(FORMATS)}")

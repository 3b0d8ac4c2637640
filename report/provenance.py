"""Where the page's numbers come from: data and licences, assets, refused scenes, settings, versions of packages."""

import importlib.metadata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.records import Sample
from report.record import RunRecord
from report.tables import Table, filled
from report.words import whole

SET_ASIDE = ("crashed", "timed out")  # causes for which scenes are named
PACKAGES = (
    *("admix", "torch", "timm", "segmentation-models-pytorch", "albumentations", "numpy", "scipy", "scikit-image"),
    *("opencv-python-headless", "pillow", "ray", "blenderproc", "bpy", "dvc"),
)


def of_sources(parts: Mapping[str, Sequence[Sample]]) -> Table | None:
    """Return one row for each part ("train photos", ...), source and licence, with the number of its samples."""
    cells = [
        (part, whole(count), source, licence)
        for part, samples in parts.items()
        for (source, licence), count in sorted(Counter((s.source, s.licence) for s in samples).items())
    ]
    return filled("Samples and their licences", ("part", "#samples", "source", "licence"), cells)


def of_assets(renders: Sequence[Sample]) -> Table | None:
    """Return every asset in view of a render and in how many, by id."""
    counts = Counter(asset for sample in renders for asset in set(sample.assets))
    cells = [(name, whole(count)) for name, count in sorted(counts.items())]
    return filled("Assets in the renders", ("asset", "#renders that show it"), cells)


def refused(causes: Mapping[str, Sequence[str]]) -> str:
    """Return in one sentence how many scenes were refused by cause, most frequent first; empty for none.

    causes: cause -> scene ids. A scene is set aside, and named, when Blender crashed or hung on it each time.
    """
    rows = sorted(causes.items(), key=lambda item: (-len(item[1]), item[0]))
    parts = [
        f"{len(scenes)} {cause}" + (f" (set aside: {', '.join(scenes)})" if cause in SET_ASIDE else "")
        for cause, scenes in rows
    ]
    return f"Refused as training pictures, and replaced by other scenes: {', '.join(parts)}." if parts else ""


def of_settings(settings: Mapping[str, Any]) -> Table | None:
    """Return what the picked run was trained with, nested settings under dotted names."""
    return filled("Settings of the picked run", ("setting", "value"), flat(settings))


def flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Return (dotted name, value as text) of nested settings, in their order."""
    if isinstance(value, dict) and value:
        return [row for key, item in value.items() for row in flat(item, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list):
        return [(name, ", ".join(map(str, value)) or "none")]
    return [(name, "none" if value is None or value == {} else str(value))]


def of_seeds(runs: Sequence[RunRecord]) -> str:
    """Return in one sentence which seeds were used; empty without runs."""
    seeds = sorted({run.seed for run in runs})
    return f"Seeds of training: {', '.join(map(str, seeds))}." if seeds else ""


def of_versions() -> Table | None:
    """Return the versions of the packages that decide the numbers, as far as they are installed."""
    cells = [(name, version) for name in PACKAGES if (version := version_of(name))]
    return filled("Versions of packages", ("package", "version"), cells)


def version_of(package: str) -> str | None:
    """Return the installed version of a package, None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None

"""The page of all assets: pictures, facts and findings, whole in one file."""

import base64
import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.pages import rendered
from render.audit.darkroom import image_name, mask_name
from render.audit.finding import LEVELS, LOOK, MEND, Case, Finding, length
from render.audit.turntable import TurntableView
from render.entries import Entry

TEMPLATE = Path(__file__).with_name("page.html.j2")
WORDS = {"mend": "to mend", "look": "have a look", "fine": "fine"}  # as the page names the levels
ORDER = {level: number for number, level in enumerate(LEVELS)}


@dataclasses.dataclass(frozen=True)
class Card:
    """One asset's place on the page."""

    entry: Entry
    case: Case | None  # None if its entry cannot be read
    findings: tuple[Finding, ...]
    verdict: str
    views: tuple[TurntableView, ...]  # those that are there
    help: tuple[str, ...] = ()  # what training found out about its renders, a sentence a set-up

    @property
    def group(self) -> str:
        """Return what it is: its category, else its role."""
        asset = self.case.asset if self.case else None
        return (asset.category or asset.role) if asset else "unknown"

    @property
    def renders(self) -> int:
        """Return how many renders hold it."""
        return self.case.seen.renders if self.case else 0


@dataclasses.dataclass(frozen=True)
class GalleryPicture:
    """One picture of the page."""

    uri: str  # the picture itself, as a data URI
    name: str


def page(cards: Sequence[Card], folder: Path, renders: int, notes: Sequence[str]) -> str:
    """Return the page, the assets with the worst verdict first. folder: of the pictures; every text is escaped."""
    ordered = sorted(cards, key=lambda card: (ORDER[card.verdict], card.entry.id, card.entry.name))
    return rendered(
        TEMPLATE,
        answer=answer(cards),
        notes=notes,
        words=WORDS,
        groups=sorted(Counter(card.group for card in cards).items()),
        verdicts=[(level, sum(card.verdict == level for card in cards)) for level in LEVELS],
        cards=[(card, strips(card, folder), list(facts(card, renders))) for card in ordered],
    )


def answer(cards: Sequence[Card]) -> str:
    """Return the sentence that the page opens with."""
    if not cards:
        return "There is no asset yet."
    bad, doubtful = (sum(card.verdict == level for card in cards) for level in (MEND, LOOK))
    if not bad + doubtful:
        return f"All {len(cards)} assets are fine." if len(cards) > 1 else "The one asset is fine."
    parts = [
        f"{bad} must be mended" if bad else "",
        f"{doubtful} {'wants' if doubtful == 1 else 'want'} a look" if doubtful else "",
    ]
    return f"Of {len(cards)} assets {' and '.join(part for part in parts if part)}."


def strips(card: Card, folder: Path) -> list[tuple[str, list[GalleryPicture]]]:
    """Return a card's pictures by light, name and pictures; the mask stands behind the views of its own light."""
    made = []
    for light in dict.fromkeys(view.light for view in card.views):
        views = [view for view in card.views if view.light == light]
        shown = [
            GalleryPicture(uri(folder / image_name(view)), ", ".join(filter(None, (view.name, light))))
            for view in views
        ]
        masks = [GalleryPicture(uri(folder / mask_name(view)), "what is labelled") for view in views if view.mask]
        made.append((light or "all around", [*shown, *masks]))
    return made


def uri(path: Path) -> str:
    """Return a WebP file as a data URI."""
    return "data:image/webp;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def facts(card: Card, renders: int) -> Iterator[tuple[str, str]]:
    """Yield what a card says of its asset, name and value. renders: how many there are in all."""
    if card.case is None:
        return
    asset, seen = card.case.asset, card.case.seen
    yield "what", f"{asset.role} {asset.kind}" if asset.kind != "hdri" else "environment map"
    if any(asset.size_m):
        yield "size", " x ".join(length(side) for side in asset.size_m)
    if asset.faces:
        yield "faces", f"{asset.faces:,} triangles{edges(card.case)}"
    if card.case.facts and card.case.facts.textures:
        sizes = Counter(f"{texture.size_wh[0]} x {texture.size_wh[1]}" for texture in card.case.facts.textures)
        yield "pictures", ", ".join(f"{count} of {size} px" for size, count in sorted(sizes.items()))
    yield "label", labelled(card.case)
    yield "licence", asset.licence or "none"
    yield "source", asset.source
    yield "file", asset.file
    if asset.role == "target":
        yield "recipes", ", ".join(card.case.uses.recipes) or "none"
    yield "renders", f"in {seen.renders:,} of {renders:,}" if renders else "none yet"
    if seen.area_px[2]:
        small, middle, large = seen.area_px
        yield "covers", f"{seen.share:.1%} of the picture or {middle:,} px (median); from {small:,} to {large:,} px"
    if card.help:
        yield "in training", " ".join(card.help)


def edges(case: Case) -> str:
    """Return whether a mesh is closed, in words that follow the number of its faces."""
    if case.facts is None:
        return ""
    counts = ((case.facts.open_edges, "at holes"), (case.facts.tangled_edges, "with three faces or more"))
    words = " and ".join(f"{count:,} {'edge' if count == 1 else 'edges'} {where}" for count, where in counts if count)
    return f", {words}" if words else ", closed"


def labelled(case: Case) -> str:
    """Return what of an asset carries a label."""
    asset = case.asset
    if not asset.category:
        return "carries no label"
    return f"{asset.category}: {', '.join(asset.labelled)}" if asset.labelled else f"{asset.category}: all of it"

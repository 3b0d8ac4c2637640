"""`make assets`: look at every asset, say what is wrong with it in plain words, and show all of them on one page."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.files import write_text
from pipeline.stage import run_stage
from render.audit import entry as audit_entry
from render.audit import shape as audit_shape
from render.audit.appearances import manifests, read_recipes, read_seen, uses_of
from render.audit.darkroom import Portrait, take, tidy
from render.audit.finding import LEVELS, MEND, Case, Finding, Seen
from render.audit.help import attributions, read_help
from render.audit.looking import Looked, look
from render.audit.page import Card, page
from render.audit.turntable import LIGHTS, TurntableView, views_of
from render.catalog import Asset, path_of
from render.entries import read_entries, strays
from render.frames.library import source_of
from render.scenes.recipe import Recipe
from render.shoot import Shoot

PICTURES = "turntables"  # folder below --data
FACTS = "facts.json"  # in it: what was found in each file


def main(settings: Shoot, assets: Path, data: Path, out: Path) -> None:
    """Write the page; exit with code 2 and a line an asset if something must be mended."""
    entries = read_entries(assets)
    found, pictures = look(entries, data / PICTURES / FACTS), data / PICTURES
    jobs = {item.entry.name: jobs_of(item, assets) for item in found}
    everything = [job for some in jobs.values() for job in some]
    failed = take(everything, assets, pictures, settings.workers, settings.limit_s)
    tidy(pictures, [job.view for job in everything])
    seen, renders, notes = read_seen(manifests(data))
    notes += [f"{name} belongs to no asset yet: add it with admix add" for name in strays(assets, entries)]
    helped, unread = read_help(attributions(data))
    notes += unread
    catalog, recipes = tuple(item.asset for item in found if item.asset), read_recipes()
    cards = [
        card_of(
            item, [job.view for job in jobs[item.entry.name]], failed, case_of(item, catalog, seen, recipes), helped
        )
        for item in found
    ]
    write_text(out, page(cards, pictures, renders, notes))
    finish(cards, out)


def jobs_of(item: Looked, assets: Path) -> list[Portrait]:
    """Return the pictures to take of an asset; none if its file cannot be read."""
    asset = item.asset
    if asset is None or item.entry.path is None or (asset.kind != "hdri" and item.facts is None):
        return []
    sources = {light.asset.id: source_of(light.asset, path_of(assets, light.asset)) for light in LIGHTS}
    sources[asset.id] = source_of(asset, item.entry.path)
    return [Portrait(view, sources) for view in views_of(asset)]


def case_of(
    item: Looked, catalog: tuple[Asset, ...], seen: Mapping[str, Seen], recipes: Mapping[str, Recipe]
) -> Case | None:
    """Return all that is known of an asset; None if its entry cannot be read."""
    if item.asset is None:
        return None
    return Case(
        item.asset, item.facts, catalog, seen.get(item.asset.id, Seen(0)), uses_of(item.asset, item.facts, recipes)
    )


def card_of(
    item: Looked,
    views: Sequence[TurntableView],
    failed: Mapping[str, str],
    case: Case | None,
    helped: Mapping[str, tuple[str, ...]],
) -> Card:
    """Return one asset's place on the page. helped: asset id -> what training found out about its renders."""
    problems = sorted({failed[view.scene.id] for view in views if view.scene.id in failed})
    words = [Finding(MEND, error) for error in item.errors]
    words += [Finding(MEND, f"It cannot be rendered: {problem}.") for problem in problems]
    findings = (*words, *(audit(case) if case else ()))
    shown = tuple(view for view in views if view.scene.id not in failed)
    told = helped.get(case.asset.id, ()) if case else ()
    return Card(item.entry, case, findings, verdict(findings), shown, told)


def finish(cards: Sequence[Card], out: Path) -> None:
    """Print a line an asset that must be mended and a summary; exit with code 2 if there is one."""
    bad = [card for card in cards if card.verdict == MEND]
    for card in bad:
        words = (f"{finding.what} {finding.how}".strip() for finding in card.findings if finding.level == MEND)
        sys.stdout.write(f"{card.entry.name}: {' '.join(' '.join(words).split())}\n")
    sys.stdout.write(f"assets: {len(cards)}, {len(bad)} to mend; the page is {out}\n")
    if bad:
        raise SystemExit(2)


Rule = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    audit_shape.scale,
    audit_shape.origin,
    audit_shape.up_axis,
    audit_shape.normals,
    audit_shape.closed,
    audit_shape.falls,
    audit_shape.faces,
    audit_shape.textures,
    audit_shape.uvs,
    audit_entry.licence,
    audit_entry.source,
    audit_entry.names,
    audit_entry.content,
    audit_entry.parts,
    audit_entry.code,
    audit_entry.notes,
    audit_entry.recipes,
)


def audit(case: Case) -> tuple[Finding, ...]:
    """Return all that is to be said about an asset, the worst first, else in the order of the rules."""
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))


def verdict(findings: tuple[Finding, ...]) -> str:
    """Return the worst level; "fine" if nothing was found."""
    return min((finding.level for finding in findings), key=LEVELS.index, default=LEVELS[-1])


if __name__ == "__main__":
    run_stage(main)

"""What is wrong with an asset and how to mend it, in words that need no knowledge of programming."""

from collections.abc import Callable, Iterator

from render.audit import entry as audit_entry
from render.audit import shape as audit_shape
from render.audit.finding import LEVELS, Case, Finding

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
    audit_entry.recipes,
)


def audit(case: Case) -> tuple[Finding, ...]:
    """Return all that is to be said about an asset, the worst first, else in the order of the rules."""
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))


def verdict(findings: tuple[Finding, ...]) -> str:
    """Return the worst level; "fine" if nothing was found."""
    return min((finding.level for finding in findings), key=LEVELS.index, default=LEVELS[-1])

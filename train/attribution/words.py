"""What attribution says, in sentences that artists read."""

from train.attribution.estimate import Estimate
from train.attribution.groups import ASSET, RECIPE, Group
from train.attribution.leave_out import Measured

LITTLE = 0.01  # IoU below which a help or a harm is called little


def subject(group: Group) -> str:
    """Return the renders of a group as the subject of a sentence, without a capital letter."""
    if group.kind == ASSET:
        return f"renders that show {group.name}"
    if group.kind == RECIPE:
        return f"renders of the recipe {group.name}"
    return f"renders with {group.name}"


def bounds(help_: float, ci95: tuple[float, float], unit: str, digits: int) -> str:
    """Return a number with its interval, in brackets."""
    lo, hi = ci95
    return f"({help_:+.{digits}f}{unit}, {lo:+.{digits}f} to {hi:+.{digits}f})"


def of_estimate(item: Estimate) -> str:
    """Return what the estimate says of a group; a difference that may be nothing is called no effect."""
    numbers, (lo, hi) = bounds(item.help, item.ci95, "", 2), item.ci95
    about = subject(item.group)
    if lo > 0:
        return f"R{about[1:]} pull the network towards the real photos more than other renders do {numbers}."
    if hi < 0:
        return (
            f"R{about[1:]} pull the network towards the real photos less than other renders do {numbers}: "
            "look at their labels and at what they look like."
        )
    return f"No effect shown for {about} {numbers}."


def of_measured(item: Measured) -> str:
    """Return what training without a group says of it."""
    numbers, (lo, hi) = bounds(item.help, item.ci95, " IoU", 3), item.ci95
    about, little = subject(item.group), " a little" if abs(item.help) < LITTLE else ""
    if lo > 0:
        return f"R{about[1:]} help{little} {numbers}."
    if hi < 0:
        return f"R{about[1:]} hurt{little} {numbers}: look at their labels and at what they look like."
    return f"No effect shown for {about} {numbers}."

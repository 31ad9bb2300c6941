"""Leaving out of a verdict the holds that two people have let pass with these very figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from automations.engine.job import Reason
from automations.rules.matching.holds import Hold
from automations.rules.matching.overrides import HoldFigures, overridden
from connectors.contracts.overrides import ApprovedOverride


@dataclass(frozen=True, slots=True)
class Passing:
    """What still holds a document, and the overrides that count."""

    holds: tuple[Hold, ...]
    reasons: tuple[Reason, ...]
    passed: tuple[ApprovedOverride, ...] = ()


def figures_of(reason: Reason) -> HoldFigures:
    return HoldFigures(reason.code, reason.where or "", reason.found or "", reason.expected or "")


def let_pass(
    holds: Sequence[Hold], reasons: Sequence[tuple[Hold, Reason]], overrides: Sequence[ApprovedOverride]
) -> Passing:
    """Split holds, each with the reason that people saw, into those that stay and those that were let pass."""
    if not overrides:
        return Passing(tuple(holds), tuple(reason for _, reason in reasons))
    known = {HoldFigures(each.code, each.place, each.found, each.expected): each for each in overrides}
    passed = overridden((figures_of(reason) for _, reason in reasons), known.keys())
    kept = [(hold, reason) for hold, reason in reasons if figures_of(reason) not in passed]
    return Passing(
        tuple(hold for hold, _ in kept),
        tuple(reason for _, reason in kept),
        tuple(each for figures, each in known.items() if figures in passed),
    )

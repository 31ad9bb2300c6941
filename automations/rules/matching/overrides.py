"""Letting a hold pass because two people said so: only the very hold, with the figures that they saw."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from automations.rules.matching.holds import HoldReason

# Without an order, a unit, a currency or an amount there is nothing that could be posted; another supplier's order and
# one that nobody has approved are set right where they are kept.
NEVER_OVERRIDDEN = frozenset(
    reason.value
    for reason in (
        HoldReason.NO_ORDER,
        HoldReason.ORDER_AMBIGUOUS,
        HoldReason.ORDER_NOT_APPROVED,
        HoldReason.SUPPLIER_DIFFERS,
        HoldReason.CURRENCY_DIFFERS,
        HoldReason.UOM_UNKNOWN,
        HoldReason.FIGURES_UNUSABLE,
    )
)
OVERRIDABLE = frozenset(
    {
        *(reason.value for reason in HoldReason),
        "SAME_NUMBER",
        "SAME_AMOUNT_AND_DATE",
        "NEAR_AMOUNT_AND_DATE",
    }
    - NEVER_OVERRIDDEN
)


@dataclass(frozen=True, slots=True)
class HoldFigures:
    """What tells one hold from another, as it is recorded and shown: code, place, and the two figures."""

    code: str
    place: str = ""
    found: str = ""
    expected: str = ""


def overridden(holds: Iterable[HoldFigures], approved: Collection[HoldFigures]) -> frozenset[HoldFigures]:
    """Those of the holds that pass: approved with exactly these figures, and of a kind that can."""
    return frozenset(hold for hold in holds if hold.code in OVERRIDABLE and hold in approved)

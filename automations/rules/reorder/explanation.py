"""What a proposal tells about itself: every figure that went in, the rule, each rounding, each supplier."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.lots import LotRule, round_up
from automations.rules.reorder.policies import Figures
from automations.rules.reorder.projection import ProjectedDay
from automations.rules.reorder.supplier_choice import OfferNote


class Rounding(StrEnum):
    """The steps from what is missing to what is ordered, in their order."""

    NEED = "need"
    MINIMUM = "minimum"
    MULTIPLE = "multiple"


@dataclass(frozen=True, slots=True)
class RoundingStep:
    """`by` is the minimum or the multiple; None for the need itself."""

    step: Rounding
    quantity: Decimal
    by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`figures` by name in the order in which they were used; `method` is that of the forecast.

    `asked_in_chat` is how many conversations asked for the product while it was not there, `watching` how many
    customers want to be told: signs of demand that the quantity does not contain.
    """

    figures: Figures
    policy: str
    trigger: str
    method: str | None
    roundings: Sequence[RoundingStep]
    offers: Sequence[OfferNote]
    days: Sequence[ProjectedDay]
    asked_in_chat: int
    watching: int


def explain_rounding(need: Decimal, lot: LotRule) -> Sequence[RoundingStep]:
    """Only the steps that changed something, behind the need."""
    steps = [RoundingStep(Rounding.NEED, need)]
    least = max(need, lot.minimum)
    if least != need:
        steps.append(RoundingStep(Rounding.MINIMUM, least, lot.minimum))
    whole = round_up(least, lot.step)
    if whole != least:
        steps.append(RoundingStep(Rounding.MULTIPLE, whole, lot.step))
    return steps

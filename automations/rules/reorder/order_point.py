"""Order points: below the minimum, order up to the maximum or a fixed quantity."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from automations.rules.reorder.lots import InvalidRuleError, LotRule
from connectors.money import ZERO

ANY_LOT = LotRule()


class Trigger(StrEnum):
    """Whether stock that is just at the minimum is ordered for."""

    BELOW = "below"
    AT_OR_BELOW = "at_or_below"


@dataclass(frozen=True, slots=True)
class StockPosition:
    """What is there and what is to come and to go, in stock units.

    `on_order` is what suppliers owe, `requested` what drafts of earlier runs ask for.
    """

    on_hand: Decimal
    on_order: Decimal = ZERO
    requested: Decimal = ZERO
    reserved: Decimal = ZERO
    demand: Decimal = ZERO

    @property
    def projected(self) -> Decimal:
        return self.on_hand + self.on_order + self.requested - self.reserved - self.demand


@dataclass(frozen=True, slots=True)
class OrderPointRule:
    """When to order and up to which stock, or how much at a time. Raises InvalidRuleError."""

    minimum: Decimal
    maximum: Decimal | None = None
    fixed_quantity: Decimal | None = None
    lot: LotRule = ANY_LOT
    trigger: Trigger = Trigger.BELOW
    snoozed_until: date | None = None
    """It acts from that day on."""

    def __post_init__(self) -> None:
        if self.maximum is not None and self.minimum > self.maximum:
            raise InvalidRuleError(f"The minimum {self.minimum} is above the maximum {self.maximum}.")
        if self.fixed_quantity is not None and self.fixed_quantity <= 0:
            raise InvalidRuleError(f"A fixed order quantity is above 0, not {self.fixed_quantity}.")

    def is_due(self, projected: Decimal) -> bool:
        return projected < self.minimum or (self.trigger is Trigger.AT_OR_BELOW and projected == self.minimum)

    def needed(self, projected: Decimal) -> Decimal:
        """The quantity before any rounding to lots; 0 or less where nothing has to be filled."""
        if self.fixed_quantity is not None:
            return max(self.fixed_quantity, self.minimum - projected)
        return (self.minimum if self.maximum is None else self.maximum) - projected


def order_quantity(position: StockPosition, rule: OrderPointRule, today: date | None = None) -> Decimal:
    """What to order now; 0 for nothing. `today` matters to a snoozed rule only."""
    if rule.snoozed_until is not None and (today is None or today < rule.snoozed_until):
        return ZERO
    if not rule.is_due(position.projected):
        return ZERO
    return rule.lot.round_up(rule.needed(position.projected))


def overflow(on_hand: Decimal, maximum: Decimal, target: Decimal) -> Decimal:
    """What to move away where more than the maximum lies here."""
    return max(on_hand - target, ZERO) if on_hand > maximum else ZERO

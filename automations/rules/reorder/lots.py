"""Rounding an order up to what a supplier sells: a minimum, a pack multiple, whole purchase units."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import lcm

from connectors.money import ZERO


class InvalidRuleError(ValueError):
    """A reorder rule contradicts itself; the text says how."""


@dataclass(frozen=True, slots=True)
class LotRule:
    """What a supplier delivers, in stock units: at least `minimum`, in multiples of `multiple`, in whole units.

    Raises InvalidRuleError for figures that no order can meet.
    """

    minimum: Decimal = ZERO
    multiple: Decimal | None = None
    purchase_unit_size: Decimal | None = None

    def __post_init__(self) -> None:
        if self.minimum < 0:
            raise InvalidRuleError(f"The minimum order is 0 or more, not {self.minimum}.")
        for size in (self.multiple, self.purchase_unit_size):
            if size is not None and size <= 0:
                raise InvalidRuleError(f"A pack holds more than nothing, not {size}.")

    @property
    def step(self) -> Decimal | None:
        """The smallest quantity that is both whole multiples and whole purchase units; None where any will do."""
        sizes = [Fraction(size) for size in (self.multiple, self.purchase_unit_size) if size is not None]
        if not sizes:
            return None
        common = lcm(*(size.denominator for size in sizes))
        whole = lcm(*(int(size * common) for size in sizes))
        return Decimal(whole) / Decimal(common)

    def round_up(self, quantity: Decimal) -> Decimal:
        """What is ordered where this much is needed; nothing where nothing is."""
        if quantity <= 0:
            return ZERO
        return round_up(max(quantity, self.minimum), self.step)


def round_up(quantity: Decimal, step: Decimal | None) -> Decimal:
    """Up to the next whole number of steps."""
    if step is None:
        return quantity
    return (quantity / step).to_integral_value(ROUND_CEILING) * step

"""What a supplier asks for a quantity, and whether ordering more costs less."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.reorder.lots import LotRule
from automations.rules.reorder.order_point import ANY_LOT
from connectors.money import round_money


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """The price of a purchase unit from a number of purchase units on."""

    from_units: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PriceList:
    """A supplier's prices for an item; below the first break its list price holds."""

    list_price: Decimal
    breaks: Sequence[PriceBreak] = ()
    stock_units_per_purchase_unit: Decimal = Decimal(1)

    def price_of(self, quantity: Decimal) -> Decimal:
        """Per purchase unit, for a quantity in stock units; a return is priced as the quantity that is returned."""
        units = abs(quantity) / self.stock_units_per_purchase_unit
        reached = [step for step in self.breaks if step.from_units <= units]
        return max(reached, key=lambda step: step.from_units).price if reached else self.list_price


@dataclass(frozen=True, slots=True)
class Purchase:
    """A quantity in stock units with its prices; the amount is rounded to cents."""

    quantity: Decimal
    price_per_purchase_unit: Decimal
    price_per_stock_unit: Decimal
    amount: Decimal


def price_purchase(
    quantity: Decimal, prices: PriceList, lot: LotRule = ANY_LOT, *, buy_more_if_cheaper: bool = False
) -> Purchase:
    """The purchase of the quantity rounded up to lots, or of more where the next break makes that cheaper in all."""
    offers = [_priced(lot.round_up(quantity) if quantity > 0 else quantity, prices)]
    if buy_more_if_cheaper and quantity > 0:
        size = prices.stock_units_per_purchase_unit
        larger = (lot.round_up(step.from_units * size) for step in prices.breaks)
        offers += [_priced(more, prices) for more in larger if more > offers[0].quantity]
    return min(offers, key=lambda purchase: (purchase.amount, purchase.quantity))


def _priced(quantity: Decimal, prices: PriceList) -> Purchase:
    price, size = prices.price_of(quantity), prices.stock_units_per_purchase_unit
    return Purchase(quantity, price, price / size, round_money(quantity * price / size))

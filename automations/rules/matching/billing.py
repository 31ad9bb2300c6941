"""What may still be billed of an order, and what a unit in stock has cost so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from automations.rules.matching.units import NO_CONVERSIONS, UnitConversions
from connectors.money import ZERO, round_money

PRICE_DECIMALS = 4


class BillOn(StrEnum):
    """Which quantity a supplier may bill."""

    ORDERED = "ordered"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class BilledQuantities:
    """Quantities of one order line so far, all in its unit."""

    ordered: Decimal
    received: Decimal = ZERO
    invoiced: Decimal = ZERO
    credited: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class PostedPrice:
    """A posted invoice line; a correction changes what the goods cost, not how many there are."""

    quantity: Decimal
    unit_price: Decimal
    uom: str
    is_correction: bool = False


class UnknownUnitError(ValueError):
    """Nobody has said how a unit converts; converting with 1 would be a guess."""


def open_to_bill(line: BilledQuantities, bill_on: BillOn) -> Decimal:
    """The quantity that may still be billed; negative where a credit is due."""
    base = line.ordered if bill_on is BillOn.ORDERED else line.received
    return base - (line.invoiced - line.credited)


def stock_unit_price(
    posted: Iterable[PostedPrice], stock_uom: str, conversions: UnitConversions = NO_CONVERSIONS
) -> Decimal | None:
    """The average cost of a unit in stock with 4 decimals; None where nothing came in.

    Raises UnknownUnitError.
    """
    quantity = amount = ZERO
    for line in posted:
        amount += line.quantity * line.unit_price
        if line.is_correction:
            continue
        ratio = conversions.ratio(None, line.uom, stock_uom)
        if ratio is None:
            raise UnknownUnitError(f"How many {stock_uom} one {line.uom} is, nobody has said: enter the conversion.")
        quantity += ratio.convert_quantity(line.quantity)
    return round_money(amount / quantity, PRICE_DECIMALS) if quantity else None

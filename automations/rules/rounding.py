"""Money that has to add up: splitting an amount, rounding to coins, and the totals of a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from connectors.money import ZERO, round_money

HUNDRED = Decimal(100)


class TaxLevel(StrEnum):
    """Where tax is rounded: once for each rate (EN 16931, BR-CO-17), or on each line."""

    DOCUMENT = "document"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line to be billed; the price is for `price_per` units, the tax in percent."""

    quantity: Decimal
    unit_price: Decimal
    price_per: Decimal = Decimal(1)
    tax_percent: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Allowance:
    """A reduction of the whole document, before tax."""

    amount: Decimal
    tax_percent: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class DocumentTotals:
    line_nets: tuple[Decimal, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    payable: Decimal


@dataclass(frozen=True, slots=True)
class CashAmount:
    """What is paid in coins, and what rounding added (negative where it took)."""

    payable: Decimal
    rounding: Decimal


def split_amount(amount: Decimal, weights: Sequence[Decimal], decimals: int = 2) -> tuple[Decimal, ...]:
    """Parts in proportion to the weights that add up to the rounded amount.

    What is left after rounding towards zero goes, a smallest unit each, to the largest remainders, of equals to the
    first. A negative amount is the mirror of the positive one.

    Raises ValueError for weights that are negative or all 0.
    """
    whole = sum(weights, ZERO)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("An amount is split by weights of 0 and more, of which one at least is above 0.")
    unit = Decimal(1).scaleb(-decimals)
    units = abs(round_money(amount, decimals)) / unit
    shares = [units * weight / whole for weight in weights]
    parts = [share.to_integral_value(ROUND_FLOOR) for share in shares]
    left = int(units - sum(parts))
    for place in sorted(range(len(parts)), key=lambda place: parts[place] - shares[place])[:left]:
        parts[place] += 1
    sign = -unit if amount < 0 else unit
    return tuple(part * sign for part in parts)


def round_cash(amount: Decimal, step: Decimal) -> CashAmount:
    """To the nearest multiple of the smallest coin, half away from zero. Raises ValueError for a step of 0 or less."""
    if step <= 0:
        raise ValueError(f"The smallest coin is above 0, not {step}.")
    payable = round_money(amount / step, 0) * step
    return CashAmount(payable, payable - amount)


def total_document(
    lines: Sequence[DocumentLine],
    allowances: Sequence[Allowance] = (),
    prepaid: Decimal = ZERO,
    tax_level: TaxLevel = TaxLevel.DOCUMENT,
    decimals: int = 2,
) -> DocumentTotals:
    """Line nets are rounded first; all totals are sums of rounded figures."""
    nets = tuple(round_money(line.quantity * line.unit_price / line.price_per, decimals) for line in lines)
    taxed = [(line.tax_percent, net) for line, net in zip(lines, nets, strict=True)]
    taxed += [(allowance.tax_percent, -allowance.amount) for allowance in allowances]
    net = sum((amount for _, amount in taxed), ZERO)
    if tax_level is TaxLevel.DOCUMENT:
        rates = {rate for rate, _ in taxed}
        taxed = [(rate, sum((amount for of, amount in taxed if of == rate), ZERO)) for rate in rates]
    tax = sum((round_money(amount * rate / HUNDRED, decimals) for rate, amount in taxed), ZERO)
    return DocumentTotals(nets, net, tax, net + tax, net + tax - prepaid)

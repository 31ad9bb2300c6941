"""Decimal money and quantities: the one place where rounding is defined."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
# Below this an amount can be kept: databases hold eighteen digits before the point.
LARGEST_AMOUNT = Decimal(10) ** 18


def round_money(amount: Decimal, decimals: int = 2) -> Decimal:
    """Round half away from zero to the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)

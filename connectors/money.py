"""Decimal money and quantities: the one place where rounding is defined."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
# Below this an amount rounds to cents within the 28 digits that are reckoned with.
LARGEST_AMOUNT = Decimal(10) ** 26


def round_money(amount: Decimal, decimals: int = 2) -> Decimal:
    """Round half away from zero to the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)

"""Figures as an explanation shows them, and read back from the explanation of an earlier slip."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from automations.rules.payroll.periods import Period
from connectors.money import round_money

RATE_DECIMALS = 4


def show(value: Decimal) -> str:
    return format(value, "f")


def show_rate(rate: Decimal) -> str:
    """A rate is never rounded for counting; people read four decimals of it."""
    return format(round_money(rate, RATE_DECIMALS).normalize(), "f")


def show_days(days: Period) -> dict[str, str]:
    return {"from": days.first.isoformat(), "to": days.last.isoformat()}


def read_figure(figures: Mapping[str, str], name: str) -> Decimal | None:
    """None where another system's slip does not say it, or says no number."""
    try:
        value = Decimal(figures[name])
    except (KeyError, InvalidOperation, TypeError):
        return None
    return value if value.is_finite() else None


def read_day(figures: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(figures[name])
    except (KeyError, ValueError, TypeError):
        return None

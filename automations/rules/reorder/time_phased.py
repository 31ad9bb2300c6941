"""Time-phased order points: stock is followed day by day through what is planned to come and to go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.reorder.lots import LotRule
from automations.rules.reorder.order_point import ANY_LOT
from connectors.money import ZERO


@dataclass(frozen=True, slots=True)
class StockMove:
    """A planned receipt (positive) or issue (negative)."""

    on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Horizon:
    """Days from today: an order placed now arrives after `lead`; stock is watched and covered until the others."""

    lead: int
    trigger_until: int
    cover_until: int


@dataclass(frozen=True, slots=True)
class TimedNeed:
    """What to order, and the first day on which stock would be too low; None while it never is."""

    quantity: Decimal
    needed_on: date | None


def plan_order(
    today: date,
    on_hand: Decimal,
    moves: Sequence[StockMove],
    horizon: Horizon,
    minimum: Decimal,
    target: Decimal,
    lot: LotRule = ANY_LOT,
) -> TimedNeed:
    """Order when projected stock falls below the minimum within the watched days, up to the target above its lowest."""
    watched = _projected(today, on_hand, moves, horizon.lead, horizon.trigger_until)
    needed_on = next((day for day, stock in watched if stock < minimum), None)
    if needed_on is None:
        return TimedNeed(ZERO, None)
    last = max(horizon.cover_until, (needed_on - today).days)
    lowest = min(stock for _, stock in _projected(today, on_hand, moves, horizon.lead, last))
    return TimedNeed(lot.round_up(target - lowest), needed_on)


def _projected(
    today: date, on_hand: Decimal, moves: Sequence[StockMove], first: int, last: int
) -> list[tuple[date, Decimal]]:
    """Stock at the end of each day of interest; what is overdue is taken to happen today."""
    days = [today + timedelta(days=number) for number in range(first, last + 1)]
    return [(day, on_hand + sum((move.quantity for move in moves if max(move.on, today) <= day), ZERO)) for day in days]

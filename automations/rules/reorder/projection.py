"""Stock to be expected in the days to come, with and without an order: the figures of a small chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.reorder.outlook import DemandOutlook
from automations.rules.reorder.time_phased import StockMove
from connectors.money import ZERO

SHORTEST_DAYS, LONGEST_DAYS = 28, 182
MOST_DAILY_POINTS = 42
WEEK = 7


@dataclass(frozen=True, slots=True)
class ProjectedDay:
    """Stock at the end of a day."""

    on: date
    without_order: Decimal
    with_order: Decimal


def project_stock(
    today: date, available: Decimal, receipts: Sequence[StockMove], outlook: DemandOutlook | None, order: StockMove
) -> Sequence[ProjectedDay]:
    """Twice as far as the order takes to arrive, by day or, where that is many, by week.

    `available` is on hand less reserved; what is overdue is taken to come today.
    """
    lead = (order.on - today).days
    length = min(max(2 * lead, SHORTEST_DAYS), LONGEST_DAYS)
    step = 1 if length <= MOST_DAILY_POINTS else WEEK
    days: list[ProjectedDay] = []
    for number in range(0, length + 1, step):
        day = today + timedelta(days=number)
        used = ZERO if outlook is None else Decimal(f"{outlook.over(number):.2f}")
        came = sum((receipt.quantity for receipt in receipts if receipt.on <= day), ZERO)
        stock = available + came - used
        days.append(ProjectedDay(day, stock, stock + (order.quantity if order.on <= day else ZERO)))
    return days

"""The stock of the morning from which recorded days are replayed, reckoned back from today's."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.reorder.demand_pattern import InvalidHistoryError
from automations.rules.reorder.replay import RecordedDemand, Shortage
from automations.rules.reorder.time_phased import StockMove
from connectors.contracts.inventory import StockLevel
from connectors.money import ZERO


def reckon_back(
    level: StockLevel,
    demand: Mapping[date, Decimal],
    receipts: Sequence[StockMove],
    first_day: date,
    last_day: date,
    shortage: Shortage,
) -> RecordedDemand:
    """Opening stock = on hand - reserved + demand of these days - receipts of these days.

    What is reserved was asked for but lies here still. Where the result is below 0, customers waited that morning
    already: what they wait for is demand of the first day. Losses are in no figure, so what broke within these days is
    missing from their first morning on. Raises InvalidHistoryError where a figure is wrong, or where more would have
    waited than was asked for in all these days.
    """
    count = (last_day - first_day).days + 1
    per_day = [demand.get(first_day + timedelta(days=number), ZERO) for number in range(count)]
    received = sum((move.quantity for move in receipts if first_day <= move.on <= last_day), ZERO)
    opening = level.on_hand - level.reserved + sum(per_day, ZERO) - received
    if not opening.is_finite():
        raise InvalidHistoryError(f"A figure of {level.item} is no number: correct its stock, demand or receipts.")
    if opening < 0:
        if -opening > sum(per_day, ZERO):
            raise InvalidHistoryError(
                f"{level.item} would have started {-opening} below nothing: its receipts and demand do not add up."
            )
        per_day[0] -= opening
    return RecordedDemand(first_day, max(opening, ZERO), tuple(per_day), level.unit_cost, shortage)

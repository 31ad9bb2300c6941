"""When goods may come back, what that costs and what is paid, as `data/<language>/knowledge/returns.md` says."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from automations.rules.order_changes import Obstacle, obstacle_to_contents
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.contracts.returns import ReturnCase, ReturnState

RETURN_PERIOD = timedelta(days=30)
REFUND_DAYS = 14
LABEL_FEE = Decimal("3.90")
LABEL_CURRENCY = "EUR"


class ReturnObstacle(StrEnum):
    """Why nothing of an order can be returned."""

    CANCELLED = "cancelled"
    NOT_PACKED = "not_packed"  # it can be cancelled instead
    NOT_ARRIVED = "not_arrived"
    TOO_LATE = "too_late"
    ALL_RETURNED = "all_returned"


def find_return_obstacle(order: Order, cases: Sequence[ReturnCase], today: date) -> ReturnObstacle | None:
    """What forbids to return anything of an order, given its returns so far; None when something can come back."""
    if order.state != OrderState.DELIVERED:
        return _before_delivery(order)
    if not returnable_items(order, cases):
        return ReturnObstacle.ALL_RETURNED
    last_day = last_return_day(order)
    return ReturnObstacle.TOO_LATE if last_day is not None and today > last_day else None


def _before_delivery(order: Order) -> ReturnObstacle:
    match obstacle_to_contents(order):
        case None:
            return ReturnObstacle.NOT_PACKED
        case Obstacle.CANCELLED:
            return ReturnObstacle.CANCELLED
        case _:
            return ReturnObstacle.NOT_ARRIVED


def last_return_day(order: Order) -> date | None:
    """The thirtieth day after delivery; None when the system does not say when that was, and no period began."""
    delivered_on = order.shipment.delivered_on if order.shipment else None
    return delivered_on + RETURN_PERIOD if delivered_on else None


def returnable_items(order: Order, cases: Sequence[ReturnCase]) -> tuple[OrderItem, ...]:
    """The items that are not in a return yet; one that was refused does not count."""
    returned = {sku for case in cases if case.state != ReturnState.REFUSED for sku in case.skus}
    return tuple(item for item in order.items if item.sku not in returned)


def worth_of(order: Order, skus: Collection[str]) -> Decimal | None:
    """What these items cost, in the order's currency; None when the system does not say."""
    worth = Decimal(0)
    for item in order.items:
        if item.sku in skus:
            if item.unit_price is None:
                return None
            worth += item.quantity * item.unit_price
    return worth

"""What to make of a parcel that a customer misses."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum

from connectors.contracts.orders import Order, OrderState
from connectors.contracts.purchasing import PurchaseOrder


class ParcelNews(StrEnum):
    LATE = "late"
    NOT_RECEIVED = "not_received"  # delivered, says the carrier
    ON_TIME = "on_time"
    NO_PARCEL = "no_parcel"  # cancelled, or waiting for goods


def judge_parcel(order: Order, today: date) -> ParcelNews:
    """Late is what was expected on a day that is over."""
    if order.state in {OrderState.CANCELLED, OrderState.BACK_ORDER}:
        return ParcelNews.NO_PARCEL
    if order.state == OrderState.DELIVERED:
        return ParcelNews.NOT_RECEIVED
    is_late = order.expected_on is not None and order.expected_on < today
    return ParcelNews.LATE if is_late else ParcelNews.ON_TIME


def goods_expected_on(skus: Iterable[str], awaited: Sequence[PurchaseOrder]) -> date | None:
    """When the last of the missing items comes in: of each the earliest open purchase order with a date counts.

    `awaited` are open purchase orders, earliest expected first. None when no date can be given.
    """
    days = []
    for sku in skus:
        orders = [order for order in awaited if _brings(order, sku)]
        if orders:
            days.append(orders[0].expected_on)
    return max((day for day in days if day is not None), default=None) if None not in days else None


def _brings(order: PurchaseOrder, sku: str) -> bool:
    return any(line.item == sku and line.received < line.quantity for line in order.lines)

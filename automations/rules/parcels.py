"""What to make of a parcel that a customer misses."""

from datetime import date
from enum import StrEnum

from connectors.contracts.orders import Order, OrderState


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

"""What to make of a parcel that a customer misses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from connectors.contracts.orders import Order, OrderState
from connectors.contracts.purchasing import PurchaseOrder, PurchaseRequest


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


@dataclass(frozen=True, slots=True)
class Supply:
    """When missing goods come in; not `is_ordered` as long as the order for some of them is only proposed."""

    expected_on: date
    is_ordered: bool = True


def expected_supply(
    skus: Iterable[str], awaited: Sequence[PurchaseOrder], proposed: Iterable[PurchaseRequest], today: date
) -> Supply | None:
    """When the last of the missing items comes in: of each the earliest open order with a date, else the proposal.

    `awaited` are open purchase orders, earliest expected first. None when no date can be given: one item without a
    day keeps the whole parcel.
    """
    planned: dict[str, date] = {}
    for request in proposed:
        expected_on = request.expected_if_ordered(today)
        planned[request.item] = min(expected_on, planned.get(request.item, expected_on))
    found: list[Supply] = []
    for sku in skus:
        orders = [order for order in awaited if _brings(order, sku)]
        if orders and orders[0].expected_on is None:
            return None
        if orders and orders[0].expected_on is not None:
            found.append(Supply(orders[0].expected_on))
        elif sku in planned:
            found.append(Supply(planned[sku], is_ordered=False))
        else:
            return None
    if not found:
        return None
    return Supply(max(each.expected_on for each in found), all(each.is_ordered for each in found))


def _brings(order: PurchaseOrder, sku: str) -> bool:
    return any(line.item == sku and line.is_awaited for line in order.lines)

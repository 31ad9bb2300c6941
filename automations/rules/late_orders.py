"""When a customer is told that an order is late, or will be later than was said: pure rules over orders."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.contracts.notices import NoticeKind, NoticeRequest
from connectors.contracts.orders import UNDELIVERED, Order, OrderState

LATE, DELAYED, OPEN_END = "notice_order_late", "notice_order_delayed", "notice_order_delayed_open"


def notice_about_order(
    order: Order, today: date, known_expectation: date | None, supplied_on: date | None = None
) -> NoticeRequest | None:
    """Tell that an order is late, or will be later than was said before (`known_expectation`); each date once.

    `supplied_on` is when open purchase orders bring what a back-order waits for; a day that is over means that the
    supplier is late and that nobody knows more. The order's own date counts where it is the later one.
    """
    if order.state not in UNDELIVERED:
        return None
    supplied_on = supplied_on if order.state is OrderState.BACK_ORDER else None
    expected_on = max((day for day in (order.expected_on, supplied_on) if day is not None), default=None)
    if expected_on is None:
        return None
    if expected_on < today:
        return _about_order(order, NoticeKind.ORDER_LATE, LATE, expected_on, {"expected_on": expected_on.isoformat()})
    said = known_expectation or order.expected_on
    if said is not None and expected_on > said:
        told = {"before": said.isoformat(), "expected_on": expected_on.isoformat()}
        return _about_order(order, NoticeKind.ORDER_DELAYED, DELAYED, expected_on, told)
    if supplied_on is not None and supplied_on < today:
        return _about_order(order, NoticeKind.ORDER_DELAYED, OPEN_END, expected_on, {"before": expected_on.isoformat()})
    return None


def _about_order(
    order: Order, kind: NoticeKind, response: str, day: date, arguments: Mapping[str, Any]
) -> NoticeRequest:
    suffix = ":open" if response == OPEN_END else ""
    key = f"{kind}:{order.number}:{day.isoformat()}{suffix}"
    return NoticeRequest(
        idempotency_key=key,
        kind=kind,
        response=response,
        arguments={"number": order.number, **arguments},
        order_number=order.number,
        causes=(key,),
    )

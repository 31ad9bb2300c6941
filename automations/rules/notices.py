"""When a customer is told something without having asked: pure rules over orders, returns and products."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.contracts.catalogue import Product
from connectors.contracts.notices import NoticeKind, NoticeRequest, ProductWatch
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.returns import ReturnCase

RESPONSES = {NoticeKind.ORDER_LATE: "notice_order_late", NoticeKind.ORDER_DELAYED: "notice_order_delayed"}
ON_THE_WAY = frozenset({OrderState.PAID, OrderState.PICKING, OrderState.SHIPPED, OrderState.BACK_ORDER})


def notice_about_order(order: Order, today: date, known_expectation: date | None) -> NoticeRequest | None:
    """Tell that an order is late, or will be later than was said before (`known_expectation`); each once."""
    if order.state not in ON_THE_WAY or order.expected_on is None:
        return None
    if order.expected_on < today:
        return _about_order(order, NoticeKind.ORDER_LATE, {"expected_on": order.expected_on.isoformat()})
    if known_expectation is not None and order.expected_on > known_expectation:
        return _about_order(
            order,
            NoticeKind.ORDER_DELAYED,
            {"before": known_expectation.isoformat(), "expected_on": order.expected_on.isoformat()},
        )
    return None


def notice_about_refund(case: ReturnCase) -> NoticeRequest:
    """Tell that the money is on its way back."""
    return NoticeRequest(
        idempotency_key=f"{NoticeKind.REFUND_PAID}:{case.number}",
        kind=NoticeKind.REFUND_PAID,
        response="notice_refund_paid",
        arguments={
            "number": case.number,
            "order": case.order_number,
            "amount": {"amount": str(case.amount), "currency": case.currency},
        },
        order_number=case.order_number,
    )


def notice_about_product(watch: ProductWatch, product: Product) -> NoticeRequest | None:
    """Tell that a product can be bought again."""
    if product.stock <= 0:
        return None
    return NoticeRequest(
        idempotency_key=f"{NoticeKind.BACK_IN_STOCK}:{watch.id}",
        kind=NoticeKind.BACK_IN_STOCK,
        response="notice_back_in_stock",
        arguments={
            "name": dict(product.names),
            "price": {"amount": str(product.price), "currency": product.currency},
        },
        contact_id=watch.contact_id,
    )


def _about_order(order: Order, kind: NoticeKind, arguments: Mapping[str, Any]) -> NoticeRequest:
    return NoticeRequest(
        idempotency_key=f"{kind}:{order.number}:{arguments['expected_on']}",
        kind=kind,
        response=RESPONSES[kind],
        arguments={"number": order.number, **arguments},
        order_number=order.number,
    )

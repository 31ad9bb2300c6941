"""When a customer hears something without having asked, and when nothing is said."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from automations.rules.notices import notice_about_order, notice_about_product, notice_about_refund
from connectors.contracts.catalogue import Product
from connectors.contracts.notices import NoticeKind, ProductWatch
from connectors.contracts.orders import Order, OrderState
from connectors.contracts.returns import ReturnCase, ReturnState

TODAY = date(2026, 11, 21)
ORDER = Order(
    number="ORD-2026-0001",
    email="emma@example.com",
    customer_name="Emma",
    ordered_on=TODAY - timedelta(days=9),
    state=OrderState.SHIPPED,
    items=(),
    total=Decimal(50),
    currency="EUR",
    expected_on=TODAY + timedelta(days=2),
)
LAMP = Product("LAMP", {"en": "Lamp", "cs": "Lampa"}, {}, Decimal(40), "EUR", stock=Decimal(0))


def test_an_order_in_time_is_no_news() -> None:
    assert notice_about_order(ORDER, TODAY, ORDER.expected_on) is None


def test_an_order_of_today_is_not_late_yet() -> None:
    assert notice_about_order(replace(ORDER, expected_on=TODAY), TODAY, None) is None


def test_an_order_of_yesterday_is_late() -> None:
    notice = notice_about_order(replace(ORDER, expected_on=TODAY - timedelta(days=1)), TODAY, None)
    assert notice is not None
    assert (notice.kind, notice.response) == (NoticeKind.ORDER_LATE, "notice_order_late")
    assert notice.arguments == {"number": ORDER.number, "expected_on": "2026-11-20"}
    assert notice.order_number == ORDER.number


def test_a_later_date_than_was_told_is_a_delay_and_an_earlier_one_is_none() -> None:
    assert ORDER.expected_on is not None
    delayed = notice_about_order(ORDER, TODAY, ORDER.expected_on - timedelta(days=1))
    assert delayed is not None
    assert delayed.kind == NoticeKind.ORDER_DELAYED
    assert delayed.arguments["before"] == "2026-11-22"
    assert notice_about_order(ORDER, TODAY, ORDER.expected_on + timedelta(days=1)) is None


@pytest.mark.parametrize("state", [OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RECEIVED])
def test_an_order_that_is_not_on_its_way_is_never_late(state: OrderState) -> None:
    assert notice_about_order(replace(ORDER, state=state, expected_on=TODAY - timedelta(days=9)), TODAY, None) is None


def test_each_new_date_is_told_once() -> None:
    first = notice_about_order(replace(ORDER, expected_on=TODAY + timedelta(days=5)), TODAY, ORDER.expected_on)
    again = notice_about_order(replace(ORDER, expected_on=TODAY + timedelta(days=5)), TODAY, ORDER.expected_on)
    later = notice_about_order(replace(ORDER, expected_on=TODAY + timedelta(days=8)), TODAY, ORDER.expected_on)
    assert first is not None
    assert again is not None
    assert later is not None
    assert first.idempotency_key == again.idempotency_key != later.idempotency_key


def test_a_product_is_back_when_there_is_stock() -> None:
    watch = ProductWatch(7, "c", "LAMP")
    assert notice_about_product(watch, LAMP) is None
    notice = notice_about_product(watch, replace(LAMP, stock=Decimal(1)))
    assert notice is not None
    assert notice.contact_id == "c"
    assert notice.arguments["name"] == {"en": "Lamp", "cs": "Lampa"}


def test_a_refund_is_told_with_its_amount() -> None:
    case = ReturnCase(
        "RET-000001",
        ORDER.number,
        ("LAMP",),
        "broken",
        True,
        Decimal("39.90"),
        "EUR",
        ReturnState.REFUNDED,
        TODAY,
        TODAY,
    )
    assert notice_about_refund(case).arguments["amount"] == {"amount": "39.90", "currency": "EUR"}

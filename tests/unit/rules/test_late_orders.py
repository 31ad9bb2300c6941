"""When a customer hears that an order is late or will be later, and when nothing is said."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.late_orders import notice_about_order
from connectors.contracts.notices import NoticeKind
from connectors.contracts.orders import UNDELIVERED, Order, OrderState

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
WAITING = replace(ORDER, state=OrderState.BACK_ORDER)


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


def test_a_back_order_gets_the_date_of_the_purchase_order_that_brings_its_goods() -> None:
    notice = notice_about_order(WAITING, TODAY, None, supplied_on=TODAY + timedelta(days=9))
    assert notice is not None
    assert (notice.kind, notice.arguments["before"], notice.arguments["expected_on"]) == (
        NoticeKind.ORDER_DELAYED,
        "2026-11-23",
        "2026-11-30",
    )
    told = date.fromisoformat(notice.arguments["expected_on"])
    assert notice_about_order(WAITING, TODAY, told, supplied_on=told) is None


def test_goods_that_lie_here_do_not_make_an_order_later() -> None:
    assert notice_about_order(ORDER, TODAY, ORDER.expected_on, supplied_on=TODAY + timedelta(days=9)) is None


def test_a_late_supplier_without_a_new_date_is_told_as_that() -> None:
    notice = notice_about_order(WAITING, TODAY, ORDER.expected_on, supplied_on=TODAY - timedelta(days=1))
    assert notice is not None
    assert notice.response == "notice_order_delayed_open"
    assert notice.arguments == {"number": ORDER.number, "before": "2026-11-23"}


days = st.none() | st.dates(TODAY - timedelta(days=20), TODAY + timedelta(days=20))


@given(st.sampled_from(list(OrderState)), days, days, days)
def test_only_something_new_and_worse_is_told_and_each_thing_once(
    state: OrderState, expected_on: date | None, known: date | None, supplied_on: date | None
) -> None:
    order = replace(ORDER, state=state, expected_on=expected_on)
    notice = notice_about_order(order, TODAY, known, supplied_on)
    assert notice == notice_about_order(order, TODAY, known, supplied_on)
    if notice is None:
        return
    assert state in UNDELIVERED
    assert notice.causes == (notice.idempotency_key,)
    if "expected_on" in notice.arguments and notice.kind == NoticeKind.ORDER_DELAYED:
        told = date.fromisoformat(notice.arguments["expected_on"])
        assert told > date.fromisoformat(notice.arguments["before"])
        assert told >= TODAY
        again = notice_about_order(order, TODAY, told, supplied_on)
        assert again is None or again.response == "notice_order_delayed_open"

"""What may still be changed, returned or complained about, and where we deliver: tables of cases."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.delivery_area import is_delivered_to, is_postcode_of
from automations.rules.order_changes import Obstacle, obstacle_to_address, obstacle_to_contents
from automations.rules.parcels import ParcelNews, judge_parcel
from automations.rules.returns import ReturnObstacle, find_return_obstacle, last_return_day, worth_of
from connectors.contracts.orders import Order, OrderItem, OrderState, Shipment
from connectors.contracts.returns import ReturnCase, ReturnState

TODAY = date(2026, 11, 21)
ITEMS = (
    OrderItem("LAMP", "Lamp", Decimal(2), Decimal("89.00")),
    OrderItem("TRAY", "Tray", Decimal(1), Decimal("33.50")),
)
ORDER = Order("ORD-2026-1", "a@example.com", "A", TODAY, OrderState.DELIVERED, ITEMS, Decimal("216.40"), "EUR", TODAY)


def with_state(state: OrderState) -> Order:
    return replace(ORDER, state=state)


def delivered(days_ago: int) -> Order:
    day = TODAY - timedelta(days=days_ago)
    return replace(ORDER, shipment=Shipment("GLS", "1", day, day))


def case(*skus: str, state: ReturnState = ReturnState.REQUESTED) -> ReturnCase:
    return ReturnCase("RET-1", ORDER.number, skus, "", False, Decimal(1), "EUR", state, TODAY)


@pytest.mark.parametrize(
    ("state", "contents", "address"),
    [
        (OrderState.RECEIVED, None, None),
        (OrderState.PAID, None, None),
        (OrderState.BACK_ORDER, None, None),
        (OrderState.PICKING, Obstacle.BEING_PACKED, None),
        (OrderState.SHIPPED, Obstacle.ON_THE_WAY, Obstacle.ON_THE_WAY),
        (OrderState.DELIVERED, Obstacle.DELIVERED, Obstacle.DELIVERED),
        (OrderState.CANCELLED, Obstacle.CANCELLED, Obstacle.CANCELLED),
    ],
)
def test_contents_change_until_packing_and_the_address_until_dispatch(
    state: OrderState, contents: Obstacle | None, address: Obstacle | None
) -> None:
    assert obstacle_to_contents(with_state(state)) == contents
    assert obstacle_to_address(with_state(state)) == address


@pytest.mark.parametrize(
    ("state", "obstacle"),
    [
        (OrderState.RECEIVED, ReturnObstacle.NOT_PACKED),
        (OrderState.BACK_ORDER, ReturnObstacle.NOT_PACKED),
        (OrderState.PICKING, ReturnObstacle.NOT_ARRIVED),
        (OrderState.SHIPPED, ReturnObstacle.NOT_ARRIVED),
        (OrderState.CANCELLED, ReturnObstacle.CANCELLED),
    ],
)
def test_only_what_was_delivered_comes_back(state: OrderState, obstacle: ReturnObstacle) -> None:
    assert find_return_obstacle(with_state(state), [], TODAY) == obstacle


@pytest.mark.parametrize(("days_ago", "obstacle"), [(0, None), (29, None), (30, None), (31, ReturnObstacle.TOO_LATE)])
def test_thirty_days_are_thirty_days(days_ago: int, obstacle: ReturnObstacle | None) -> None:
    assert find_return_obstacle(delivered(days_ago), [], TODAY) == obstacle


def test_a_period_that_nobody_saw_begin_does_not_end() -> None:
    assert last_return_day(ORDER) is None
    assert find_return_obstacle(ORDER, [], TODAY) is None


@pytest.mark.parametrize(
    ("cases", "obstacle"),
    [
        ([case("LAMP")], None),
        ([case("LAMP"), case("TRAY")], ReturnObstacle.ALL_RETURNED),
        ([case("LAMP", "TRAY", state=ReturnState.REFUSED)], None),
    ],
)
def test_what_is_returned_already_is_not_returned_again(
    cases: list[ReturnCase], obstacle: ReturnObstacle | None
) -> None:
    assert find_return_obstacle(delivered(1), cases, TODAY) == obstacle


def test_items_are_worth_quantity_times_price() -> None:
    assert worth_of(ORDER, {"LAMP"}) == Decimal("178.00")
    assert worth_of(ORDER, {"LAMP", "TRAY"}) == Decimal("211.50")
    unpriced = replace(ORDER, items=(replace(ITEMS[0], unit_price=None), ITEMS[1]))
    assert worth_of(unpriced, {"LAMP"}) is None
    assert worth_of(unpriced, {"TRAY"}) == Decimal("33.50")


@pytest.mark.parametrize(
    ("state", "expected_in_days", "news"),
    [
        (OrderState.SHIPPED, -1, ParcelNews.LATE),
        (OrderState.SHIPPED, 0, ParcelNews.ON_TIME),
        (OrderState.PAID, -1, ParcelNews.LATE),
        (OrderState.SHIPPED, None, ParcelNews.ON_TIME),
        (OrderState.DELIVERED, -1, ParcelNews.NOT_RECEIVED),
        (OrderState.CANCELLED, -1, ParcelNews.NO_PARCEL),
        (OrderState.BACK_ORDER, -1, ParcelNews.NO_PARCEL),
    ],
)
def test_late_is_what_was_expected_on_a_day_that_is_over(
    state: OrderState, expected_in_days: int | None, news: ParcelNews
) -> None:
    expected = None if expected_in_days is None else TODAY + timedelta(days=expected_in_days)
    assert judge_parcel(replace(with_state(state), expected_on=expected), TODAY) == news


@given(st.sampled_from(OrderState), st.none() | st.dates(), st.dates(), st.integers(0, 3000))
def test_a_parcel_that_is_late_stays_late_until_it_comes(
    state: OrderState, expected: date | None, today: date, days: int
) -> None:
    order = replace(with_state(state), expected_on=expected)
    news = judge_parcel(order, today)
    assert (news is ParcelNews.NO_PARCEL) == (state in {OrderState.CANCELLED, OrderState.BACK_ORDER})
    assert (news is ParcelNews.NOT_RECEIVED) == (state is OrderState.DELIVERED)
    later = judge_parcel(order, today + min(timedelta(days), date.max - today))
    assert news in {later, ParcelNews.ON_TIME}


@pytest.mark.parametrize(
    ("country", "is_near"), [("CZ", True), ("IS", True), ("NO", True), ("GB", False), ("US", False)]
)
def test_we_deliver_to_the_union_iceland_and_norway(country: str, is_near: bool) -> None:
    assert is_delivered_to(country) is is_near


@pytest.mark.parametrize(
    ("country", "postcode", "fits"),
    [
        ("CZ", "110 00", True),
        ("CZ", "1100", False),
        ("IS", "101", True),
        ("NL", "1012 ab", True),
        ("PL", "00-001", True),
        ("IE", "D02 AF30", True),
        ("HU", "11000", False),
        ("US", "anything", True),  # of countries that we do not deliver to we know no form
    ],
)
def test_a_postcode_has_the_form_of_its_country(country: str, postcode: str, fits: bool) -> None:
    assert is_postcode_of(country, postcode) is fits

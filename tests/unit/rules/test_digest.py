"""How the morning digest adds up what waits, and when it says that all is calm."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.calendars import working_days
from automations.rules.digest import OpenItem, OwnerLoad, is_calm, is_sent_on, loads_of

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
CZECH = working_days("CZ", {date(2026, 11, 24): "Stocktaking"}, frozenset())


def test_what_waits_is_added_up_by_owner_with_its_age_and_its_money() -> None:
    items = [
        OpenItem("receiving", NOW - timedelta(hours=30), Decimal("10.00"), "EUR"),
        OpenItem("procurement", NOW - timedelta(days=5), Decimal("7.50"), "EUR"),
        OpenItem("procurement", NOW - timedelta(hours=1), Decimal("-2.50"), "EUR"),
        OpenItem("procurement", NOW, Decimal("100"), "CZK"),
        OpenItem("procurement", NOW),
    ]
    assert loads_of(items, NOW) == [
        OwnerLoad("procurement", 4, 5, {"CZK": Decimal(100), "EUR": Decimal("10.00")}),
        OwnerLoad("receiving", 1, 1, {"EUR": Decimal("10.00")}),
    ]


@pytest.mark.parametrize(
    ("day", "is_away", "sent"),
    [
        (date(2026, 11, 23), False, True),
        (date(2026, 11, 23), True, False),
        (date(2026, 11, 22), False, False),  # Sunday
        (date(2026, 11, 17), False, False),  # a Czech holiday
        (date(2026, 11, 24), False, False),  # the company is closed
    ],
)
def test_nobody_is_mailed_on_a_day_off(day: date, is_away: bool, sent: bool) -> None:
    assert is_sent_on(day, CZECH, is_away=is_away) is sent


def test_one_thing_that_needs_a_look_ends_the_calm() -> None:
    assert is_calm([], 0, 0, 0)
    assert not is_calm([OwnerLoad(None, 1, 0)], 0, 0, 0)
    assert not any(is_calm([], *counts) for counts in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


items = st.builds(
    OpenItem,
    st.sampled_from(["procurement", "receiving", None]),
    st.timedeltas(timedelta(days=-300), timedelta(days=7)).map(lambda distance: NOW + distance),
    st.none() | st.decimals(-(10**6), 10**6, places=2),
    st.none() | st.sampled_from(["EUR", "CZK"]),
)


@given(st.lists(items, max_size=12))
def test_no_item_and_no_money_is_lost_or_counted_twice(waiting: list[OpenItem]) -> None:
    loads = loads_of(waiting, NOW)
    assert sum(load.count for load in loads) == len(waiting)
    assert len({load.owner for load in loads}) == len(loads)
    for currency in ("EUR", "CZK"):
        stake = sum((load.money.get(currency, Decimal(0)) for load in loads), Decimal(0))
        assert stake == sum(
            (abs(item.amount) for item in waiting if item.amount is not None and item.currency == currency), Decimal(0)
        )
    assert all(load.oldest_days >= 0 for load in loads)
    assert loads_of(reversed(waiting), NOW) == loads

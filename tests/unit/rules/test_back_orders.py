"""When waiting customers get goods that are on their way, with the laws of sharing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.back_orders import Arrival, Supply, list_arrivals, share_supply
from automations.rules.matching.units import UnitConversions
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.contracts.purchasing import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    PurchaseRequest,
    UnitConversion,
)

TODAY = date(2026, 11, 21)
CASES = UnitConversions([UnitConversion("CS", "H87", Decimal(12))])


def waiting(number: int = 1, ordered_days_ago: int = 0, **wanted: int) -> Order:
    items = tuple(OrderItem(sku, sku, Decimal(quantity)) for sku, quantity in wanted.items())
    ordered_on = TODAY - timedelta(days=ordered_days_ago)
    return Order(
        f"ORD-{number}", "a@example.com", "A", ordered_on, OrderState.BACK_ORDER, items, Decimal(1), "EUR", TODAY
    )


def purchase(day: int | None, *items: str, quantity: str = "10", received: int = 0, uom: str = "H87") -> PurchaseOrder:
    lines = tuple(
        PurchaseOrderLine(str(n), item, Decimal(quantity), uom, Decimal(1), received=Decimal(received))
        for n, item in enumerate(items)
    )
    expected = None if day is None else date(2026, 12, day)
    return PurchaseOrder("PO", "S", "EUR", TODAY, PurchaseOrderState.OPEN, lines, expected_on=expected)


def proposal(day: int, item: str, quantity: int = 10) -> PurchaseRequest:
    expected = date(2026, 12, day)
    return PurchaseRequest(
        f"{item}:{day}", item, "PRG", "S", Decimal(quantity), "H87", Decimal(1), "EUR", TODAY, expected
    )


def december(day: int, *, is_ordered: bool = True) -> Supply:
    return Supply(date(2026, 12, day), is_ordered)


@pytest.mark.parametrize(
    ("wanted", "awaited", "supply"),
    [
        ({"A": 2}, [purchase(3, "A"), purchase(9, "A")], december(3)),  # the first delivery brings it
        ({"A": 12}, [purchase(3, "A"), purchase(9, "A")], december(9)),  # 10 on the 3rd are 2 too few
        ({"A": 21}, [purchase(3, "A"), purchase(9, "A")], None),  # 20 come in all
        ({"A": 2, "B": 1}, [purchase(3, "A"), purchase(9, "B")], december(9)),  # the parcel waits for the last item
        ({"A": 2, "B": 1}, [purchase(3, "A")], None),  # B is missing, too, and nobody ordered it
        ({"A": 2}, [purchase(3, "A", received=10), purchase(9, "A")], december(9)),
        ({"A": 2}, [purchase(3, "A", received=9), purchase(9, "A")], december(9)),  # 1 of 10 is still to come
        ({"A": 2, "B": 1}, [purchase(3, "A"), purchase(None, "B")], None),  # no date is better than a wrong one
        ({"A": 2}, [], None),
        ({"A": 24}, [purchase(3, "A", quantity="2", uom="CS")], december(3)),  # 2 cases of 12
        ({"A": 25}, [purchase(3, "A", quantity="2", uom="CS")], None),
        ({"A": 2}, [purchase(3, "A", quantity="1", uom="PAL")], None),  # a pallet of nobody knows how many
        ({"A": 2}, [purchase(3, "A", quantity="NaN"), purchase(9, "A")], december(9)),
    ],
)
def test_a_back_order_waits_for_the_last_of_its_goods(
    wanted: dict[str, int], awaited: list[PurchaseOrder], supply: Supply | None
) -> None:
    order = waiting(**wanted)
    assert share_supply([order], {}, list_arrivals(awaited, (), CASES, TODAY)).get(order.number) == supply


@pytest.mark.parametrize(
    ("awaited", "proposed", "supply"),
    [
        ([], [proposal(9, "A")], None),  # nothing brings B
        ([], [proposal(9, "A"), proposal(7, "B")], december(9, is_ordered=False)),
        ([purchase(3, "A", "B")], [proposal(1, "A")], december(3)),  # what is ordered counts
        ([purchase(3, "A")], [proposal(9, "B")], december(9, is_ordered=False)),
        ([], [proposal(9, "A"), proposal(5, "A"), proposal(5, "B")], december(5, is_ordered=False)),
        ([purchase(None, "A")], [proposal(9, "A"), proposal(9, "B")], None),  # the supplier has it and says no day
        ([purchase(3, "A", "B", quantity="1")], [proposal(9, "A")], december(9, is_ordered=False)),
    ],
)
def test_what_nobody_ordered_yet_comes_when_the_proposal_says(
    awaited: list[PurchaseOrder], proposed: list[PurchaseRequest], supply: Supply | None
) -> None:
    order = waiting(A=2, B=1)
    assert share_supply([order], {}, list_arrivals(awaited, proposed, CASES, TODAY)).get(order.number) == supply


def test_one_piece_on_order_is_promised_to_who_ordered_first_and_to_nobody_else() -> None:
    first, second = waiting(2, ordered_days_ago=9, A=1), waiting(1, ordered_days_ago=3, A=1)
    arrivals = list_arrivals([purchase(3, "A", quantity="1")], (), CASES, TODAY)
    assert share_supply([second, first], {}, arrivals) == {first.number: december(3)}


def test_stock_on_hand_goes_to_who_ordered_first_and_what_is_all_there_awaits_nothing() -> None:
    first, second = waiting(1, ordered_days_ago=9, A=4), waiting(2, A=4)
    arrivals = list_arrivals([purchase(3, "A", quantity="3")], (), CASES, TODAY)
    assert share_supply([first, second], {"A": Decimal(5)}, arrivals) == {second.number: december(3)}


def test_a_stock_below_zero_takes_nothing_from_what_comes() -> None:
    arrivals = list_arrivals([purchase(3, "A", quantity="4")], (), CASES, TODAY)
    assert share_supply([waiting(A=4)], {"A": Decimal(-9)}, arrivals) == {"ORD-1": december(3)}


orders = st.lists(st.integers(1, 6), min_size=1, max_size=8).map(
    lambda wanted: [waiting(n, ordered_days_ago=9 - n, A=quantity) for n, quantity in enumerate(wanted)]
)
coming = st.lists(
    st.tuples(st.integers(1, 8), st.one_of(st.none(), st.integers(1, 28)), st.booleans()), max_size=6
).map(
    lambda found: [
        Arrival("A", Decimal(quantity), None if day is None else date(2026, 12, day), is_ordered)
        for quantity, day, is_ordered in found
    ]
)


@given(orders, coming, st.integers(0, 6))
def test_no_piece_is_promised_twice(found: list[Order], arrivals: list[Arrival], on_hand: int) -> None:
    promised = share_supply(found, {"A": Decimal(on_hand)}, arrivals)
    wanted: defaultdict[date, Decimal] = defaultdict(Decimal)
    for order in found:
        if order.number in promised:
            wanted[promised[order.number].expected_on] += order.items[0].quantity
    for day in wanted:
        due = sum((quantity for on, quantity in wanted.items() if on <= day), Decimal(0))
        here = on_hand + sum(arrival.quantity for arrival in arrivals if arrival.expected_on and _is_due(arrival, day))
        assert due <= here


def _is_due(arrival: Arrival, day: date) -> bool:
    return arrival.expected_on is not None and arrival.expected_on <= day


@given(orders, coming)
def test_who_orders_later_changes_nothing_for_those_before(found: list[Order], arrivals: list[Arrival]) -> None:
    alone = share_supply(found[:1], {}, arrivals)
    assert share_supply(found, {}, arrivals).get(found[0].number) == alone.get(found[0].number)


@given(orders, coming, st.randoms())
def test_the_order_in_which_records_are_read_does_not_matter(
    found: list[Order], arrivals: list[Arrival], chance: object
) -> None:
    assert share_supply(_mixed(found, chance), {}, arrivals) == share_supply(found, {}, arrivals)


def _mixed(found: Sequence[Order], chance: object) -> list[Order]:
    mixed = [replace(order) for order in found]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    return mixed

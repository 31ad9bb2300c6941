"""An invoice finds its order by reference, lines or total; several answers are never resolved by a guess."""

from datetime import date
from decimal import Decimal
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.matching.billing import (
    BilledQuantities,
    BillOn,
    PostedPrice,
    UnknownUnitError,
    open_to_bill,
    stock_unit_price,
)
from automations.rules.matching.line_sets import WantedLine
from automations.rules.matching.order_search import OrderFound, OrderSearch, Resolution, find_order
from automations.rules.matching.subsets import find_subsets
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState


def line(number: int, item: str, quantity: int, price: int, billed: int = 0) -> PurchaseOrderLine:
    return PurchaseOrderLine(str(number), item, Decimal(quantity), "unit", Decimal(price), billed=Decimal(billed))


def order(number: str, *lines: PurchaseOrderLine, state: str = "open", supplier: str = "S1") -> PurchaseOrder:
    return PurchaseOrder(number, supplier, "EUR", date(2026, 1, 5), PurchaseOrderState(state), lines)


def wanted(item: str, quantity: int, price: int) -> WantedLine:
    return WantedLine(item, Decimal(quantity), Decimal(price))


def search(total: int | None = None, **known: object) -> OrderSearch:
    return OrderSearch("S1", total=None if total is None else Decimal(total), **known)  # type: ignore[arg-type]


LAMPS = order("PO-1", line(1, "LAMP", 10, 4), line(2, "SHADE", 10, 1))
STOOLS = order("PO-2", line(1, "STOOL", 2, 30))


def test_the_reference_wins_and_means_all_open_lines_when_the_total_is_theirs() -> None:
    assert find_order(search(50, reference="PO-1"), [LAMPS, STOOLS]) == OrderFound(
        Resolution.FOUND, "PO-1", ("1", "2"), 1
    )


def test_with_a_reference_a_smaller_total_names_the_lines_that_add_up_to_it() -> None:
    assert find_order(search(10, reference="PO-1"), [LAMPS]).lines == ("2",)


def test_a_reference_is_enough_though_the_total_fits_nothing() -> None:
    found = find_order(search(7, reference="PO-1"), [LAMPS])
    assert (found.resolution, found.order, found.lines) == (Resolution.FOUND, "PO-1", ())


@pytest.mark.parametrize(
    "hidden",
    [order("PO-1", line(1, "LAMP", 10, 4), state="closed"), order("PO-1", line(1, "LAMP", 10, 4), supplier="S2")],
)
def test_closed_orders_and_those_of_others_are_no_candidates(hidden: PurchaseOrder) -> None:
    assert find_order(search(40, reference="PO-1"), [hidden]).resolution is Resolution.NONE


def test_lines_fit_by_item_price_and_what_is_still_open() -> None:
    billed = order("PO-3", line(1, "LAMP", 10, 4, billed=8))
    assert find_order(search(lines=[wanted("LAMP", 3, 4)]), [LAMPS, billed]).order == "PO-1"
    assert find_order(search(lines=[wanted("LAMP", 2, 4)]), [LAMPS, billed]).resolution is Resolution.AMBIGUOUS
    assert find_order(search(lines=[wanted("LAMP", 2, 5)]), [LAMPS, billed]).resolution is Resolution.NONE


def test_two_invoice_lines_never_share_an_order_line() -> None:
    assert find_order(search(lines=[wanted("LAMP", 2, 4)] * 2), [LAMPS]).resolution is Resolution.NONE
    twice = order("PO-4", line(1, "LAMP", 5, 4), line(2, "LAMP", 5, 4))
    assert find_order(search(lines=[wanted("LAMP", 2, 4)] * 2), [twice]).lines == ("1", "2")


def test_the_total_finds_an_order_only_where_one_subset_of_one_order_fits() -> None:
    assert find_order(search(60), [LAMPS, STOOLS]) == OrderFound(Resolution.FOUND, "PO-2", ("1",), 1)
    assert find_order(search(40), [LAMPS, order("PO-5", line(1, "X", 4, 10))]).solutions == 2


def test_sixty_open_lines_are_ambiguous_and_not_a_wait() -> None:
    prices = Random(1).sample(range(1, 100_000), 60)
    large = order("PO-6", *(line(number, f"I{number}", 1, price) for number, price in enumerate(prices)))
    assert find_order(search(1_200_000), [large]).resolution is Resolution.AMBIGUOUS


amounts = st.lists(st.integers(0, 60).map(lambda cents: Decimal(cents).scaleb(-1)), max_size=9)


@given(amounts, st.integers(0, 120).map(lambda cents: Decimal(cents).scaleb(-1)), st.sampled_from(["0", "0.1", "0.25"]))
def test_subsets_are_those_that_trying_all_would_find(amounts: list[Decimal], wanted: Decimal, tolerance: str) -> None:
    least, most = wanted - Decimal(tolerance), wanted + Decimal(tolerance)
    places = [place for place, amount in enumerate(amounts) if amount > 0]
    tried = [
        frozenset(chosen)
        for size in range(1, len(places) + 1)
        for chosen in combinations(places, size)
        if least <= sum(amounts[place] for place in chosen) <= most
    ]
    found = find_subsets(amounts, least, most)
    assert found.count == len(tried)
    assert len(tried) != 1 or found.only == tried[0]


def test_credits_open_the_line_again_and_too_much_billed_is_negative() -> None:
    line = BilledQuantities(Decimal(10), Decimal(6), Decimal(9), Decimal(1))
    assert [open_to_bill(line, bill_on) for bill_on in BillOn] == [2, -2]


def test_a_price_correction_changes_what_stock_costs_and_not_how_much_there_is() -> None:
    posted = [
        PostedPrice(Decimal(3), Decimal(10), "unit"),
        PostedPrice(Decimal(3), Decimal(1), "unit", is_correction=True),
    ]
    assert stock_unit_price(posted, "unit") == Decimal("11.0000")
    assert stock_unit_price([], "unit") is None


def test_a_unit_that_nobody_converted_is_not_taken_for_the_stock_unit() -> None:
    with pytest.raises(UnknownUnitError, match="How many unit one case is"):
        stock_unit_price([PostedPrice(Decimal(1), Decimal(10), "case")], "unit")

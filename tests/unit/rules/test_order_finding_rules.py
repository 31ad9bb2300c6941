"""Lines that mean order lines, order numbers in texts, and lines paired by their amounts."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.matching.line_sets import WantedLine, find_line_sets
from automations.rules.matching.order_text import find_orders_in_text
from automations.rules.matching.pairing import pair_by_amount
from automations.rules.matching.units import NO_CONVERSIONS, UnitConversions
from connectors.contracts.documents import DocumentType, Invoice, InvoiceLine
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState, UnitConversion


def ordered(name: str, item: str, quantity: int, price: str = "1") -> PurchaseOrderLine:
    return PurchaseOrderLine(name, item, Decimal(quantity), "EA", Decimal(price))


def offered(lines: Sequence[PurchaseOrderLine]) -> list[tuple[PurchaseOrderLine, Decimal]]:
    return [(line, line.quantity) for line in lines]


def order(number: str, *lines: PurchaseOrderLine, reference: str | None = None) -> PurchaseOrder:
    state = PurchaseOrderState.OPEN
    return PurchaseOrder(number, "S", "EUR", date(2026, 1, 5), state, lines, supplier_reference=reference)


WANTED = st.builds(WantedLine, st.sampled_from("AB"), st.integers(1, 3).map(Decimal), st.just(Decimal(1)))
OFFERED = st.builds(ordered, st.just("1"), st.sampled_from("AB"), st.integers(1, 3))


@given(st.lists(WANTED, min_size=1, max_size=4), st.lists(OFFERED, max_size=5))
def test_the_sets_are_those_that_trying_everything_finds(
    wanted: list[WantedLine], lines: list[PurchaseOrderLine]
) -> None:
    everything = {
        frozenset(places)
        for places in permutations(range(len(lines)), len(wanted))
        if all(
            one.item == lines[place].item and one.quantity <= lines[place].quantity
            for one, place in zip(wanted, places, strict=True)
        )
    }
    found = find_line_sets(wanted, offered(lines), NO_CONVERSIONS)
    assert set(found.sets) == everything
    assert found.is_complete


@pytest.mark.parametrize("short_of", [0, 1])
def test_forty_equal_lines_are_answered_at_once_whether_they_fit_or_not(short_of: int) -> None:
    """Trying all orders of forty lines would take longer than the world exists."""
    wanted = [WantedLine("A", Decimal(1), Decimal(1))] * 40
    lines = [ordered(str(number), "A", 1) for number in range(40 - short_of)]
    started = time.monotonic()
    found = find_line_sets(wanted, offered(lines), NO_CONVERSIONS)
    assert len(found.sets) == 1 - short_of
    assert time.monotonic() - started < 5


def test_very_many_ways_are_cut_off_and_said_to_be_incomplete() -> None:
    wanted = [WantedLine("A", Decimal(1), Decimal(1))] * 10
    found = find_line_sets(wanted, offered([ordered(str(n), "A", 1) for n in range(40)]), NO_CONVERSIONS)
    assert not found.is_complete
    assert len(found.sets) > 1


def test_a_price_per_case_fits_the_price_of_pieces_exactly() -> None:
    """10.00 a case of 12 is no decimal number a piece."""
    conversions = UnitConversions([UnitConversion("CASE", "EA", Decimal(12))])
    line = PurchaseOrderLine("1", "A", Decimal(24), "EA", Decimal("10.00"), Decimal(12))
    wanted = WantedLine("A", Decimal(2), Decimal("10.00"), "CASE")
    assert find_line_sets([wanted], offered([line]), conversions).sets == {frozenset({0})}
    assert find_line_sets([replace(wanted, quantity=Decimal(3))], offered([line]), conversions).sets == frozenset()
    assert find_line_sets([replace(wanted, uom="BOX")], offered([line]), conversions).sets == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order PO-2026-77 of May", ["PO-2026-77"]),
        ("order po-2026-77, AB 99/1", ["PO-2026-77", "PO-2026-78"]),
        ("PO-2026-770", []),
        ("XPO-2026-77", []),
        ("AB  99/1", ["PO-2026-78"]),
        ("PO-1", []),  # too short to mean anything by itself
        ("", []),
    ],
)
def test_numbers_count_only_as_words_of_the_text(text: str, expected: list[str]) -> None:
    orders = [order("PO-2026-77"), order("PO-2026-78", reference="ab 99/1"), order("PO1")]
    assert [found.number for found in find_orders_in_text([text], orders)] == expected


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=12))
def test_any_text_finds_an_order_or_none(texts: list[str], number: str) -> None:
    orders = [order(number)]
    assert find_orders_in_text(texts, orders) in ([], orders)


def billed(net: str, item: str | None = None) -> InvoiceLine:
    return InvoiceLine("1", "", Decimal(1), "EA", Decimal(net), Decimal(net), item=item)


def invoice(*lines: InvoiceLine) -> Invoice:
    return Invoice("1", DocumentType.INVOICE, "S", "EUR", None, lines)


def test_lines_are_paired_where_their_amount_is_that_of_one_line_only() -> None:
    lines = (ordered("1", "A", 3, "10"), ordered("2", "B", 2, "10"), ordered("3", "C", 1, "20"), ordered("4", "D", 7))
    paired = pair_by_amount(
        invoice(billed("30"), billed("20"), billed("7"), billed("9"), billed("30.00", "A")),
        order("PO-1", *lines),
        ["1", "2", "3"],
    )
    # 30 stands there twice, 20 is open of two lines, 7 is of a line that is not meant, 9 of none, and A names itself.
    assert [line.order_line for line in paired.lines] == [None, None, None, None, None]
    alone = pair_by_amount(invoice(billed("30"), billed("20")), order("PO-1", *lines), ["1", "2"])
    assert [line.order_line for line in alone.lines] == ["1", "2"]


@given(st.lists(st.integers(1, 4).map(str), max_size=5), st.lists(st.integers(1, 4).map(str), max_size=5))
def test_pairing_gives_no_order_line_away_twice(nets: list[str], prices: list[str]) -> None:
    lines = [ordered(str(place), f"I{place}", 1, price) for place, price in enumerate(prices)]
    paired = pair_by_amount(invoice(*map(billed, nets)), order("PO-1", *lines), [line.line for line in lines])
    given_away = [line.order_line for line in paired.lines if line.order_line is not None]
    assert len(given_away) == len(set(given_away))

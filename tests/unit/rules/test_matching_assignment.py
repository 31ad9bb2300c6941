"""Every billed line finds its order line, and always the same one."""

from typing import Any

import pytest

from automations.rules.matching.match import MatchStatus
from tests.unit.rules.invoices import (
    billed_line,
    credit_note,
    invoice,
    match,
    order,
    order_line,
    reasons,
)


def test_a_line_without_an_order_line_goes_by_its_item() -> None:
    ordered = order(order_line("1", item="X"), order_line("2", item="Y"))

    assert match(invoice(billed_line(item="Y")), ordered).billed_lines[0].order_line == "2"
    assert reasons(match(invoice(billed_line(item="Z")), ordered)) == {"ITEM_NOT_ORDERED"}
    assert reasons(match(invoice(billed_line(order_line="9")), ordered)) == {"ITEM_NOT_ORDERED"}


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ({}, {}, "1"),  # nothing between them: the first on the order
        ({"billed": 10}, {}, "2"),  # nothing left on the first
        ({"unit_price": 6}, {}, "2"),  # the second has the billed price
        ({"billed": 1}, {}, "2"),  # 9 left are not enough for 10
        ({"uom": "BOX"}, {"unit_price": 6}, "2"),  # a unit that can be compared comes first
        ({"billed": 1}, {"unit_price": 6}, "1"),  # the price tells more than the quantity
    ],
)
def test_an_item_on_two_order_lines_goes_to_the_one_that_fits(
    first: dict[str, Any], second: dict[str, Any], chosen: str
) -> None:
    ordered = order(order_line("1", **first), order_line("2", **second))

    billings = match(invoice(billed_line(10, 5, item="X")), ordered).billed_lines

    assert [billing.order_line for billing in billings] == [chosen]


def test_a_credit_goes_to_the_order_line_that_was_billed() -> None:
    ordered = order(order_line("1"), order_line("2", billed=10, billed_amount=50))

    assert match(credit_note(billed_line(4, 5, item="X")), ordered).billed_lines[0].order_line == "2"


def test_two_billed_lines_of_one_item_fill_two_order_lines() -> None:
    ordered = order(order_line("1"), order_line("2"))

    result = match(invoice(billed_line(10, 5, item="X"), billed_line(10, 5, item="X")), ordered)

    assert (result.status, len(result.billed_lines)) == (MatchStatus.MATCHED, 2)

"""The sums, the tax and the charges of an invoice must be right as well."""

from decimal import Decimal
from typing import Any

import pytest

from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.match import MatchStatus
from connectors.contracts.documents import InvoiceCharge
from connectors.contracts.purchasing import PlannedCharge
from tests.unit.rules.invoices import (
    billed_line,
    credit_note,
    exact,
    invoice,
    match,
    order,
    order_line,
    reasons,
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"net_total": "50", "tax_total": "10.50", "gross_total": "60.50"}, set()),  # 21 % of 50 = 10.50
        ({"tax_total": "10.51"}, {"TAX_DIFFERS"}),
        ({"tax_total": "10.49"}, {"TAX_DIFFERS"}),
        ({"gross_total": "60.50"}, set()),  # 50 + 10.50, though neither is printed
        ({"gross_total": "60.51"}, {"TOTALS_DO_NOT_ADD_UP"}),
        ({"net_total": "49.99", "gross_total": "60.49"}, {"TOTALS_DO_NOT_ADD_UP"}),
        (
            {"net_total": "51", "tax_total": "10.71", "gross_total": "61.71"},
            {"TOTALS_DO_NOT_ADD_UP", "TAX_DIFFERS"},
        ),
    ],
)
def test_the_printed_sums_must_add_up(header: dict[str, str], expected: set[str]) -> None:
    document = invoice(billed_line(tax_percent=Decimal(21)), **{name: Decimal(value) for name, value in header.items()})

    assert reasons(match(document, order())) == expected


def test_a_printed_line_amount_must_be_quantity_times_price() -> None:
    result = match(invoice(billed_line(10, 5, net="50.01")), order())

    assert result.holds == (Hold(HoldReason.LINE_AMOUNT_WRONG, "1", exact("50.01"), exact(50), exact(0)),)


def test_the_rate_of_the_order_counts_where_the_invoice_states_none() -> None:
    ordered = order(order_line(tax_percent=Decimal(20)))

    assert match(invoice(tax_total=exact(10)), ordered).status is MatchStatus.MATCHED  # 20 % of 50
    assert reasons(match(invoice(billed_line(tax_percent=Decimal(21))), ordered)) == {"TAX_RATE_DIFFERS"}


@pytest.mark.parametrize(
    ("settings", "quantity", "freight", "expected"),
    [
        ({}, 10, "100", set()),
        ({}, 10, "100.01", {"CHARGE_OVER"}),
        ({}, 5, "50", set()),  # half of the order, half of the freight
        ({}, 5, "50.01", {"CHARGE_OVER"}),
        ({"charge_tolerance_pct": 10}, 5, "55", set()),  # 100 x 1/2 x 1.10
        ({"charge_tolerance_pct": 10}, 5, "55.01", {"CHARGE_OVER"}),
        ({"charge_tolerance_pct": None}, 5, "999", set()),
        ({"charge_tolerance_abs": 999}, 10, "100.01", {"CHARGE_OVER"}),  # that is for charges nobody planned
    ],
)
def test_planned_freight_is_billed_in_proportion(
    settings: dict[str, Any], quantity: int, freight: str, expected: set[str]
) -> None:
    ordered = order(charges=(PlannedCharge("freight", Decimal(100)),))
    document = invoice(billed_line(quantity), charges=(InvoiceCharge("freight", Decimal(freight)),))

    assert reasons(match(document, ordered, settings)) == expected


def test_a_charge_nobody_planned_is_held() -> None:
    document = invoice(charges=(InvoiceCharge("packing", Decimal(3)), InvoiceCharge("packing", Decimal(2))))

    assert reasons(match(document, order(), {"charge_tolerance_abs": 4})) == {"CHARGE_NOT_ORDERED"}  # 3 + 2 = 5 > 4
    assert reasons(match(document, order(), {"charge_tolerance_abs": 5})) == set()


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(0, {"CURRENCY_DIFFERS", "CHARGE_NOT_ORDERED"}), (4, {"CURRENCY_DIFFERS"})],  # 5 ISK are less than 4 EUR
)
def test_in_a_refused_currency_a_charge_is_held_only_where_none_is_allowed(allowed: int, expected: set[str]) -> None:
    document = invoice(charges=(InvoiceCharge("packing", Decimal(5)),), currency="ISK")

    assert reasons(match(document, order(), {"charge_tolerance_abs": allowed})) == expected


def test_a_charge_that_is_given_back_has_no_limit() -> None:
    document = credit_note(billed_line(1), charges=(InvoiceCharge("packing", Decimal(5)),))

    assert reasons(match(document, order(order_line(billed=10, billed_amount=50)))) == set()


def test_a_charge_is_taxed_together_with_the_lines_of_its_rate() -> None:
    document = invoice(
        billed_line(1, "10.02", tax_percent=Decimal(21)),
        charges=(InvoiceCharge("freight", Decimal("0.02"), Decimal(21)),),
    )

    # 21 % of 10.02 + 0.02 = 2.1084 -> 2.11; each alone would be 2.1042 -> 2.10 and 0.0042 -> 0.00
    assert match(document, order()).expected_tax == exact("2.11")


def test_an_unknown_order_still_has_its_own_sums_checked() -> None:
    document = invoice(billed_line(net="51"), order_reference="PO-9", net_total=exact(50))

    assert reasons(match(document, None)) == {"NO_ORDER", "LINE_AMOUNT_WRONG", "TOTALS_DO_NOT_ADD_UP"}

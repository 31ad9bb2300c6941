"""An invoice goes through only where price and quantity agree with what was ordered and received."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.match import MatchStatus, match_invoice
from automations.rules.matching.policy import MatchingPolicy
from automations.rules.matching.units import UnitConversions
from connectors.contracts.purchasing import BilledLine, PurchaseOrderState, UnitConversion
from tests.unit.rules.invoices import (
    INVOICE_DATE,
    billed_line,
    credit_note,
    exact,
    invoice,
    match,
    order,
    order_line,
    reasons,
    service_line,
)

CASES_OF_12 = UnitConversions([UnitConversion("CASE", "EA", Decimal(12), item="X")])


@pytest.mark.parametrize(
    ("settings", "price", "expected"),
    [
        ({}, "5.01", {"PRICE_OVER"}),  # not set anywhere = 0
        ({"price_tolerance_pct": None}, "99", set()),  # explicitly empty = no limit
        ({"price_tolerance_pct": 10}, "5.50", set()),  # 5 x 1.10 = 5.50, at the limit
        ({"price_tolerance_pct": 10}, "5.51", {"PRICE_OVER"}),
        ({"price_tolerance_pct": 10, "price_tolerance_abs": "0.2"}, "5.20", set()),  # min(0.50, 0.20) = 0.20
        ({"price_tolerance_pct": 10, "price_tolerance_abs": "0.2"}, "5.21", {"PRICE_OVER"}),
        ({"price_tolerance_pct": 10, "price_tolerance_abs": None}, "5.50", set()),  # only the 10 % exists
        ({}, "4", set()),  # cheaper is no deviation ...
        ({"price_sides": "both", "price_tolerance_abs": 1}, "4", set()),  # ... 5 - 1 = 4, at the limit
        ({"price_sides": "both", "price_tolerance_abs": 1}, "3.99", {"PRICE_UNDER"}),
    ],
)
def test_a_price_may_deviate_up_to_its_limit(settings: dict[str, Any], price: str, expected: set[str]) -> None:
    assert reasons(match(invoice(billed_line(10, price)), order(), settings)) == expected


@pytest.mark.parametrize(
    ("level", "received", "accepted", "billed_now", "expected", "over_by"),
    [
        ("2-way", 0, 0, 10, set(), None),
        ("2-way", 0, 0, 11, {"QTY_OVER_ORDERED"}, 1),  # 11 - 10
        ("3-way", 8, 8, 9, {"QTY_OVER_RECEIVED"}, 1),  # 9 - 8
        ("3-way", 8, 8, 11, {"QTY_OVER_ORDERED", "QTY_OVER_RECEIVED"}, 3),  # max(11 - 10, 11 - 8)
        ("4-way", 8, 6, 8, {"QTY_OVER_ACCEPTED"}, 2),  # 8 - 6
        ("4-way", 8, 6, 9, {"QTY_OVER_RECEIVED", "QTY_OVER_ACCEPTED"}, 3),  # max(9 - 8, 9 - 6)
        ("4-way", 8, 0, 8, {"QTY_OVER_ACCEPTED"}, 8),  # all of it rejected: nobody waits for that
        ("3-way", 0, 0, 10, {"NOT_RECEIVED"}, 10),
        ("4-way", 0, 0, 10, {"NOT_RECEIVED"}, 10),  # what has not come cannot be accepted: one cause
        ("3-way", 0, 0, 11, {"NOT_RECEIVED", "QTY_OVER_ORDERED"}, 11),
    ],
)
def test_a_level_adds_what_the_billed_quantity_is_compared_with(
    level: str, received: int, accepted: int, billed_now: int, expected: set[str], over_by: int | None
) -> None:
    ordered = order(order_line(received=received, accepted=accepted))

    result = match(invoice(billed_line(billed_now)), ordered, {"level": level})

    assert (reasons(result), result.over_by) == (expected, over_by)
    assert len(result.holds) == len(expected)


@pytest.mark.parametrize(
    ("level", "billed_now", "expected"),
    [
        ("2-way", 9, {"QTY_UNDER_ORDERED"}),
        ("3-way", 7, {"QTY_UNDER_RECEIVED"}),  # 7 < 8 received; the ordered 10 are not looked at
        ("4-way", 5, {"QTY_UNDER_ACCEPTED"}),  # 5 < 6 accepted; the received 8 are not looked at
        ("3-way", 8, set()),
    ],
)
def test_too_little_is_compared_with_the_last_level_only(level: str, billed_now: int, expected: set[str]) -> None:
    ordered = order(order_line(received=8, accepted=6))
    settings = {"level": level, "quantity_sides": "both"}

    assert reasons(match(invoice(billed_line(billed_now)), ordered, settings)) == expected


def test_percent_of_quantity_is_taken_from_the_figure_compared_with() -> None:
    ordered = order(order_line(quantity=100, received=80))
    settings = {"quantity_tolerance_pct": 5}

    assert reasons(match(invoice(billed_line(84)), ordered, settings)) == set()  # 80 x 1.05 = 84
    assert reasons(match(invoice(billed_line(85)), ordered, settings)) == {"QTY_OVER_RECEIVED"}


def test_several_billed_lines_of_one_order_line_add_up() -> None:
    result = match(invoice(billed_line(6), billed_line(5)), order())

    assert reasons(result) == {"QTY_OVER_ORDERED", "QTY_OVER_RECEIVED"}  # 6 + 5 = 11 > 10
    assert result.billed_lines == (BilledLine("1", exact(11), exact(55)),)


def test_what_was_billed_before_counts() -> None:
    ordered = order(order_line(billed=7, billed_amount=35))

    assert match(invoice(billed_line(3)), ordered).billed_after == 10
    assert reasons(match(invoice(billed_line(4)), ordered)) == {"QTY_OVER_ORDERED", "QTY_OVER_RECEIVED"}


def test_an_invoice_before_the_goods_waits_and_goes_through_once_they_came() -> None:
    early = match(invoice(), order(order_line(received=0)))
    later = match(invoice(), order(order_line(received=10)))

    assert (early.status, later.status) == (MatchStatus.WAITING, MatchStatus.MATCHED)


def test_a_second_cause_ends_the_waiting() -> None:
    result = match(invoice(billed_line(10, "5.01")), order(order_line(received=0)))

    assert result.status is MatchStatus.EXCEPTION
    assert reasons(result) == {"NOT_RECEIVED", "PRICE_OVER"}


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (date(2026, 6, 24), MatchStatus.WAITING),  # 10 June + 14 days: the last day
        (date(2026, 6, 25), MatchStatus.EXCEPTION),
        (None, MatchStatus.WAITING),
    ],
)
def test_a_missing_receipt_waits_only_for_the_days_allowed(today: date | None, status: MatchStatus) -> None:
    policy = MatchingPolicy.from_settings({"receipt_days": 14})

    result = match_invoice(invoice(), order(order_line(received=0)), policy, today=today)

    assert (result.status, reasons(result)) == (status, {"NOT_RECEIVED"})


def test_quantity_and_price_are_both_converted() -> None:
    ordered = order(order_line(uom="CASE", quantity=10, unit_price="9.99"))
    honest = invoice(billed_line(120, "0.8325"))  # 120 / 12 = 10 cases; 0.8325 x 12 = 9.99
    inflated = invoice(billed_line(120, "9.99"))  # 9.99 x 12 = 119.88 a case

    result = match_invoice(inflated, ordered, MatchingPolicy(), conversions=CASES_OF_12)

    assert match_invoice(honest, ordered, MatchingPolicy(), conversions=CASES_OF_12).status is MatchStatus.MATCHED
    assert reasons(result) == {"PRICE_OVER"}
    assert (result.holds[0].found, result.holds[0].expected) == (exact("119.88"), exact("9.99"))


def test_a_price_without_an_exact_decimal_passes_at_its_limit() -> None:
    ordered = order(order_line(uom="EA", quantity=36, unit_price="10", price_per=12))
    in_cases = invoice(billed_line(3, 10, uom="CASE"))  # 10 a case of 12 = 10 for 12 pieces = 0.8333... each

    result = match_invoice(in_cases, ordered, MatchingPolicy(), conversions=CASES_OF_12)

    assert (result.status, result.billed_after) == (MatchStatus.MATCHED, exact(36))


def test_sixths_of_a_case_add_up_to_what_was_received() -> None:
    ordered = order(order_line(uom="CASE", quantity=1, unit_price=12, received=Decimal(8) / 12))
    pieces = invoice(*[billed_line(2, 1)] * 4)  # 4 x 2/12 = 8/12 cases, whatever the 28th digit says

    result = match_invoice(pieces, ordered, MatchingPolicy(), conversions=CASES_OF_12)

    assert reasons(result) == set()


def test_a_unit_nobody_can_convert_is_never_taken_as_equal() -> None:
    result = match(invoice(billed_line(10, 5, uom="BOX")), order())

    assert (result.status, reasons(result)) == (MatchStatus.EXCEPTION, {"UOM_UNKNOWN"})
    assert (result.billed_after, result.billed_lines) == (None, ())


def test_price_per_hundred_is_compared_on_the_base_of_the_order() -> None:
    ordered = order(order_line(quantity=200, unit_price=500, price_per=100))  # 5.00 each

    assert reasons(match(invoice(billed_line(200, 5)), ordered)) == set()
    assert reasons(match(invoice(billed_line(200, 50, price_per=10)), ordered)) == set()
    assert reasons(match(invoice(billed_line(200, 500)), ordered)) == {"PRICE_OVER"}


@pytest.mark.parametrize(
    ("billed_before", "now", "expected"),
    [("900", "200", set()), ("900", "200.01", {"AMOUNT_OVER_ORDERED"})],  # 1000 x 1.10 = 1100
)
def test_a_service_is_billed_by_amount_without_a_receipt(billed_before: str, now: str, expected: set[str]) -> None:
    ordered = order(service_line("1000", billed_amount=billed_before))

    result = match(invoice(billed_line(1, now, uom="HUR")), ordered, {"amount_tolerance_pct": 10})

    assert (reasons(result), result.billed_amount_after) == (expected, exact(billed_before) + exact(now))


def test_the_value_of_a_line_is_limited_apart_from_its_quantity_and_price() -> None:
    ordered = order(order_line(quantity=100, received=90, unit_price=10, billed=40))
    settings = {"quantity_tolerance_abs": 5, "price_tolerance_pct": 10, "line_value_tolerance_abs": 30}

    result = match(invoice(billed_line(52, "10.20")), ordered, settings)

    assert reasons(result) == {"LINE_VALUE_OVER"}
    assert result.value_variance == exact("30.40")  # 52 x 10.20 - (90 - 40) x 10 = 530.40 - 500


@pytest.mark.parametrize(
    ("credited", "expected"),
    [(4, set()), (5, set()), (6, {"CREDIT_OVER_BILLED"})],  # 5 billed
)
def test_no_more_is_credited_than_was_billed(credited: int, expected: set[str]) -> None:
    ordered = order(order_line(received=0, billed=5, billed_amount=25))

    result = match(credit_note(billed_line(credited)), ordered, {"line_value_tolerance_abs": 0})

    assert (reasons(result), result.billed_after) == (expected, exact(5 - credited))


@pytest.mark.parametrize(("credited", "expected"), [("25", set()), ("25.01", {"CREDIT_OVER_BILLED"})])
def test_a_price_only_credit_is_judged_by_its_amount(credited: str, expected: set[str]) -> None:
    ordered = order(order_line(billed=5, billed_amount=25))

    result = match(credit_note(billed_line(0, 0, net=credited)), ordered)

    assert (reasons(result), result.billed_after) == (expected, exact(5))


def test_a_credit_note_of_an_overbilled_line_is_welcome() -> None:
    ordered = order(order_line(billed=13, billed_amount=65))

    assert reasons(match(credit_note(billed_line(2)), ordered)) == set()  # 11 of 10 is still too much, but less


def test_every_cause_of_the_header_is_named() -> None:
    ordered = order(supplier="S2", state=PurchaseOrderState.CANCELLED, currency="USD")

    assert reasons(match(invoice(), ordered)) == {"SUPPLIER_DIFFERS", "ORDER_CLOSED", "CURRENCY_DIFFERS"}


def test_amounts_in_a_refused_currency_are_not_compared_but_quantities_are() -> None:
    result = match(invoice(billed_line(11, 900)), order(currency="ISK"))

    assert reasons(result) == {"CURRENCY_DIFFERS", "QTY_OVER_ORDERED", "QTY_OVER_RECEIVED"}
    assert result.billed_lines == ()


@pytest.mark.parametrize(
    ("price", "rates", "expected"),
    [
        ("6", {INVOICE_DATE: "1.2"}, set()),  # 6.00 USD / 1.2 = 5.00 EUR
        ("6.01", {INVOICE_DATE: "1.2"}, {"PRICE_OVER"}),
        ("6", {date(2026, 6, 9): "1.2"}, {"CURRENCY_DIFFERS"}),  # yesterday's rate is another rate
        ("6", {INVOICE_DATE: "0"}, {"CURRENCY_DIFFERS"}),  # no rate at all
    ],
)
def test_another_currency_is_converted_at_the_rate_of_the_invoice_date(
    price: str, rates: dict[date, str], expected: set[str]
) -> None:
    policy = MatchingPolicy.from_settings({"currency_mode": "convert_at_invoice_date"})
    exchange_rates = {day: Decimal(rate) for day, rate in rates.items()}

    result = match_invoice(
        invoice(billed_line(10, price), currency="USD"), order(), policy, exchange_rates=exchange_rates
    )

    assert reasons(result) == expected


def test_converted_amounts_are_posted_in_the_currency_of_the_order() -> None:
    policy = MatchingPolicy.from_settings({"currency_mode": "convert_at_invoice_date"})

    result = match_invoice(
        invoice(billed_line(10, 6), currency="USD"), order(), policy, exchange_rates={INVOICE_DATE: Decimal("1.2")}
    )

    assert result.billed_lines == (BilledLine("1", exact(10), exact(50)),)  # 60 / 1.2


def test_what_the_reader_found_stops_an_invoice_that_matches() -> None:
    wrong_sum = Hold(HoldReason.ARITHMETIC, found="BR-CO-15")

    result = match_invoice(invoice(), order(), MatchingPolicy(), extra_holds=[wrong_sum])

    assert (result.status, result.holds) == (MatchStatus.EXCEPTION, (wrong_sum,))

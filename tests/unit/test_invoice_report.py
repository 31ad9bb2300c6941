"""The report of supplier invoices: sums by reason, supplier, age and currency."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.invoices.report import (
    MOST_LISTED,
    OPEN_STANDINGS,
    AgeBand,
    InvoiceFact,
    Standing,
    age_band,
    report_invoices,
)

TODAY = date(2026, 11, 22)
PRICE, NOT_HERE = ("PRICE_OVER", "procurement"), ("NOT_RECEIVED", "receiving")


def fact(number: int = 1, standing: Standing = Standing.HELD, days: int = 3, amount: str = "100.00") -> InvoiceFact:
    issued = TODAY - timedelta(days=days)
    reasons = () if standing is Standing.MATCHED else (PRICE,)
    return InvoiceFact(
        number, "run", f"Acme {number}", "Acme", standing, Decimal(amount), "EUR", issued, TODAY, reasons
    )


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (0, AgeBand.TO_7),
        (7, AgeBand.TO_7),
        (8, AgeBand.TO_30),
        (30, AgeBand.TO_30),
        (31, AgeBand.OVER_30),
        (4000, AgeBand.OVER_30),
    ],
)
def test_a_band_of_age_has_both_its_days(days: int, band: AgeBand) -> None:
    assert age_band(days) is band


def test_money_of_held_invoices_stands_under_its_reason_owner_and_age() -> None:
    report = report_invoices([fact(1), fact(2, days=8, amount="50.50"), fact(3, Standing.MATCHED)], TODAY)
    aged = report.reasons["PRICE_OVER", "procurement", "EUR"]
    assert (aged.count, aged.amount) == (2, Decimal("150.50"))
    assert aged.bands[AgeBand.TO_30].amount == Decimal("50.50")
    assert set(report.reasons) == {("PRICE_OVER", "procurement", "EUR")}


def test_a_document_with_two_reasons_counts_for_both_and_once_for_its_supplier() -> None:
    both = replace(fact(), reasons=(PRICE, NOT_HERE, PRICE))
    report = report_invoices([both], TODAY)
    assert {code: aged.count for (code, _, _), aged in report.reasons.items()} == {"PRICE_OVER": 1, "NOT_RECEIVED": 1}
    assert report.suppliers["Acme", "EUR"].open.count == 1


def test_currencies_are_never_added_up() -> None:
    report = report_invoices([fact(1), replace(fact(2), currency="CZK")], TODAY)
    assert {key: one.amount for key, one in report.standings.items()} == {
        (Standing.HELD, "EUR"): Decimal("100.00"),
        (Standing.HELD, "CZK"): Decimal("100.00"),
    }


def test_a_released_invoice_stands_under_what_had_held_it_and_is_open_no_more() -> None:
    report = report_invoices([fact(1, Standing.RELEASED), fact(2, Standing.SETTLED)], TODAY)
    assert report.released["PRICE_OVER", "EUR"].count == 1
    assert (report.reasons, report.oldest) == ({}, [])


def test_without_an_issue_date_the_day_of_the_verdict_counts_and_a_future_one_is_no_age() -> None:
    undated = replace(fact(), issued_on=None, decided_on=TODAY - timedelta(days=9))
    assert undated.age_days(TODAY) == 9
    assert fact(days=-5).age_days(TODAY) == 0


def test_the_oldest_come_first_and_among_those_of_a_day_the_largest() -> None:
    facts = [fact(1, days=2), fact(2, days=40, amount="5"), fact(3, days=40, amount="9"), fact(4, Standing.MATCHED)]
    assert [one.item_id for one in report_invoices(facts, TODAY).oldest] == [3, 2, 1]
    many = [fact(number, days=number) for number in range(200)]
    assert [one.item_id for one in report_invoices(many, TODAY).oldest] == list(range(199, 199 - MOST_LISTED, -1))


facts_of_all_kinds = st.lists(
    st.builds(
        InvoiceFact,
        item_id=st.integers(1, 9),
        run_id=st.just("run"),
        title=st.just("t"),
        supplier=st.sampled_from(["Acme", "Bolt", ""]),
        standing=st.sampled_from(Standing),
        amount=st.decimals(-1000, 1000, places=2),
        currency=st.sampled_from(["EUR", "CZK"]),
        issued_on=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        decided_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        reasons=st.lists(st.sampled_from([PRICE, NOT_HERE]), max_size=3).map(tuple),
    )
)


@given(facts_of_all_kinds)
def test_every_document_is_counted_once_by_standing_and_once_by_supplier(facts: list[InvoiceFact]) -> None:
    report = report_invoices(facts, TODAY)
    assert sum(one.count for one in report.standings.values()) == len(facts)
    assert sum(one.amount for one in report.standings.values()) == sum(one.amount for one in facts)
    by_supplier = [one for line in report.suppliers.values() for one in line.standings.values()]
    assert sum(one.count for one in by_supplier) == len(facts)
    open_ones = [one for one in facts if one.standing in OPEN_STANDINGS]
    assert sum(line.open.count for line in report.suppliers.values()) == len(open_ones)
    assert sum(line.open.amount for line in report.suppliers.values()) == sum(one.amount for one in open_ones)
    assert len(report.oldest) == min(len(open_ones), MOST_LISTED)

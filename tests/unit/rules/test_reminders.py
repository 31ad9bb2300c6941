"""Who is reminded of an overdue invoice, in which tone, and what stops it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.customer_language import choose_language
from automations.rules.reminders import (
    CustomerVerdict,
    ReminderPolicy,
    Stage,
    Stop,
    cause_of,
    is_about,
    judge_customer,
    judge_invoice,
    total_owed,
)
from connectors.contracts.notices import KnownCustomer
from connectors.contracts.sales_invoices import BilledCustomer, SalesInvoice

TODAY = date(2026, 11, 23)
FRIENDLY, FIRM, LAST = Stage("friendly", 3), Stage("firm", 10), Stage("last", 21)
POLICY = ReminderPolicy((FRIENDLY, FIRM, LAST))
EMMA = KnownCustomer("emma@example.com")
LONG_AGO = TODAY - timedelta(days=40)


def invoice(number: str = "FV-1", days: int = 4, **changes: Any) -> SalesInvoice:
    """An invoice of 100.00 EUR whose last day to pay was so many days ago."""
    due_on = TODAY - timedelta(days=days)
    billed = SalesInvoice(
        number=number,
        order_number=f"ORD-{number}",
        issued_on=due_on - timedelta(days=14),
        customer_name="Emma",
        address=None,
        currency="EUR",
        lines=(),
        net_total=Decimal("82.64"),
        tax_total=Decimal("17.36"),
        gross_total=Decimal("100.00"),
        due_on=due_on,
        customer=BilledCustomer("emma@example.com", "en", "CZ"),
    )
    return replace(billed, **changes)


def judge(
    *invoices: SalesInvoice,
    known: KnownCustomer = EMMA,
    told: dict[str, date] | None = None,
    policy: ReminderPolicy = POLICY,
    is_working_day: bool = True,
) -> CustomerVerdict:
    return judge_customer(invoices, known, told or {}, TODAY, policy, is_working_day=is_working_day)


@pytest.mark.parametrize(
    ("days", "told", "stage"),
    [
        (2, (), None),  # 2 < 3
        (3, (), FRIENDLY),  # at the limit it is due
        (9, (FRIENDLY,), None),  # 9 < 10
        (10, (FRIENDLY,), FIRM),
        (40, (), FRIENDLY),  # nobody begins with the last one
        (40, (FRIENDLY,), FIRM),
        (40, (FRIENDLY, FIRM), LAST),
        (40, (FRIENDLY, FIRM, LAST), None),
        (40, (FIRM,), LAST),  # a stage that was left out is not made up for
    ],
)
def test_stages_follow_one_another_when_their_day_has_come(
    days: int, told: tuple[Stage, ...], stage: Stage | None
) -> None:
    known = {cause_of("FV-1", each): LONG_AGO for each in told}
    assert judge_invoice(invoice(days=days), known, (), TODAY, POLICY).stage == stage


@pytest.mark.parametrize(
    ("changes", "stop"),
    [
        ({"paid": Decimal("100.00")}, Stop.PAID),
        ({"paid": Decimal("120.00")}, Stop.PAID),
        ({"paid": Decimal("98.01")}, Stop.SMALL_REST),
        ({"is_disputed": True}, Stop.DISPUTED),
        ({"has_payment_plan": True}, Stop.PAYMENT_PLAN),
        ({"is_with_person": True}, Stop.PERSON_TOOK_OVER),
        ({"promised_on": TODAY}, Stop.PROMISED),
        ({"promised_on": TODAY + timedelta(days=5)}, Stop.PROMISED),
    ],
)
def test_an_invoice_is_not_reminded_while_something_speaks_against_it(changes: dict[str, Any], stop: Stop) -> None:
    policy = replace(POLICY, small_rest={"EUR": Decimal(2)})
    verdict = judge_invoice(invoice(**changes), {}, (), TODAY, policy)
    assert (verdict.stage, verdict.stops, verdict.is_listed) == (None, (stop,), False)


@pytest.mark.parametrize(
    "changes", [{"paid": Decimal("98.00")}, {"paid": Decimal("50.00")}, {"promised_on": TODAY - timedelta(days=1)}]
)
def test_a_rest_at_the_limit_and_a_broken_promise_are_reminded(changes: dict[str, Any]) -> None:
    policy = replace(POLICY, small_rest={"EUR": Decimal(2)})
    assert judge_invoice(invoice(**changes), {}, (), TODAY, policy).stage == FRIENDLY


@pytest.mark.parametrize(
    ("ticket", "about"),
    [
        ("The lamp of fv-1 is broken", True),
        ("Where is ORD-FV-1?", True),
        ("The lamp is broken", True),
        ("My order ORD-9 is late", False),
    ],
)
def test_a_complaint_is_about_an_invoice_unless_it_names_something_else(ticket: str, about: bool) -> None:
    assert is_about(ticket, invoice()) is about
    stops = judge_invoice(invoice(), {}, [ticket], TODAY, POLICY).stops
    assert (Stop.OPEN_TICKET in stops) is about


@pytest.mark.parametrize(
    ("known", "is_working_day", "told", "stop"),
    [
        (replace(EMMA, wants_notices=False), True, {}, Stop.OPTED_OUT),
        (replace(EMMA, is_with_person=True), True, {}, Stop.CUSTOMER_WITH_PERSON),
        (EMMA, False, {}, Stop.DAY_OFF),
        (EMMA, True, {"reminder:FV-2:friendly": TODAY - timedelta(days=4)}, Stop.REMINDED_RECENTLY),
    ],
)
def test_a_customer_is_left_alone(
    known: KnownCustomer, is_working_day: bool, told: dict[str, date], stop: Stop
) -> None:
    second = invoice("FV-2", days=8)
    verdict = judge(invoice(), second, known=known, told=told, is_working_day=is_working_day)
    assert (verdict.stage, verdict.stops) == (None, (stop,))


def test_after_the_pause_a_customer_is_reminded_again() -> None:
    told = {"reminder:FV-2:friendly": TODAY - timedelta(days=5)}
    assert judge(invoice(), invoice("FV-2", days=8), told=told).stage == FRIENDLY


def test_one_mail_names_all_that_is_owed_in_the_tone_of_the_highest_stage() -> None:
    told = {cause_of("FV-2", FRIENDLY): LONG_AGO}
    disputed = invoice("FV-4", is_disputed=True)
    verdict = judge(invoice(), invoice("FV-2", days=12), invoice("FV-3", days=1), disputed, told=told)
    assert verdict.stage == FIRM
    assert [each.number for each in verdict.listed] == ["FV-2", "FV-1", "FV-3"]
    assert verdict.causes == ("reminder:FV-1:friendly", "reminder:FV-2:firm")
    assert total_owed(verdict.listed) == {"EUR": Decimal("300.00")}


@pytest.mark.parametrize(
    ("limits", "stop"),
    [
        ({"least": {"EUR": Decimal("100.01")}}, Stop.BELOW_LEAST_AMOUNT),
        ({"least": {"EUR": Decimal("100.00")}}, None),
        ({"by_hand_from": {"EUR": Decimal("100.00")}}, Stop.BY_HAND),
        ({"by_hand_from": {"EUR": Decimal("100.01")}}, None),
        ({"by_hand_from": {"CZK": Decimal("1.00")}}, None),
    ],
)
def test_amounts_have_limits_by_currency(limits: dict[str, Any], stop: Stop | None) -> None:
    assert judge(invoice(), policy=replace(POLICY, **limits)).stops == (() if stop is None else (stop,))


@pytest.mark.parametrize(
    ("country", "known", "language"),
    [
        ("CZ", (None, None), "cs"),
        ("CZ", ("hu", "en"), "hu"),
        ("IR", (), "fa"),
        ("IS", (None,), "is"),
        (None, (None, "ru"), "ru"),
        (None, (), None),
        ("XX", (), None),
    ],
)
def test_the_language_is_the_one_that_is_known_best(
    country: str | None, known: tuple[str | None, ...], language: str | None
) -> None:
    assert choose_language(country, *known) == language


invoices = st.builds(
    invoice,
    st.sampled_from(["FV-1", "FV-2", "FV-3", "FV-4"]),
    st.integers(-5, 60),
    paid=st.sampled_from([Decimal(0), Decimal("40.00"), Decimal("99.50"), Decimal("100.00")]),
    is_disputed=st.booleans(),
    has_payment_plan=st.booleans(),
    promised_on=st.none() | st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=9)),
)


@given(st.lists(invoices, max_size=4, unique_by=lambda each: each.number), st.booleans(), st.integers(1, 9))
def test_day_after_day_no_stage_of_an_invoice_is_told_twice_or_too_early(
    billed: list[SalesInvoice], is_plan_followed: bool, pause_days: int
) -> None:
    policy = replace(POLICY, pause_days=pause_days, small_rest={"EUR": Decimal(1)})
    told: dict[str, date] = {}
    mails: list[date] = []
    for after in range(60):
        today = TODAY + timedelta(days=after)
        verdict = judge_customer(billed, EMMA, told, today, policy, is_working_day=is_plan_followed or after % 7 < 5)
        if verdict.stage is None:
            continue
        assert not set(verdict.causes) & told.keys()
        assert not mails or (today - mails[-1]).days >= pause_days
        assert all(each.open_amount > 0 and not each.is_disputed for each in verdict.listed)
        told.update((cause, today) for cause in verdict.causes)
        mails.append(today)
        for each in billed:
            order = [told.get(cause_of(each.number, stage)) for stage in policy.stages]
            known = [day for day in order if day is not None]
            assert known == sorted(known)
            assert order[: len(known)] == known
    assert len(mails) <= len(billed) * len(policy.stages)

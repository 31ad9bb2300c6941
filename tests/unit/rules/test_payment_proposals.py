"""What to pay, when and to whom: due dates, discounts, credit notes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payment_proposals import PaymentPolicy, propose_payments
from connectors.contracts.documents import DocumentType, PaymentTerms
from connectors.contracts.payables import UnpaidDocument

TODAY = date(2026, 11, 22)
WEEK = PaymentPolicy(7, default_days=30)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def document(
    key: str, total: str, due: int | None = 3, *, credit: bool = False, until: int | None = None
) -> UnpaidDocument:
    """Due in so many days; with `until`, 2 % discount for paying by then."""
    terms = PaymentTerms(
        None if due is None else day(due), None if until is None else day(until), None if until is None else Decimal(2)
    )
    kind = DocumentType.CREDIT_NOTE if credit else DocumentType.INVOICE
    return UnpaidDocument(key, "Acme", kind, key, day(-20), "EUR", Decimal(total), terms)


def paid(*documents: UnpaidDocument, policy: PaymentPolicy = WEEK) -> dict[str, str]:
    (payment,) = propose_payments(documents, policy, TODAY)
    return {each.document_id: f"{each.amount:.2f}" for each in payment.payments}


@pytest.mark.parametrize(("due", "is_paid"), [(7, True), (8, False), (-40, True), (0, True)])
def test_what_falls_due_within_the_days_is_proposed(due: int, is_paid: bool) -> None:
    payments = propose_payments([document("A", "100", due)], WEEK, TODAY)
    assert bool(payments) is is_paid
    assert not payments or payments[0].pay_on == max(day(due), TODAY)


def test_without_a_due_date_the_issue_date_counts_or_nothing() -> None:
    """Issued 20 days ago: due in 10 days by 30, in 5 by 25."""
    undated = document("A", "100", None)
    assert propose_payments([undated], WEEK, TODAY) == []
    assert propose_payments([undated], PaymentPolicy(7, 25), TODAY)[0].pay_on == day(5)
    assert propose_payments([undated], PaymentPolicy(365, None), TODAY) == []


def test_an_invoice_of_the_last_day_of_the_calendar_keeps_nobody_from_being_paid() -> None:
    never = replace(document("Z", "100", None), issue_date=date.max)
    assert list(paid(never, document("A", "50"))) == ["A"]


def test_a_discount_is_taken_by_its_day_although_the_invoice_is_due_later() -> None:
    (payment,) = propose_payments([document("A", "149.99", 30, until=2)], WEEK, TODAY)
    assert (payment.pay_on, payment.amount) == (day(2), Decimal("146.99"))  # 2 % = 2.9998
    assert payment.payments[0].discount == Decimal("3.00")


@pytest.mark.parametrize(("until", "policy"), [(-1, WEEK), (2, PaymentPolicy(7, 30, takes_discounts=False))])
def test_a_discount_that_is_over_or_not_wanted_is_not_taken(until: int, policy: PaymentPolicy) -> None:
    assert paid(document("A", "100", 3, until=until), policy=policy) == {"A": "100.00"}


def test_credit_notes_are_set_off_against_the_oldest_and_lower_its_discount() -> None:
    """100 - 30 = 70 is paid of A, and 2 % of 70 are 1.40."""
    documents = (document("A", "100", 30, until=2), document("B", "50"), document("C", "30", credit=True))
    assert paid(*documents) == {"A": "98.60", "B": "50.00", "C": "-30.00"}


def test_a_credit_note_above_what_is_owed_waits_for_a_larger_payment() -> None:
    assert paid(document("A", "100"), document("C", "101", credit=True), document("D", "99", credit=True)) == {
        "A": "100.00",
        "D": "-99.00",
    }


def test_credit_notes_alone_are_no_payment() -> None:
    assert propose_payments([document("C", "10", credit=True)], WEEK, TODAY) == []


DOCUMENTS = st.lists(
    st.tuples(st.integers(1, 500), st.integers(-40, 40), st.booleans(), st.one_of(st.none(), st.integers(-5, 20))),
    max_size=8,
)


@given(DOCUMENTS)
def test_a_payment_is_never_negative_and_names_each_document_once(
    rows: list[tuple[int, int, bool, int | None]],
) -> None:
    documents = [
        document(str(place), str(total), due, credit=credit, until=until)
        for place, (total, due, credit, until) in enumerate(rows)
    ]
    for payment in propose_payments(documents, WEEK, TODAY):
        keys = [each.document_id for each in payment.payments]
        assert len(keys) == len(set(keys))
        assert payment.amount >= 0
        assert TODAY <= payment.pay_on <= day(7)
        totals = {each.id: each.total for each in documents}
        assert all(0 <= each.discount <= totals[each.document_id] for each in payment.payments)

"""Money adds up: parts to their whole, rounded totals to rounded lines, and a payment to what it pays."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payments import OpenInvoice, OverAllocationError, allocate_payment
from automations.rules.rounding import Allowance, DocumentLine, TaxLevel, round_cash, split_amount, total_document
from connectors.money import ZERO

cents = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number).scaleb(-2))
weights = st.lists(st.integers(0, 1000).map(Decimal), min_size=1, max_size=12).filter(any)


@given(cents, weights)
def test_the_parts_add_up_and_none_is_a_cent_off_its_share(amount: Decimal, weights: list[Decimal]) -> None:
    parts = split_amount(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    assert all(
        abs(part - amount * weight / whole) < Decimal("0.01") for part, weight in zip(parts, weights, strict=True)
    )


@given(cents, weights)
def test_a_credit_is_split_as_the_mirror_of_the_invoice(amount: Decimal, weights: list[Decimal]) -> None:
    assert split_amount(-amount, weights) == tuple(-part for part in split_amount(amount, weights))


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(2), Decimal(-1)]])
def test_nothing_is_split_by_weights_that_say_nothing(weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match="weights of 0 and more"):
        split_amount(Decimal(10), weights)


@given(cents, st.sampled_from(["0.05", "0.1", "0.5", "1", "5"]).map(Decimal))
def test_coins_pay_the_amount_within_half_a_step(amount: Decimal, step: Decimal) -> None:
    cash = round_cash(amount, step)
    assert cash.payable % step == 0
    assert cash.payable - cash.rounding == amount
    assert abs(cash.rounding) * 2 <= step


def test_there_is_no_coin_of_nothing() -> None:
    with pytest.raises(ValueError, match="smallest coin"):
        round_cash(Decimal(10), Decimal(0))


def test_tax_rounded_on_lines_may_differ_from_tax_rounded_on_the_document() -> None:
    lines = [DocumentLine(Decimal(1), Decimal("3.33"), tax_percent=Decimal(20))] * 3
    assert total_document(lines).tax == Decimal("2.00")
    assert total_document(lines, tax_level=TaxLevel.LINE).tax == Decimal("2.01")


def test_an_allowance_lowers_net_and_its_rate_s_tax_and_what_was_prepaid_is_not_payable() -> None:
    lines = [DocumentLine(Decimal(2), Decimal(50), tax_percent=Decimal(21)), DocumentLine(Decimal(1), Decimal(10))]
    totals = total_document(lines, [Allowance(Decimal(10), Decimal(21))], prepaid=Decimal(20))
    figures = [totals.net, totals.tax, totals.total, totals.payable]
    assert figures == [Decimal(number) for number in ("100", "18.90", "118.90", "98.90")]


def test_a_price_for_a_hundred_pieces_is_divided_before_it_is_rounded() -> None:
    totals = total_document([DocumentLine(Decimal(7), Decimal("12.34"), price_per=Decimal(100))])
    assert totals.line_nets == (Decimal("0.86"),)


invoices = st.lists(st.builds(OpenInvoice, total=cents.map(abs), paid=cents.map(abs)), max_size=8)


@given(cents.map(abs), invoices)
def test_a_payment_pays_the_oldest_first_and_never_more_than_is_open(
    payment: Decimal, invoices: list[OpenInvoice]
) -> None:
    allocation = allocate_payment(payment, invoices)
    assert sum(allocation.allocated) + allocation.unallocated == payment
    for allocated, invoice in zip(allocation.allocated, invoices, strict=True):
        assert 0 <= allocated <= max(invoice.open, ZERO)
    if allocation.unallocated:
        assert all(a == max(i.open, ZERO) for a, i in zip(allocation.allocated, invoices, strict=True))


def test_a_payment_to_suppliers_is_negative_as_their_invoices_are() -> None:
    allocation = allocate_payment(Decimal(-130), [OpenInvoice(Decimal(-100)), OpenInvoice(Decimal(-100))])
    assert [*allocation.allocated, allocation.still_open] == [-100, -30, -70]


def test_what_the_payer_asks_for_is_paid_and_the_rest_is_left() -> None:
    invoices = [OpenInvoice(Decimal(100)), OpenInvoice(Decimal(100), requested=Decimal(40))]
    allocation = allocate_payment(Decimal(100), invoices)
    assert [*allocation.allocated, allocation.unallocated] == [0, 40, 60]


@pytest.mark.parametrize(
    ("payment", "invoices", "is_open"),
    [
        (200, [OpenInvoice(Decimal(100), paid=Decimal(80), requested=Decimal(50))], 20),
        (30, [OpenInvoice(Decimal(100), requested=Decimal(40))], 30),
        (30, [OpenInvoice(Decimal(100), requested=Decimal(-5))], 100),
    ],
)
def test_more_than_is_open_is_not_allocated(payment: int, invoices: list[OpenInvoice], is_open: int) -> None:
    with pytest.raises(OverAllocationError) as refusal:
        allocate_payment(Decimal(payment), invoices)
    assert refusal.value.open == is_open

"""Why a slip differs from the last one: what the changes add up to, which slip is the last, and when it is too much."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.variance import compare_slips
from connectors.contracts.people import LineKind, Payslip, PayslipLine, PayslipState

_amounts = st.decimals(-9_999, 99_999, places=2)
_lines = st.lists(
    st.builds(
        PayslipLine,
        code=st.sampled_from(["base_pay", "overtime", "income_tax", "social_insurance"]),
        kind=st.sampled_from(LineKind),
        amount=_amounts,
        rule=st.just("proration"),
        label=st.sampled_from(["", "night shift"]),
    ),
    max_size=8,
)


def slip(lines: list[PayslipLine], month: int, state: PayslipState = PayslipState.APPROVED) -> Payslip:
    """Of a month of 2026, its totals as the rule for totals has them."""
    gross = sum((line.amount for line in lines if line.kind is LineKind.EARNING), Decimal(0))
    deductions = sum((line.amount for line in lines if line.kind is LineKind.DEDUCTION), Decimal(0))
    first, last = date(2026, month, 1), date(2026, month, 28)
    return Payslip("JANA", first, last, "CZK", tuple(lines), gross, deductions, gross - deductions, state)


def pay(amount: str) -> list[PayslipLine]:
    return [PayslipLine("base_pay", LineKind.EARNING, Decimal(amount), "proration")]


@given(_lines, _lines)
def test_the_changes_add_up_to_the_difference_of_the_net(before: list[PayslipLine], now: list[PayslipLine]) -> None:
    variance = compare_slips(slip(now, 10), [slip(before, 9)])
    assert variance is not None
    assert sum(change.difference for change in variance.changes) == variance.net - variance.net_before
    sizes = [abs(change.difference) for change in variance.changes]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes


@given(_lines)
def test_the_same_slip_again_differs_in_nothing(lines: list[PayslipLine]) -> None:
    variance = compare_slips(slip(lines, 10), [slip(lines, 9)])
    assert variance is not None
    assert variance.changes == ()
    assert not variance.exceeds(Decimal(0))


def test_it_is_compared_with_the_newest_slip_that_may_be_paid_of_the_days_before() -> None:
    earlier = [
        slip(pay("100"), 7),
        slip(pay("200"), 8),
        slip(pay("300"), 9, PayslipState.DRAFT),
        slip(pay("400"), 10),
        slip(pay("500"), 11),
    ]
    variance = compare_slips(slip(pay("250"), 10), earlier)
    assert variance is not None
    assert (variance.previous.first, variance.gross_before) == (date(2026, 8, 1), Decimal(200))


def test_the_first_slip_is_compared_with_nothing() -> None:
    assert compare_slips(slip(pay("250"), 10), []) is None


@pytest.mark.parametrize(
    ("before", "now", "limit", "is_too_much"),
    [
        ("1000", "1100", "10", False),
        ("1000", "1100.01", "10", True),
        ("1000", "899.99", "10", True),
        ("1000", "900", "10", False),
        ("0", "0.01", "99999", True),
        ("0", "0", "0", False),
        ("1000", "5000", None, False),
    ],
)
def test_a_difference_at_the_limit_passes(before: str, now: str, limit: str | None, is_too_much: bool) -> None:
    variance = compare_slips(slip(pay(now), 10), [slip(pay(before), 9)])
    assert variance is not None
    assert variance.exceeds(None if limit is None else Decimal(limit)) is is_too_much

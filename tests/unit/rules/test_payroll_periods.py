"""The last period of a pay group that is over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.payroll.periods import Frequency, Period, latest_period
from automations.rules.payroll.slip_facts import full_period

ANCHOR = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("frequency", "before", "first", "last"),
    [
        (Frequency.MONTHLY, date(2026, 11, 22), date(2026, 10, 1), date(2026, 10, 31)),
        (Frequency.MONTHLY, date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 28)),
        (Frequency.HALF_MONTHLY, date(2026, 11, 16), date(2026, 11, 1), date(2026, 11, 15)),
        (Frequency.HALF_MONTHLY, date(2026, 11, 15), date(2026, 10, 16), date(2026, 10, 31)),
        (Frequency.HALF_MONTHLY, date(2026, 12, 1), date(2026, 11, 16), date(2026, 11, 30)),
        (Frequency.FORTNIGHTLY, date(2026, 11, 22), date(2026, 10, 26), date(2026, 11, 8)),
        (Frequency.WEEKLY, date(2026, 11, 23), date(2026, 11, 16), date(2026, 11, 22)),
    ],
)
def test_the_last_period_that_is_over(frequency: Frequency, before: date, first: date, last: date) -> None:
    period = latest_period(before, frequency, ANCHOR)
    assert period == Period(first, last)
    assert full_period(period, frequency) == period


@given(st.sampled_from(Frequency), st.dates(date(2020, 1, 1), date(2032, 12, 31)))
def test_it_is_over_and_the_one_after_it_is_not(frequency: Frequency, before: date) -> None:
    period = latest_period(before, frequency, ANCHOR)
    assert period.last < before
    following = full_period(Period(period.last + timedelta(days=1), period.last + timedelta(days=1)), frequency)
    assert following is None or following.last >= before

"""What an amount is worth in another currency, for information."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.rules.exchange_rates import ExchangeRate, convert, read_rates, write_rates

RATES = read_rates("2026-11-02 EUR CZK 24.50\n\n2026-10-01 eur czk 24,30\n2026-11-02 CZK HUF 15.9")


@pytest.mark.parametrize(
    ("amount", "currency", "wanted", "day", "worth"),
    [
        ("100.00", "EUR", "CZK", "2026-11-02", "2450.00"),
        ("100.00", "EUR", "CZK", "2026-11-01", "2430.00"),  # the rate of October holds until the next line
        ("100.00", "EUR", "CZK", "2026-12-24", "2450.00"),
        ("2450.00", "CZK", "EUR", "2026-11-20", "100.00"),  # 2450.00 / 24.50
        ("1.00", "CZK", "EUR", "2026-11-20", "0.04"),  # 0.0408…
        ("-100.00", "EUR", "CZK", "2026-11-02", "-2450.00"),
        ("100.00", "EUR", "CZK", "2026-09-30", None),  # before the first rate
        ("100.00", "EUR", "HUF", "2026-11-20", None),  # never by way of a third currency
        ("100.00", "EUR", "EUR", "2026-11-20", None),
        ("NaN", "EUR", "CZK", "2026-11-20", None),
        ("9e999999", "EUR", "CZK", "2026-11-20", None),
    ],
)
def test_the_newest_rate_of_the_day_counts(
    amount: str, currency: str, wanted: str, day: str, worth: str | None
) -> None:
    found = convert(Decimal(amount), currency, wanted, date.fromisoformat(day), RATES)
    assert (found and found.amount) == (Decimal(worth) if worth else None)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02 EUR CZK",
        "2026-02-30 EUR CZK 24",
        "2026-11-02 EUR EUR 1",
        "2026-11-02 EURO CZK 24",
        "2026-11-02 EUR CZK 0",
        "2026-11-02 EUR CZK -24",
        "2026-11-02 EUR CZK NaN",
        "2026-11-02 EUR CZK much",
    ],
)
def test_a_line_that_is_no_rate_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_rates(f"2026-10-01 EUR CZK 24.30\n{text}")


currencies = st.sampled_from(["EUR", "CZK", "USD"])
rates = st.lists(
    st.builds(
        ExchangeRate,
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        currencies,
        currencies,
        st.decimals(Decimal("0.01"), Decimal(1000), places=4),
    ).filter(lambda one: one.base != one.quote),
    max_size=8,
)


@given(rates)
def test_what_is_kept_is_read_as_it_was_written(found: list[ExchangeRate]) -> None:
    text = "\n".join(f"{one.since} {one.base} {one.quote} {one.rate}" for one in found)
    assert write_rates(write_rates(text)) == write_rates(text)
    assert read_rates(write_rates(text)) == found


@given(rates, st.decimals(-(10**9), 10**9, places=2), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_rate_of_a_later_day_changes_nothing(found: list[ExchangeRate], amount: Decimal, day: date) -> None:
    later = ExchangeRate(day + timedelta(days=1), "EUR", "CZK", Decimal(99))
    assert convert(amount, "EUR", "CZK", day, [*found, later]) == convert(amount, "EUR", "CZK", day, found)

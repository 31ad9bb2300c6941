"""The solar calendar of Iran (Jalali), as far as dates in messages need it."""

from datetime import date

_EPOCH_YEAR = 1375
_EPOCH = date(1996, 3, 20).toordinal()  # the first of Farvardin 1375

# Longer than the first half of the year, with 31 days a month, by so many days.
_DAYS_OF_LONG_MONTH = 31
_LONG_MONTHS = 6


def from_persian(year: int, month: int, day: int) -> date:
    """The Gregorian date; leap years by the 33-year cycle, which holds from 1244 to 1502.

    Raises:
        ValueError: there is no such day, or the year is outside of these.
    """
    if not 1244 <= year <= 1502:
        raise ValueError(f"The year {year} is outside 1244 to 1502")
    if not (1 <= month <= 12 and 1 <= day <= _days_of_month(year, month)):
        raise ValueError(f"There is no {year}/{month}/{day}")
    short_months = max(0, month - 1 - _LONG_MONTHS)
    day_of_year = (month - 1) * _DAYS_OF_LONG_MONTH - short_months + day - 1
    return date.fromordinal(_first_day(year) + day_of_year)


def _first_day(year: int) -> int:
    return _EPOCH + (year - _EPOCH_YEAR) * 365 + _leap_years_before(year) - _leap_years_before(_EPOCH_YEAR)


def _leap_years_before(year: int) -> int:
    return (8 * year + 21) // 33


def _days_of_month(year: int, month: int) -> int:
    if month <= _LONG_MONTHS:
        return _DAYS_OF_LONG_MONTH
    is_leap = _leap_years_before(year + 1) > _leap_years_before(year)
    return 30 if month < 12 or is_leap else 29

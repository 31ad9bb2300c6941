"""The settings of payroll preparation: what an ops admin can set, and the period and rules made from it."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.engine.job import Parameter, ParameterType
from automations.payroll.countries import known_countries
from automations.rules.exchange_rates import write_rates
from automations.rules.payroll.periods import Frequency, Period, latest_period, month_of, period_from
from automations.rules.payroll.punches import Counting, Pairing
from automations.rules.payroll.slip_facts import PaySettings

TWO_PEOPLE_FROM = "two_people_from"
WARNING, EXCEPTION = "warning", "exception"
HALF_A_DAY = Decimal(50)
A_MONDAY = date(2026, 1, 5)
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def _check_month(text: str) -> str:
    if not _MONTH.fullmatch(text.strip()) or text.strip().startswith("0000"):
        raise ValueError("must be a month like 2026-10")
    return text.strip()


def _check_country(text: str) -> str:
    country = text.strip().upper()
    if country not in known_countries():
        raise ValueError(f"must be one of {', '.join(known_countries())}, which have a folder of payroll law")
    return country


def _check_currency(text: str) -> str:
    currency = text.strip().upper()
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("must be a currency of three letters, like CZK")
    return currency


PARAMETERS = (
    Parameter(
        "month",
        ParameterType.TEXT,
        None,
        "Month",
        "The month to be paid, like 2026-10. Not set: the last period that is over.",
        check=_check_month,
    ),
    Parameter(
        "first", ParameterType.DATE, None, "First day", "Instead of a month: the first day of the period to be paid."
    ),
    Parameter(
        "last",
        ParameterType.DATE,
        None,
        "Last day",
        "The last day of the period; not set: as long as the pay group's period is.",
    ),
    Parameter(
        "frequency",
        ParameterType.CHOICE,
        Frequency.MONTHLY.value,
        "Pay group",
        "Whose contracts are paid at this interval.",
        choices=tuple(one.value for one in Frequency),
    ),
    Parameter(
        "anchor",
        ParameterType.DATE,
        A_MONDAY,
        "Periods counted from",
        "The first day of any period of weeks or days; months need none.",
    ),
    Parameter(
        "country",
        ParameterType.TEXT,
        None,
        "Country",
        "Only employees of this country, two letters like CZ. Not set: all countries.",
        check=_check_country,
    ),
    Parameter(
        "daily_limit",
        ParameterType.DECIMAL,
        None,
        "Daily hours",
        "Hours of a workday beyond this are overtime. Not set: a day has no limit of its own. Not used in the US.",
        unit="hours",
        minimum=0,
        maximum=24,
    ),
    Parameter(
        "weekly_limit",
        ParameterType.DECIMAL,
        None,
        "Weekly hours",
        "Hours beyond this are overtime, none twice. Not set: the law's, or the contract's if more. Not in the US.",
        unit="hours",
        minimum=0,
        maximum=168,
    ),
    Parameter(
        "punch_rounding",
        ParameterType.CHOICE,
        "0",
        "Rounding of punches",
        "To the nearest so many minutes, which favours nobody over time; 0 takes punches as they are.",
        unit="minutes",
        choices=("0", "5", "6", "15"),
    ),
    Parameter(
        "punch_pairing",
        ParameterType.CHOICE,
        Pairing.TYPED.value,
        "Pairs of punches",
        "typed: each arrival with the next departure. alternating: by turns, whatever the clock says of a punch.",
        choices=tuple(one.value for one in Pairing),
    ),
    Parameter(
        "punch_counting",
        ParameterType.CHOICE,
        Counting.PAIRS.value,
        "Hours of a shift",
        "pairs: what lies between arrival and departure. first_last: from first punch to last, breaks included.",
        choices=tuple(one.value for one in Counting),
    ),
    Parameter(
        "unmarked_is_absent",
        ParameterType.BOOLEAN,
        False,
        "A day without punches is not paid",
        "For salaries of people who clock in: a working day with neither punch nor absence is unpaid.",
    ),
    Parameter(
        "half_day_below",
        ParameterType.DECIMAL,
        None,
        "Half a day below",
        "Where days are paid by punches: fewer hours than this are half a day. Not set: any hours are a whole day.",
        unit="hours",
        minimum=0,
        maximum=24,
    ),
    Parameter(
        "absent_below",
        ParameterType.DECIMAL,
        None,
        "No day below",
        "Where days are paid by punches: fewer hours than this are no day. Not set: any hours are one.",
        unit="hours",
        minimum=0,
        maximum=24,
    ),
    Parameter(
        "half_day_percent",
        ParameterType.DECIMAL,
        "50",
        "Half a day is worth",
        "What is paid of a day that somebody is away for half of without pay.",
        unit="%",
        minimum=0,
        maximum=100,
    ),
    Parameter(
        "variance_percent",
        ParameterType.DECIMAL,
        "20",
        "Variance",
        "How far the gross may differ from the last slip before somebody looks at it. Not set: as far as it likes.",
        unit="%",
        minimum=0,
        maximum=1000,
    ),
    Parameter(
        "variance_action",
        ParameterType.CHOICE,
        WARNING,
        "A larger variance is",
        "A warning stands on the slip; an exception stops it until somebody has looked.",
        choices=(WARNING, EXCEPTION),
    ),
    Parameter(
        "arrears_months",
        ParameterType.INTEGER,
        3,
        "Arrears of",
        "So many months back slips are compared with what is known now, and the difference is paid or taken back.",
        unit="months",
        minimum=0,
        maximum=36,
    ),
    Parameter(
        TWO_PEOPLE_FROM,
        ParameterType.AMOUNTS,
        None,
        "Two people from",
        "From this gross of a run on two people have to approve, by currency like EUR 50000. One always has to.",
    ),
    Parameter(
        "base_currency",
        ParameterType.TEXT,
        None,
        "Company currency",
        "Slips in another currency show their worth in this one, by the rates below. Nothing is paid by it.",
        check=_check_currency,
    ),
    Parameter(
        "exchange_rates",
        ParameterType.TEXT,
        None,
        "Exchange rates",
        "One line each, such as `2026-11-02 EUR CZK 24.315`: from that day on 1 EUR costs so much CZK. The rate of the "
        "last day of the period counts.",
        check=write_rates,
        is_long=True,
    ),
)


class PeriodError(ValueError):
    """The parameters name no period; the text says why and what to write."""


def read_period(parameters: Mapping[str, Any], today: date) -> Period:
    """The period that a run pays. Raises PeriodError."""
    frequency, month = Frequency(parameters["frequency"]), parameters["month"]
    first, last = parameters["first"], parameters["last"]
    if month is not None and (first is not None or last is not None):
        raise PeriodError("Give a month, or a first and last day, not both.")
    if month is not None:
        return month_of(date(int(month[:4]), int(month[5:]), 1))
    if first is None and last is not None:
        raise PeriodError("The last day is set and the first is not; set both, or neither.")
    if first is None:
        return latest_period(today, frequency, parameters["anchor"] or A_MONDAY)
    if last is None:
        return period_from(first, frequency)
    if last < first:
        raise PeriodError(f"The period ends on {last}, before it begins on {first}; swap the two days.")
    return Period(first, last)


def read_settings(parameters: Mapping[str, Any]) -> PaySettings:
    half_day = _exact(parameters["half_day_percent"])
    return PaySettings(
        daily_limit=_exact(parameters["daily_limit"]),
        weekly_limit=_exact(parameters["weekly_limit"]),
        punch_rounding_minutes=int(parameters["punch_rounding"] or 0),
        punch_pairing=Pairing(parameters["punch_pairing"]),
        punch_counting=Counting(parameters["punch_counting"]),
        unmarked_is_absent=bool(parameters["unmarked_is_absent"]),
        half_day_below=_exact(parameters["half_day_below"]),
        absent_below=_exact(parameters["absent_below"]),
        half_day_paid_fraction=(HALF_A_DAY if half_day is None else half_day) / 100,
        variance_percent=_exact(parameters["variance_percent"]),
        variance_is_exception=parameters["variance_action"] == EXCEPTION,
    )


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)

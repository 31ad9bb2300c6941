"""The task payment_days of the worked cases: how many days of a period are paid."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.payment_days import (
    Attendance,
    DayMark,
    Leave,
    PaymentTerms,
    Source,
    count_payment_days,
)
from automations.rules.payroll.periods import Period

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    days = count_payment_days(
        _terms(given),
        [_leave(row) for row in given.get("leaves", [])],
        [
            Attendance(date.fromisoformat(row["date"]), DayMark(row["status"]), _number(row.get("unpaid_fraction", 1)))
            for row in given.get("attendance", [])
        ],
    )
    return {
        "working_days": days.working_days,
        "unpaid_days": days.unpaid_days,
        "absent_days": days.absent_days,
        "payment_days": days.payment_days,
        "gross": days.share_of(_number(given.get("salary", 0))),
        "warnings": ["LEAVE_ATTENDANCE_MISMATCH"] if days.sources_differ else [],
    }


def _terms(given: Mapping[str, Any]) -> PaymentTerms:
    period = _period(given["period"])
    weekly_off = {WEEKDAYS.index(day[:3].lower()) for day in given.get("weekly_off", [])}
    holidays = {date.fromisoformat(day) for day in given.get("holidays", [])}
    return PaymentTerms(
        period=period,
        days_off={day for day in period if day.weekday() in weekly_off} | holidays,
        pays_days_off=bool(given.get("include_holidays", False)),
        joined=_optional_date(given, "joined"),
        left=_optional_date(given, "left"),
        source=Source(given.get("mode", "leave")),
        half_day_paid_fraction=_number(given.get("half_day_paid_fraction", "0.5")),
        unmarked_is_absent=given.get("unmarked_as", "present") == "absent",
        counts_marks_on_days_off=bool(given.get("count_marks_on_holidays", False)),
    )


def _leave(row: Mapping[str, Any]) -> Leave:
    return Leave(
        period=_period(row),
        unpaid_fraction=_number(row.get("unpaid_fraction", 1)),
        includes_days_off=bool(row.get("include_holidays", False)),
        half_day_on=_optional_date(row, "half_day_on"),
    )


def _period(row: Mapping[str, Any]) -> Period:
    return Period(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))


def _optional_date(row: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(row[name]) if row.get(name) else None


def _number(value: Any) -> Decimal:
    return Decimal(str(value))

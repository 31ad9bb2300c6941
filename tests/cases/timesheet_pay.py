"""The task timesheet_pay of the worked cases: what time sheets earn in a period."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.periods import Period, TimeEntry, pay_time_entries


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    period = Period(date.fromisoformat(given["period"]["from"]), date.fromisoformat(given["period"]["to"]))
    entries = [
        TimeEntry(date.fromisoformat(entry["date"]), Decimal(str(entry["hours"])))
        for sheet in given["sheets"]
        if sheet.get("status", "submitted") == "submitted"
        for entry in sheet["entries"]
    ]
    pay = pay_time_entries(entries, period, Decimal(str(given["hour_rate"])))
    return {"hours": pay.hours, "amount": pay.amount}

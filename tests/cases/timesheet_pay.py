"""The task timesheet_pay of the worked cases: what time sheets earn in a period."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.payroll.hour_pay import pay_at_rate
from automations.rules.payroll.hours import hours_of_sheets, shown_hours
from automations.rules.payroll.periods import Period
from connectors.contracts.people import TimeSheetEntry


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    period = Period(date.fromisoformat(given["period"]["from"]), date.fromisoformat(given["period"]["to"]))
    entries = [
        TimeSheetEntry(f"{sheet['id']}/{number}", "", date.fromisoformat(entry["date"]), Decimal(str(entry["hours"])))
        for sheet in given["sheets"]
        if sheet.get("status", "submitted") == "submitted"
        for number, entry in enumerate(sheet["entries"])
    ]
    hours = shown_hours(hours_of_sheets(entries, period, period.last).total(period))
    return {"hours": hours, "amount": pay_at_rate(hours, Decimal(str(given["hour_rate"])))}

"""Adapter: the days that a month rule picks, and its runs where a time of day is given."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from automations.engine.plans import read_zone
from automations.rules.local_time import instants_of
from automations.rules.month_day import MonthDay
from automations.rules.timings import WEEKDAYS, TimingError, read_timing
from automations.rules.working_days import WorkingDays
from tests.cases.next_runs import refusal

FIELDS = ("rule", "n", "day", "move", "weekday")
DEFAULT_TIME = "00:00"


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    document = {name: given[name] for name in FIELDS if name in given}
    document |= {"kind": "month_day", "time": given.get("time", DEFAULT_TIME)}
    try:
        zone = read_zone(given.get("timezone", "UTC"))
        timing = read_timing(document, working_days(given))
    except TimingError as error:
        return refusal(error)
    assert isinstance(timing, MonthDay)
    dates = [timing.date_in(int(month[:4]), int(month[5:])) for month in given["months"]]
    runs = [instants_of(day, timing.minutes_of_day, zone, is_real_time=False)[0] for day in dates if day is not None]
    return {
        "dates": [None if day is None else day.isoformat() for day in dates],
        "runs": [run.astimezone(zone).isoformat() for run in runs],
    }


def working_days(given: Mapping[str, Any]) -> WorkingDays:
    closures = {date.fromisoformat(day): "holiday" for day in given.get("holidays", ())}
    extra = frozenset(date.fromisoformat(day) for day in given.get("extra_working_days", ()))
    if "weekend" not in given:
        return WorkingDays(closures=closures, extra=extra)
    weekend = frozenset(WEEKDAYS.index(name[:3].lower()) for name in given["weekend"])
    return WorkingDays(weekend, closures=closures, extra=extra)

"""A schedule's timing with its time zone and calendar, as the clock, the pages and back-fills ask it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automations.engine.closures import CompanyDays
from automations.rules.calendars import OnCalendar, PlannedFiring, is_known_country, working_days
from automations.rules.timing import Timing
from automations.rules.timings import TimingError, read_timing
from connectors.database.models.work import Schedule

FIRINGS_SHOWN = 10
MOST_SHOWN = 40


class ScheduleError(TimingError):
    """The schedule cannot be saved; `problems` has a sentence per field ("line", "timezone", "n" …)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When a schedule fires; days off are left out where it has a calendar."""

    timing: Timing
    zone: ZoneInfo

    def next_firing(self, after: datetime) -> datetime | None:
        return next(self.timing.firings(after, self.zone), None)

    def planned(self, after: datetime) -> Iterator[PlannedFiring]:
        """Every firing later than `after`, and those left out for a day off with the reason."""
        if isinstance(self.timing, OnCalendar):
            return self.timing.planned(after, self.zone)
        return (PlannedFiring(firing) for firing in self.timing.firings(after, self.zone))

    def preview(self, after: datetime, count: int = FIRINGS_SHOWN) -> list[PlannedFiring]:
        """The next `count` firings and, up to a length that can be read, those left out among them."""
        shown: list[PlannedFiring] = []
        for planned in islice(self.planned(after), MOST_SHOWN):
            shown.append(planned)
            count -= planned.day_off is None
            if count == 0:
                break
        return shown


def read_plan(timing: Mapping[str, Any], timezone: str, calendar_country: str | None, company: CompanyDays) -> Plan:
    """The plan of what a form or a row says; ScheduleError with a sentence about each field that is wrong."""
    problems: dict[str, str] = {}
    zone = None
    try:
        zone = read_zone(timezone)
    except ScheduleError as error:
        problems |= error.problems
    if calendar_country is not None and not is_known_country(calendar_country):
        problems["calendar_country"] = f"There is no calendar of {calendar_country!r}; write a country like CZ or DE."
        calendar_country = None
    days = working_days(calendar_country, company.closed, company.worked)
    never_fires = False
    try:
        read = read_timing(timing, days)
    except TimingError as error:
        problems |= error.problems
        never_fires = error.never_fires
    if problems or zone is None:
        raise ScheduleError(problems, never_fires=never_fires)
    return Plan(read if calendar_country is None else OnCalendar(read, days), zone)


def plan_of(schedule: Schedule, company: CompanyDays) -> Plan:
    """The plan of a saved schedule; ScheduleError if what was valid once is so no more (a zone that vanished)."""
    return read_plan(schedule.timing, schedule.timezone, schedule.calendar_country, company)


def refuse_if_never(plan: Plan, after: datetime) -> None:
    """ScheduleError if no firing is left once days off are taken out."""
    if plan.next_firing(after) is None:
        sentence = "This never fires: every time that it names is a public holiday or a closure."
        raise ScheduleError({"calendar_country": sentence}, never_fires=True)


def read_zone(name: str) -> ZoneInfo:
    """The time zone of this name; ScheduleError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        sentence = f"There is no time zone {name!r}; write it like Europe/Prague."
        raise ScheduleError({"timezone": sentence}) from None

"""Leaving firings out on days off, and the working days of a country as the package `holidays` knows them."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from automations.rules.timing import Timing
from automations.rules.working_days import WorkingDays

# A timing that meets nothing but days off for so long never fires: the calendars reach no further.
LONGEST_WITHOUT_FIRING = timedelta(days=366 * 40)


@dataclass(frozen=True, slots=True)
class PlannedFiring:
    """A moment that a timing names; `day_off` is the holiday or closure for which it is left out."""

    at: datetime
    day_off: str | None = None


@dataclass(frozen=True)
class OnCalendar(Timing):
    """A timing that leaves out the public holidays and closures of a calendar; weekends are the timing's own affair."""

    timing: Timing
    days: WorkingDays

    def firings(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        newest = after
        for planned in self.planned(after, zone):
            if planned.day_off is None:
                newest = planned.at
                yield planned.at
            elif planned.at - newest > LONGEST_WITHOUT_FIRING:
                return

    def planned(self, after: datetime, zone: ZoneInfo) -> Iterator[PlannedFiring]:
        """All firings, those that are left out with the reason."""
        return (PlannedFiring(firing, self.days.day_off(firing.date())) for firing in self.timing.firings(after, zone))


def is_known_country(code: str) -> bool:
    return code in country_codes()


@cache
def country_codes() -> Sequence[str]:
    """Countries with a calendar of public holidays, by their two letters."""
    return sorted(code for code in holidays.list_supported_countries() if len(code) == 2)


def working_days(country: str | None, closures: Mapping[date, str], extra: Container[date]) -> WorkingDays:
    """The working days of a country and a company; without a country Monday to Friday and no public holiday."""
    if country is None:
        return WorkingDays(closures=closures, extra=extra)
    calendar = _public_holidays(country)
    return WorkingDays(frozenset(calendar.weekend), calendar.get, closures, _WorkedDays(calendar, extra))


@dataclass(frozen=True, slots=True)
class _WorkedDays:
    """Days that are worked in any case: by decree, as in Hungary for a bridge day, or because the company says so."""

    calendar: holidays.HolidayBase
    company: Container[date]

    def __contains__(self, day: object) -> bool:
        if day in self.company:
            return True
        # The decreed days of a year are known once one of its days was asked about.
        return isinstance(day, date) and self.calendar.get(day) is None and day in self.calendar.weekend_workdays


def holiday_name(country: str, day: date, language: str = "") -> str | None:
    """The name of a public holiday in a language, or as the country's calendar has it."""
    known = _public_holidays(country).supported_languages if language else ()
    spoken = next((code for code in known if code.partition("_")[0] == language), None)
    name: str | None = _public_holidays(country, spoken).get(day)
    return name


@cache
def _public_holidays(country: str, language: str | None = None) -> holidays.HolidayBase:
    # It reads each year when it is first asked about, and keeps it.
    return holidays.country_holidays(country, language=language)

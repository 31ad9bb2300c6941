"""The hours of a week as the fields of a form: `opens.<weekday>.<number>` and `closes.<weekday>.<number>`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from babel.dates import get_day_names

from automations.rules.business_calendar import DAYS_OF_WEEK, Stretch
from bot.services.opening_hours import MOST_STRETCHES_OF_A_DAY, HoursError, check_week, clock


class WeekFormError(ValueError):
    """What was filled in are no hours of a week; `problems` are codes by field (`day.<weekday>`)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class WeekForm:
    """What the template `week_hours.html` shows: the values of the fields, names of the days, fields of a day."""

    fields: Mapping[str, str]
    weekdays: Sequence[str]
    problems: Mapping[str, str]

    @property
    def stretches(self) -> Sequence[int]:
        return range(MOST_STRETCHES_OF_A_DAY)

    def shown(self, weekday: int) -> int:
        """How many stretches of a day are to be seen at first: up to the last with a time, and one to begin with."""
        written = [
            number
            for number in self.stretches
            if any(self.fields.get(f"{end}.{weekday}.{number}") for end in ("opens", "closes"))
        ]
        return max(written, default=0) + 1


def week_form(fields: Mapping[str, str], locale: str, problems: Mapping[str, str] | None = None) -> WeekForm:
    names = get_day_names("wide", context="stand-alone", locale=locale)
    return WeekForm(fields, [names[weekday] for weekday in range(DAYS_OF_WEEK)], problems or {})


def write_week(week: Sequence[Stretch]) -> dict[str, str]:
    """The fields that say these hours; `week` is in its order."""
    fields = {}
    for weekday, stretches in groupby(week, lambda stretch: stretch.weekday):
        for number, stretch in enumerate(stretches):
            fields[f"opens.{weekday}.{number}"] = f"{stretch.opens:%H:%M}"
            fields[f"closes.{weekday}.{number}"] = f"{stretch.closes:%H:%M}"
    return fields


def read_week(fields: Mapping[str, str]) -> Sequence[Stretch]:
    """The hours that were filled in, in the order of the week; what was left empty is none.

    Raises:
        WeekFormError: one time of two is missing or no time, or stretches overlap.
    """
    week = []
    for weekday in range(DAYS_OF_WEEK):
        for number in range(MOST_STRETCHES_OF_A_DAY):
            opens, closes = (fields.get(f"{end}.{weekday}.{number}", "").strip() for end in ("opens", "closes"))
            if opens or closes:
                week.append(_stretch(weekday, opens, closes))
    try:
        check_week(week)
    except HoursError as error:
        raise WeekFormError({f"day.{error.weekday}": error.code}) from error
    return sorted(week)


def _stretch(weekday: int, opens: str, closes: str) -> Stretch:
    try:
        return Stretch(weekday, clock(opens), clock(closes))
    except ValueError:
        raise WeekFormError({f"day.{weekday}": "bad_time"}) from None

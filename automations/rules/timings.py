"""Timings as JSON: reading and checking what a form, the command line or a stored schedule says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from automations.rules.cron import CronSchedule, InvalidCronError, NeverFiresError
from automations.rules.cron_fields import WEEKDAY_NAMES
from automations.rules.intervals import Interval
from automations.rules.month_day import ALL_MONTHS, MonthDay, MonthRule, Move
from automations.rules.timing import Timing
from automations.rules.working_days import WorkingDays

LONGEST_LINE = 200
LONGEST_INTERVAL_MINUTES = 366 * 24 * 60
MOST_WORKING_DAYS = 23
MOST_WEEKDAYS = 5
LAST_WEEKDAY = -1
# A pattern of weekdays and months repeats after 28 years.
YEARS_TRIED = range(2000, 2028)
# As Python counts weekdays, from Monday = 0; cron's names begin with Sunday.
WEEKDAYS = (*WEEKDAY_NAMES[1:], WEEKDAY_NAMES[0])
Choice = TypeVar("Choice", bound=StrEnum)


class TimingKind(StrEnum):
    CRON = "cron"
    INTERVAL = "interval"
    MONTH_DAY = "month_day"


class TimingError(ValueError):
    """It is no timing; `problems` has a sentence per field. `never_fires`: well formed, but no date fits."""

    def __init__(self, problems: Mapping[str, str], *, never_fires: bool = False) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems
        self.never_fires = never_fires


def read_timing(document: Mapping[str, Any], days: WorkingDays) -> Timing:
    """The timing of a document with "kind"; TimingError names every field that is wrong.

    {"kind": "cron", "line"}, {"kind": "interval", "minutes", "starts_at"?} or {"kind": "month_day", "rule", "time",
    "n"?, "day"?, "weekday"?, "move"?, "months"?}: weekday is mon … sun, starts_at a local time.
    """
    fields = _Fields(document)
    kind = fields.one_of("kind", TimingKind, None)
    timing = _READERS[kind](fields, days) if kind is not None else None
    if fields.problems or timing is None:
        raise TimingError(fields.problems)
    return timing


def write_timing(timing: Timing) -> dict[str, Any]:
    """The document of a timing, without what does not matter to its kind."""
    if isinstance(timing, CronSchedule):
        return {"kind": TimingKind.CRON.value, "line": timing.text}
    if isinstance(timing, Interval):
        starts_at = {"starts_at": timing.starts_at.isoformat(timespec="minutes")} if timing.starts_at else {}
        return {"kind": TimingKind.INTERVAL.value, "minutes": timing.every // timedelta(minutes=1)} | starts_at
    if isinstance(timing, MonthDay):
        return _month_day_document(timing)
    raise TypeError(f"{type(timing).__name__} has no document.")


def fields_of(rule: MonthRule) -> tuple[str, ...]:
    """Which of "n", "day", "weekday" and "move" matter to a rule."""
    return _RULE_FIELDS.get(rule, ())


@dataclass(slots=True)
class _Fields:
    """A document being read; what is wrong is collected, so that all of it is told at once."""

    document: Mapping[str, Any]
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.document.get(name)
        return value.strip() if isinstance(value, str) else ""

    def number(self, name: str, lowest: int, highest: int, default: int | None = None, also: int | None = None) -> int:
        value = self.document.get(name, default)
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and (lowest <= value <= highest or value == also):
            return value
        self.problems[name] = f"The field {name!r} must be a whole number from {lowest} to {highest}, not {value!r}."
        return lowest

    def one_of(self, name: str, choices: type[Choice], default: Choice | None) -> Choice | None:
        value = self.document.get(name)
        if value in (None, "") and default is not None:
            return default
        if value in list(choices):
            return choices(value)
        self.problems[name] = f"The field {name!r} must be one of {', '.join(choices)}, not {value!r}."
        return None

    def moment(self, name: str) -> datetime | None:
        """A local date and time, or none."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or found.second or found.microsecond:
            self.problems[name] = (
                f"The field {name!r} must be a local date and time like 2026-11-22T06:00, not {text!r}."
            )
            return None
        return found

    def time_of_day(self, name: str) -> time:
        text = self.text(name)
        try:
            found = time.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or found.second or found.microsecond:
            self.problems[name] = f"The field {name!r} must be a time of day like 18:00, not {text!r}."
            return time()
        return found

    def months(self, name: str) -> tuple[int, ...]:
        value = self.document.get(name)
        if value in (None, "", []):
            return ALL_MONTHS
        numbers = [_month(one) for one in value] if isinstance(value, list | tuple) else [None]
        months = tuple(sorted({number for number in numbers if number is not None}))
        if None in numbers:
            self.problems[name] = f"The field {name!r} must be a list of months from 1 to 12, not {value!r}."
        return months or ALL_MONTHS

    def weekday(self, name: str) -> int:
        text = self.text(name).lower()
        if text in WEEKDAYS:
            return WEEKDAYS.index(text)
        self.problems[name] = f"The field {name!r} must be one of {', '.join(WEEKDAYS)}, not {text!r}."
        return 0


def _month(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 3:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in ALL_MONTHS else None


def _read_cron(fields: _Fields, _days: WorkingDays) -> Timing | None:
    line = fields.text("line")
    if len(line) > LONGEST_LINE:
        raise TimingError({"line": f"The line is longer than {LONGEST_LINE} characters; split it into two schedules."})
    try:
        return CronSchedule.parse(line)
    except InvalidCronError as error:
        raise TimingError({"line": str(error)}, never_fires=isinstance(error, NeverFiresError)) from error


def _read_interval(fields: _Fields, _days: WorkingDays) -> Timing | None:
    minutes = fields.number("minutes", 1, LONGEST_INTERVAL_MINUTES)
    return Interval(timedelta(minutes=minutes), fields.moment("starts_at"))


def _read_month_day(fields: _Fields, days: WorkingDays) -> Timing | None:
    rule = fields.one_of("rule", MonthRule, None)
    at, months = fields.time_of_day("time"), fields.months("months")
    if rule is None:
        return None
    asked = fields_of(rule)
    is_weekday = rule is MonthRule.NTH_WEEKDAY
    timing = MonthDay(
        rule,
        at,
        n=_read_n(fields, is_weekday=is_weekday) if "n" in asked else 1,
        day=fields.number("day", 1, 31) if "day" in asked else 1,
        weekday=fields.weekday("weekday") if "weekday" in asked else 0,
        move=_read_move(fields) if "move" in asked else None,
        months=months,
        working_days=days,
    )
    if not fields.problems:
        _refuse_if_never(timing)
    return timing


def _read_n(fields: _Fields, *, is_weekday: bool) -> int:
    if is_weekday:
        return fields.number("n", 1, MOST_WEEKDAYS, default=1, also=LAST_WEEKDAY)
    return fields.number("n", 1, MOST_WORKING_DAYS, default=1)


def _read_move(fields: _Fields) -> Move | None:
    return fields.one_of("move", Move, None) if fields.document.get("move") else None


def _refuse_if_never(timing: MonthDay) -> None:
    if not any(timing.date_in(year, month) for year in YEARS_TRIED for month in timing.months):
        months = ", ".join(str(month) for month in timing.months)
        sentence = f"This never fires: there is no working day number {timing.n} in month {months}."
        raise TimingError({"n": sentence}, never_fires=True)


def _month_day_document(timing: MonthDay) -> dict[str, Any]:
    values: dict[str, Any] = {
        "n": timing.n,
        "day": timing.day,
        "weekday": WEEKDAYS[timing.weekday],
        "move": timing.move.value if timing.move else None,
    }
    document: dict[str, Any] = {"kind": TimingKind.MONTH_DAY.value, "rule": timing.rule.value}
    document |= {name: values[name] for name in fields_of(timing.rule) if values[name] is not None}
    document["time"] = timing.time.isoformat(timespec="minutes")
    return document if timing.months == ALL_MONTHS else document | {"months": list(timing.months)}


_READERS: Mapping[TimingKind, Callable[[_Fields, WorkingDays], Timing | None]] = {
    TimingKind.CRON: _read_cron,
    TimingKind.INTERVAL: _read_interval,
    TimingKind.MONTH_DAY: _read_month_day,
}
_RULE_FIELDS: Mapping[MonthRule, tuple[str, ...]] = {
    MonthRule.NTH_WORKING_DAY: ("n",),
    MonthRule.NTH_LAST_WORKING_DAY: ("n",),
    MonthRule.DAY_OF_MONTH: ("day", "move"),
    MonthRule.NTH_WEEKDAY: ("n", "weekday"),
}

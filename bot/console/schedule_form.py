"""The form of a schedule: its fields as text, what they say as a draft, and what is wrong with them in words."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from automations.engine.closures import CompanyDays
from automations.engine.job import JobDefinition
from automations.engine.plans import Plan, read_plan
from automations.engine.schedules import ScheduleDraft
from automations.rules.calendars import country_codes
from automations.rules.missed import Missed, Overlap
from automations.rules.month_day import ALL_MONTHS, MonthRule, Move
from automations.rules.timings import LONGEST_LINE, WEEKDAYS, TimingKind
from bot.console.form_fields import whole_number
from bot.console.frame import parameters_in
from bot.console.words import Words
from connectors.database.models.work import Schedule

MINUTES_OF_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60}
MONTH_PREFIX = "month-"
DEFAULT_TIME = "08:00"
MOST_SHOWN_OF_A_VALUE = 64
CHOICES: Mapping[str, Any] = {
    "kinds": list(TimingKind),
    "rules": list(MonthRule),
    "moves": list(Move),
    "units": list(MINUTES_OF_UNIT),
    "weekdays": WEEKDAYS,
    "months": ALL_MONTHS,
    "overlaps": list(Overlap),
    "missed": list(Missed),
}
# The form asks with fields of its own for what the timing calls otherwise.
FIELD_NAMES = {"minutes": "every"}


def new_fields(job: JobDefinition, timezone: str) -> dict[str, str]:
    """What the form of a new schedule begins with."""
    return _usual_fields() | {"line": job.default_cron, "timezone": timezone, "is_enabled": "true"}


def fields_of(schedule: Schedule) -> dict[str, str]:
    """What the form shows of a saved schedule."""
    timing = schedule.timing
    fields = {name: str(value) for name, value in timing.items() if not isinstance(value, list)}
    if timing.get("kind") == TimingKind.INTERVAL:
        fields |= _interval_fields(int(timing["minutes"]))
    if timing.get("rule") == MonthRule.NTH_WEEKDAY:
        fields["nth"] = fields.pop("n")
    fields |= {f"{MONTH_PREFIX}{month}": "true" for month in timing.get("months", ())}
    for name in ("name", "timezone", "calendar_country", "overlap", "missed", "alarm_minutes"):
        value = getattr(schedule, name)
        fields[name] = "" if value is None else str(value)
    return _usual_fields() | fields | {"is_enabled": "true" if schedule.is_enabled else ""}


def draft_of(fields: Mapping[str, str]) -> ScheduleDraft:
    """The draft that the form says, right or wrong."""
    alarm = fields.get("alarm_minutes", "").strip()
    return ScheduleDraft(
        timing=timing_of(fields),
        timezone=fields.get("timezone", "").strip(),
        parameters=parameters_in(fields),
        name=fields.get("name", "").strip(),
        calendar_country=fields.get("calendar_country", "").strip().upper() or None,
        overlap=fields.get("overlap") or Overlap.SKIP.value,
        missed=fields.get("missed") or Missed.LAST.value,
        alarm_minutes=_alarm_in(alarm),
        is_enabled=fields.get("is_enabled") == "true",
    )


def timing_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The timing that the chosen kind's fields say."""
    kind = fields.get("kind") or TimingKind.CRON.value
    if kind == TimingKind.INTERVAL:
        every = fields.get("every", "").strip()
        factor = MINUTES_OF_UNIT.get(fields.get("unit", ""), 1)
        count = whole_number(every)
        minutes = every if count is None else count * factor
        return {"kind": kind, "minutes": minutes, "starts_at": fields.get("starts_at", "")}
    if kind == TimingKind.MONTH_DAY:
        names = ("rule", "n", "day", "weekday", "move", "time")
        timing: dict[str, Any] = {name: fields.get(name, "") for name in names} | {"kind": kind}
        if timing["rule"] == MonthRule.NTH_WEEKDAY:
            timing["n"] = fields.get("nth", "")
        return timing | {"months": [month for month in ALL_MONTHS if fields.get(f"{MONTH_PREFIX}{month}")]}
    return {"kind": kind, "line": fields.get("line", "").strip()}


def plan_of_draft(draft: ScheduleDraft, company: CompanyDays) -> Plan:
    """The plan that a draft would have; ScheduleError tells what is wrong."""
    return read_plan(draft.timing, draft.timezone, draft.calendar_country, company)


def problem_words(words: Words, problems: Mapping[str, str], draft: ScheduleDraft) -> dict[str, str]:
    """What is wrong by the name of the form's field, in the language of the page."""
    told = {}
    for name, sentence in problems.items():
        field = (
            "nth" if name == "n" and draft.timing.get("rule") == MonthRule.NTH_WEEKDAY else FIELD_NAMES.get(name, name)
        )
        told[field] = _problem(words, field, sentence, draft)
    return told


@cache
def timezones() -> list[str]:
    """The names that people look for; those without an area are abbreviations and repetitions."""
    return [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]


def countries(words: Words) -> list[tuple[str, str]]:
    """Countries with public holidays, by their name in the language of the page."""
    return sorted(((code, words.country(code)) for code in country_codes()), key=lambda pair: pair[1])


def _problem(words: Words, field: str, sentence: str, draft: ScheduleDraft) -> str:
    if field == "line":
        if len(str(draft.timing.get("line", ""))) > LONGEST_LINE:
            return words.text("console.error.cron_length", count=words.figure(str(LONGEST_LINE)))
        return words.cron_problem(sentence)
    if field == "timezone":
        return words.text("console.error.timezone", timezone=draft.timezone[:MOST_SHOWN_OF_A_VALUE])
    return words.text(f"schedule.problem.{field}")


def _usual_fields() -> dict[str, str]:
    return {
        "kind": TimingKind.CRON.value,
        "every": "30",
        "unit": "minutes",
        "rule": MonthRule.LAST_WORKING_DAY.value,
        "n": "1",
        "nth": "1",
        "day": "1",
        "weekday": WEEKDAYS[0],
        "time": DEFAULT_TIME,
        "overlap": Overlap.SKIP.value,
        "missed": Missed.LAST.value,
    }


def _interval_fields(minutes: int) -> dict[str, str]:
    unit = next(unit for unit in reversed(MINUTES_OF_UNIT) if minutes % MINUTES_OF_UNIT[unit] == 0)
    return {"every": str(minutes // MINUTES_OF_UNIT[unit]), "unit": unit}


def _alarm_in(written: str) -> int | None:
    """None for an empty field; what is no number of minutes is none that a schedule may have."""
    if not written:
        return None
    minutes = whole_number(written)
    return -1 if minutes is None else minutes

"""A timing in the words of a language: "Last working day of each month at 18:00"."""

from collections.abc import Mapping
from typing import Any

from babel.dates import get_month_names
from babel.lists import format_list

from automations.rules.cron import CronSchedule
from automations.rules.intervals import Interval
from automations.rules.local_time import MINUTES_PER_HOUR
from automations.rules.month_day import ALL_MONTHS, LAST_DAY_OF_MONTH, MonthDay, MonthRule
from automations.rules.timings import WEEKDAYS, TimingError, read_timing
from automations.rules.working_days import MONDAY_TO_FRIDAY
from bot.console.cron_words import Translate, describe_cron


def describe_timing(document: Mapping[str, Any], translate: Translate, locale: str) -> str | None:
    """The whole timing as a sentence without full stop; None if it cannot be read. Digits are Western."""
    try:
        timing = read_timing(document, MONDAY_TO_FRIDAY)
    except TimingError:
        return None
    if isinstance(timing, CronSchedule):
        return describe_cron(timing, translate, locale)
    sentence = ""
    if isinstance(timing, Interval):
        sentence = _interval(timing, translate)
    elif isinstance(timing, MonthDay):
        sentence = _month_day(timing, translate, locale)
    return sentence[:1].upper() + sentence[1:]


def _interval(timing: Interval, translate: Translate) -> str:
    minutes = int(timing.every.total_seconds()) // 60
    unit, count = ("minutes", minutes) if minutes % MINUTES_PER_HOUR else ("hours", minutes // MINUTES_PER_HOUR)
    told = translate(f"console.cron.every.{unit}") if count == 1 else _every(translate, unit, count)
    if timing.starts_at is None:
        return told
    return translate("schedule.words.from", sentence=told, moment=timing.starts_at.strftime("%Y-%m-%d %H:%M"))


def _every(translate: Translate, unit: str, count: int) -> str:
    return translate(f"console.cron.every_n.{unit}", count=count)


def _month_day(timing: MonthDay, translate: Translate, locale: str) -> str:
    at = translate("console.cron.at_times", times=f"{timing.time:%H:%M}")
    sentence = translate("console.cron.sentence", days=_day(timing, translate), time=at)
    if timing.months != ALL_MONTHS:
        names = get_month_names("wide", context="stand-alone", locale=locale)
        months = format_list([str(names[number]) for number in timing.months], locale=locale)
        sentence = translate("console.cron.in_months", sentence=sentence, months=months)
    if timing.move is not None:
        sentence = translate(f"schedule.words.move.{timing.move}", sentence=sentence)
    return sentence


def _day(timing: MonthDay, translate: Translate) -> str:
    match timing.rule:
        case MonthRule.DAY_OF_MONTH:
            is_last = timing.day == LAST_DAY_OF_MONTH
            return translate("schedule.words.last_day") if is_last else translate("console.cron.days", days=timing.day)
        case MonthRule.NTH_WEEKDAY:
            name = WEEKDAYS[timing.weekday]
            if timing.n < 0:
                return translate(f"schedule.words.last.{name}")
            return translate(f"schedule.words.nth.{name}", nth=translate(f"schedule.words.ordinal.{timing.n}"))
        case MonthRule.NTH_LAST_WORKING_DAY if timing.n == 1:
            return translate("schedule.words.last_working_day")
        case MonthRule.LAST_DAY | MonthRule.LAST_WORKING_DAY:
            return translate(f"schedule.words.{timing.rule}")
    return translate(f"schedule.words.{timing.rule}", n=timing.n)

"""A cron line in the words of a language: "Monday to Friday at 06:30"."""

from collections.abc import Callable, Sequence

from babel.dates import get_day_names, get_month_names
from babel.lists import format_list

from automations.rules.cron import CronSchedule

ALL_MINUTES, ALL_HOURS = tuple(range(60)), tuple(range(24))
ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS = tuple(range(1, 32)), tuple(range(1, 13)), tuple(range(7))
# More times a day than this are told by their pattern.
MOST_TIMES = 6
SHORTEST_RANGE = 3

Translate = Callable[..., str]


def describe_cron(schedule: CronSchedule, translate: Translate, locale: str) -> str:
    """Days and time of day; months only where they are restricted. Digits are Western."""
    words = _CronWords(schedule, translate, locale)
    sentence = translate("console.cron.sentence", days=words.days(), time=words.time())
    if schedule.months != ALL_MONTHS:
        sentence = translate("console.cron.in_months", sentence=sentence, months=words.months())
    return sentence[:1].upper() + sentence[1:]


class _CronWords:
    def __init__(self, schedule: CronSchedule, translate: Translate, locale: str) -> None:
        self._schedule = schedule
        self._translate = translate
        self._locale = locale

    def time(self) -> str:
        minutes, hours = self._schedule.minutes, self._schedule.hours
        if hours == ALL_HOURS and (every := _step(minutes, ALL_MINUTES)):
            return self._every("minutes", every)
        if len(minutes) * len(hours) <= MOST_TIMES:
            times = [f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]
            return self._translate("console.cron.at_times", times=self._list(times))
        if len(minutes) == 1 and (every := _step(hours, ALL_HOURS)):
            return self._translate("console.cron.at_minute", every=self._every("hours", every), minute=minutes[0])
        every = _step(minutes, ALL_MINUTES)
        told = (
            self._every("minutes", every)
            if every
            else self._translate("console.cron.minutes", minutes=self._list([str(minute) for minute in minutes]))
        )
        return self._translate("console.cron.within_hours", minutes=told, hours=self._spans(hours, str))

    def days(self) -> str:
        schedule = self._schedule
        has_days, has_weekdays = schedule.days != ALL_DAYS, schedule.weekdays != ALL_WEEKDAYS
        if not has_days and not has_weekdays:
            return self._translate("console.cron.every_day")
        by_weekday = self._spans(self._monday_first(), self._weekday_name)
        if not has_days:
            return by_weekday
        by_day = self._translate("console.cron.days", days=self._spans(schedule.days, str))
        if not has_weekdays:
            return by_day
        key = "console.cron.either_day" if schedule.is_either_day else "console.cron.both_days"
        return self._translate(key, days=by_day, weekdays=by_weekday)

    def months(self) -> str:
        names = get_month_names("wide", context="stand-alone", locale=self._locale)
        return self._spans(self._schedule.months, lambda number: str(names[number]))

    def _monday_first(self) -> Sequence[int]:
        """Weekdays as Python counts them, from Monday = 0."""
        return sorted((number - 1) % 7 for number in self._schedule.weekdays)

    def _weekday_name(self, number: int) -> str:
        return str(get_day_names("wide", context="stand-alone", locale=self._locale)[number])

    def _every(self, unit: str, step: int) -> str:
        if step == 1:
            return self._translate(f"console.cron.every.{unit}")
        return self._translate(f"console.cron.every_n.{unit}", count=step)

    def _spans(self, numbers: Sequence[int], name: Callable[[int], str]) -> str:
        """Three neighbours and more as a range, the others one by one."""
        parts: list[str] = []
        for first, last in _ranges(numbers):
            if last - first + 1 < SHORTEST_RANGE:
                parts += [name(number) for number in range(first, last + 1)]
            else:
                parts.append(self._translate("console.cron.range", first=name(first), last=name(last)))
        return self._list(parts)

    def _list(self, parts: Sequence[str]) -> str:
        return format_list(parts, locale=self._locale)


def _step(numbers: Sequence[int], all_numbers: Sequence[int]) -> int:
    """The step that gives exactly these numbers and divides the whole, 0 if none does."""
    if len(numbers) < 2:
        return 0
    step = numbers[1] - numbers[0]
    is_even = len(all_numbers) % step == 0 and tuple(numbers) == tuple(all_numbers[numbers[0] :: step])
    return step if is_even and numbers[0] == 0 else 0


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges

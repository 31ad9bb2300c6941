"""Reading one field of a cron line: numbers, names, lists, ranges and steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class InvalidCronError(ValueError):
    """The cron line is not one; the text is a sentence that names the field and the value."""


@dataclass(frozen=True, slots=True)
class CronField:
    """One of the five fields: the numbers it may hold and the names that stand for numbers."""

    name: str
    lowest: int
    highest: int
    names: Mapping[str, int] = field(default_factory=dict)


MINUTE = CronField("minute", 0, 59)
HOUR = CronField("hour", 0, 23)
DAY = CronField("day of month", 1, 31)
MONTH = CronField("month", 1, 12, {name: number for number, name in enumerate(MONTH_NAMES, start=1)})
# Both 0 and 7 are Sunday, so that 5-7 and fri-sun are ranges.
WEEKDAY = CronField("day of week", 0, 7, {name: number for number, name in enumerate(WEEKDAY_NAMES)})
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


def read_field(of: CronField, text: str) -> tuple[int, ...]:
    """The numbers that `text` allows, ascending; Sunday is 0."""
    numbers = {number for part in text.split(",") for number in _read_part(of, part)}
    if of is WEEKDAY:
        numbers = {number % 7 for number in numbers}
    return tuple(sorted(numbers))


def _read_part(of: CronField, part: str) -> Iterator[int]:
    span, slash, step_text = part.partition("/")
    step = _read_step(of, part, step_text) if slash else 1
    if span == "*":
        # Sunday once: with 7 as well, */2 would fire on Saturday and again on Sunday.
        highest = 6 if of is WEEKDAY else of.highest
        return iter(range(of.lowest, highest + 1, step))
    first_text, dash, last_text = span.partition("-")
    first = _read_number(of, part, first_text)
    if dash:
        last = _read_number(of, part, last_text)
        if of is WEEKDAY and last == 0 < first:
            last = 7
    else:
        last = of.highest if slash else first
    if last < first:
        raise InvalidCronError(f"The {of.name} {part!r} is a range that runs backwards.")
    return iter(range(first, last + 1, step))


def _read_step(of: CronField, part: str, text: str) -> int:
    if not _is_number(text) or int(text) == 0:
        raise InvalidCronError(f"The {of.name} {part!r} has the step {text!r}; a step is a whole number from 1 on.")
    return int(text)


def _read_number(of: CronField, part: str, text: str) -> int:
    number = of.names.get(text.lower())
    if number is not None:
        return number
    if not _is_number(text):
        raise InvalidCronError(f"The {of.name} {part!r} cannot be read: {text!r} is {_expected(of)}.")
    if not of.lowest <= int(text) <= of.highest:
        raise InvalidCronError(f"The {of.name} {part!r} does not exist: it goes from {of.lowest} to {of.highest}.")
    return int(text)


def _expected(of: CronField) -> str:
    if not of.names:
        return "not a number"
    return f"neither a number nor one of {', '.join(of.names)}"


def _is_number(text: str) -> bool:
    # isdigit() alone would let digits of other scripts and endless ones through.
    return text.isascii() and text.isdigit() and len(text) <= 4

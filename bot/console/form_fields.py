"""Figures and periods as people and browsers send them in the fields of a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.console.frame import Frame
from bot.console.list_filters import day_in

# More digits have no field of ours, and the database takes no more.
MOST_DIGITS = 9


def whole_number(written: str) -> int | None:
    """The number of a field; None where it says none, or one of more than nine digits."""
    is_number = written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS
    return int(written) if is_number else None


def version_in(form: Mapping[str, str]) -> int:
    """The version that a form was made of; 0, which nothing has, where it says none."""
    return whole_number(form.get("version", "")) or 0


@dataclass(frozen=True, slots=True)
class TypedPeriod:
    """Two days, both included; None = no limit on this side. `problems` are sentences by field."""

    since: date | None
    until: date | None
    problems: Mapping[str, str]


def period_in(frame: Frame, since: str, until: str) -> TypedPeriod:
    """The period that the fields `since` and `until` say."""
    days = {"since": day_in(since), "until": day_in(until)}
    written = {"since": since, "until": until}
    problems = {
        name: frame.words.text("reports.error.day", written=written[name])
        for name, day in days.items()
        if written[name] and day is None
    }
    first, last = days["since"], days["until"]
    if first is not None and last is not None and first > last:
        problems["since"] = frame.words.text("reports.error.dates")
    return TypedPeriod(first, last, problems)

"""The hours of the week in which people answer: read, and changed by admins with an entry in the audit log."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import time

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from automations.rules.business_calendar import DAYS_OF_WEEK, Stretch
from automations.rules.week_hours import find_overlap
from connectors.database.audit import record_audit
from connectors.database.models.service import OpeningHours
from connectors.database.session import wait_in_line

MOST_STRETCHES_OF_A_DAY = 4
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class HoursError(ValueError):
    """They cannot be the hours of a week; `code` is overlap or too_many, `weekday` counts from Monday = 0."""

    def __init__(self, code: str, weekday: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.weekday = weekday


class HoursChangedError(Exception):
    """Somebody else changed them meanwhile."""


def clock(text: str) -> time:
    """A time written as HH:MM; raises ValueError."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no time; write it as HH:MM")
    return time.fromisoformat(text)


def read_week(session: Session) -> Sequence[Stretch]:
    """In the order of the week."""
    rows = session.scalars(select(OpeningHours))
    return sorted(Stretch(row.weekday, time.fromisoformat(row.opens), time.fromisoformat(row.closes)) for row in rows)


def edition_of(week: Sequence[Stretch]) -> str:
    """The same as long as the hours are."""
    return hashlib.sha256(json.dumps(told(week)).encode()).hexdigest()[:16]


def change_week(session: Session, week: Sequence[Stretch], edition: str, actor: str) -> None:
    """Set the hours of all days.

    Raises:
        HoursError: two stretches overlap, or a day has too many.
        HoursChangedError: `edition` is not that of the present hours.
    """
    check_week(week)
    wait_in_line(session, "opening hours")
    before = read_week(session)
    if edition_of(before) != edition:
        raise HoursChangedError
    session.execute(delete(OpeningHours))
    session.add_all(
        OpeningHours(weekday=one.weekday, opens=f"{one.opens:%H:%M}", closes=f"{one.closes:%H:%M}") for one in week
    )
    record_audit(
        session, actor, "opening_hours.change", "opening_hours", "week", before=told(before), after=told(sorted(week))
    )


def check_week(week: Sequence[Stretch]) -> None:
    """Raises HoursError."""
    for weekday in range(DAYS_OF_WEEK):
        if sum(stretch.weekday == weekday for stretch in week) > MOST_STRETCHES_OF_A_DAY:
            sentence = f"{NAMES[weekday].capitalize()} has more than {MOST_STRETCHES_OF_A_DAY} stretches."
            raise HoursError("too_many", weekday, sentence)
    overlapping = find_overlap(week)
    if overlapping is not None:
        raise HoursError("overlap", overlapping, f"On {NAMES[overlapping]} two stretches of the hours overlap.")


def told(week: Sequence[Stretch]) -> Mapping[str, str]:
    """By the English name of the day, such as {"monday": "09:00-12:00, 13:00-18:00"}; closed days have none."""
    days: dict[str, list[str]] = {}
    for one in week:
        days.setdefault(NAMES[one.weekday], []).append(f"{one.opens:%H:%M}-{one.closes:%H:%M}")
    return {day: ", ".join(stretches) for day, stretches in days.items()}

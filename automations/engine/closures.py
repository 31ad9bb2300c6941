"""The company's own days: when it is closed, and when it works although others do not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.rules.local_time import ONE_DAY
from connectors.database.audit import record_audit
from connectors.database.models.service import Closure
from connectors.database.models.work import Schedule

LONGEST_CLOSURE_DAYS = 366
LONGEST_NAME = 100
STILL_UNDER_WAY = timedelta(minutes=1)


class ClosureError(ValueError):
    """It cannot be a closure; `field` is "first_day", "last_day" or "name"."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class CompanyDays:
    """Days on which the company is closed, with their names, and days that it works in any case."""

    closed: Mapping[date, str]
    worked: frozenset[date]


NO_COMPANY_DAYS = CompanyDays({}, frozenset())


def read_company_days(session: Session) -> CompanyDays:
    closures = list_closures(session)
    closed = {day: closure.name for closure in closures if not closure.is_working for day in days_of(closure)}
    return CompanyDays(closed, frozenset(day for closure in closures if closure.is_working for day in days_of(closure)))


def list_closures(session: Session, since: date | None = None) -> Sequence[Closure]:
    """All of them by their day, or those that are not over before a day."""
    query = select(Closure).order_by(Closure.first_day, Closure.id)
    return session.scalars(query if since is None else query.where(Closure.last_day >= since)).all()


def days_of(closure: Closure) -> Iterator[date]:
    days = (closure.last_day - closure.first_day).days + 1
    return (closure.first_day + number * ONE_DAY for number in range(days))


def add_closure(
    session: Session, first_day: date, last_day: date, name: str, *, is_working: bool, actor: str, now: datetime
) -> Closure:
    """Add days; raises ClosureError if they run backwards, are too many, or have no name."""
    if last_day < first_day:
        raise ClosureError("last_day", f"The last day ({last_day}) is before the first ({first_day}).")
    if (last_day - first_day).days >= LONGEST_CLOSURE_DAYS:
        raise ClosureError("last_day", f"More than {LONGEST_CLOSURE_DAYS} days at once are not possible.")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise ClosureError("name", f"A name of at most {LONGEST_NAME} characters is needed; pages and answers show it.")
    closure = Closure(first_day=first_day, last_day=last_day, name=name.strip(), is_working=is_working)
    session.add(closure)
    session.flush()
    record_audit(session, actor, "closure.create", "closure", str(closure.id), after=_told(closure))
    _forget_former_firings(session, now)
    return closure


def remove_closure(session: Session, closure_id: int, *, actor: str, now: datetime) -> bool:
    """Remove days again; False if somebody else already has."""
    closure = session.get(Closure, closure_id)
    if closure is None:
        return False
    record_audit(session, actor, "closure.delete", "closure", str(closure.id), before=_told(closure))
    session.delete(closure)
    _forget_former_firings(session, now)
    return True


def _forget_former_firings(session: Session, now: datetime) -> None:
    """A change of the calendar counts from now on: it makes no firing of the past appear that nobody planned."""
    # Firings of the last minute may be under way and are left alone.
    until = now - STILL_UNDER_WAY
    session.execute(update(Schedule).where(Schedule.settled_until < until).values(settled_until=until))


def _told(closure: Closure) -> dict[str, str | bool]:
    return {
        "first_day": closure.first_day.isoformat(),
        "last_day": closure.last_day.isoformat(),
        "name": closure.name,
        "is_working": closure.is_working,
    }

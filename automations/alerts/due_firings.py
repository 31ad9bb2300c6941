"""Which firing of each schedule should have become a run by now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.closures import CompanyDays, read_company_days
from automations.engine.plans import ScheduleError, plan_of
from connectors.database.models.work import Schedule

# How late a run may begin where its schedule does not say.
USUAL_ALARM_MINUTES = 10


@dataclass(frozen=True, slots=True)
class _Due:
    """What is known of a schedule's version: its last due firing, and the one at which this has to be found anew."""

    version: int
    firing: datetime | None
    following: datetime | None

    def holds(self, schedule: Schedule, before: datetime) -> bool:
        return self.version == schedule.version and (self.following is None or self.following > before)


class DueFirings:
    """Remembers what it found until that changes: there may be thousands of schedules, and a look every few seconds."""

    def __init__(self) -> None:
        self._known: dict[str, _Due] = {}
        self._company: CompanyDays | None = None
        self._since: datetime | None = None

    def of(self, session: Session, now: datetime) -> Mapping[str, datetime | None]:
        """By schedule that is on: the newest firing that lies its `alarm_minutes` back, None if there is none yet.

        Firings from before a schedule was saved belong to what it said then.
        """
        company = self._read_company(session, now)
        known = {}
        for schedule in session.scalars(select(Schedule).where(Schedule.is_enabled, Schedule.deleted_at.is_(None))):
            before = now - alarm_after(schedule)
            found = self._known.get(schedule.id)
            holds = found is not None and found.holds(schedule, before)
            known[schedule.id] = found if found is not None and holds else self._look_up(schedule, company, before)
        self._known = known
        return {schedule_id: due.firing for schedule_id, due in known.items()}

    def _read_company(self, session: Session, now: datetime) -> CompanyDays:
        company = read_company_days(session)
        if company != self._company:
            # A change of the calendar makes no firing of the past appear that nobody planned.
            self._since = None if self._company is None else now
            self._company, self._known = company, {}
        return company

    def _look_up(self, schedule: Schedule, company: CompanyDays, before: datetime) -> _Due:
        try:
            plan = plan_of(schedule, company)
        except ScheduleError:
            # The clock says so, and the console shows it; nothing of it is due.
            return _Due(schedule.version, None, None)
        since = max(schedule.updated_at, self._since or schedule.updated_at)
        firing = plan.timing.last_firing(before, plan.zone, since)
        return _Due(schedule.version, firing, plan.next_firing(before))


def alarm_after(schedule: Schedule) -> timedelta:
    """How long after a firing its run must have begun."""
    return timedelta(minutes=schedule.alarm_minutes or USUAL_ALARM_MINUTES)

"""What goes on: what runs, what waits for whom, what is late, what failed last, what comes today."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from automations.engine.coming_firings import ComingFirings, LateFiring, find_late, firings_until
from automations.engine.progress import Progress, progress_of
from automations.engine.runs import select_open_items
from automations.engine.schedules import list_schedules
from connectors.database.models.approvals import Approval, ApprovalState, ApproverGroup
from connectors.database.models.work import Run, RunItem, RunState

RUNNING_SHOWN, FAILED_SHOWN, LATE_SHOWN, TODAY_SHOWN = 6, 5, 8, 8
# Owners are counted among so many open items; where there are more, the page says "and more".
COUNTED = 2000
SILENT_AFTER = timedelta(minutes=2)
FAILED_SINCE = timedelta(days=1)
AT_WORK = (RunState.RUNNING.value, RunState.QUEUED.value)


@dataclass(frozen=True, slots=True)
class RunningRun:
    run: Run
    progress: Progress


@dataclass(frozen=True, slots=True)
class Situation:
    """Lists are the first few; the counts beside them are of all."""

    running: Sequence[RunningRun]
    running_count: int
    owners: Mapping[str | None, int]
    waiting_count: int
    is_waiting_cut: bool
    approvals: Mapping[str, int]
    late: Sequence[LateFiring]
    silent: Sequence[Run]
    failed: Sequence[Run]
    failed_count: int
    today: Sequence[ComingFirings]
    today_count: int

    @property
    def late_count(self) -> int:
        return len(self.late) + len(self.silent)


def read_situation(session: Session, now: datetime, zone: ZoneInfo) -> Situation:
    """Everything at once, each part from an index or from the few schedules there are."""
    running = session.scalars(
        select(Run).where(Run.state.in_(AT_WORK)).order_by(Run.state.desc(), Run.created_at).limit(RUNNING_SHOWN)
    ).all()
    owners = session.scalars(select_open_items(RunItem.owner).limit(COUNTED)).all()
    schedules = [schedule for schedule in list_schedules(session) if schedule.is_enabled]
    midnight = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    today = firings_until(session, schedules, now, midnight)
    failed = session.scalars(
        select(Run).where(Run.state == RunState.FAILED).order_by(Run.created_at.desc()).limit(FAILED_SHOWN)
    ).all()
    return Situation(
        [RunningRun(run, progress_of(run, now)) for run in running],
        _count_runs(session, Run.state.in_(AT_WORK)),
        Counter(owners),
        len(owners),
        len(owners) == COUNTED,
        _waiting_approvals(session),
        find_late(session, schedules, now)[:LATE_SHOWN],
        _silent_runs(session, now),
        failed,
        _count_runs(session, Run.state == RunState.FAILED, Run.created_at > now - FAILED_SINCE),
        today[:TODAY_SHOWN],
        len(today),
    )


def _count_runs(session: Session, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0  # type: ignore[arg-type]


def _waiting_approvals(session: Session) -> Mapping[str, int]:
    """How many approvals wait for each group."""
    query = (
        select(ApproverGroup.name, func.count())
        .join(Approval, Approval.group_id == ApproverGroup.id)
        .where(Approval.state.in_((ApprovalState.PENDING.value, ApprovalState.ESCALATED.value)))
        .group_by(ApproverGroup.name)
    )
    return {str(name): int(count) for name, count in session.execute(query)}


def _silent_runs(session: Session, now: datetime) -> Sequence[Run]:
    """Runs that are under way and have given no sign of life for a while: their process may be dead."""
    last_sign = func.coalesce(Run.heartbeat_at, Run.started_at)
    query = select(Run).where(Run.state == RunState.RUNNING, or_(last_sign < now - SILENT_AFTER, last_sign.is_(None)))
    return session.scalars(query.order_by(Run.created_at).limit(LATE_SHOWN)).all()

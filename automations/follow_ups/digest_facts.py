"""What the morning digest is made of, read from the engine's own records and written down as JSON for the mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.runs import select_open_items
from automations.engine.situation import Situation, read_situation
from automations.rules.digest import OpenItem, is_calm, loads_of
from connectors.database.models.approvals import ApprovalDelegation
from connectors.database.models.people import Role, User
from connectors.database.models.work import Run, RunItem, RunState

# Owners' loads are added up over so many of the newest open items.
COUNTED = 20_000
RUNS_COUNTED = 5_000
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """An ops admin who may get the digest; `is_away`: somebody else decides in their place today."""

    id: str
    name: str
    email: str
    language: str | None
    is_away: bool


def read_readers(session: Session, now: datetime) -> list[Reader]:
    """The admins, by name."""
    away = select(ApprovalDelegation.giver_id).where(ApprovalDelegation.starts <= now, ApprovalDelegation.ends > now)
    givers = set(session.scalars(away))
    admins = select(User).where(User.role == Role.ADMIN, User.is_active.is_(True)).order_by(User.name, User.id)
    return [
        Reader(each.id, each.name, each.email, each.language, each.id in givers) for each in session.scalars(admins)
    ]


def read_facts(session: Session, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The digest of this morning: the last 24 hours, what waits now, what comes until midnight."""
    situation = read_situation(session, now, zone)
    rows = session.execute(
        select_open_items(RunItem.owner, RunItem.at, RunItem.amount, RunItem.currency).limit(COUNTED)
    )
    waiting = loads_of((OpenItem(*row) for row in rows), now)
    return {
        "is_calm": is_calm(waiting, sum(situation.approvals.values()), situation.late_count, situation.failed_count),
        "waiting": [
            {
                "owner": load.owner,
                "count": load.count,
                "days": load.oldest_days,
                "money": [[currency, f"{amount:f}"] for currency, amount in load.money.items()],
            }
            for load in waiting
        ],
        "approvals": [[group, count] for group, count in situation.approvals.items()],
        "failed": [
            {"job": run.job, "run": run.id, "reason": run.failure or ""}
            for run in situation.failed
            if run.created_at > now - A_DAY
        ],
        "failed_count": situation.failed_count,
        "ran": _ran(session, now),
        **_late_and_coming(situation),
    }


def _ran(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Real runs that ended well within a day, by job."""
    good = (RunState.SUCCEEDED.value, RunState.SUCCEEDED_WITH_EXCEPTIONS.value)
    query = (
        select(Run.job, Run.items_done)
        .where(Run.finished_at > now - A_DAY, Run.state.in_(good), Run.is_dry_run.is_(False))
        .order_by(Run.finished_at.desc())
        .limit(RUNS_COUNTED)
    )
    jobs: dict[str, list[int]] = {}
    for job, done in session.execute(query):
        jobs.setdefault(job, []).append(done)
    return [{"job": job, "runs": len(done), "items": sum(done)} for job, done in sorted(jobs.items())]


def _late_and_coming(situation: Situation) -> dict[str, Any]:
    return {
        "late": [
            {"job": late.schedule.job, "due": late.due.isoformat(), "timezone": late.schedule.timezone}
            for late in situation.late
        ],
        "silent": [{"job": run.job, "run": run.id} for run in situation.silent],
        "today": [
            {
                "job": coming.schedule.job,
                "first": coming.first.isoformat(),
                "timezone": coming.schedule.timezone,
                "count": coming.count,
            }
            for coming in situation.today
        ],
    }

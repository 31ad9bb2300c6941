"""Writing down what becomes of a run: recorded, begun, ended, cancelled. The caller owns the transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from automations.engine.approvals import withdraw_approvals
from automations.engine.connection_use import ConnectionUse, take_places
from automations.engine.figures import count_run
from automations.engine.item_record import refresh_counts, storable
from automations.engine.job import RunStep
from automations.engine.outbox import abandon_effects, drop_effects
from automations.engine.owner_mails import tell_owners
from automations.engine.run_log import CHECK_LEFT_OUT, ERROR, WARNING, log_event
from connectors.database.audit import record_audit
from connectors.database.base import new_id, utc_now
from connectors.database.models.work import (
    EffectState,
    ItemState,
    Run,
    RunEvent,
    RunItem,
    RunState,
    Schedule,
    needs_somebody,
)

FINISHED_STATES = frozenset(
    {
        RunState.SUCCEEDED,
        RunState.SUCCEEDED_WITH_EXCEPTIONS,
        RunState.FAILED,
        RunState.CANCELLED,
        RunState.SKIPPED,
    }
)
STATES_THAT_NEED_A_PERSON = frozenset({ItemState.EXCEPTION, ItemState.FAILED})
# Who does in the audit log what no person asked for.
ENGINE = "engine"
# Why the engine settles an item; pages have words for it.
CAUSE_GONE = "CAUSE_GONE"
# So many items are named in the log of a cancelled run; the list of items has them all.
ITEMS_NAMED = 50


def create_run(
    session: Session,
    job: str,
    parameters: Mapping[str, Any],
    started_by: str,
    *,
    is_dry_run: bool = False,
    now: datetime,
    run_id: str | None = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    is_backfill: bool = False,
    retry_of: Run | None = None,
    from_step: RunStep | None = None,
    only_keys: Sequence[str] | None = None,
) -> Run:
    """Record a run, and in the audit log who started it, before anything happens.

    The run that already has this id is returned as it stands, without another audit entry.
    """
    run_id = run_id or new_id()
    values = {
        "id": run_id,
        "job": job,
        "schedule_id": schedule.id if schedule else None,
        "scheduled_for": scheduled_for,
        "started_by": started_by,
        "is_dry_run": is_dry_run,
        "parameters": dict(parameters),
        "is_backfill": is_backfill,
        "retry_of": retry_of.id if retry_of else None,
        "from_step": from_step.value if from_step else None,
        "only_keys": None if only_keys is None else list(only_keys),
        "created_at": now,
    }
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement: Any = dialect.insert(Run)
    insert = statement.values(values).on_conflict_do_nothing(index_elements=["id"])
    if session.scalar(insert.returning(Run.id)) is not None:
        after = {"parameters": parameters}
        record_audit(session, started_by, "run.start", "run", run_id, after=after, job=job, is_dry_run=is_dry_run)
    return session.get_one(Run, run_id)


def is_finished(run: Run) -> bool:
    return RunState(run.state) in FINISHED_STATES


def begin_run(
    session: Session,
    run_id: str,
    now: datetime,
    *,
    fingerprint: str | None = None,
    uses: Sequence[ConnectionUse] = (),
) -> Run | None:
    """Mark the run as running, or as resumed if it already was; None if there is nothing to be done for it now.

    Raises:
        ConnectionsBusyError: it has to wait for a connection; nothing was changed.
    """
    run = session.get(Run, run_id, with_for_update=True)
    if run is None or is_finished(run) or run.state == RunState.WAITING_FOR_APPROVAL:
        return None
    run.heartbeat_at = now
    if run.state == RunState.RUNNING:
        run.resumed += 1
        log_event(session, run_id, "run_resumed", now, level=WARNING, times=run.resumed)
        return run
    take_places(session, run, uses)
    run.state = RunState.RUNNING
    run.started_at = run.started_at or now
    run.job_fingerprint = run.job_fingerprint or fingerprint
    log_event(session, run_id, "run_started", now, by=run.started_by, is_dry_run=run.is_dry_run)
    return run


def finish_run(session: Session, run_id: str, now: datetime, *, is_complete: bool = False) -> None:
    """Close the run as succeeded, with exceptions if an item needs a person; or let it wait for consent.

    `is_complete`: the job plans everything that is wrong, so what it found before and not now is settled, unless it
    could not look everywhere.
    """
    run = session.get_one(Run, run_id)
    if is_finished(run):
        return
    waiting = select(RunItem.id).where(
        RunItem.run_id == run_id, RunItem.effect_state == EffectState.WAITING_FOR_APPROVAL.value
    )
    refresh_counts(session, run)
    if session.scalar(waiting.limit(1)) is not None:
        run.state = RunState.WAITING_FOR_APPROVAL
        log_event(session, run_id, "run_waits_for_approval", now)
        tell_owners(session, run)
        return
    if is_complete and not _left_a_check_out(session, run_id):
        settle_gone(session, run, now)
    needs_person = any(run.summary["states"].get(state.value) for state in STATES_THAT_NEED_A_PERSON)
    _end(session, run, RunState.SUCCEEDED_WITH_EXCEPTIONS if needs_person else RunState.SUCCEEDED, now)


def _left_a_check_out(session: Session, run_id: str) -> bool:
    """What was not looked for is not healed."""
    said = select(RunEvent.id).where(RunEvent.run_id == run_id, RunEvent.event == CHECK_LEFT_OUT)
    return session.scalar(said.limit(1)) is not None


def fail_run(session: Session, run_id: str, reason: str, now: datetime) -> None:
    """Close the run as failed, with a sentence for the person who reads it."""
    run = session.get_one(Run, run_id)
    if is_finished(run):
        return
    run.failure = storable(reason)
    abandon_effects(session, run_id, run.failure, now)
    log_event(session, run_id, "run_failure", now, level=ERROR, reason=run.failure)
    _end(session, run, RunState.FAILED, now)


def request_cancel(session: Session, run_id: str, actor: str, now: datetime) -> Run:
    """Cancel the run: at once unless it is under way, else after its current batch. A finished run stays as it is."""
    run = session.get_one(Run, run_id, with_for_update=True)
    if is_finished(run) or run.cancel_requested_at is not None:
        return run
    run.cancel_requested_at = now
    run.cancel_requested_by = actor
    log_event(session, run_id, "cancel_requested", now, level=WARNING, by=actor)
    before = {"state": run.state}
    if run.state != RunState.RUNNING:
        cancel_run(session, run_id, now)
    # One that is under way ends after its current batch.
    after = {"state": RunState.CANCELLED}
    record_audit(session, actor, "run.cancel", "run", run_id, before=before, after=after, job=run.job)
    return run


def cancel_run(session: Session, run_id: str, now: datetime) -> None:
    """Close the run as cancelled. Effects that were sent stay, and the log names them; the others are dropped."""
    run = session.get_one(Run, run_id)
    if is_finished(run):
        return
    dropped = drop_effects(session, run_id, now)
    done = (RunItem.run_id == run_id, RunItem.effect_state == EffectState.DONE.value)
    sent = list(session.scalars(select(RunItem.key).where(*done).order_by(RunItem.id)))
    log_event(
        session,
        run_id,
        "run_cancelled",
        now,
        level=WARNING,
        by=run.cancel_requested_by,
        effects_sent=len(sent),
        items=sent[:ITEMS_NAMED],
        effects_dropped=dropped,
    )
    _end(session, run, RunState.CANCELLED, now)


def release_approved(session: Session, run_id: str, now: datetime) -> Run | None:
    """Queue a run again whose effects wait for nobody any more; None if it does not wait or something of it does."""
    run = session.get(Run, run_id, with_for_update=True)
    if run is None or run.state != RunState.WAITING_FOR_APPROVAL:
        return None
    waiting = select(RunItem.id).where(
        RunItem.run_id == run_id, RunItem.effect_state == EffectState.WAITING_FOR_APPROVAL.value
    )
    if session.scalar(waiting.limit(1)) is not None:
        return None
    run.state = RunState.QUEUED
    run.approved_at = now
    log_event(session, run_id, "run_approved", now)
    return run


def _end(session: Session, run: Run, state: RunState, now: datetime) -> None:
    if state in (RunState.FAILED, RunState.CANCELLED):
        withdraw_approvals(session, run.id, run.cancel_requested_by or ENGINE, now)
    run.state = state
    # A clock may have been set back meanwhile; no run ends before it began.
    run.finished_at = max(now, run.started_at or now)
    run.heartbeat_at = run.finished_at
    log_event(session, run.id, "run_finished", now, state=state.value)
    count_run(session, run)
    tell_owners(session, run)


def settle_gone(session: Session, run: Run, now: datetime) -> None:
    """Settle what earlier runs of the job found and this one, which looked at everything, found no more."""
    if run.is_dry_run or run.retry_of is not None:
        return
    is_earlier = select(Run.id).where(Run.id == RunItem.run_id, Run.job == run.job, Run.id != run.id)
    session.execute(
        update(RunItem)
        .where(needs_somebody(), is_earlier.exists())
        .values(settled_at=now, settled_by=ENGINE, settled_reason=CAUSE_GONE)
        .execution_options(synchronize_session=False)
    )


def settle(session: Session, item: RunItem, actor: str, reason: str) -> None:
    """Record that a person has dealt with an item in another way; it counts as open no more."""
    before = {"is_settled": item.settled_at is not None}
    item.settled_at = utc_now()
    item.settled_by = actor
    item.settled_reason = reason
    record_audit(
        session,
        actor,
        "item.settle",
        "run_item",
        str(item.id),
        before=before,
        after={"is_settled": True},
        key=item.key,
        run=item.run_id,
        reason=reason,
    )

"""Writing down what a run does: its states and the outcome of each item. The caller owns the transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from automations.engine.job import ItemOutcome, Reason
from connectors.database.audit import record_audit
from connectors.database.base import new_id, utc_now
from connectors.database.models.work import ItemState, Run, RunItem, RunState, Schedule

FINISHED_STATES = frozenset({RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_EXCEPTIONS, RunState.FAILED})
STATES_THAT_NEED_A_PERSON = frozenset({ItemState.EXCEPTION, ItemState.FAILED})
LONGEST_TITLE = 300
EFFECT_NOT_CONFIRMED = "EFFECT_NOT_CONFIRMED"
EFFECT_REFUSED = "EFFECT_REFUSED"
TECHNICAL = "technical"


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
        "created_at": now,
    }
    insert = _insert(session, Run).values(values).on_conflict_do_nothing(index_elements=["id"])
    if session.scalar(insert.returning(Run.id)) is not None:
        record_audit(session, started_by, "run.start", "run", run_id, job=job, is_dry_run=is_dry_run)
    return session.get_one(Run, run_id)


def is_finished(run: Run) -> bool:
    return RunState(run.state) in FINISHED_STATES


def begin_run(session: Session, run_id: str, now: datetime) -> Run | None:
    """Mark the run as running, or as resumed if it already was; None if it is unknown or finished."""
    run = session.get(Run, run_id, with_for_update=True)
    if run is None or is_finished(run):
        return None
    if run.state == RunState.RUNNING:
        run.resumed += 1
    else:
        run.state = RunState.RUNNING
        run.started_at = now
    return run


def record_plan(session: Session, run_id: str, items_total: int) -> None:
    session.get_one(Run, run_id).items_total = items_total


def record_outcomes(session: Session, run_id: str, outcomes: Sequence[ItemOutcome], now: datetime) -> None:
    """Write the outcomes, replacing those of the same items, and bring the run's counts up to date."""
    if outcomes:
        insert = _insert(session, RunItem)
        replaced = ("title", "state", "outcome", "reasons", "detail", "owner", "effect", "at")
        session.execute(
            insert.on_conflict_do_update(
                index_elements=["run_id", "key"], set_={name: insert.excluded[name] for name in replaced}
            ),
            [_item_values(run_id, outcome, now) for outcome in outcomes],
        )
    _refresh_counts(session, run_id)


def record_failed_effects(session: Session, run_id: str, keys: Sequence[str], reason: str, now: datetime) -> None:
    """Say of those of these items that have an effect that nobody knows whether it reached the other system."""
    unknown = Reason(EFFECT_NOT_CONFIRMED, TECHNICAL, found=reason)
    _fail_items(session, run_id, dict.fromkeys(keys, unknown), now)


def record_refused_effects(session: Session, run_id: str, refused: Mapping[str, Reason], now: datetime) -> None:
    """Say of these items why the other system refused their effect, and who has to see to it."""
    _fail_items(session, run_id, refused, now)


def finish_run(session: Session, run_id: str, now: datetime) -> None:
    """Close the run as succeeded, with exceptions if an item needs a person."""
    run = session.get_one(Run, run_id)
    if is_finished(run):
        return
    states = set(session.scalars(select(RunItem.state).where(RunItem.run_id == run_id).distinct()))
    needs_person = bool(states & STATES_THAT_NEED_A_PERSON)
    run.state = RunState.SUCCEEDED_WITH_EXCEPTIONS if needs_person else RunState.SUCCEEDED
    run.finished_at = now


def fail_run(session: Session, run_id: str, reason: str, now: datetime) -> None:
    """Close the run as failed, with a sentence for the person who reads it."""
    run = session.get_one(Run, run_id)
    if is_finished(run):
        return
    run.state = RunState.FAILED
    run.failure = _storable(reason)
    run.finished_at = now


def recorded_outcomes(session: Session, run_id: str, keys: Sequence[str] | None = None) -> Iterator[ItemOutcome]:
    """What this run has decided so far, in the order in which it was decided; of these items only, if given."""
    query = select(RunItem).where(RunItem.run_id == run_id).order_by(RunItem.id)
    if keys is not None:
        query = query.where(RunItem.key.in_(keys))
    for item in session.scalars(query):
        yield ItemOutcome(
            item.key,
            item.title,
            ItemState(item.state),
            item.outcome,
            tuple(_reason(stored) for stored in item.reasons),
            item.detail,
            item.owner,
            item.effect,
        )


def _insert(session: Session, table: type[Run] | type[RunItem]) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases write alike but SQLAlchemy keeps apart."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def _item_values(run_id: str, outcome: ItemOutcome, now: datetime) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "key": outcome.key,
        "title": _storable(outcome.title)[:LONGEST_TITLE],
        "state": outcome.state.value,
        "outcome": outcome.outcome,
        "reasons": [asdict(reason) for reason in outcome.reasons],
        "detail": dict(outcome.detail),
        "owner": outcome.owner,
        "effect": None if outcome.effect is None else dict(outcome.effect),
        "at": now,
    }


def _storable(text: str) -> str:
    """Texts come out of other people's files, and PostgreSQL refuses a NUL in text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _reason(stored: Mapping[str, Any]) -> Reason:
    return Reason(**{name: stored.get(name) for name in Reason.__dataclass_fields__})  # type: ignore[arg-type]


def _fail_items(session: Session, run_id: str, reasons: Mapping[str, Reason], now: datetime) -> None:
    """Let items with an effect fail for a reason; one that has failed already keeps the reason it has."""
    for item in session.scalars(select(RunItem).where(RunItem.run_id == run_id, RunItem.key.in_(reasons))):
        if item.effect is None or item.state == ItemState.FAILED:
            continue
        reason = reasons[item.key]
        item.state = ItemState.FAILED
        item.owner = reason.owner
        item.reasons = [*item.reasons, asdict(reason)]
        item.at = now
    session.flush()
    _refresh_counts(session, run_id)


def _refresh_counts(session: Session, run_id: str) -> None:
    run = session.get_one(Run, run_id)
    run.summary = {
        "outcomes": _counted_by(session, run_id, "outcome"),
        "states": _counted_by(session, run_id, "state"),
    }
    run.items_done = sum(run.summary["states"].values())


def _counted_by(session: Session, run_id: str, column_name: str) -> dict[str, int]:
    column = RunItem.__table__.c[column_name]
    rows = session.execute(select(column, func.count()).where(RunItem.run_id == run_id).group_by(column))
    return {str(value): count for value, count in rows}


def settle(session: Session, item: RunItem, actor: str, reason: str) -> None:
    """Record that a person has dealt with an item in another way; it counts as open no more."""
    item.settled_at = utc_now()
    item.settled_by = actor
    item.settled_reason = reason
    record_audit(session, actor, "item.settle", "run_item", str(item.id), key=item.key, run=item.run_id, reason=reason)

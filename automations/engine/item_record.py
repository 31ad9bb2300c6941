"""Writing down the items of a run: planned, under way, decided, and how many of each. The caller commits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from automations.engine.job import ItemOutcome, Reason
from connectors.database.models.work import OPEN_STATES, EffectState, ItemState, Run, RunItem

LONGEST_TITLE = 300
LONGEST_CURRENCY = 10
# What a new verdict of the same run leaves as it is.
KEPT = ("run_id", "key", "attempts", "is_latest")
# An item without a job's word for it is planned or under way, and not decided yet.
UNDECIDED = ""
# Outcomes of a resumed run that are read together: as many as a large batch.
MOST_READ_TOGETHER = 1_000
# What these items came to is final, whatever a later run says.
GOOD_STATES = (ItemState.DONE.value, ItemState.SKIPPED.value)
UNFINISHED_STATES = (ItemState.NEW.value, ItemState.IN_PROGRESS.value)


def record_plan(session: Session, run_id: str, keys: Sequence[str], now: datetime) -> None:
    """Write down all items as new; those that are there already (a retry's, a resumed run's) stay as they are."""
    run = session.get_one(Run, run_id)
    run.items_total = len(keys)
    run.heartbeat_at = now
    known = set(session.scalars(select(RunItem.key).where(RunItem.run_id == run_id)))
    rows = [_new_item(run, key, now) for key in keys if key not in known]
    if rows:
        session.execute(insert(RunItem), rows)
    refresh_counts(session, run)


def mark_in_progress(session: Session, run_id: str, keys: Sequence[str], now: datetime) -> None:
    session.execute(
        update(RunItem)
        .where(RunItem.run_id == run_id, RunItem.key.in_(keys), RunItem.state == ItemState.NEW.value)
        .values(state=ItemState.IN_PROGRESS.value, at=now)
    )
    session.get_one(Run, run_id).heartbeat_at = now


def mark_waiting(session: Session, run_id: str, keys: Sequence[str]) -> None:
    """Let those of these items wait whose effects wait for consent."""
    waits = RunItem.effect_state == EffectState.WAITING_FOR_APPROVAL.value
    session.execute(
        update(RunItem)
        .where(RunItem.run_id == run_id, RunItem.key.in_(keys), waits)
        .values(state=ItemState.WAITING.value)
    )


def record_outcomes(session: Session, run_id: str, outcomes: Sequence[ItemOutcome], now: datetime) -> None:
    """Write the outcomes in place of what stood for these items; in a real run their effects enter the outbox.

    An effect without a key of its job's own gets one of job, item and run; of a retry, of the run that was retried
    first, so that the same effect never has two keys.
    """
    run = session.get_one(Run, run_id)
    if outcomes:
        first_run = _first_run(session, run)
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        statement: Any = dialect.insert(RunItem)
        values = [_item_values(run, first_run, outcome, now) for outcome in outcomes]
        replaced = {name: statement.excluded[name] for name in values[0] if name not in KEPT}
        session.execute(statement.on_conflict_do_update(index_elements=["run_id", "key"], set_=replaced), values)
        supersede(session, run, [outcome.key for outcome in outcomes])
    refresh_counts(session, run)


def supersede(session: Session, run: Run, keys: Sequence[str]) -> None:
    """What earlier runs of the job said about these items, which this run has decided, is no longer the latest."""
    if run.is_dry_run:
        return
    newer = aliased(RunItem)
    is_earlier = select(newer.id).where(newer.run_id == run.id, newer.key == RunItem.key, newer.id > RunItem.id)
    is_of_job = select(Run.id).where(Run.id == RunItem.run_id, Run.job == run.job)
    session.execute(
        update(RunItem)
        .where(
            RunItem.key.in_(keys),
            RunItem.is_latest.is_(True),
            RunItem.state.not_in(GOOD_STATES),
            is_earlier.exists(),
            is_of_job.exists(),
        )
        .values(is_latest=False)
        .execution_options(synchronize_session=False)
    )


def recorded_keys(session: Session, run_id: str, keys: Sequence[str]) -> set[str]:
    """Those of these items that this run has decided already."""
    return set(session.scalars(select(RunItem.key).where(*_is_decided(run_id), RunItem.key.in_(keys))))


def recorded_outcomes(session: Session, run_id: str, after: int) -> Sequence[tuple[int, ItemOutcome]]:
    """What this run has decided so far, in the order of its items: the next ones after the item with that id."""
    query = (
        select(RunItem).where(*_is_decided(run_id), RunItem.id > after).order_by(RunItem.id).limit(MOST_READ_TOGETHER)
    )
    return [(item.id, outcome_of(item)) for item in session.scalars(query)]


def _is_decided(run_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return RunItem.run_id == run_id, RunItem.outcome != UNDECIDED


def earlier_outcomes(session: Session, run: Run, keys: Sequence[str]) -> Mapping[str, ItemOutcome]:
    """What the latest other real run of the job said about those of these items that it left open."""
    query = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(
            RunItem.key.in_(keys),
            RunItem.run_id != run.id,
            RunItem.is_latest.is_(True),
            RunItem.state.in_(OPEN_STATES),
            Run.job == run.job,
        )
        .order_by(RunItem.id)
    )
    return {item.key: outcome_of(item) for item in session.scalars(query)}


def outcome_of(item: RunItem) -> ItemOutcome:
    """The item as its job decided it, whatever became of its effect."""
    has_failed = item.state == ItemState.FAILED
    return ItemOutcome(
        key=item.key,
        title=item.title,
        state=ItemState(item.state if has_failed else item.decided_state or item.state),
        outcome=item.outcome,
        reasons=tuple(_reason(stored) for stored in item.reasons),
        detail=item.detail,
        owner=item.owner,
        effect=item.effect,
        effect_key=item.effect_key,
        amount=item.amount,
        currency=item.currency,
    )


def refresh_counts(session: Session, run: Run) -> None:
    """Bring the run's figures up to date: done are the items with which nothing more happens in this run."""
    session.flush()
    states: dict[str, int] = {}
    outcomes: dict[str, int] = {}
    rows = session.execute(
        select(RunItem.state, RunItem.outcome, func.count())
        .where(RunItem.run_id == run.id)
        .group_by(RunItem.state, RunItem.outcome)
    )
    for state, outcome, count in rows:
        states[state] = states.get(state, 0) + count
        if outcome != UNDECIDED:
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    run.summary = {**run.summary, "outcomes": outcomes, "states": states}
    run.items_done = sum(count for state, count in states.items() if state not in UNFINISHED_STATES)


def storable(text: str) -> str:
    """Texts come out of other people's files, and PostgreSQL refuses a NUL in text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _first_run(session: Session, run: Run) -> str:
    while run.retry_of is not None:
        run = session.get_one(Run, run.retry_of)
    return run.id


def _new_item(run: Run, key: str, now: datetime) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "key": key,
        "title": storable(key)[:LONGEST_TITLE],
        "state": ItemState.NEW.value,
        "outcome": UNDECIDED,
        "is_latest": not run.is_dry_run,
        "at": now,
    }


def _item_values(run: Run, first_run: str, outcome: ItemOutcome, now: datetime) -> dict[str, Any]:
    is_due = outcome.effect is not None and not run.is_dry_run
    key = outcome.effect_key or f"{run.job}:{outcome.key}:{first_run}"
    return {
        "run_id": run.id,
        "key": outcome.key,
        "title": storable(outcome.title)[:LONGEST_TITLE],
        "state": (ItemState.IN_PROGRESS if is_due else outcome.state).value,
        "decided_state": outcome.state.value,
        "outcome": outcome.outcome,
        "reasons": [asdict(reason) for reason in outcome.reasons],
        "detail": dict(outcome.detail),
        "owner": outcome.owner,
        "effect": None if outcome.effect is None else dict(outcome.effect),
        "effect_state": EffectState.PENDING.value if is_due else None,
        "effect_key": key if outcome.effect is not None else None,
        "attempts": 0,
        "amount": outcome.amount,
        "currency": outcome.currency and outcome.currency[:LONGEST_CURRENCY],
        "is_latest": not run.is_dry_run,
        "at": now,
    }


def _reason(stored: Mapping[str, Any]) -> Reason:
    return Reason(**{name: stored.get(name) for name in Reason.__dataclass_fields__})  # type: ignore[arg-type]

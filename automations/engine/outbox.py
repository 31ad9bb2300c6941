"""The outbox of effects: what is to be done in other systems, on its way there, and what came of it.

An effect is `pending` in the transaction that records its outcome, `sending` before the job is asked to carry it
out, and `done` when the job said so. One that is found `sending` may have arrived: it is looked up first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from automations.engine.item_record import outcome_of, refresh_counts
from automations.engine.job import ItemOutcome, Reason
from automations.engine.run_log import ERROR, WARNING, log_event, log_items
from connectors.database.models.work import EffectState, ItemState, Run, RunItem
from connectors.errors import NotFound, Rejected

EFFECT_NOT_CONFIRMED = "EFFECT_NOT_CONFIRMED"
EFFECT_NOT_SENT = "EFFECT_NOT_SENT"
EFFECT_REFUSED = "EFFECT_REFUSED"
# Reasons that tell what became of an effect, not why the job decided as it did.
EFFECT_REASONS = (EFFECT_NOT_CONFIRMED, EFFECT_NOT_SENT, EFFECT_REFUSED)
TECHNICAL = "technical"
LONGEST_REFERENCE = 200
DUE_STATES = (EffectState.PENDING.value, EffectState.SENDING.value)
OPEN_EFFECTS = (*DUE_STATES, EffectState.WAITING_FOR_APPROVAL.value)


@dataclass(frozen=True, slots=True)
class ClaimedEffects:
    """Effects that are now `sending`: `fresh` ones were never sent; of the others it is not known.

    `interrupted` ones were found on their way; `asked_again` are those that a person wants to be tried again.
    """

    fresh: list[ItemOutcome] = field(default_factory=list)
    interrupted: list[ItemOutcome] = field(default_factory=list)
    asked_again: list[ItemOutcome] = field(default_factory=list)


def apply_each(
    outcomes: Iterable[ItemOutcome], apply: Callable[[ItemOutcome], str | None], owner: str
) -> Mapping[str, Reason | str]:
    """Carry out one effect after the other, as `JobWork.apply` is to answer; what is refused for good fails alone.

    `apply` returns what the other system calls the effect, or None; `owner` has what was refused.
    """
    answers: dict[str, Reason | str] = {}
    for outcome in outcomes:
        if outcome.effect is None:
            continue
        try:
            answer: Reason | str | None = apply(outcome)
        except (NotFound, Rejected) as error:
            answer = Reason(EFFECT_REFUSED, owner, found=error.reason)
        if answer is not None:
            answers[outcome.key] = answer
    return answers


def due_effects(session: Session, run_id: str, keys: Sequence[str] | None = None) -> list[str]:
    """The items whose effects are to be carried out now, in their order."""
    query = select(RunItem.key).where(RunItem.run_id == run_id, RunItem.effect_state.in_(DUE_STATES))
    if keys is not None:
        query = query.where(RunItem.key.in_(keys))
    return list(session.scalars(query.order_by(RunItem.id)))


def claim_effects(session: Session, run_id: str, keys: Sequence[str], now: datetime) -> ClaimedEffects:
    """Mark the due effects of these items as being sent, and say what is known of each."""
    claimed = ClaimedEffects()
    run = session.get_one(Run, run_id)
    run.heartbeat_at = now
    due = (RunItem.run_id == run_id, RunItem.key.in_(keys), RunItem.effect_state.in_(DUE_STATES))
    for item in session.scalars(select(RunItem).where(*due).order_by(RunItem.id)):
        if item.effect_state == EffectState.SENDING:
            claimed.interrupted.append(outcome_of(item))
        elif item.attempts or run.retry_of is not None:
            claimed.asked_again.append(outcome_of(item))
        else:
            claimed.fresh.append(outcome_of(item))
    session.execute(
        update(RunItem)
        .where(*due)
        .values(
            effect_state=EffectState.SENDING.value,
            state=ItemState.IN_PROGRESS.value,
            attempts=RunItem.attempts + 1,
            at=now,
        )
        .execution_options(synchronize_session=False)
    )
    log_items(session, run_id, "effect_sending", now, [outcome.key for outcome in claimed.fresh])
    doubtful = [outcome.key for outcome in (*claimed.interrupted, *claimed.asked_again)]
    log_items(session, run_id, "effect_checked", now, doubtful, level=WARNING)
    return claimed


def record_answers(
    session: Session,
    run_id: str,
    keys: Sequence[str],
    answers: Mapping[str, Reason | str | None],
    now: datetime,
    *,
    is_read_back: bool = False,
) -> None:
    """Write down what became of these effects: refused where the answer is a reason, else done."""
    for item in _items(session, run_id, keys, EffectState.SENDING):
        answer = answers.get(item.key)
        if isinstance(answer, Reason):
            _fail(session, item, EffectState.REFUSED, answer, now)
            continue
        item.effect_state = EffectState.DONE.value
        item.effect_reference = answer and answer[:LONGEST_REFERENCE]
        item.state = item.decided_state or ItemState.DONE.value
        item.at = now
    refused = {key for key in keys if isinstance(answers.get(key), Reason)}
    done = [key for key in keys if key not in refused]
    log_items(session, run_id, "effect_found" if is_read_back else "effect_confirmed", now, done)
    refresh_counts(session, session.get_one(Run, run_id))


def record_unknown(session: Session, run_id: str, keys: Sequence[str], why: str, now: datetime) -> None:
    """Say of these effects that are on their way that nobody knows whether they arrived; a person has to look."""
    for item in _items(session, run_id, keys, EffectState.SENDING):
        _fail(session, item, EffectState.UNKNOWN, Reason(EFFECT_NOT_CONFIRMED, TECHNICAL, found=why), now)
    refresh_counts(session, session.get_one(Run, run_id))


def abandon_effects(session: Session, run_id: str, why: str, now: datetime) -> None:
    """The run goes on no more: what was on its way is unknown, what was not sent stays unsent; both need a person."""
    not_sent = Reason(EFFECT_NOT_SENT, TECHNICAL, found=why)
    becomes = {
        EffectState.SENDING: (EffectState.UNKNOWN, Reason(EFFECT_NOT_CONFIRMED, TECHNICAL, found=why)),
        EffectState.PENDING: (EffectState.PENDING, not_sent),
        EffectState.WAITING_FOR_APPROVAL: (EffectState.REJECTED, not_sent),
    }
    query = select(RunItem).where(RunItem.run_id == run_id, RunItem.effect_state.in_(OPEN_EFFECTS))
    for item in session.scalars(query.order_by(RunItem.id)).all():
        _fail(session, item, *becomes[EffectState(item.effect_state or "")], now)
    refresh_counts(session, session.get_one(Run, run_id))


def drop_effects(session: Session, run_id: str, now: datetime) -> int:
    """Skip the items whose effects were not sent, because somebody does not want them; returns how many these are."""
    open_effects = (EffectState.PENDING.value, EffectState.WAITING_FOR_APPROVAL.value)
    query = select(RunItem).where(RunItem.run_id == run_id, RunItem.effect_state.in_(open_effects))
    items = session.scalars(query).all()
    for item in items:
        item.effect_state = EffectState.REJECTED.value
        item.state = ItemState.SKIPPED.value
        item.at = now
    refresh_counts(session, session.get_one(Run, run_id))
    return len(items)


def _items(session: Session, run_id: str, keys: Sequence[str], state: EffectState) -> list[RunItem]:
    query = select(RunItem).where(RunItem.run_id == run_id, RunItem.key.in_(keys), RunItem.effect_state == state.value)
    return list(session.scalars(query.order_by(RunItem.id)))


def _fail(session: Session, item: RunItem, effect_state: EffectState, reason: Reason, now: datetime) -> None:
    item.effect_state = effect_state.value
    item.state = ItemState.FAILED.value
    item.owner = reason.owner
    item.reasons = [*item.reasons, asdict(reason)]
    item.at = now
    fields = {"code": reason.code, "found": reason.found}
    log_event(session, item.run_id, f"effect_{effect_state.value}", now, item_key=item.key, level=ERROR, **fields)

"""Taking up items of an ended run again: which, at which step, and the new run that does it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from automations.engine.fingerprint import job_fingerprint
from automations.engine.item_record import UNFINISHED_STATES, supersede
from automations.engine.job import RETRY_STEPS, JobDefinition, RunStep
from automations.engine.outbox import EFFECT_REASONS
from automations.engine.parameters import check_parameters, storable_parameters
from automations.engine.run_log import log_event
from automations.engine.run_record import create_run, is_finished
from connectors.database.audit import record_audit
from connectors.database.models.work import EffectState, ItemState, Run, RunItem, RunState

# What a run did not get done.
UNDONE_STATES = (ItemState.FAILED.value, *UNFINISHED_STATES)
# An effect that an approver said no to is decided anew or not at all.
REPEATABLE_EFFECTS = (EffectState.REFUSED.value, EffectState.UNKNOWN.value, EffectState.PENDING.value)


class RetryError(ValueError):
    """The run or item cannot be retried so; the text says why and what to do instead."""


def retry_run(
    session: Session,
    run: Run,
    job: JobDefinition,
    actor: str,
    *,
    keys: Sequence[str] | None = None,
    from_step: RunStep = RunStep.DECIDE,
    now: datetime,
) -> Run:
    """Record a run that takes up these items of an ended run, by default all that it did not get done.

    From `plan` it is the whole run again, from `decide` its items are judged anew, from `apply` the recorded effects
    are sent again under the same keys, after looking whether they arrived.

    Raises:
        RetryError: the run is not over, or there is nothing to do.
        ParameterError: the job no longer takes the run's parameters.
    """
    _check(run, job, from_step)
    chosen = None if from_step is RunStep.PLAN else _choose(session, run, job, keys, from_step)
    retry = create_run(
        session,
        run.job,
        storable_parameters(check_parameters(job, run.parameters)),
        actor,
        is_dry_run=run.is_dry_run,
        now=now,
        scheduled_for=run.scheduled_for,
        retry_of=run,
        from_step=from_step,
        only_keys=chosen,
    )
    if from_step is RunStep.APPLY and chosen is not None:
        _copy_effects(session, run, retry, chosen, now)
    log_event(session, run.id, "run_retried", now, by=actor, retry=retry.id, from_step=from_step.value)
    count = None if chosen is None else len(chosen)
    record_audit(session, actor, "run.retry", "run", run.id, retry=retry.id, from_step=from_step.value, items=count)
    return retry


def _check(run: Run, job: JobDefinition, from_step: RunStep) -> None:
    if from_step not in RETRY_STEPS:
        raise RetryError(f"A run is retried from {', '.join(RETRY_STEPS)}, not from {from_step.value!r}.")
    if not is_finished(run) or run.state == RunState.SKIPPED:
        raise RetryError(f"The run is {run.state}; only one that has ended can be retried. Wait for it or cancel it.")
    if from_step is RunStep.APPLY and run.is_dry_run:
        raise RetryError("A dry run has carried out nothing; start a real run instead.")
    if from_step is RunStep.APPLY and run.job_fingerprint != job_fingerprint(job):
        raise RetryError(
            f"The job {job.name} was changed since this run decided its items. Retry from the step decide."
        )


def _choose(
    session: Session, run: Run, job: JobDefinition, keys: Sequence[str] | None, from_step: RunStep
) -> list[str]:
    not_done = RunItem.effect_state.is_distinct_from(EffectState.DONE.value)
    query = select(RunItem.key).where(RunItem.run_id == run.id, not_done).order_by(RunItem.id)
    query = query.where(RunItem.state.in_(UNDONE_STATES) if keys is None else RunItem.key.in_(keys))
    if keys is None and not job.effect_is_idempotent:
        # Sending one of these again may do it twice: a person looks first, and then names the item.
        query = query.where(RunItem.effect_state.is_distinct_from(EffectState.UNKNOWN.value))
    if from_step is RunStep.APPLY:
        query = query.where(RunItem.effect_state.in_(REPEATABLE_EFFECTS))
    chosen = list(session.scalars(query))
    missing = [] if keys is None else sorted(set(keys) - set(chosen))
    if missing:
        raise RetryError(
            f"The item {missing[0]!r} cannot be retried from the step {from_step.value}: this run does not have it, "
            "or its effect is done."
        )
    if not chosen:
        raise RetryError("No item of this run failed in a way that can be retried; name the items to retry them.")
    return chosen


def carried_out_before(session: Session, run: Run) -> set[str]:
    """The items whose effects the runs that this one retries have carried out."""
    done: set[str] = set()
    while run.retry_of is not None:
        run = session.get_one(Run, run.retry_of)
        done.update(
            session.scalars(
                select(RunItem.key).where(RunItem.run_id == run.id, RunItem.effect_state == EffectState.DONE.value)
            )
        )
    return done


def _copy_effects(session: Session, old: Run, retry: Run, keys: Sequence[str], now: datetime) -> None:
    """The decided items with their effects and keys; `attempts` goes along, so that they are looked up first."""
    query = select(RunItem).where(RunItem.run_id == old.id, RunItem.key.in_(keys)).order_by(RunItem.id)
    for item in session.scalars(query).all():
        reasons = [reason for reason in item.reasons if reason["code"] not in EFFECT_REASONS]
        session.add(
            RunItem(
                run_id=retry.id,
                key=item.key,
                title=item.title,
                state=ItemState.IN_PROGRESS.value,
                decided_state=item.decided_state,
                outcome=item.outcome,
                reasons=reasons,
                detail=item.detail,
                owner=reasons[0]["owner"] if reasons else None,
                effect=item.effect,
                effect_state=EffectState.PENDING.value,
                effect_key=item.effect_key,
                attempts=item.attempts,
                amount=item.amount,
                currency=item.currency,
                at=now,
            )
        )
    session.flush()
    supersede(session, retry, keys)

"""Asking for consent: which effects wait, who is asked, and what happens when nobody answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from automations.engine.approval_policy import ApprovalPolicy, ApprovalScope
from automations.engine.approver_groups import ensure_group
from automations.engine.item_record import refresh_counts
from automations.engine.job import ItemOutcome, JobDefinition, Reason
from automations.engine.makers import maker_of
from automations.rules.approvals import AtDeadline, ConsentLimits, at_deadline, people_needed
from connectors.database.audit import record_audit
from connectors.database.models.approvals import Approval, ApprovalState
from connectors.database.models.work import EffectState, ItemState, Run, RunItem, RunState
from connectors.database.session import Database

OPEN_STATES = (ApprovalState.PENDING.value, ApprovalState.ESCALATED.value)
ENGINE = "engine"
APPROVAL_REJECTED, APPROVAL_EXPIRED = "APPROVAL_REJECTED", "APPROVAL_EXPIRED"
APPROVAL_ASKED_BEFORE, APPROVAL_REPLACED = "APPROVAL_ASKED_BEFORE", "APPROVAL_REPLACED"
SWEEP_BATCH = 100


def request_approvals(
    session: Session, run: Run, job: JobDefinition, outcomes: Sequence[ItemOutcome], now: datetime
) -> int:
    """Ask for what the job's approval policy wants consent for; returns how many of these items wait now.

    Called in the transaction that records the outcomes; asking for the same items again changes nothing.
    """
    policy = job.approval
    limits = policy.limits(_parameters_of(job, run)) if policy is not None and not run.is_dry_run else None
    if policy is None or limits is None:
        return 0
    keys = [outcome.key for outcome in outcomes if _asks(policy, limits, outcome)]
    asked = select(Approval.item_id).where(Approval.run_id == run.id, Approval.item_id.is_not(None))
    items = session.scalars(
        select(RunItem)
        .where(
            RunItem.run_id == run.id,
            RunItem.key.in_(keys),
            or_(RunItem.effect_state.is_(None), RunItem.effect_state == EffectState.PENDING),
            RunItem.id.not_in(asked),
        )
        .order_by(RunItem.id)
    ).all()
    if policy.scope is ApprovalScope.ITEM:
        items = _leave_to_earlier_question(session, run, policy, items, now)
    if items:
        _Asking(session, run, policy, limits, now).hold(items)
    return len(items)


def withdraw_approvals(session: Session, run_id: str, actor: str, now: datetime) -> int:
    """Ask no more for anything of this run, because it was cancelled; returns how many questions that were."""
    withdrawn = session.scalars(
        update(Approval)
        .where(Approval.run_id == run_id, Approval.state.in_(OPEN_STATES))
        .values(state=ApprovalState.WITHDRAWN.value, decided_at=now, version=Approval.version + 1)
        .returning(Approval.id)
    ).all()
    for approval_id in withdrawn:
        record_audit(session, actor, "approval.withdraw", "approval", str(approval_id), run=run_id)
    return len(withdrawn)


def see_to_approvals(database: Database, now: datetime) -> list[str]:
    """One look for what time has decided; returns the runs that may go on, which the caller lets do so.

    It writes only if there is something to write: engines look every second.
    """
    with database.read() as session:
        is_due = session.scalar(_select_overdue(now).limit(1)) is not None
        is_due = is_due or session.scalar(_select_small_runs().limit(1)) is not None
    if is_due:
        with database.write() as session:
            escalate_due(session, now)
    with database.read() as session:
        return runs_without_questions(session)


def escalate_due(session: Session, now: datetime) -> None:
    """See to what nobody has decided in time, and to whole runs that turned out too small to ask about."""
    overdue = _select_overdue(now).order_by(Approval.deadline).limit(SWEEP_BATCH)
    for approval in session.scalars(overdue.with_for_update(of=Approval)):
        bring_up_to_date(session, approval, now)
    for approval in session.scalars(_select_small_runs().limit(SWEEP_BATCH).with_for_update(of=Approval)):
        close(session, approval, ApprovalState.APPROVED, now)
        release_items(session, approval)
        record_audit(session, ENGINE, "approval.automatic", "approval", str(approval.id), run=approval.run_id)


def bring_up_to_date(session: Session, approval: Approval, now: datetime) -> None:
    """Escalate a question whose deadline is over, or let its items go to their owner if that was done before."""
    can_escalate = approval.state == ApprovalState.PENDING and approval.escalation_group_id is not None
    step = at_deadline(now, approval.deadline, can_escalate=can_escalate)
    if approval.state not in OPEN_STATES or step is AtDeadline.WAIT:
        return
    if step is AtDeadline.ESCALATE and approval.escalation_group_id is not None:
        approval.group_id = approval.escalation_group_id
        approval.state = ApprovalState.ESCALATED.value
        approval.deadline = now + (approval.deadline - approval.requested_at)
        approval.escalated_at, approval.told_at = now, None
        approval.version += 1
        record_audit(session, ENGINE, "approval.escalate", "approval", str(approval.id), run=approval.run_id)
        return
    close(session, approval, ApprovalState.EXPIRED, now)
    refuse_items(session, approval, Reason(APPROVAL_EXPIRED, approval.owner, where=approval.group.name), now)
    record_audit(session, ENGINE, "approval.expire", "approval", str(approval.id), run=approval.run_id)


def runs_without_questions(session: Session) -> list[str]:
    """Runs that wait for approval although nothing of them is to be decided any more."""
    open_questions = select(Approval.id).where(Approval.run_id == Run.id, Approval.state.in_(OPEN_STATES))
    waiting = select(Run.id).where(Run.state == RunState.WAITING_FOR_APPROVAL, ~open_questions.exists())
    return list(session.scalars(waiting.limit(SWEEP_BATCH)))


def waits_for_nothing(session: Session, run_id: str) -> bool:
    """Whether this run may go on."""
    open_question = select(Approval.id).where(Approval.run_id == run_id, Approval.state.in_(OPEN_STATES)).limit(1)
    return session.scalar(open_question) is None


def close(session: Session, approval: Approval, state: ApprovalState, now: datetime) -> None:
    approval.state = state.value
    approval.decided_at = now
    approval.version += 1
    session.flush()


def release_items(session: Session, approval: Approval) -> None:
    """Let the effects that this question covers be carried out."""
    session.execute(update(RunItem).where(*_covered(approval)).values(effect_state=EffectState.PENDING.value))


def refuse_items(session: Session, approval: Approval, reason: Reason, now: datetime) -> None:
    """The effects are not carried out, and their items need a person, with the reason why."""
    for item in session.scalars(select(RunItem).where(*_covered(approval))):
        item.effect_state = EffectState.REJECTED.value
        item.state = ItemState.EXCEPTION.value
        item.owner = reason.owner
        item.reasons = [*item.reasons, asdict(reason)]
        item.at = now
    refresh_counts(session, session.get_one(Run, approval.run_id))


class _Asking:
    """One run's questions of one batch."""

    def __init__(
        self, session: Session, run: Run, policy: ApprovalPolicy, limits: ConsentLimits, now: datetime
    ) -> None:
        self._session = session
        self._run = run
        self._policy = policy
        self._limits = limits
        self._now = now
        self._group = ensure_group(session, policy.group, now)
        self._escalation = ensure_group(session, policy.escalation_group, now) if policy.escalation_group else None
        self._maker = maker_of(session, run)

    def hold(self, items: Sequence[RunItem]) -> None:
        for item in items:
            item.effect_state = EffectState.WAITING_FOR_APPROVAL.value
        if self._policy.scope is ApprovalScope.ITEM:
            for item in items:
                self._ask(item.key, item.amount, item.currency, item)
        else:
            self._ask_for_whole_run(items)
        self._session.flush()

    def _ask_for_whole_run(self, items: Sequence[RunItem]) -> None:
        """Credits and charges count alike: consent is given to how much is moved."""
        by_currency: dict[str | None, list[RunItem]] = {}
        for item in items:
            by_currency.setdefault(item.currency if item.amount is not None else None, []).append(item)
        for currency, group in by_currency.items():
            amount = sum((abs(item.amount) for item in group if item.amount is not None), Decimal(0))
            subject = f"*:{currency or ''}"
            known = self._session.scalar(
                select(Approval).where(Approval.run_id == self._run.id, Approval.subject == subject)
            )
            if known is None:
                known = self._ask(subject, amount if currency else None, currency, None)
                known.items = len(group)
            else:
                known.items += len(group)
                known.amount = known.amount + amount if known.amount is not None else None
                known.version += 1
            known.people_needed = people_needed(known.amount, currency, self._limits)

    def _ask(self, subject: str, amount: Decimal | None, currency: str | None, item: RunItem | None) -> Approval:
        approval = Approval(
            run_id=self._run.id,
            subject=subject,
            item_id=item.id if item else None,
            job=self._run.job,
            group_id=self._group.id,
            escalation_group_id=self._escalation.id if self._escalation else None,
            owner=self._policy.rejected_owner,
            amount=amount,
            currency=currency,
            people_needed=people_needed(amount, currency, self._limits),
            maker=self._maker,
            requested_at=self._now,
            deadline=self._now + timedelta(hours=self._policy.deadline_hours),
        )
        self._session.add(approval)
        return approval


def _parameters_of(job: JobDefinition, run: Run) -> Mapping[str, Any]:
    return {parameter.name: parameter.default for parameter in job.parameters} | run.parameters


def _asks(policy: ApprovalPolicy, limits: ConsentLimits, outcome: ItemOutcome) -> bool:
    """Whether this outcome has to wait; of a whole run that is known only when the last item is decided."""
    if outcome.effect is None or outcome.state is ItemState.FAILED:
        return False
    if policy.outcomes and outcome.outcome not in policy.outcomes:
        return False
    return policy.scope is ApprovalScope.RUN or people_needed(outcome.amount, outcome.currency, limits) > 0


def _leave_to_earlier_question(
    session: Session, run: Run, policy: ApprovalPolicy, items: Sequence[RunItem], now: datetime
) -> list[RunItem]:
    """The items that have to be asked about; the others wait for what an earlier run asks already.

    A question of an earlier run about another amount is out of date: it is withdrawn, and the new one is asked.
    """
    earlier = {
        approval.subject: approval
        for approval in session.scalars(
            select(Approval)
            .where(
                Approval.subject.in_([item.key for item in items]),
                Approval.job == run.job,
                Approval.run_id != run.id,
                Approval.state.in_(OPEN_STATES),
            )
            .order_by(Approval.id)
        )
    }
    to_ask = []
    for item in items:
        question = earlier.get(item.key)
        if question is not None and (question.amount, question.currency) == (item.amount, item.currency):
            item.effect_state, item.state, item.owner = None, ItemState.WAITING.value, policy.rejected_owner
            reason = Reason(APPROVAL_ASKED_BEFORE, policy.rejected_owner, where=question.run_id)
            item.reasons = [*item.reasons, asdict(reason)]
            continue
        if question is not None:
            close(session, question, ApprovalState.WITHDRAWN, now)
            refuse_items(session, question, Reason(APPROVAL_REPLACED, policy.rejected_owner, where=run.id), now)
            record_audit(session, ENGINE, "approval.withdraw", "approval", str(question.id), run=question.run_id)
        to_ask.append(item)
    if len(to_ask) < len(items):
        refresh_counts(session, run)
    return to_ask


def _covered(approval: Approval) -> tuple[Any, ...]:
    """The items whose effects wait for this question."""
    waits = (RunItem.run_id == approval.run_id, RunItem.effect_state == EffectState.WAITING_FOR_APPROVAL)
    if approval.item_id is not None:
        return (*waits, RunItem.id == approval.item_id)
    if approval.currency is None:
        return (*waits, or_(RunItem.currency.is_(None), RunItem.amount.is_(None)))
    return (*waits, RunItem.currency == approval.currency, RunItem.amount.is_not(None))


def _select_overdue(now: datetime) -> Select[Approval]:
    return select(Approval).where(Approval.state.in_(OPEN_STATES), Approval.deadline <= now)


def _select_small_runs() -> Select[Approval]:
    """Questions about whole runs that are decided to the end and whose amount asks nobody."""
    waiting = select(Run.id).where(Run.state == RunState.WAITING_FOR_APPROVAL)
    return select(Approval).where(
        Approval.item_id.is_(None),
        Approval.state.in_(OPEN_STATES),
        Approval.people_needed == 0,
        Approval.run_id.in_(waiting),
    )

"""Deciding: who says yes or no to what waits for consent, by what right, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from automations.engine.approvals import (
    APPROVAL_REJECTED,
    OPEN_STATES,
    bring_up_to_date,
    close,
    refuse_items,
    release_items,
    waits_for_nothing,
)
from automations.engine.approver_groups import as_delegation, as_member, members_of
from automations.engine.job import Reason
from automations.engine.makers import makers_of
from automations.rules.approvals import Authority, Delegation, Member, Question, Refusal, find_authority
from connectors.database.audit import record_audit
from connectors.database.models.approvals import (
    Approval,
    ApprovalDecision,
    ApprovalDelegation,
    ApprovalState,
    Verdict,
)
from connectors.database.models.people import User
from connectors.database.models.work import Run, RunState

MAX_REASON_LENGTH = 500
UNDECIDED_RUN_STATES = (RunState.QUEUED.value, RunState.RUNNING.value)
_SENTENCES = {
    Refusal.CLOSED: "It has been decided already, or is not asked any more.",
    Refusal.INACTIVE: "This account is not active any more; ask an admin.",
    Refusal.OWN_WORK: "Who started or changed this may not approve it; somebody else of the group has to decide.",
    Refusal.NOT_A_MEMBER: "Only members of the group that is asked may decide, or who stands in for one of them.",
    Refusal.NOT_COMPLETE: "The run is still deciding its items; wait until it has come to its end.",
    Refusal.OVER_LIMIT: "The amount is above your limit; somebody with a higher limit has to decide.",
    Refusal.ALREADY_HEARD: "You, or who stands in for you, decided already; the second consent is for somebody else.",
}


class DecisionRefusedError(Exception):
    """Nothing was decided; the text says why and who can."""

    def __init__(self, refusal: Refusal, decided: ApprovalDecision | None = None) -> None:
        by = (
            f" Decided by {decided.decided_by} ({decided.verdict}) at {decided.at:%Y-%m-%d %H:%M} UTC."
            if decided
            else ""
        )
        super().__init__(_SENTENCES[refusal] + by)
        self.refusal = refusal
        self.decided = decided


class ApprovalChangedError(Exception):
    """The question is no longer the one that was shown: its amount grew, another group is asked, or somebody spoke."""

    def __init__(self) -> None:
        super().__init__("This question has changed since it was shown. Look at it again before you decide.")


class ReasonMissingError(ValueError):
    """A rejection says why."""

    def __init__(self) -> None:
        super().__init__("A rejection needs a reason, which the owner of the item will read.")


@dataclass(frozen=True, slots=True)
class Decided:
    """`is_final` unless a second consent is needed; `may_continue` when nothing of the run waits any more."""

    approval: Approval
    is_final: bool
    may_continue: bool


def decide_approval(
    session: Session,
    approval_id: int,
    actor: str,
    verdict: Verdict,
    reason: str,
    now: datetime,
    *,
    channel: str = "console",
    version: int | None = None,
) -> Decided:
    """Say yes or no as `actor` (an e-mail address); the caller lets the run go on if it may.

    `version` is what the actor saw. Of two who decide at once one is heard, the other gets an error.

    Raises:
        LookupError: there is no such question.
        ReasonMissingError, ApprovalChangedError, DecisionRefusedError: nothing was decided.
    """
    reason = reason.strip()[:MAX_REASON_LENGTH]
    if verdict is Verdict.REJECT and not reason:
        raise ReasonMissingError
    approval = session.get(Approval, approval_id, with_for_update={"of": Approval}, populate_existing=True)
    if approval is None:
        raise LookupError(f"There is no approval {approval_id}.")
    bring_up_to_date(session, approval, now)
    authority = authority_of(session, approval, find_person(session, actor), now)
    if isinstance(authority, Refusal):
        raise DecisionRefusedError(authority, _last_decision(session, approval))
    if version is not None and version != approval.version:
        raise ApprovalChangedError
    _record(session, approval, actor, authority, verdict, reason, channel, now)
    is_final = _carry_out(session, approval, actor, verdict, reason, now)
    return Decided(approval, is_final, is_final and waits_for_nothing(session, approval.run_id))


def authority_of(session: Session, approval: Approval, person: Member, now: datetime) -> Authority | Refusal:
    """By what right this person may decide this question now, or why not."""
    members = [as_member(member) for member in members_of(session, [approval.group_id])]
    return find_authority(person, question_of(session, approval), members, delegations_at(session, now), now)


def deciders_of(session: Session, approval: Approval, now: datetime) -> list[User]:
    """Everybody who may decide this question now, by name; nobody = the group needs another member or limit."""
    members = members_of(session, [approval.group_id])
    rows = [as_member(member) for member in members]
    delegations = _delegation_rows(session, now)
    people = {member.user.email: member.user for member in members}
    givers = set(people)
    people |= {row.receiver.email: row.receiver for row in delegations if row.giver.email in givers}
    question, lent = question_of(session, approval), [as_delegation(row) for row in delegations]
    may = [
        user
        for user in people.values()
        if isinstance(find_authority(Member(user.email, user.is_active), question, rows, lent, now), Authority)
    ]
    return sorted(may, key=lambda user: user.name)


def decisions_on(session: Session, approval: Approval) -> Sequence[ApprovalDecision]:
    """What was said so far, in order."""
    query = select(ApprovalDecision).where(ApprovalDecision.approval_id == approval.id)
    return session.scalars(query.order_by(ApprovalDecision.id)).all()


def questions_of(session: Session, approvals: Sequence[Approval]) -> Mapping[int, Question]:
    """The questions as the rule reads them, by approval."""
    ids = [approval.id for approval in approvals]
    heard: dict[int, set[str]] = {approval_id: set() for approval_id in ids}
    for said in session.scalars(select(ApprovalDecision).where(ApprovalDecision.approval_id.in_(ids))):
        heard[said.approval_id] |= {said.decided_by, said.on_behalf_of}
    makers = makers_of(session, approvals)
    whole = {approval.run_id for approval in approvals if approval.item_id is None}
    under_way = select(Run.id).where(Run.id.in_(whole), Run.state.in_(UNDECIDED_RUN_STATES))
    undecided = set(session.scalars(under_way)) if whole else set()
    return {
        approval.id: Question(
            approval.amount,
            approval.currency,
            makers[approval.id],
            frozenset(heard[approval.id]),
            is_open=approval.state in OPEN_STATES,
            is_complete=approval.item_id is not None or approval.run_id not in undecided,
        )
        for approval in approvals
    }


def question_of(session: Session, approval: Approval) -> Question:
    return questions_of(session, [approval])[approval.id]


def delegations_at(session: Session, now: datetime) -> list[Delegation]:
    return [as_delegation(row) for row in _delegation_rows(session, now)]


def find_person(session: Session, email: str) -> Member:
    """The person as the rule sees them; an unknown address is an account that is not active."""
    user = session.scalar(select(User).where(User.email == email))
    return Member(email, user is not None and user.is_active)


def _delegation_rows(session: Session, now: datetime) -> Sequence[ApprovalDelegation]:
    query = select(ApprovalDelegation).where(ApprovalDelegation.starts <= now, ApprovalDelegation.ends > now)
    both = (joinedload(ApprovalDelegation.giver), joinedload(ApprovalDelegation.receiver))
    return session.scalars(query.options(*both)).all()


def _record(
    session: Session,
    approval: Approval,
    actor: str,
    authority: Authority,
    verdict: Verdict,
    reason: str,
    channel: str,
    now: datetime,
) -> None:
    session.add(
        ApprovalDecision(
            approval_id=approval.id,
            decided_by=actor,
            on_behalf_of=authority.on_behalf_of,
            verdict=verdict.value,
            reason=reason,
            channel=channel,
            at=now,
        )
    )
    record_audit(
        session,
        actor,
        f"approval.{verdict.value}",
        "approval",
        str(approval.id),
        run=approval.run_id,
        subject=approval.subject,
        on_behalf_of=authority.on_behalf_of,
        amount=None if approval.amount is None else f"{approval.amount:f}",
        currency=approval.currency,
        reason=reason,
        channel=channel,
    )


def _carry_out(session: Session, approval: Approval, actor: str, verdict: Verdict, reason: str, now: datetime) -> bool:
    """Let the verdict take effect; False while a second consent is missing. One rejection is enough."""
    if verdict is Verdict.REJECT:
        close(session, approval, ApprovalState.REJECTED, now)
        refuse_items(session, approval, Reason(APPROVAL_REJECTED, approval.owner, found=reason, where=actor), now)
        return True
    session.flush()
    if len(decisions_on(session, approval)) < approval.people_needed:
        approval.version += 1
        return False
    close(session, approval, ApprovalState.APPROVED, now)
    release_items(session, approval)
    return True


def _last_decision(session: Session, approval: Approval) -> ApprovalDecision | None:
    """Kept readable for whoever is told: the caller's transaction is about to be rolled back."""
    said = decisions_on(session, approval)
    if not said:
        return None
    session.expunge(said[-1])
    return said[-1]

"""Letting a hold pass: one person asks with a reason, another of the group that approves invoices decides."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from automations.engine.approval_decisions import delegations_at, find_person
from automations.engine.approval_lists import groups_open_to
from automations.engine.approver_groups import as_member, find_active_user, members_of
from automations.engine.runs import is_open
from automations.invoices.record import document_key
from automations.rules.approvals import Authority, Question, Refusal, find_authority
from automations.rules.matching.overrides import OVERRIDABLE, HoldFigures
from connectors.database.audit import record_audit
from connectors.database.models.approvals import ApproverGroup
from connectors.database.models.invoices import InvoiceOverride, OverrideState
from connectors.database.models.people import Role
from connectors.database.models.work import Run, RunItem
from connectors.database.token_owner import person_behind

JOB_NAME, GROUP = "invoice-matching", "finance"
MAX_REASON_LENGTH = 500
LISTED = 200
COUNTING_STATES = (OverrideState.REQUESTED.value, OverrideState.APPROVED.value)
_REFUSALS = {
    Refusal.CLOSED: "It has been decided already.",
    Refusal.INACTIVE: "This account is not active; ask an admin.",
    Refusal.OWN_WORK: "Who asked for it may not approve it; somebody else of the group finance has to decide.",
    Refusal.NOT_A_MEMBER: "Only members of the group finance may decide, or who stands in for one of them.",
    Refusal.NOT_COMPLETE: "It cannot be decided yet.",
    Refusal.OVER_LIMIT: "The amount of the document is above your limit; somebody with a higher one has to decide.",
    Refusal.ALREADY_HEARD: "You have decided it already.",
}


class OverrideError(Exception):
    """Nothing was changed; `code` is short, the text says why and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def holds_of(item: RunItem) -> list[HoldFigures]:
    """The holds of an item as it was recorded, in their order."""
    return [
        HoldFigures(reason["code"], reason.get("where") or "", reason.get("found") or "", reason.get("expected") or "")
        for reason in item.reasons
    ]


def request_override(
    session: Session, item: RunItem, number: int, reason: str, actor: str, now: datetime
) -> InvoiceOverride:
    """Ask that hold `number` of an item (counted from 1, as its page shows them) may pass.

    Raises:
        OverrideError: there is no such hold, it is of a kind that never passes, or somebody has asked already.
    """
    reason = reason.strip()[:MAX_REASON_LENGTH]
    if not reason:
        raise OverrideError(
            "reason_missing", "Say why this may pass; whoever decides reads it, and the audit log keeps it."
        )
    _check_item(session, item)
    holds = holds_of(item)
    if not 1 <= number <= len(holds):
        raise OverrideError("no_such_hold", f"The item has {len(holds)} holds; there is no number {number}.")
    hold = holds[number - 1]
    if hold.code not in OVERRIDABLE:
        raise OverrideError("never", f"{hold.code} cannot be let pass: set its cause right where it is kept.")
    key = document_key(item.detail)
    if _asked(session, key, hold):
        raise _asked_already()
    override = InvoiceOverride(
        item_id=item.id,
        document_key=key,
        title=item.title,
        code=hold.code,
        place=hold.place,
        found=hold.found,
        expected=hold.expected,
        reason=reason,
        requested_by=actor,
        requested_at=now,
        state=OverrideState.REQUESTED.value,
    )
    try:
        with session.begin_nested():
            session.add(override)
    except IntegrityError:
        raise _asked_already() from None
    record_audit(
        session, actor, "override.request", "invoice_override", str(override.id), after=_told(override), item=item.id
    )
    return override


def decide_override(
    session: Session, override_id: int, *, is_approved: bool, reason: str, actor: str, now: datetime, channel: str
) -> InvoiceOverride:
    """Approve or reject as `actor` (an e-mail address): by the same rights as matched invoices are approved.

    Raises:
        LookupError: there is no such override.
        OverrideError: the person may not decide, or rejects without a reason.
    """
    override = session.get(InvoiceOverride, override_id, with_for_update=True, populate_existing=True)
    if override is None:
        raise LookupError(f"There is no override {override_id}.")
    reason = reason.strip()[:MAX_REASON_LENGTH]
    standing = standing_of(session, [override], actor, now)[override.id]
    if standing is not None:
        raise OverrideError(standing.value, _REFUSALS[standing])
    if not is_approved and not reason:
        raise OverrideError("reason_missing", "A rejection needs a reason; whoever asked reads it.")
    before = _told(override)
    override.state = (OverrideState.APPROVED if is_approved else OverrideState.REJECTED).value
    override.decided_by, override.decided_at, override.decision_reason = actor, now, reason or None
    action = "override.approve" if is_approved else "override.reject"
    record_audit(
        session,
        actor,
        action,
        "invoice_override",
        str(override.id),
        before=before,
        after=_told(override),
        item=override.item_id,
        channel=channel,
    )
    return override


def withdraw_override(
    session: Session, override_id: int, *, reason: str, actor: str, now: datetime, channel: str
) -> InvoiceOverride:
    """Take back what was asked for or approved, before the next run lets the document pass by it.

    By whoever asked, a member of the group, or an admin. What is posted stays posted.

    Raises:
        LookupError: there is no such override.
        OverrideError: it counts no longer, there is no reason, or the person may not.
    """
    override = session.get(InvoiceOverride, override_id, with_for_update=True, populate_existing=True)
    if override is None:
        raise LookupError(f"There is no override {override_id}.")
    reason = reason.strip()[:MAX_REASON_LENGTH]
    if override.state not in COUNTING_STATES:
        raise OverrideError("closed", _REFUSALS[Refusal.CLOSED])
    if not reason:
        raise OverrideError("reason_missing", "Say why it is taken back; the audit log keeps it.")
    if not may_withdraw(session, override, actor, now):
        raise OverrideError("not_a_member", _REFUSALS[Refusal.NOT_A_MEMBER])
    before = _told(override)
    override.state = OverrideState.WITHDRAWN.value
    override.decided_by, override.decided_at, override.decision_reason = actor, now, reason
    record_audit(
        session,
        actor,
        "override.withdraw",
        "invoice_override",
        str(override.id),
        before=before,
        after=_told(override),
        item=override.item_id,
        channel=channel,
    )
    return override


def may_withdraw(session: Session, override: InvoiceOverride, email: str, now: datetime) -> bool:
    """Whether this person may take it back."""
    if override.state not in COUNTING_STATES:
        return False
    if email in (override.requested_by, person_behind(session, override.requested_by)):
        return True
    user = find_active_user(session, email)
    return user is not None and (user.role == Role.ADMIN.value or sees_overrides(session, email, now))


def sees_overrides(session: Session, email: str, now: datetime) -> bool:
    """Whether this person approves invoices, or stands in for somebody who does."""
    group = session.scalar(select(ApproverGroup.id).where(ApproverGroup.name == GROUP))
    return group is not None and group in groups_open_to(session, email, now)


def standing_of(
    session: Session, overrides: Sequence[InvoiceOverride], email: str, now: datetime
) -> Mapping[int, Refusal | None]:
    """By override why this person may not decide it; None = they may."""
    group = session.scalar(select(ApproverGroup.id).where(ApproverGroup.name == GROUP))
    members = [as_member(member) for member in members_of(session, [group])] if group is not None else []
    person, lent = find_person(session, email), delegations_at(session, now)
    standings: dict[int, Refusal | None] = {}
    for override in overrides:
        found = find_authority(person, _question(session, override), members, lent, now)
        standings[override.id] = None if isinstance(found, Authority) else found
    return standings


def list_overrides(
    session: Session, *, is_open: bool = True, document: str | None = None, older_than: int | None = None
) -> Sequence[InvoiceOverride]:
    """Those that wait for a decision, or were decided; newest first. `document` limits it to one document's key."""
    is_requested = InvoiceOverride.state == OverrideState.REQUESTED.value
    query = select(InvoiceOverride).order_by(InvoiceOverride.id.desc()).limit(LISTED)
    if document is not None:
        return session.scalars(query.where(InvoiceOverride.document_key == document)).all()
    query = query.where(is_requested if is_open else ~is_requested)
    return session.scalars(query if older_than is None else query.where(InvoiceOverride.id < older_than)).all()


def _question(session: Session, override: InvoiceOverride) -> Question:
    item = session.get_one(RunItem, override.item_id)
    amount: Decimal | None = item.amount
    makers = frozenset({person_behind(session, override.requested_by)})
    is_requested = override.state == OverrideState.REQUESTED.value
    return Question(amount, item.currency, makers, is_open=is_requested)


def _check_item(session: Session, item: RunItem) -> None:
    run = session.get_one(Run, item.run_id)
    if run.job != JOB_NAME or run.is_dry_run or not is_open(item) or "number" not in item.detail:
        raise OverrideError("not_held", "Only a held document of a real run of invoice matching has holds to let pass.")


def _asked(session: Session, key: str, hold: HoldFigures) -> bool:
    row = InvoiceOverride
    query = select(row.id).where(
        row.document_key == key,
        row.state.in_(COUNTING_STATES),
        *(getattr(row, column) == value for column, value in _columns(hold).items()),
    )
    return session.scalar(query.limit(1)) is not None


def _asked_already() -> OverrideError:
    return OverrideError("asked", "Somebody has asked for this already; it waits for a decision or is approved.")


def _columns(hold: HoldFigures) -> Mapping[str, str]:
    return asdict(hold)


def _told(override: InvoiceOverride) -> dict[str, Any]:
    names = ("title", "code", "place", "found", "expected", "reason", "state", "decision_reason")
    return {name: getattr(override, name) for name in names}

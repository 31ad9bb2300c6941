"""Who is asked for consent: groups of approvers with their limits, and delegations while somebody is away."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from automations.rules.amounts import write_amounts
from automations.rules.approvals import Delegation, Member
from connectors.database.audit import record_audit
from connectors.database.base import new_id
from connectors.database.models.approvals import ApprovalDelegation, ApproverGroup, ApproverGroupMember
from connectors.database.models.people import User
from connectors.email_address import normalise_email

MAX_NAME_LENGTH = 40


class DelegationError(ValueError):
    """Nobody can stand in like this; `code` says why: same_person, unknown, or period."""

    def __init__(self, code: str) -> None:
        super().__init__(
            {
                "same_person": "Nobody can stand in for themselves; name somebody else.",
                "unknown": "There is no active account of this address.",
                "period": "A delegation must end in the future and after it begins.",
            }[code]
        )
        self.code = code


def ensure_group(session: Session, name: str, now: datetime, actor: str = "engine") -> ApproverGroup:
    """The group of this name, made without members if there is none, so that admins see that it lacks some."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert: Any = dialect.insert(ApproverGroup).values(id=new_id(), name=name, created_at=now)
    made = session.scalar(insert.on_conflict_do_nothing(index_elements=["name"]).returning(ApproverGroup.id))
    if made is not None:
        record_audit(session, actor, "approver_group.add", "approver_group", made, after={"name": name})
    return session.scalars(select(ApproverGroup).where(ApproverGroup.name == name)).one()


def list_groups(session: Session) -> Sequence[ApproverGroup]:
    return session.scalars(select(ApproverGroup).order_by(ApproverGroup.name)).all()


def members_of(session: Session, group_ids: Sequence[str]) -> Sequence[ApproverGroupMember]:
    """The members of these groups with their accounts, by name."""
    query = (
        select(ApproverGroupMember).where(ApproverGroupMember.group_id.in_(group_ids)).join(User).order_by(User.name)
    )
    return session.scalars(query.options(joinedload(ApproverGroupMember.user))).all()


def set_member(
    session: Session, group: ApproverGroup, user: User, limits: Mapping[str, Decimal], actor: str
) -> ApproverGroupMember:
    """Let this person approve for the group up to these amounts by currency; without any, everything."""
    member = session.get(ApproverGroupMember, (group.id, user.id))
    before = None if member is None else {"limits": dict(member.limits)}
    if member is None:
        member = ApproverGroupMember(group_id=group.id, user_id=user.id, user=user)
        session.add(member)
    member.limits = {currency: f"{amount:f}" for currency, amount in limits.items()}
    record_audit(
        session,
        actor,
        "approver_group.change_member" if before else "approver_group.add_member",
        "approver_group",
        group.id,
        before=before,
        after={"limits": dict(member.limits)},
        group=group.name,
        member=user.email,
    )
    return member


def remove_member(session: Session, group: ApproverGroup, user: User, actor: str) -> None:
    found = session.get(ApproverGroupMember, (group.id, user.id))
    if found is None:
        return
    before = {"limits": dict(found.limits)}
    session.delete(found)
    record_audit(
        session,
        actor,
        "approver_group.remove_member",
        "approver_group",
        group.id,
        before=before,
        group=group.name,
        member=user.email,
    )


def delegate(
    session: Session, giver: User, receiver_email: str, starts: datetime, ends: datetime, now: datetime, actor: str
) -> ApprovalDelegation:
    """Let somebody decide in the giver's place for a time; raises DelegationError before anything is written."""
    receiver = find_active_user(session, receiver_email)
    if receiver is None:
        raise DelegationError("unknown")
    if receiver.id == giver.id:
        raise DelegationError("same_person")
    if not (starts < ends and now < ends):
        raise DelegationError("period")
    made = ApprovalDelegation(id=new_id(), giver_id=giver.id, receiver_id=receiver.id, starts=starts, ends=ends)
    session.add(made)
    record_audit(
        session,
        actor,
        "approval.delegate",
        "approval_delegation",
        made.id,
        giver=giver.email,
        receiver=receiver.email,
        starts=starts.isoformat(),
        ends=ends.isoformat(),
    )
    return made


def end_delegation(session: Session, delegation_id: str, giver: User, actor: str) -> bool:
    """Take one's own delegation back; False if it is not there any more."""
    owned = (ApprovalDelegation.id == delegation_id, ApprovalDelegation.giver_id == giver.id)
    gone = session.scalar(delete(ApprovalDelegation).where(*owned).returning(ApprovalDelegation.id))
    if gone is not None:
        record_audit(session, actor, "approval.end_delegation", "approval_delegation", gone)
    return gone is not None


def delegations_of(session: Session, user_id: str, now: datetime) -> Sequence[ApprovalDelegation]:
    """What this person gave or was given and is not over."""
    concerned = or_(ApprovalDelegation.giver_id == user_id, ApprovalDelegation.receiver_id == user_id)
    query = select(ApprovalDelegation).where(concerned, ApprovalDelegation.ends > now)
    both = (joinedload(ApprovalDelegation.giver), joinedload(ApprovalDelegation.receiver))
    return session.scalars(query.options(*both).order_by(ApprovalDelegation.starts, ApprovalDelegation.id)).all()


def find_active_user(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == normalise_email(email), User.is_active.is_(True)))


def as_member(member: ApproverGroupMember) -> Member:
    """The row as the rule reads it; people are known by their address."""
    limits = {currency: Decimal(amount) for currency, amount in member.limits.items()}
    return Member(member.user.email, member.user.is_active, limits)


def as_delegation(row: ApprovalDelegation) -> Delegation:
    return Delegation(row.giver.email, row.receiver.email, row.starts, row.ends)


def shown_limits(member: ApproverGroupMember) -> str:
    """The limits as people write them."""
    return write_amounts({currency: Decimal(amount) for currency, amount in member.limits.items()})

"""Tables of consent: who is asked, what waits for whom, what was decided, and the links that were sent."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from connectors.database.base import Base, new_id, utc_now
from connectors.database.models.people import User
from connectors.database.models.work import RunItem


class ApprovalState(StrEnum):
    """`escalated` is open like `pending`, only that the deadline has passed once and another group is asked."""

    PENDING = "pending"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class ApproverGroup(Base):
    """People of whom one or two have to consent; jobs name it."""

    __tablename__ = "approver_groups"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ApproverGroupMember(Base):
    """`limits` are amounts as text by currency up to which this person may consent; empty = everything."""

    __tablename__ = "approver_group_members"

    group_id: Mapped[str] = mapped_column(ForeignKey("approver_groups.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)

    user: Mapped[User] = relationship()


class ApprovalDelegation(Base):
    """`giver` lets `receiver` decide in her place from `starts` until just before `ends`."""

    __tablename__ = "approval_delegations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    giver_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    receiver_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    starts: Mapped[datetime]
    ends: Mapped[datetime]

    giver: Mapped[User] = relationship(foreign_keys=giver_id)
    receiver: Mapped[User] = relationship(foreign_keys=receiver_id)


class Approval(Base):
    """What one or two people of a group have to consent to: an item of a run, or its items of one currency together.

    `subject` is the item's key, or `*:` and the currency. `maker` started the run or saved its schedule. `owner` gets
    the items if nobody consents. `version` rises with every change, so that nobody decides on what they did not see.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("run_id", "subject"),
        Index("ix_approvals_group", "group_id", "state", "id"),
        Index("ix_approvals_state", "state", "id"),
        Index("ix_approvals_state_deadline", "state", "deadline"),
        Index("ix_approvals_job", "job", "id"),
        Index("ix_approvals_subject", "subject", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    subject: Mapped[str] = mapped_column(String(200))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("run_items.id"), index=True)
    job: Mapped[str] = mapped_column(String(60))
    group_id: Mapped[str] = mapped_column(ForeignKey("approver_groups.id"))
    escalation_group_id: Mapped[str | None] = mapped_column(ForeignKey("approver_groups.id"))
    owner: Mapped[str] = mapped_column(String(40))
    items: Mapped[int] = mapped_column(default=1)
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(10))
    people_needed: Mapped[int] = mapped_column(default=1)
    maker: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(20), default=ApprovalState.PENDING.value)
    requested_at: Mapped[datetime]
    deadline: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    group: Mapped[ApproverGroup] = relationship(foreign_keys=group_id)
    item: Mapped[RunItem | None] = relationship()


class ApprovalDecision(Base):
    """What one person said. `channel` is console, link, api or command line."""

    __tablename__ = "approval_decisions"
    __table_args__ = (UniqueConstraint("approval_id", "decided_by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"))
    decided_by: Mapped[str] = mapped_column(String(320))
    on_behalf_of: Mapped[str] = mapped_column(String(320))
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), default="")
    channel: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class ApprovalLink(Base):
    """A link by mail with which one person decides one approval, once. Only the hash of its token is kept.

    `send_after` is when the mail is due, or due again if the process that was sending it has died.
    """

    __tablename__ = "approval_links"
    __table_args__ = (Index("ix_approval_links_outbox", "sent_at", "send_after"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]
    send_after: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

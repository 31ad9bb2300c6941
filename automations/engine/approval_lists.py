"""Reading what waits for consent and what was decided, for pages, API and command line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from automations.engine.approval_decisions import delegations_at, find_person, questions_of
from automations.engine.approvals import OPEN_STATES
from automations.engine.approver_groups import as_member, members_of
from automations.rules.approvals import Authority, Member, Refusal, find_authority
from connectors.database.models.approvals import (
    Approval,
    ApprovalDecision,
    ApprovalDelegation,
    ApprovalState,
    ApproverGroup,
    ApproverGroupMember,
)
from connectors.database.models.people import User
from connectors.database.models.work import Run, RunItem

PAGE_SIZE = 50
# The navigation says "99+" beyond; nobody works off more without looking at the list.
COUNTED_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class ApprovalFilter:
    """Which questions to list. `group_ids` None = of every group; `is_open` None = decided ones too.

    `jobs` are those whose items the reader may see; None = all.
    """

    group_ids: Sequence[str] | None = None
    job: str | None = None
    is_open: bool | None = True
    currency: str | None = None
    run_id: str | None = None
    jobs: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class WaitingApprovals:
    """What the navigation shows: `count` goes up to COUNTED_AT_MOST."""

    is_approver: bool
    count: int

    @property
    def is_cut_short(self) -> bool:
        return self.count >= COUNTED_AT_MOST


@dataclass(frozen=True, slots=True)
class ListedApproval:
    """A question as one person sees it: the item or run that it is about, and by what right they may decide."""

    approval: Approval
    item: RunItem | None
    run: Run
    standing: Authority | Refusal

    @property
    def may_decide(self) -> bool:
        return isinstance(self.standing, Authority)


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """Questions, newest first. `older_than` asks for the next page."""

    approvals: tuple[ListedApproval, ...]
    older_than: int | None


def standings_of(
    session: Session, email: str, approvals: Sequence[Approval], now: datetime
) -> Mapping[int, Authority | Refusal]:
    """By what right this person may decide each of these questions, or why not; four look-ups, however many."""
    person, delegations = find_person(session, email), delegations_at(session, now)
    members: dict[str, list[Member]] = {approval.group_id: [] for approval in approvals}
    for row in members_of(session, list(members)):
        members[row.group_id].append(as_member(row))
    questions = questions_of(session, approvals)
    return {
        approval.id: find_authority(person, questions[approval.id], members[approval.group_id], delegations, now)
        for approval in approvals
    }


def list_approvals(
    session: Session,
    email: str,
    wanted: ApprovalFilter,
    now: datetime,
    *,
    older_than: int | None = None,
    limit: int = PAGE_SIZE,
) -> ApprovalPage:
    """Questions as this person sees them, newest first."""
    query = _select(wanted).order_by(Approval.id.desc()).limit(limit + 1)
    if older_than is not None:
        query = query.where(Approval.id < older_than)
    rows = session.scalars(query).all()
    listed = _listed(session, rows[:limit], email, now)
    return ApprovalPage(listed, listed[-1].approval.id if len(rows) > limit else None)


def find_approval(session: Session, email: str, approval_id: int, now: datetime) -> ListedApproval | None:
    """One question as this person sees it."""
    query = select(Approval).where(Approval.id == approval_id).options(joinedload(Approval.item))
    found = session.scalars(query.options(joinedload(Approval.group))).first()
    return _listed(session, [found], email, now)[0] if found else None


def read_waiting(session: Session, email: str, now: datetime) -> WaitingApprovals:
    """Whether this person approves at all, and how many questions they may decide now."""
    group_ids = groups_open_to(session, email, now)
    if not group_ids:
        return WaitingApprovals(False, 0)
    heard = select(ApprovalDecision.id).where(
        ApprovalDecision.approval_id == Approval.id, ApprovalDecision.decided_by == email
    )
    query = select(Approval).where(
        Approval.group_id.in_(group_ids), Approval.state.in_(OPEN_STATES), Approval.maker != email, ~heard.exists()
    )
    rows = session.scalars(query.order_by(Approval.id).limit(COUNTED_AT_MOST)).all()
    standings = standings_of(session, email, rows, now) if rows else {}
    return WaitingApprovals(True, sum(isinstance(standing, Authority) for standing in standings.values()))


def groups_open_to(session: Session, email: str, now: datetime) -> Sequence[str]:
    """The groups that this person belongs to, or stands in for a member of."""
    lent = select(ApprovalDelegation.giver_id).join(User, User.id == ApprovalDelegation.receiver_id)
    lent = lent.where(User.email == email, ApprovalDelegation.starts <= now, ApprovalDelegation.ends > now)
    own = select(User.id).where(User.email == email)
    member = or_(ApproverGroupMember.user_id.in_(own), ApproverGroupMember.user_id.in_(lent))
    return session.scalars(select(ApproverGroupMember.group_id).where(member).distinct()).all()


def is_asked_about(session: Session, email: str, run_id: str, item_id: int | None, now: datetime) -> bool:
    """Whether a group that this person decides for is or was asked about the whole run, or about this item of it."""
    subject = or_(Approval.item_id.is_(None), Approval.item_id == item_id)
    query = select(Approval.id).where(
        Approval.run_id == run_id, subject, Approval.group_id.in_(groups_open_to(session, email, now))
    )
    return session.scalar(query.limit(1)) is not None


def count_open_by_group(session: Session, group_ids: Sequence[str] | None) -> dict[str, int]:
    """Open questions by group id."""
    query = select(Approval.group_id, func.count()).where(Approval.state.in_(OPEN_STATES)).group_by(Approval.group_id)
    if group_ids is not None:
        query = query.where(Approval.group_id.in_(group_ids))
    return {str(group): int(count) for group, count in session.execute(query)}


def totals_of(approvals: Iterable[Approval]) -> dict[str, Decimal]:
    """What these questions are about, by currency, credits and charges alike; without the unknown amounts."""
    totals: dict[str, Decimal] = {}
    for approval in approvals:
        if approval.amount is not None and approval.currency is not None:
            totals[approval.currency] = totals.get(approval.currency, Decimal(0)) + abs(approval.amount)
    return dict(sorted(totals.items()))


def group_names(session: Session) -> dict[str, str]:
    return {str(key): str(name) for key, name in session.execute(select(ApproverGroup.id, ApproverGroup.name))}


def _select(wanted: ApprovalFilter) -> Select[Approval]:
    query = select(Approval).options(joinedload(Approval.item), joinedload(Approval.group))
    if wanted.is_open is not None:
        states = OPEN_STATES if wanted.is_open else [state for state in ApprovalState if state not in OPEN_STATES]
        query = query.where(Approval.state.in_(states))
    if wanted.group_ids is not None:
        query = query.where(Approval.group_id.in_(wanted.group_ids))
    if wanted.job is not None:
        query = query.where(Approval.job == wanted.job)
    if wanted.jobs is not None:
        query = query.where(Approval.job.in_(wanted.jobs))
    if wanted.currency is not None:
        query = query.where(Approval.currency == wanted.currency)
    if wanted.run_id is not None:
        query = query.where(Approval.run_id == wanted.run_id)
    return query


def _listed(session: Session, rows: Sequence[Approval], email: str, now: datetime) -> tuple[ListedApproval, ...]:
    run_ids = {approval.run_id for approval in rows}
    runs = {run.id: run for run in session.scalars(select(Run).where(Run.id.in_(run_ids)))}
    standings = standings_of(session, email, rows, now)
    return tuple(ListedApproval(one, one.item, runs[one.run_id], standings[one.id]) for one in rows)

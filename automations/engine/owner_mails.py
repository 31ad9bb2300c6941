"""Telling owners by mail of the exceptions that a run has newly found: one mail for each person and run.

Who answers for an owner's exceptions are the members of the approver group that is named like the owner; of an
employee's manager, the address in the item.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from automations.engine.approver_groups import members_of
from automations.engine.runs import PERSONAL_OWNERS
from connectors.contracts.notices import NoticeKind, NoticeRequest
from connectors.database.chunks import in_chunks
from connectors.database.models.approvals import ApproverGroup, ApproverGroupMember
from connectors.database.models.people import User
from connectors.database.models.service import NoticeCause
from connectors.database.models.work import ItemState, Run, RunItem
from connectors.email_address import normalise_email
from connectors.vendors.house_notices import post_notice

NEED_A_PERSON = (ItemState.EXCEPTION.value, ItemState.FAILED.value)
# A mail names so many; the console has them all.
NAMED = 20


class _Earlier(NamedTuple):
    """What an earlier run said about an item."""

    owner: str | None
    reasons: Sequence[Mapping[str, Any]]
    state: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """`key` is the account, or the address of somebody who has none; `role` is that of the account."""

    key: str
    name: str
    email: str
    language: str | None
    role: str | None = None


def tell_owners(session: Session, run: Run) -> None:
    """Put one mail for each person who answers for new exceptions of this run into the outbox, each told of once."""
    if run.is_dry_run:
        return
    query = select(RunItem).where(
        RunItem.run_id == run.id, RunItem.state.in_(NEED_A_PERSON), RunItem.owner.is_not(None)
    )
    items = _new_ones(session, run, session.scalars(query.order_by(RunItem.id)).all())
    if not items:
        return
    members = _members_of(session, sorted({owner for item in items for owner in _owners(item)}))
    addressed = _addressed(session, items)
    told: defaultdict[tuple[str, Recipient], list[RunItem]] = defaultdict(list)
    for item in items:
        for owner in _owners(item):
            personal = addressed.get((item.id, owner))
            for recipient in [personal] if personal else members.get(owner, ()):
                told[owner, recipient].append(item)
    for (owner, recipient), own in told.items():
        _tell(session, run, owner, recipient, own)


def _owners(item: RunItem | _Earlier) -> Sequence[str]:
    """Everybody who has to do something about the item: the owner of each of its reasons."""
    return sorted({str(owner) for owner in (item.owner, *(reason.get("owner") for reason in item.reasons)) if owner})


def _members_of(session: Session, owners: Sequence[str]) -> Mapping[str, Sequence[Recipient]]:
    """Who answers for these owners; one without a group, or whose group is empty, is missing."""
    groups = {
        group.id: group.name for group in session.scalars(select(ApproverGroup).where(ApproverGroup.name.in_(owners)))
    }
    people: defaultdict[str, list[Recipient]] = defaultdict(list)
    for member in members_of(session, list(groups)):
        if member.user.is_active:
            people[groups[member.group_id]].append(_recipient(member.user))
    return people


def _addressed(session: Session, items: Sequence[RunItem]) -> Mapping[tuple[int, str], Recipient]:
    """By item and owner, where the owner is somebody else for each: the very person, with an account or without."""
    emails = {
        (item.id, owner): normalise_email(str(email))
        for item in items
        for owner in _owners(item)
        if (email := item.detail.get(PERSONAL_OWNERS.get(owner, "")))
    }
    accounts: dict[str, Recipient] = {}
    for wanted in in_chunks(sorted(set(emails.values()))):
        query = select(User).where(User.email.in_(wanted), User.is_active.is_(True))
        accounts.update((user.email, _recipient(user)) for user in session.scalars(query))
    return {place: accounts.get(email, Recipient(email, email, email, None)) for place, email in emails.items()}


def _recipient(user: User) -> Recipient:
    return Recipient(user.id, user.name, user.email, user.language, user.role)


def owners_of(session: Session, user_id: str) -> Sequence[str]:
    """The owners whose exceptions this person answers for."""
    member = ApproverGroupMember
    query = select(ApproverGroup.name).join(member, member.group_id == ApproverGroup.id)
    return session.scalars(query.where(member.user_id == user_id).order_by(ApproverGroup.name)).all()


def _new_ones(session: Session, run: Run, items: Sequence[RunItem]) -> list[RunItem]:
    """Without those that the owners know: the run before it that looked at the item said the same to the same ones."""
    known: dict[str, _Earlier] = {}
    for keys in in_chunks([item.key for item in items]):
        last = (
            select(func.max(RunItem.id))
            .join(Run, Run.id == RunItem.run_id)
            .where(RunItem.key.in_(keys), Run.job == run.job, Run.id != run.id, Run.is_dry_run.is_(False))
            .group_by(RunItem.key)
        )
        columns = select(RunItem.key, RunItem.owner, RunItem.reasons, RunItem.state, RunItem.settled_at)
        rows = session.execute(columns.where(RunItem.id.in_(last)))
        known.update((key, _Earlier(*verdict)) for key, *verdict in rows)
    return [item for item in items if not _is_same(known.get(item.key), item)]


def _is_same(before: _Earlier | None, now: RunItem) -> bool:
    if before is None or before.settled_at is not None or before.state not in NEED_A_PERSON:
        return False
    return (_owners(before), _codes(before)) == (_owners(now), _codes(now))


def _codes(item: RunItem | _Earlier) -> list[str]:
    return sorted({str(reason["code"]) for reason in item.reasons})


def _tell(session: Session, run: Run, owner: str, person: Recipient, items: Sequence[RunItem]) -> None:
    """A run that waited for consent ends a second time; what it said then is not said again."""
    causes = {_cause(item, person): item for item in items}
    told: set[str] = set()
    for wanted in in_chunks(list(causes)):
        told.update(session.scalars(select(NoticeCause.cause).where(NoticeCause.cause.in_(wanted))))
    new = {cause: item for cause, item in causes.items() if cause not in told}
    if not new:
        return
    found = list(new.values())
    request = NoticeRequest(
        f"mail:{_cause(found[0], person)}",
        NoticeKind.NEW_EXCEPTIONS,
        "new_exceptions",
        {
            "job": run.job,
            "run": run.id,
            "owner": owner,
            "name": person.name,
            "role": person.role,
            "count": len(found),
            "items": [_describe(item) for item in found[:NAMED]],
            "more": max(0, len(found) - NAMED),
        },
        email=person.email,
        language=person.language,
        causes=tuple(new),
    )
    post_notice(session, request)


def _cause(item: RunItem, person: Recipient) -> str:
    return f"exception:{item.id}:{hashlib.sha256(person.key.encode()).hexdigest()[:20]}"


def _describe(item: RunItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "reasons": _codes(item),
        "amount": None if item.amount is None else f"{item.amount:f}",
        "currency": item.currency,
    }

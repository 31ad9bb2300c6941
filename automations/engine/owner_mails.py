"""Telling owners by mail of what a run has newly found: a mail of exceptions and one of warnings for each person.

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
class _Finding:
    """An item with those who have to know of it, and the codes that say why."""

    item: RunItem
    owners: Sequence[str]
    codes: Sequence[str]


class _Kind(NamedTuple):
    """`cause` begins the key under which a finding is told once."""

    response: str
    cause: str


EXCEPTIONS, WARNINGS = _Kind("new_exceptions", "exception"), _Kind("new_warnings", "warning")


@dataclass(frozen=True, slots=True)
class Recipient:
    """`key` is the account, or the address of somebody who has none; `role` is that of the account."""

    key: str
    name: str
    email: str
    language: str | None
    role: str | None = None


def tell_owners(session: Session, run: Run) -> None:
    """Put a mail for each person who answers for what is new in this run into the outbox, each item told of once."""
    if run.is_dry_run:
        return
    query = select(RunItem).where(
        RunItem.run_id == run.id, RunItem.state.in_(NEED_A_PERSON), RunItem.owner.is_not(None)
    )
    items = _new_ones(session, run, session.scalars(query.order_by(RunItem.id)).all())
    _tell_all(session, run, EXCEPTIONS, [_Finding(item, _owners(item), _codes(item)) for item in items])
    _tell_all(session, run, WARNINGS, _warned(session, run))


def _tell_all(session: Session, run: Run, kind: _Kind, findings: Sequence[_Finding]) -> None:
    if not findings:
        return
    members = _members_of(session, sorted({owner for finding in findings for owner in finding.owners}))
    addressed = _addressed(session, findings)
    told: defaultdict[tuple[str, Recipient], list[_Finding]] = defaultdict(list)
    for finding in findings:
        for owner in finding.owners:
            personal = addressed.get((finding.item.id, owner))
            for recipient in [personal] if personal else members.get(owner, ()):
                told[owner, recipient].append(finding)
    for (owner, recipient), own in told.items():
        _tell(session, run, kind, owner, recipient, own)


def _warned(session: Session, run: Run) -> Sequence[_Finding]:
    """What a job carried out although somebody should look at it: `warnings` of the item's detail, as reasons are."""
    warnings = RunItem.detail["warnings"].as_string()
    query = select(RunItem).where(
        RunItem.run_id == run.id, RunItem.state.not_in(NEED_A_PERSON), warnings.is_not(None), warnings != "[]"
    )
    return [
        _Finding(
            item,
            sorted({one["owner"] for one in item.detail["warnings"]}),
            sorted({one["code"] for one in item.detail["warnings"]}),
        )
        for item in session.scalars(query.order_by(RunItem.id))
    ]


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


def _addressed(session: Session, findings: Sequence[_Finding]) -> Mapping[tuple[int, str], Recipient]:
    """By item and owner, where the owner is somebody else for each: the very person, with an account or without."""
    emails = {
        (finding.item.id, owner): normalise_email(str(email))
        for finding in findings
        for owner in finding.owners
        if (email := finding.item.detail.get(PERSONAL_OWNERS.get(owner, "")))
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


def _tell(session: Session, run: Run, kind: _Kind, owner: str, person: Recipient, findings: Sequence[_Finding]) -> None:
    """A run that waited for consent ends a second time; what it said then is not said again."""
    causes = {_cause(kind, finding, person): finding for finding in findings}
    told: set[str] = set()
    for wanted in in_chunks(list(causes)):
        told.update(session.scalars(select(NoticeCause.cause).where(NoticeCause.cause.in_(wanted))))
    new = {cause: finding for cause, finding in causes.items() if cause not in told}
    if not new:
        return
    found = list(new.values())
    request = NoticeRequest(
        f"mail:{next(iter(new))}",
        NoticeKind.NEW_EXCEPTIONS,
        kind.response,
        {
            "job": run.job,
            "run": run.id,
            "owner": owner,
            "name": person.name,
            "role": person.role,
            "count": len(found),
            "items": [_describe(finding) for finding in found[:NAMED]],
            "more": max(0, len(found) - NAMED),
        },
        email=person.email,
        language=person.language,
        causes=tuple(new),
    )
    post_notice(session, request)


def _cause(kind: _Kind, finding: _Finding, person: Recipient) -> str:
    return f"{kind.cause}:{finding.item.id}:{hashlib.sha256(person.key.encode()).hexdigest()[:20]}"


def _describe(finding: _Finding) -> dict[str, Any]:
    item = finding.item
    return {
        "id": item.id,
        "title": item.title,
        "reasons": finding.codes,
        "amount": None if item.amount is None else f"{item.amount:f}",
        "currency": item.currency,
    }

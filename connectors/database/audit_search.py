"""Reading the audit log: filtered, newest first, page by page, without ever reading the whole table."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from connectors.database.models.people import AuditEntry
from connectors.database.session import Database

PAGE_SIZE = 50
# A filter that no index answers looks through so many entries for one page; the next page goes on from there.
LOOKED_THROUGH = 10_000
EXPORTED_A_READ = 500


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; an empty field does not limit. `since` is included, `until` is not.

    `text` stands anywhere in an entry's actor, action, object or figures, in small or capital letters.
    """

    actor: str = ""
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    @property
    def is_on(self) -> bool:
        return self != AuditFilter()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first. `older_than` asks for the next page, None on the last one.

    `looked_back_to` is set where the search stopped before the page was full: older entries may fit, too.
    """

    entries: tuple[AuditEntry, ...]
    older_than: int | None
    looked_back_to: datetime | None = None


def search_audit(
    session: Session, wanted: AuditFilter, *, older_than: int | None = None, limit: int = PAGE_SIZE
) -> AuditPage:
    """The next entries that fit, before the entry `older_than` of an earlier page."""
    indexed, others = _conditions(wanted)
    span = [*indexed, *_span(wanted)]
    last_seen = session.get(AuditEntry, older_than) if older_than is not None else None
    if last_seen is not None:
        span.append(_is_older(last_seen.at, last_seen.id))
    horizon = _horizon(session, span) if others else None
    if horizon is not None:
        span.append(or_(AuditEntry.at > horizon[0], and_(AuditEntry.at == horizon[0], AuditEntry.id >= horizon[1])))
        span.append(AuditEntry.at >= horizon[0])
    query = select(AuditEntry).where(*span, *others).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    found = session.scalars(query.limit(limit + 1)).all()
    if len(found) > limit:
        return AuditPage(tuple(found[:limit]), found[limit - 1].id)
    if horizon is not None:
        return AuditPage(tuple(found), horizon[1], horizon[0])
    return AuditPage(tuple(found), None)


def find_entry(session: Session, entry_id: int) -> AuditEntry | None:
    return session.get(AuditEntry, entry_id)


def every_entry(database: Database, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All entries that fit, newest first, some hundred a read: whoever exports holds no transaction open."""
    older_than: int | None = None
    while True:
        with database.read() as session:
            page = search_audit(session, wanted, older_than=older_than, limit=EXPORTED_A_READ)
        yield from page.entries
        if page.older_than is None:
            return
        older_than = page.older_than


def _conditions(wanted: AuditFilter) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """The condition that an index answers, the most telling one there is, and those that entries are read for."""
    exact = [
        column == value
        for column, value in (
            (AuditEntry.object_id, wanted.object_id),
            (AuditEntry.actor, wanted.actor),
            (AuditEntry.action, wanted.action),
            (AuditEntry.object_type, wanted.object_type),
        )
        if value
    ]
    others: list[ColumnElement[bool]] = [*exact[1:]]
    if wanted.text:
        others.append(_holds(wanted.text))
    return exact[:1], others


def _span(wanted: AuditFilter) -> Sequence[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        bounds.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        bounds.append(AuditEntry.at < wanted.until)
    return bounds


def _is_older(at: datetime, entry_id: int) -> ColumnElement[bool]:
    # The first half is what the index is entered with.
    return and_(AuditEntry.at <= at, or_(AuditEntry.at < at, AuditEntry.id < entry_id))


def _horizon(session: Session, span: Sequence[ColumnElement[bool]]) -> tuple[datetime, int] | None:
    """The oldest entry that this page looks at, or None where all that is left may be looked at."""
    query = select(AuditEntry.at, AuditEntry.id).where(*span).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    row = session.execute(query.offset(LOOKED_THROUGH - 1).limit(1)).first()
    return None if row is None else (row.at, row.id)


def _holds(text: str) -> ColumnElement[bool]:
    # The JSON columns keep letters beyond ASCII as escapes.
    escaped = json.dumps(text)[1:-1]
    plain = (AuditEntry.actor, AuditEntry.action, AuditEntry.object_type, AuditEntry.object_id)
    figures = (AuditEntry.detail, AuditEntry.before, AuditEntry.after)
    return or_(
        *(column.icontains(text, autoescape=True) for column in plain),
        *(func.coalesce(cast(column, Text), "").icontains(escaped, autoescape=True) for column in figures),
    )

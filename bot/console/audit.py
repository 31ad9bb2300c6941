"""Pages of the audit log: search, one entry with what changed, and the export."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from bot.audit_export import MEDIA_TYPES, ExportFormat, export_entries, record_export
from bot.console.audit_view import EntryWords, object_path
from bot.console.frame import LARGEST_ITEM_ID, ConsoleFrame, Frame
from connectors.database.audit_search import AuditFilter, every_entry, find_entry, search_audit
from connectors.database.base import utc_now

router = APIRouter(prefix="/audit")

Text = Annotated[str, Query(max_length=400)]


class AuditQuery:
    """The filters as the address says; days are days of the company. What is no day does not limit."""

    def __init__(
        self,
        actor: Text = "",
        action: Text = "",
        object_type: Text = "",
        object_id: Text = "",
        since: Text = "",
        until: Text = "",
        text: Text = "",
    ) -> None:
        self.actor = actor.strip()
        self.action = action.strip()
        self.object_type = object_type.strip()
        self.object_id = object_id.strip()
        self.since = _day(since)
        self.until = _day(until)
        self.text = text.strip()

    def filter_in(self, frame: Frame) -> AuditFilter:
        return AuditFilter(
            self.actor,
            self.action,
            self.object_type,
            self.object_id,
            _begin(frame, self.since),
            _begin(frame, self.until, days_later=1),
            self.text,
        )

    @property
    def is_on(self) -> bool:
        return any(vars(self).values())

    def query(self, **more: object) -> str:
        """For addresses of the next page and of the export."""
        return urlencode({name: value for name, value in {**vars(self), **more}.items() if value})


Wanted = Annotated[AuditQuery, Depends()]


@router.get("")
def show_audit(
    frame: ConsoleFrame, wanted: Wanted, older_than: Annotated[int | None, Query(ge=0, le=LARGEST_ITEM_ID)] = None
) -> Response:
    with frame.office.database.read() as session:
        page = search_audit(session, wanted.filter_in(frame), older_than=older_than)
    return frame.page(
        "audit.html",
        tab="audit",
        page=page,
        wanted=wanted,
        is_first_page=older_than is None,
        entry_words=EntryWords(frame.words),
    )


@router.get("/export.{form}")
def export_audit(frame: ConsoleFrame, wanted: Wanted, form: ExportFormat) -> Response:
    """Everything that fits, sent while it is read; that somebody took it along is an entry itself."""
    filters = wanted.filter_in(frame)
    with frame.office.database.write() as session:
        record_export(session, frame.visitor.user.email, form, filters)
    name = f"audit-{utc_now():%Y-%m-%d-%H%M}.{form.value}"
    return StreamingResponse(
        export_entries(every_entry(frame.office.database, filters), form),
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/{entry_id}")
def show_entry(frame: ConsoleFrame, entry_id: int, wanted: Wanted) -> Response:
    with frame.office.database.read() as session:
        entry = find_entry(session, entry_id) if 0 < entry_id <= LARGEST_ITEM_ID else None
    if entry is None:
        return frame.missing()
    words = EntryWords(frame.words)
    return frame.page(
        "audit_entry.html",
        tab="audit",
        entry=entry,
        wanted=wanted,
        differences=words.differences(entry),
        object_path=object_path(entry),
        entry_words=words,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _begin(frame: Frame, day: date | None, days_later: int = 0) -> datetime | None:
    """Midnight of a day; nothing at the ends of the calendar."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), frame.office.settings.zone).astimezone(UTC)
    except OverflowError:
        return None

"""The audit log: searching it, one entry, and the export of all that fits."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from bot.audit_export import MEDIA_TYPES, ExportFormat, describe_entry, export_entries, record_export
from bot.operations_api.fields import LARGEST_ID, Limit, Moment, OlderThanId, Text
from bot.operations_api.guard import OfficeOf, Viewer
from bot.web_errors import problem
from connectors.database.audit_search import PAGE_SIZE, AuditFilter, every_entry, find_entry, search_audit

router = APIRouter(prefix="/audit", tags=["audit log"])


class Entry(BaseModel):
    """Who or what did what to which object."""

    id: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, Any] | None = Field(description="the fields that changed, as they were; null: it was made")
    after: dict[str, Any] | None = Field(description="the fields that changed, as they became; null: it was removed")
    detail: dict[str, Any]


class Entries(BaseModel):
    """Entries, newest first."""

    entries: list[Entry]
    older_than: int | None = Field(description="asks for the next page; null on the last one")
    looked_back_to: datetime | None = Field(
        description="set where the search stopped early: older entries may fit, too; ask on with older_than"
    )


def _wanted(
    actor: Text = "",
    action: Text = "",
    object_type: Text = "",
    object_id: Text = "",
    since: Moment = None,
    until: Moment = None,
    text: Text = "",
) -> AuditFilter:
    return AuditFilter(actor, action, object_type, object_id, since, until, text)


Wanted = Annotated[AuditFilter, Depends(_wanted)]


@router.get("", response_model=Entries)
def search_audit_log(
    _caller: Viewer, office: OfficeOf, wanted: Wanted, older_than: OlderThanId = None, limit: Limit = PAGE_SIZE
) -> Any:
    """Entries that fit, newest first. `text` is looked for in actor, action, object and figures."""
    with office.database.read() as session:
        page = search_audit(session, wanted, older_than=older_than, limit=limit)
    return {
        "entries": [describe_entry(entry) for entry in page.entries],
        "older_than": page.older_than,
        "looked_back_to": page.looked_back_to,
    }


@router.get("/export", response_class=StreamingResponse)
def export_audit_log(
    caller: Viewer, office: OfficeOf, wanted: Wanted, format: ExportFormat = ExportFormat.JSONL
) -> StreamingResponse:
    """All entries that fit, newest first, as JSON lines or CSV, sent while they are read."""
    with office.database.write() as session:
        record_export(session, caller.actor, format, wanted)
    return StreamingResponse(
        export_entries(every_entry(office.database, wanted), format), media_type=MEDIA_TYPES[format]
    )


@router.get("/{entry_id}", response_model=Entry)
def show_audit_entry(
    _caller: Viewer, office: OfficeOf, entry_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]
) -> dict[str, Any]:
    """One entry with what was before and after."""
    with office.database.read() as session:
        entry = find_entry(session, entry_id)
    if entry is None:
        raise problem(404, "unknown_entry", f"The audit log has no entry {entry_id}.")
    return describe_entry(entry)

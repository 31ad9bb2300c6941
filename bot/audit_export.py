"""The audit log as a file: CSV for people, JSON lines for programs, written while it is read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from bot.csv_text import BYTE_ORDER_MARK, as_csv
from connectors.database.audit import record_audit
from connectors.database.audit_search import AuditFilter
from connectors.database.models.people import AuditEntry

LINES_AT_ONCE = 100
COLUMNS = ("id", "at", "actor", "action", "object_type", "object_id", "before", "after", "detail")


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/x-ndjson"}


def describe_entry(entry: AuditEntry) -> dict[str, Any]:
    """An entry as JSON has it."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "actor": entry.actor,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "before": entry.before,
        "after": entry.after,
        "detail": entry.detail,
    }


def export_entries(entries: Iterable[AuditEntry], form: ExportFormat) -> Iterator[str]:
    """The file in pieces, each of some lines; CSV has the names of the fields in its first line."""
    if form is ExportFormat.CSV:
        yield BYTE_ORDER_MARK + as_csv([COLUMNS])
    rest = iter(entries)
    while rows := [describe_entry(entry) for entry in islice(rest, LINES_AT_ONCE)]:
        yield _csv_lines(rows) if form is ExportFormat.CSV else _json_lines(rows)


def _csv_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return as_csv([_cell(row[column]) for column in COLUMNS] for row in rows)


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def record_export(session: Session, actor: str, form: ExportFormat, wanted: AuditFilter) -> None:
    """Say in the audit log that somebody took a part of it along."""
    filters = {name: value for name, value in asdict(wanted).items() if value}
    record_audit(session, actor, "audit.export", "audit_log", form.value, after=filters)

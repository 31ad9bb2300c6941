"""The task check_duplicate of the worked cases: an invoice against the documents that exist already."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from automations.rules.duplicates import DuplicatePolicy, find_duplicates
from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import PostedDocument


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    policy = given.get("policy", {})
    percent, days = policy.get("near_amount_pct"), policy.get("near_days")
    duplicates = find_duplicates(
        _document(given["invoice"]),
        [_document(row) for row in given["existing"]],
        DuplicatePolicy(None if percent is None else Decimal(str(percent)), days),
    )
    return {
        "flagged": bool(duplicates),
        "against": [duplicate.document_id for duplicate in duplicates],
        "reasons": sorted({reason for duplicate in duplicates for reason in duplicate.reasons}),
    }


def _document(row: Mapping[str, Any]) -> PostedDocument:
    return PostedDocument(
        id=row.get("id", ""),
        supplier=row["supplier"],
        type=DocumentType(row.get("type", "invoice")),
        number=row["number"],
        issue_date=date.fromisoformat(row["date"]) if row.get("date") else None,
        currency=row.get("currency", "EUR"),
        total=Decimal(str(row["total"])),
        is_cancelled=row.get("state") == "cancelled",
        is_fully_credited=row.get("state") == "fully_credited",
    )

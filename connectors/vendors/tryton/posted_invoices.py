"""Supplier invoices that Tryton has, as posted documents."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.contracts.documents import DocumentType
from connectors.contracts.purchasing import PostedDocument
from connectors.money import ZERO
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.purchase_orders import MARK, key_of
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, at, many, named

DRAFT, CANCELLED = "draft", "cancelled"
POSTED_STATES = ("validated", "posted", "paid")
FIELDS = (
    "party.name",
    "reference",
    "number",
    "description",
    "invoice_date",
    "currency.code",
    "total_amount",
    "state",
    "lines.origin",
)


class InvoiceBook:
    """Reads supplier invoices; drafts are nobody's word yet and are left out."""

    def __init__(self, session: TrytonSession) -> None:
        self._session = session

    def of_suppliers(self, suppliers: Sequence[str]) -> Iterator[PostedDocument]:
        domain = [named("party.name", suppliers), ["state", "in", [*POSTED_STATES, CANCELLED]]]
        return (_read(record) for record in self._find(domain))

    def without_order(self, posted_since: date) -> Iterator[PostedDocument]:
        domain = [["move.post_date", ">=", posted_since], ["state", "in", list(POSTED_STATES)]]
        found = (record for record in self._find(domain) if not orders_lines(record))
        return (_read(record) for record in found)

    def with_key(self, key: str, fields: Sequence[str]) -> Sequence[Record]:
        """The invoices that were made with this key, the one that counts first; cancelled ones are over.

        More than one there is when Tryton finished a call late that had been given up.
        """
        domain = [*self._scope(), ["description", "=", f"{MARK}{key}"], ["state", "!=", CANCELLED]]
        found = self._session.search("account.invoice", domain, fields, [["id", "ASC"]])
        with expecting_known_shapes():
            return sorted(found, key=lambda record: record["state"] == DRAFT)

    def _find(self, domain: Domain) -> Iterator[Record]:
        for record in self._session.all("account.invoice", [*self._scope(), *domain], FIELDS):
            with expecting_known_shapes():
                yield record

    def _scope(self) -> list[Any]:
        return [["type", "=", "in"], ["company", "=", self._session.company()]]


def orders_lines(record: Record) -> Sequence[int]:
    """The purchase lines that an invoice bills, one for each of its lines that bills one."""
    origins = [line["origin"] or "" for line in many(record, "lines")]
    return [int(origin.partition(",")[2]) for origin in origins if origin.startswith("purchase.line,")]


def _read(record: Record) -> PostedDocument:
    with expecting_known_shapes():
        total = Decimal(record["total_amount"])
        return PostedDocument(
            id=str(record["id"]),
            supplier=at(record, "party.name") or "",
            type=DocumentType.CREDIT_NOTE if total < ZERO else DocumentType.INVOICE,
            number=record["reference"] or record["number"] or "",
            issue_date=record["invoice_date"],
            currency=at(record, "currency.code"),
            total=abs(total),
            is_cancelled=record["state"] == CANCELLED,
            idempotency_key=key_of(record["description"]),
        )

"""The documents that wait in a source, each read or refused; one broken file stops no other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from automations.engine.packed_values import PackedValues
from connectors.contracts.documents import (
    Document,
    DocumentSource,
    DocumentType,
    Invoice,
    UnreadableDocumentError,
)
from connectors.einvoice.reader import read_invoices

# What a purchasing system can be expected to store.
MAX_NUMBER_LENGTH, MAX_SUPPLIER_LENGTH = 100, 200
NOT_HANDED_OVER = "NOT_HANDED_OVER"


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A document without its bytes, and either an invoice that was in it or the refusal (code, sentence).

    A CSV file can hold several invoices, which are items of their own: this is number `place` of `places`.
    """

    key: str
    document: Document
    invoice: Invoice | None = None
    refusal: tuple[str, str] | None = None
    place: int = 1
    places: int = 1

    @property
    def idempotency_key(self) -> str:
        return idempotency_key(self.document.checksum, self.place)


def idempotency_key(checksum: str, place: int = 1) -> str:
    """The key a document is posted with: the same bytes are the same document, whatever the file is called."""
    return f"sha256:{checksum}" if place == 1 else f"sha256:{checksum}/{place}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What the invoices of one file are known by."""

    idempotency_keys: set[str] = field(default_factory=set)
    suppliers: set[str] = field(default_factory=set)


class Inbox:
    """All that waits in a source, read once and held packed. `keys` are in fair order."""

    def __init__(self, source: DocumentSource) -> None:
        self._files: PackedValues[IncomingFile] = PackedValues()
        self._contents: defaultdict[str, Contents] = defaultdict(Contents)
        turns: dict[str, tuple[date, bool, str, int]] = {}
        for file in read_inbox(source):
            self._files[file.key] = file
            turns[file.key] = fair_order(file)
            if file.invoice is not None and file.places > 1:
                contents = self._contents[file.document.checksum]
                contents.idempotency_keys.add(file.idempotency_key)
                contents.suppliers.add(file.invoice.supplier)
        self.keys = sorted(turns, key=turns.__getitem__)

    def find(self, keys: Iterable[str]) -> Mapping[str, IncomingFile]:
        """The documents with these keys; those that are gone are missing in the answer."""
        return {key: self._files[key] for key in keys if key in self._files}

    def contents_of(self, checksum: str) -> Contents:
        """Of a file of several invoices; empty when it is gone."""
        return self._contents.get(checksum) or Contents()


def read_inbox(source: DocumentSource) -> Iterator[IncomingFile]:
    """Read all waiting documents in the order of their names; their bytes are not kept."""
    for document in source.list_documents():
        key = f"{document.name[:180]}#{document.checksum[:12]}"
        kept = replace(document, content=b"")
        try:
            invoices = _read(document)
            for place, invoice in enumerate(invoices, start=1):
                own_key = key if place == 1 else f"{key}/{place}"
                yield IncomingFile(own_key, kept, invoice, place=place, places=len(invoices))
        except UnreadableDocumentError as error:
            yield IncomingFile(key, kept, refusal=(error.code, error.reason))


def _read(document: Document) -> tuple[Invoice, ...]:
    if document.refusal is not None:
        raise UnreadableDocumentError(NOT_HANDED_OVER, document.refusal)
    invoices = read_invoices(document.content, document.name)
    if any(len(each.number) > MAX_NUMBER_LENGTH or len(each.supplier) > MAX_SUPPLIER_LENGTH for each in invoices):
        raise UnreadableDocumentError(
            "BAD_VALUE",
            f"The invoice number (at most {MAX_NUMBER_LENGTH} characters) or the supplier's name "
            f"(at most {MAX_SUPPLIER_LENGTH}) is too long to be one. Ask the supplier to send it again.",
        )
    return invoices


def fair_order(file: IncomingFile) -> tuple[date, bool, str, int]:
    """Sort by issue date, so that the earlier invoice gets what was received; a credit note follows the invoices
    of its day, and a file without a date comes last."""
    invoice = file.invoice
    if invoice is None or invoice.issue_date is None:
        return date.max, False, file.document.name, file.place
    return invoice.issue_date, invoice.type is DocumentType.CREDIT_NOTE, file.document.name, file.place

"""Supplier invoices as documents: what a file says, before anybody believes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class DocumentType(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class InvoiceCharge:
    """A charge (positive) or allowance (negative) on the document or on one line, net of tax.

    `is_allowance` says under which name the file lists it, because a correction can list a negative
    allowance; None = told by the sign.
    """

    kind: str
    amount: Decimal
    tax_percent: Decimal | None = None
    is_allowance: bool | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One billed line. `price_per` is the price base quantity; `net` the line amount as printed.

    `charges` are already contained in `net`; `uom` is empty when the file states no unit.
    """

    number: str
    description: str
    quantity: Decimal
    uom: str
    unit_price: Decimal
    net: Decimal
    price_per: Decimal = Decimal(1)
    item: str | None = None
    order_line: str | None = None
    order_reference: str | None = None
    tax_percent: Decimal | None = None
    charges: tuple[InvoiceCharge, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One row of the tax breakdown (EN 16931 BG-23)."""

    category: str
    percent: Decimal | None
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """When a document is to be paid, as far as it says so: `due_on` BT-9, and a discount for paying by a day."""

    due_on: date | None = None
    discount_until: date | None = None
    discount_percent: Decimal | None = None


NO_TERMS = PaymentTerms()


@dataclass(frozen=True, slots=True)
class Invoice:
    """A supplier invoice or credit note as read from a file; amounts in `currency`.

    The totals carry their EN 16931 terms: `line_total` BT-106, `net_total` BT-109, `tax_total` BT-110,
    `gross_total` BT-112, `prepaid` BT-113, `rounding` BT-114, `payable` BT-115, and for the charges of the
    document `allowance_total` BT-107 and `charge_total` BT-108, both as printed; None = not stated. `texts` are notes
    and other numbers of the order, `attachments` files inside the XML, `pdf_attachments` those of the PDF around it.
    """

    number: str
    type: DocumentType
    supplier: str
    currency: str
    issue_date: date | None
    lines: tuple[InvoiceLine, ...]
    type_code: str | None = None
    supplier_tax_id: str | None = None
    buyer: str | None = None
    order_reference: str | None = None
    charges: tuple[InvoiceCharge, ...] = ()
    taxes: tuple[TaxSubtotal, ...] = ()
    line_total: Decimal | None = None
    net_total: Decimal | None = None
    tax_total: Decimal | None = None
    gross_total: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None
    attachments: int = 0
    allowance_total: Decimal | None = None
    charge_total: Decimal | None = None
    texts: tuple[str, ...] = ()
    terms: PaymentTerms = NO_TERMS
    pdf_attachments: int = 0


class UnreadableDocumentError(ValueError):
    """The bytes are no invoice that we can trust; `reason` says why in a sentence a person understands."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Document:
    """One file offered by a source. `checksum` is the SHA-256 of its bytes and identifies it for ever.

    `refusal` says in a sentence why the source hands over no content (too large, may not be read); None = it does.
    """

    name: str
    checksum: str
    content: bytes = field(repr=False)
    refusal: str | None = None


class DocumentSource(Protocol):
    """Where supplier documents arrive, for example a folder.

    Raises:
        Unavailable: the source cannot be reached.
    """

    def list_documents(self) -> Iterator[Document]:
        """Documents that are neither archived nor quarantined, oldest name first."""
        ...

    def archive(self, document: Document) -> None:
        """Put a finished document aside; doing it twice changes nothing."""
        ...

    def quarantine(self, document: Document, reason: str) -> None:
        """Put an unreadable document aside with the reason beside it; doing it twice changes nothing."""
        ...

    def check(self) -> str:
        """One sentence about what was found when the connection was tried."""
        ...

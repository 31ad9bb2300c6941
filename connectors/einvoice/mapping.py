"""From an XML tree to an invoice, by the table of its syntax: both syntaxes carry the same EN 16931 fields."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from re import fullmatch

from lxml import etree

from connectors.contracts.documents import DocumentType, Invoice, InvoiceCharge, InvoiceLine, TaxSubtotal
from connectors.einvoice import terms
from connectors.einvoice.payment_terms import read_terms
from connectors.einvoice.refusal import RefusalCode, refuse
from connectors.einvoice.section import Paths, Section

# The codes of UNTDID 1001 that EN 16931 counts as credit notes; a corrected invoice (384) is still an invoice.
CREDIT_NOTE_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
# Profiles of Factur-X and ZUGFeRD (the end of their BT-24) that carry the header alone: booking aids without lines.
_PROFILES_WITHOUT_LINES = (":minimum", ":basicwl")
FREIGHT = "freight"
# UNTDID 7161 codes for which a purchase order plans a charge under a name of ours.
_KINDS = {"FC": FREIGHT}


@dataclass(frozen=True, slots=True)
class Syntax:
    """The paths of one XML syntax: tables of fields, and where the repeated parts are found.

    `freight_charges` are charges without an indicator, `attachments` embedded files that are not empty.
    """

    header: Paths
    line: Paths
    charge: Paths
    tax: Paths
    lines: str
    charges: str
    line_charges: str
    taxes: str
    texts: str
    terms: str
    attachments: str
    freight_charges: str = ""


def build_invoice(root: etree._Element, syntax: Syntax, *, is_credit_note: bool = False) -> Invoice:
    """Read all fields of an invoice; `is_credit_note` when the root element alone says so.

    Raises:
        UnreadableDocumentError: MISSING_FIELD or BAD_VALUE, naming the field.
    """
    header = _open_header(root, syntax)
    type_code = header.text(terms.TYPE_CODE)
    is_credit_note = is_credit_note or type_code in CREDIT_NOTE_CODES
    issue_date = header.day(terms.ISSUE_DATE)
    return Invoice(
        number=header.require_text(terms.NUMBER),
        type=DocumentType.CREDIT_NOTE if is_credit_note else DocumentType.INVOICE,
        type_code=type_code,
        supplier=header.require_text(terms.SELLER),
        supplier_tax_id=header.text(terms.SELLER_TAX_ID),
        buyer=header.text(terms.BUYER),
        currency=header.currency,
        issue_date=issue_date,
        order_reference=header.text(terms.ORDER_REFERENCE),
        lines=_read_lines(header, syntax),
        charges=tuple(_read_charges(header, syntax)),
        taxes=tuple(_read_tax(section) for section in header.sections(syntax.taxes, syntax.tax, "tax row")),
        line_total=header.number(terms.LINE_TOTAL),
        allowance_total=header.number(terms.ALLOWANCE_TOTAL),
        charge_total=header.number(terms.CHARGE_TOTAL),
        net_total=header.number(terms.NET_TOTAL),
        tax_total=header.number(terms.TAX_TOTAL),
        gross_total=header.number(terms.GROSS_TOTAL),
        prepaid=header.number(terms.PREPAID),
        rounding=header.number(terms.ROUNDING),
        payable=header.number(terms.PAYABLE),
        texts=header.texts(syntax.texts),
        terms=read_terms(issue_date, header.day(terms.DUE_DATE), header.texts(syntax.terms)),
        attachments=header.count(syntax.attachments),
    )


def _open_header(root: etree._Element, syntax: Syntax) -> Section:
    header = Section(root, syntax.header)
    currency = header.require_text(terms.CURRENCY)
    if not fullmatch(r"[A-Z]{3}", currency):
        raise header.bad_value(terms.CURRENCY)
    return replace(header, currency=currency)


def _read_lines(header: Section, syntax: Syntax) -> tuple[InvoiceLine, ...]:
    lines = tuple(_read_line(line, syntax) for line in header.sections(syntax.lines, syntax.line, "line"))
    if not lines and not (header.text(terms.PROFILE) or "").lower().endswith(_PROFILES_WITHOUT_LINES):
        raise refuse(
            RefusalCode.MISSING_FIELD,
            "The invoice has no lines (BG-25), so it cannot be compared with an order. "
            "Ask the supplier for a profile with lines, for example EN 16931.",
        )
    return lines


def _read_line(line: Section, syntax: Syntax) -> InvoiceLine:
    price_per = line.number(terms.PRICE_PER)
    if price_per is not None and price_per <= 0:
        raise line.bad_value(terms.PRICE_PER)
    return InvoiceLine(
        number=line.require_text(terms.LINE_NUMBER),
        description=line.text(terms.DESCRIPTION) or "",
        quantity=line.require_number(terms.QUANTITY),
        uom=line.attribute(terms.QUANTITY, "unitCode"),
        unit_price=line.require_number(terms.UNIT_PRICE),
        net=line.require_number(terms.LINE_NET),
        price_per=Decimal(1) if price_per is None else price_per,
        item=line.text(terms.ITEM),
        order_line=line.text(terms.ORDER_LINE),
        order_reference=line.text(terms.LINE_ORDER),
        tax_percent=line.number(terms.LINE_TAX_PERCENT),
        charges=tuple(
            _read_charge(charge) for charge in line.sections(syntax.line_charges, syntax.charge, "allowance or charge")
        ),
    )


def _read_charges(header: Section, syntax: Syntax) -> Iterator[InvoiceCharge]:
    for charge in header.sections(syntax.charges, syntax.charge, "allowance or charge"):
        yield _read_charge(charge)
    if syntax.freight_charges:
        for freight in header.sections(syntax.freight_charges, syntax.charge, "freight charge"):
            yield InvoiceCharge(
                kind=FREIGHT,
                amount=freight.require_number(terms.CHARGE_AMOUNT),
                tax_percent=freight.number(terms.CHARGE_TAX_PERCENT),
                is_allowance=False,
            )


def _read_charge(charge: Section) -> InvoiceCharge:
    is_allowance = not charge.truth(terms.IS_CHARGE)
    amount = charge.require_number(terms.CHARGE_AMOUNT)
    code = charge.text(terms.CHARGE_CODE) or ""
    nameless = "allowance" if is_allowance else "charge"
    return InvoiceCharge(
        kind=("" if is_allowance else _KINDS.get(code, "")) or charge.text(terms.CHARGE_REASON) or code or nameless,
        amount=-amount if is_allowance else amount,
        tax_percent=charge.number(terms.CHARGE_TAX_PERCENT),
        is_allowance=is_allowance,
    )


def _read_tax(row: Section) -> TaxSubtotal:
    return TaxSubtotal(
        category=row.require_text(terms.TAX_CATEGORY),
        percent=row.number(terms.TAX_PERCENT),
        taxable=row.require_number(terms.TAXABLE),
        tax=row.require_number(terms.TAX),
    )

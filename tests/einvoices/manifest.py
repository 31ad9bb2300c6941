"""What a manifest of e-invoices expects of each file, and where the product's answer differs from it.

`read`: every field of the header is equal, and no arithmetic rule is broken. `flag`: equal as well, and the invoice is
held, with every rule that the manifest names. `refuse`: no invoice, and a reason. `read_or_refuse`: one or the other.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from automations.invoices.findings import find_arithmetic, find_missing_fields
from connectors.contracts.documents import Invoice, UnreadableDocumentError
from connectors.einvoice.arithmetic import check_arithmetic
from connectors.einvoice.reader import read_invoice
from connectors.einvoice.refusal import RefusalCode

# The reader promises none of them; if it breaks its promise, the other rows are still told.
CRASHES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)

Row = Mapping[str, str]
READ, FLAG, REFUSE, READ_OR_REFUSE = "read", "flag", "refuse", "read_or_refuse"
COUNTS = ("line_count", "attachments_in_xml", "attachments_in_pdf")
AMOUNTS = ("line_total", "net_total", "tax_total", "gross_total", "prepaid", "rounding", "payable")
TEXTS = ("kind", "id", "issue_date", "type_code", "currency", "seller", "buyer", "order_reference")
COLUMNS = frozenset({"file", "expect", "rule", *TEXTS, *COUNTS, *AMOUNTS})


class ManifestError(ValueError):
    """The file is no manifest; the text says what is missing."""


def read_manifest(path: Path) -> list[Row]:
    """The rows of a manifest.

    Raises:
        ManifestError: a column is missing, or there is no row.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows: list[Row] = [{name: value or "" for name, value in row.items() if name} for row in reader]
    missing = sorted(COLUMNS - set(reader.fieldnames or ()))
    if missing:
        raise ManifestError(f"{path} lacks the columns {', '.join(missing)}.")
    if not rows:
        raise ManifestError(f"{path} has no rows.")
    return rows


def failure_of(row: Row, folder: Path) -> str | None:
    """What is wrong with the product's answer to the file of a row; None = nothing."""
    expect = row["expect"]
    if expect not in {READ, FLAG, REFUSE, READ_OR_REFUSE}:
        return f"the manifest expects {expect!r}, which is none of read, flag, refuse, read_or_refuse"
    file = folder / row["file"]
    if not file.is_file():
        return f"there is no file {file}"
    try:
        invoice = read_invoice(file.read_bytes(), file.name)
        if expect == REFUSE:
            return f"expected a refusal ({row['rule']}), got invoice {invoice.number!r}"
        return "; ".join(_differences(row, invoice)) or None
    except UnreadableDocumentError as refusal:
        return _judge_refusal(expect, refusal)
    except CRASHES as error:
        return f"raised {type(error).__name__}: {error}"


def _judge_refusal(expect: str, refusal: UnreadableDocumentError) -> str | None:
    if expect in {READ, FLAG}:
        return f"refused: {refusal.code}: {refusal.reason}"
    if not refusal.reason:
        return f"refused with {refusal.code} and no reason"
    names_format = refusal.code == RefusalCode.UNKNOWN_FORMAT.value
    if expect == READ_OR_REFUSE and not names_format:
        return f"refused without the name of its format: {refusal.code}: {refusal.reason}"
    return None


def _differences(row: Row, invoice: Invoice) -> Iterator[str]:
    # A foreign format may be told by its name alone; one that is read is held to what the manifest states of it.
    if row["expect"] == READ_OR_REFUSE and not row["id"]:
        return
    yield from _compare_fields(row, invoice)
    arithmetic = {str(finding.reason.where) for finding in find_arithmetic(check_arithmetic(invoice))}
    if row["expect"] == FLAG:
        named = arithmetic | {str(finding.reason.where) for finding in find_missing_fields(invoice)}
        unnamed = sorted(_rules_in(row["rule"]) - {rule for where in named for rule in _rules_in(where)})
        if unnamed or not named:
            yield f"held for {', '.join(sorted(named)) or 'nothing'}, but not for {', '.join(unnamed) or row['rule']}"
    elif arithmetic:
        yield f"held for {', '.join(sorted(arithmetic))}"


def _rules_in(text: str) -> set[str]:
    return set(re.findall(r"BR-[A-Z0-9-]*[0-9]+", text))


def _compare_fields(row: Row, invoice: Invoice) -> Iterator[str]:
    texts = _texts_of(invoice)
    for name in TEXTS:
        expected = " ".join(row[name].split())
        if texts[name] != expected:
            yield f"{name}: expected {expected!r}, got {texts[name]!r}"
    counts = dict(zip(COUNTS, (len(invoice.lines), invoice.attachments, invoice.pdf_attachments), strict=True))
    for name in COUNTS:
        if counts[name] != int(row[name] or "0"):
            yield f"{name}: expected {row[name] or '0'}, got {counts[name]}"
    for name in AMOUNTS:
        got = getattr(invoice, name)
        if not _is_equal_amount(row[name].strip(), got):
            yield f"{name}: expected {row[name] or 'nothing'}, got {'nothing' if got is None else got}"


def _is_equal_amount(expected: str, got: Decimal | None) -> bool:
    """An empty cell is an amount that is not stated, or stated as nothing."""
    try:
        return (got or Decimal(0)) == Decimal(expected or "0")
    except InvalidOperation:
        return False


def _texts_of(invoice: Invoice) -> dict[str, str]:
    texts = {
        "kind": invoice.type.value,
        "id": invoice.number,
        "issue_date": invoice.issue_date.isoformat() if invoice.issue_date else "",
        "type_code": invoice.type_code or "",
        "currency": invoice.currency,
        "seller": invoice.supplier,
        "buyer": invoice.buyer or "",
        "order_reference": invoice.order_reference or "",
    }
    return {name: " ".join(text.split()) for name, text in texts.items()}

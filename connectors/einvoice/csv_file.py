"""Invoices as CSV in one column layout: a row is a line, rows with the same supplier, type and number an invoice.

| column | what stands there |
|---|---|
| supplier, number, currency | of the invoice, on each of its rows |
| type | `invoice` (also when empty) or `credit_note` |
| issue_date, due_date | 2026-11-22 |
| order_reference, buyer, supplier_tax_id | may be empty |
| line | number of the line; empty = counted |
| item, description, order_line | may be empty, but not item and description both |
| quantity, unit, unit_price, price_per | `price_per` empty = 1 |
| net | amount of the line; empty = quantity × price ÷ price_per |
| tax_percent | may be empty |
| net_total, tax_total, gross_total | as printed; on any row of the invoice, always the same; no tax_total = no tax |

Separated by comma, semicolon, tab or bar. Numbers are like 1234.50 or 1234,50, in one file all the same way.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.contracts.documents import (
    NO_TERMS,
    DocumentType,
    Invoice,
    InvoiceLine,
    PaymentTerms,
    UnreadableDocumentError,
)
from connectors.einvoice.encoding import decode_document
from connectors.einvoice.refusal import RefusalCode, quote, refuse
from connectors.money import LARGEST_AMOUNT, round_money

REQUIRED = ("supplier", "number", "currency", "quantity", "unit_price")
COLUMNS = frozenset(
    {
        *REQUIRED,
        "type",
        "issue_date",
        "due_date",
        "order_reference",
        "buyer",
        "supplier_tax_id",
        "line",
        "item",
        "description",
        "order_line",
        "unit",
        "price_per",
        "net",
        "tax_percent",
        "net_total",
        "tax_total",
        "gross_total",
    }
)
DELIMITERS = ",;\t|"
MAX_ROWS = 100_000
MAX_CELL_CHARACTERS = 1_000
# Of so many errors a person sees what is wrong with the rest.
ERRORS_TOLD = 10
_HEADER_COLUMNS = ("currency", "issue_date", "due_date", "order_reference", "buyer", "supplier_tax_id")
_TOTALS = ("net_total", "tax_total", "gross_total")
NUMBERS = frozenset({"quantity", "unit_price", "price_per", "net", "tax_percent", *_TOTALS})
DAYS = frozenset({"issue_date", "due_date"})
_NUMBER = {
    ".": re.compile(r"[+-]?[0-9]{1,13}(\.[0-9]{1,10})?", re.ASCII),
    ",": re.compile(r"[+-]?[0-9]{1,13}(,[0-9]{1,10})?", re.ASCII),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Cells = Mapping[str, str]


class _RowError(ValueError):
    """What is wrong with one row; the text goes on after its number."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Cells


def is_csv_layout(content: bytes) -> bool:
    """Whether the first line names the columns that every invoice needs."""
    first = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].decode("latin-1")
    return set(REQUIRED) <= set(_split_header(first)[1])


def read_csv(content: bytes) -> tuple[Invoice, ...]:
    """The invoices of a file, in the order of their first rows.

    Raises:
        UnreadableDocumentError: WRONG_ENCODING, BAD_VALUE (naming the rows), MISSING_FIELD or TOO_LARGE.
    """
    rows = list(_read_rows(decode_document(content)))
    sign = _decimal_sign(rows)
    errors: list[str] = []
    groups: dict[tuple[str, str, str], list[tuple[_Row, InvoiceLine]]] = {}
    for row in rows:
        try:
            line = _read_line(row, sign)
            key = (_require(row, "supplier"), _type_of(row).value, _require(row, "number"))
        except _RowError as error:
            errors.append(f"row {row.number}: {error}")
            continue
        groups.setdefault(key, []).append((row, line))
    invoices: list[Invoice] = []
    for members in groups.values():
        try:
            invoices.append(_read_invoice([row for row, _ in members], [line for _, line in members], sign))
        except _RowError as error:
            errors.append(f"row {members[0][0].number}: {error}")
    if errors:
        raise _refuse_rows(errors)
    return tuple(invoices)


def _refuse_rows(errors: Sequence[str]) -> UnreadableDocumentError:
    more = f" … and {len(errors) - ERRORS_TOLD} more" if len(errors) > ERRORS_TOLD else ""
    told = "; ".join(errors[:ERRORS_TOLD])
    return refuse(
        RefusalCode.BAD_VALUE, f"The CSV file cannot be read: {told}{more}. Correct the rows and send it again."
    )


def _split_header(line: str) -> tuple[str, list[str]]:
    delimiter = max(DELIMITERS, key=line.count)
    return delimiter, [name.strip().strip('"').strip().lower() for name in line.rstrip("\r\n").split(delimiter)]


def _read_rows(text: str) -> Iterator[_Row]:
    delimiter, _ = _split_header(text.lstrip("\ufeff").split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader)]
        _check_columns(names)
        for count, cells in enumerate(reader):
            if count >= MAX_ROWS:
                raise refuse(RefusalCode.TOO_LARGE, f"The CSV file has more than {MAX_ROWS:,} rows. Split it.")
            if any(cell.strip() for cell in cells):
                yield _read_row(reader.line_num, names, cells)
    except csv.Error as error:
        raise refuse(
            RefusalCode.BAD_VALUE, f"The CSV file cannot be read: row {reader.line_num}: {error}. Send it again."
        ) from None


def _check_columns(names: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) != len(names):
        told = [f"missing: {', '.join(missing)}"] if missing else []
        told += [f"unknown: {', '.join(quote(name) for name in unknown[:ERRORS_TOLD])}"] if unknown else []
        told += ["a column stands there twice"] if len(set(names)) != len(names) else []
        raise refuse(RefusalCode.MISSING_FIELD, f"The columns of the CSV file are not ours ({'; '.join(told)}).")


def _read_row(number: int, names: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) != len(names):
        raise _refuse_rows([f"row {number}: it has {len(cells)} cells, the header {len(names)}"])
    values = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    long = next((name for name, value in values.items() if len(value) > MAX_CELL_CHARACTERS), None)
    if long is not None:
        raise _refuse_rows([f"row {number}: {long} is longer than {MAX_CELL_CHARACTERS} characters"])
    return _Row(number, values)


def _decimal_sign(rows: Sequence[_Row]) -> str:
    """The sign that the numbers of the file are written with: a comma only where no number has a point."""
    texts = [row.cells.get(name, "") for row in rows for name in NUMBERS]
    return "," if any("," in text for text in texts) and not any("." in text for text in texts) else "."


def _read_line(row: _Row, sign: str) -> InvoiceLine:
    quantity, price = _require_number(row, "quantity", sign), _require_number(row, "unit_price", sign)
    price_per = _number(row, "price_per", sign)
    price_per = Decimal(1) if price_per is None else price_per
    if price_per <= 0:
        raise _RowError("price_per must be above 0")
    item, description = row.cells.get("item") or None, row.cells.get("description", "")
    if item is None and not description:
        raise _RowError("item and description are both empty")
    amount = quantity * price / price_per
    if abs(amount) >= LARGEST_AMOUNT:
        raise _RowError("quantity × unit_price ÷ price_per is larger than any amount")
    net = _number(row, "net", sign)
    return InvoiceLine(
        number=row.cells.get("line") or str(row.number),
        description=description,
        quantity=quantity,
        uom=row.cells.get("unit", ""),
        unit_price=price,
        net=round_money(amount) if net is None else net,
        price_per=price_per,
        item=item,
        order_line=row.cells.get("order_line") or None,
        tax_percent=_number(row, "tax_percent", sign),
    )


def _read_invoice(rows: Sequence[_Row], lines: Sequence[InvoiceLine], sign: str) -> Invoice:
    head = {name: _same(rows, name) for name in (*_HEADER_COLUMNS, *_TOTALS)}
    currency = head["currency"]
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise _RowError(f"currency is {quote(currency)}, not a code like EUR")
    issue_date, due_on = (_day(name, head[name]) for name in ("issue_date", "due_date"))
    totals: dict[str, Any] = {name: _read_number(name, head[name], sign) for name in _TOTALS}
    return Invoice(
        number=_require(rows[0], "number"),
        type=_type_of(rows[0]),
        supplier=_require(rows[0], "supplier"),
        currency=currency,
        issue_date=issue_date,
        lines=tuple(lines),
        supplier_tax_id=head["supplier_tax_id"] or None,
        buyer=head["buyer"] or None,
        order_reference=head["order_reference"] or None,
        payable=totals["gross_total"],
        terms=NO_TERMS if due_on is None else PaymentTerms(due_on),
        **totals,
    )


def _same(rows: Sequence[_Row], name: str) -> str:
    """What stands on rows of one invoice; it may be left out on some, but not differ."""
    values = {row.cells.get(name, "") for row in rows} - {""}
    if len(values) > 1:
        raise _RowError(f"{name} differs between the rows of invoice {quote(rows[0].cells['number'])}")
    return values.pop() if values else ""


def _type_of(row: _Row) -> DocumentType:
    text = row.cells.get("type", "").lower() or DocumentType.INVOICE.value
    if text not in set(DocumentType):
        raise _RowError(f"type is {quote(text)}, neither invoice nor credit_note")
    return DocumentType(text)


def _require(row: _Row, name: str) -> str:
    value = row.cells[name]
    if not value:
        raise _RowError(f"{name} is empty")
    return value


def _require_number(row: _Row, name: str, sign: str) -> Decimal:
    number = _number(row, name, sign)
    if number is None:
        raise _RowError(f"{name} is empty")
    return number


def _number(row: _Row, name: str, sign: str) -> Decimal | None:
    return _read_number(name, row.cells.get(name, ""), sign)


def _read_number(name: str, text: str, sign: str) -> Decimal | None:
    if not text:
        return None
    if not _NUMBER[sign].fullmatch(text):
        raise _RowError(f"{name} is {quote(text)}, which is not a number like 1234{sign}50")
    return Decimal(text.replace(",", "."))


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else _no_day(name, text)
    except ValueError:
        return _no_day(name, text)


def _no_day(name: str, text: str) -> date:
    raise _RowError(f"{name} is {quote(text)}, not a day like 2026-11-22") from None

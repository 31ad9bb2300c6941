"""Invoices as CSV in our column layout: delimiter and decimal sign are recognised, errors name their rows."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.documents import DocumentType, Invoice, UnreadableDocumentError
from connectors.einvoice.arithmetic import check_arithmetic
from connectors.einvoice.reader import read_invoices

HEADER = (
    "supplier;number;type;issue_date;due_date;currency;order_reference;item;quantity;unit;unit_price;net;tax_percent;"
    "tax_total;gross_total"
)
LAMP = "Sklo s.r.o.;FV-1;;2026-11-10;2026-12-10;CZK;PO-7;LAMP;10;H87;40,50;405,00;21;106,05;611,05"
SHADE = "Sklo s.r.o.;FV-1;;;;;;SHADE;2;H87;50,00;;21;;"
CREDIT = "Sklo s.r.o.;DB-1;credit_note;2026-11-12;;CZK;PO-7;LAMP;1;H87;40,50;;21;8,51;49,01"


def read(*rows: str, header: str = HEADER, name: str = "invoices.csv") -> tuple[Invoice, ...]:
    return read_invoices("\r\n".join((header, *rows)).encode(), name)


def refusal(*rows: str, header: str = HEADER) -> UnreadableDocumentError:
    with pytest.raises(UnreadableDocumentError) as caught:
        read(*rows, header=header)
    assert caught.value.reason.endswith(".")
    return caught.value


def test_rows_of_one_number_are_one_invoice_and_a_file_can_hold_several() -> None:
    invoice, credit = read(LAMP, SHADE, CREDIT)
    assert (invoice.supplier, invoice.number, invoice.type) == ("Sklo s.r.o.", "FV-1", DocumentType.INVOICE)
    assert (invoice.issue_date, invoice.terms.due_on, invoice.currency) == (
        date(2026, 11, 10),
        date(2026, 12, 10),
        "CZK",
    )
    assert (invoice.order_reference, invoice.gross_total) == ("PO-7", Decimal("611.05"))
    lamp, shade = invoice.lines
    assert (lamp.item, lamp.quantity, lamp.uom, lamp.unit_price) == ("LAMP", Decimal(10), "H87", Decimal("40.50"))
    assert shade.net == Decimal("100.00")
    assert (credit.type, credit.number, len(credit.lines)) == (DocumentType.CREDIT_NOTE, "DB-1", 1)
    assert check_arithmetic(invoice) == ()


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_the_delimiter_is_recognised(delimiter: str) -> None:
    rows = (row.replace(",", ".").replace(";", delimiter) for row in (HEADER, LAMP, SHADE))
    header, *others = rows
    assert read(*others, header=header) == read(LAMP, SHADE)


def test_a_quoted_cell_may_hold_the_delimiter_and_a_line_break() -> None:
    (invoice,) = read(LAMP.replace("Sklo s.r.o.", '"Sklo; and\nson"'))
    assert invoice.supplier == "Sklo; and\nson"


def test_the_layout_is_recognised_without_the_ending_and_with_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbf" + f"{HEADER}\n{LAMP}\n".encode()
    assert read_invoices(content, "upload") == read(LAMP)


def test_a_point_anywhere_makes_the_comma_an_error_that_names_its_row() -> None:
    found = refusal(LAMP.replace("40,50", "40.50"))
    assert found.code == "BAD_VALUE"
    assert "row 2: net is" in found.reason
    assert "1234.50" in found.reason


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (LAMP.replace(";10;", ";ten;"), 'row 2: quantity is "ten"'),
        (LAMP.replace(";10;", ";;"), "row 2: quantity is empty"),
        (LAMP.replace(";10;", ";NaN;"), "row 2: quantity is"),
        (LAMP.replace(";10;", ";1e9;"), "row 2: quantity is"),
        (LAMP.replace(";10;", ";1 000;"), "row 2: quantity is"),
        (LAMP.replace(";10;", ";" + "9" * 20 + ";"), "row 2: quantity is"),
        (LAMP.replace("2026-11-10", "10.11.2026"), "row 2: issue_date is"),
        (LAMP.replace("2026-11-10", "2026-02-30"), "row 2: issue_date is"),
        (LAMP.replace("CZK", "crowns"), "row 2: currency is"),
        (LAMP.replace("Sklo s.r.o.", ""), "row 2: supplier is empty"),
        (LAMP.replace(";FV-1;;", ";FV-1;order;"), "row 2: type is"),
        (LAMP.replace(";LAMP;", ";;"), "row 2: item and description are both empty"),
        (LAMP + ";more", "row 2: it has 16 cells, the header 15"),
        (LAMP.replace("Sklo", "S" * 2000), "row 2: supplier is longer"),
    ],
)
def test_a_wrong_cell_is_named_with_its_row(row: str, told: str) -> None:
    found = refusal(row)
    assert found.code == "BAD_VALUE"
    assert told in found.reason


def test_all_wrong_rows_are_told_at_once_up_to_ten() -> None:
    found = refusal(*[LAMP.replace(";10;", ";x;")] * 12)
    assert found.reason.count("quantity is") == 10
    assert "and 2 more" in found.reason


def test_rows_that_contradict_each_other_are_refused() -> None:
    found = refusal(LAMP, LAMP.replace("CZK", "EUR"))
    assert "currency differs" in found.reason


def test_columns_that_are_not_ours_are_named() -> None:
    found = refusal(LAMP, header=HEADER.replace("quantity", "amount"))
    assert found.code == "MISSING_FIELD"
    assert "missing: quantity" in found.reason
    assert '"amount"' in found.reason


def test_a_header_without_rows_is_empty() -> None:
    assert refusal("", "  ").code == "EMPTY"


def test_a_file_that_is_not_in_utf_8_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_invoices(f"{HEADER}\n{LAMP.replace('Sklo', 'Křišťál')}".encode("cp1250"), "a.csv")
    assert caught.value.code == "WRONG_ENCODING"


def test_a_pdf_called_csv_is_still_a_pdf() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_invoices(b"%PDF-1.7\n", "a.csv")
    assert caught.value.code == "PDF_NOT_XML"


@given(st.lists(st.lists(st.text(max_size=12), min_size=15, max_size=15), max_size=4))
def test_any_cells_are_read_or_refused(rows: list[list[str]]) -> None:
    texts = [";".join(cell.replace(";", " ") for cell in row) for row in rows]
    try:
        invoices = read(LAMP, *texts)
    except UnreadableDocumentError as error:
        reason = error.reason
    else:
        reason = "."
        assert invoices
    assert reason.endswith(".")


@given(st.binary(max_size=60))
def test_any_bytes_called_csv_are_refused(content: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        read_invoices(content, "a.csv")

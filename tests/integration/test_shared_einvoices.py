"""The reader against real e-invoices, which stay outside the project: TWINOFFICE_CASES_DIR names their folder."""

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.contracts.documents import Invoice, UnreadableDocumentError
from connectors.einvoice.arithmetic import check_arithmetic
from connectors.einvoice.reader import read_invoice

CASES_DIR = os.environ.get("TWINOFFICE_CASES_DIR", "")
FOLDER = Path(CASES_DIR) / "einvoice"
if not CASES_DIR:
    pytest.skip(
        "real e-invoices not checked: set TWINOFFICE_CASES_DIR to the folder that holds einvoice/manifest.csv",
        allow_module_level=True,
    )

Row = dict[str, str]
TEXTS = ("id", "issue_date", "type_code", "currency", "seller", "buyer", "order_reference")
AMOUNTS = ("line_total", "net_total", "tax_total", "gross_total", "prepaid", "rounding", "payable")


def _load_rows() -> list[Row]:
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        return list(csv.DictReader(manifest))


ROWS = _load_rows()


def _rows(expect: str) -> list[pytest.param]:  # type: ignore[valid-type]
    return [pytest.param(row, id=row["file"]) for row in ROWS if row["expect"] == expect]


def _read(row: Row) -> Invoice:
    return read_invoice((FOLDER / row["file"]).read_bytes(), row["file"])


def _texts_of(invoice: Invoice) -> dict[str, str]:
    return {
        "id": invoice.number,
        "issue_date": invoice.issue_date.isoformat() if invoice.issue_date else "",
        "type_code": invoice.type_code or "",
        "currency": invoice.currency,
        "seller": invoice.supplier,
        "buyer": invoice.buyer or "",
        "order_reference": invoice.order_reference or "",
    }


def _assert_header(invoice: Invoice, row: Row) -> None:
    assert _texts_of(invoice) == {name: row[name] for name in TEXTS}
    assert invoice.type.value == row["kind"]
    assert len(invoice.lines) == int(row["line_count"])
    assert invoice.attachments == int(row["attachments_in_xml"])
    assert invoice.pdf_attachments == int(row["attachments_in_pdf"] or "0")
    for name in AMOUNTS:
        # An empty cell is an amount that is not stated, or stated as nothing.
        assert (getattr(invoice, name) or Decimal(0)) == Decimal(row[name] or "0"), name


def test_the_manifest_has_rows_of_every_kind() -> None:
    assert {row["expect"] for row in ROWS} >= {"read", "flag", "refuse"}
    assert {row["expect"] for row in ROWS if row["file"].lower().endswith(".pdf")} == {"read", "refuse"}


@pytest.mark.parametrize("row", _rows("read"))
def test_a_real_invoice_is_read_completely_and_adds_up(row: Row) -> None:
    invoice = _read(row)
    _assert_header(invoice, row)
    assert check_arithmetic(invoice) == ()


@pytest.mark.parametrize("row", _rows("flag"))
def test_an_invoice_with_wrong_sums_is_read_and_its_broken_rules_are_found(row: Row) -> None:
    invoice = _read(row)
    _assert_header(invoice, row)
    assert {finding.rule for finding in check_arithmetic(invoice)} == set(row["rule"].split())


@pytest.mark.parametrize("row", _rows("refuse"))
def test_what_is_no_invoice_is_refused_with_a_reason(row: Row) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        _read(row)
    assert refusal.value.reason


@pytest.mark.parametrize("row", _rows("read_or_refuse"))
def test_a_foreign_format_is_refused_by_its_name(row: Row) -> None:
    with pytest.raises(UnreadableDocumentError) as refusal:
        _read(row)
    assert refusal.value.code == "UNKNOWN_FORMAT"

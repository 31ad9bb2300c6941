"""Tables through a declared mapping: previewed, read as invoices or products, refused by row and column."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from connectors.contracts.documents import Document, Invoice
from connectors.einvoice.reader import read_invoices
from connectors.errors import NotFound, Rejected
from connectors.tables.cell_form import COMMA, DAY_FIRST, CellForm
from connectors.tables.columns import Columns
from connectors.tables.reading import TableReading
from connectors.vendors.files import FILE_SETTINGS
from connectors.vendors.mapped_documents import INVOICE_TABLE, MappedDocuments
from connectors.vendors.memory_documents import MemoryDocuments
from connectors.vendors.table_catalogue import FRESH_FOR, PRODUCT_TABLE, TableCatalogue
from tests.unit.invoice_office import open_office, ubl
from tests.unit.tables.test_excel import workbook

COLUMNS = {
    "supplier": "Dodavatel",
    "number": "Doklad č.",
    "issue_date": "Vystaveno",
    "currency": "=EUR",
    "order_reference": "Objednávka",
    "item": "Zboží",
    "quantity": "Kusů",
    "unit": "=H87",
    "unit_price": "Cena/ks",
    "gross_total": "Celkem",
    "net_total": "Celkem",
}
HEADING = ["Dodavatel", "Doklad č.", "Vystaveno", "Objednávka", "Zboží", "Kusů", "Cena/ks", "Celkem", "Poznámka"]
FORM = CellForm(COMMA, DAY_FIRST)


def reading(columns: Mapping[str, str] = COLUMNS, header_row: int = 1) -> TableReading:
    return TableReading(Columns(INVOICE_TABLE, columns, FORM), header_row=header_row)


def csv_of(*rows: str) -> bytes:
    return "\n".join((";".join(HEADING), *rows)).encode()


GOOD = "Acme s.r.o.;FV-7;3. 11. 2026;PO-1;LAMP;10;40,00;400,00;díky"


def mapped(name: str, content: bytes, how: TableReading | None = None) -> tuple[MappedDocuments, MemoryDocuments]:
    source = MemoryDocuments()
    source.add(name, content)
    return MappedDocuments(source, how or reading()), source


def invoice_of(documents: MappedDocuments) -> Invoice:
    (document,) = documents.list_documents()
    (invoice,) = read_invoices(document.content, document.name)
    return invoice


def test_a_csv_file_with_other_headings_is_an_invoice() -> None:
    documents, source = mapped("faktura.csv", csv_of(GOOD))
    invoice = invoice_of(documents)
    (line,) = invoice.lines
    assert (invoice.supplier, invoice.number, invoice.issue_date) == ("Acme s.r.o.", "FV-7", date(2026, 11, 3))
    assert (invoice.currency, invoice.order_reference, invoice.gross_total) == ("EUR", "PO-1", Decimal("400.00"))
    assert (line.item, line.quantity, line.uom, line.unit_price) == ("LAMP", Decimal(10), "H87", Decimal("40.00"))
    (document,) = documents.list_documents()
    assert document.checksum == sha256(csv_of(GOOD)).hexdigest()
    documents.archive(document)
    assert [archived.content for archived in source.archived] == [csv_of(GOOD)]


def test_an_excel_file_with_a_title_is_an_invoice() -> None:
    row = ["Acme s.r.o.", "FV-7", date(2026, 11, 3), "PO-1", "LAMP", 10, 40.0, 400, None]
    documents, _ = mapped("faktura.xlsx", workbook(["Faktura"], [], HEADING, row), reading(header_row=3))
    assert invoice_of(documents).lines[0].unit_price == Decimal(40)


def test_an_excel_file_in_our_own_layout_needs_no_mapping() -> None:
    content = workbook(
        ["supplier", "number", "currency", "item", "quantity", "unit_price"],
        ["Acme s.r.o.", "FV-7", "EUR", "LAMP", 2, 40.5],
    )
    assert invoice_of(mapped("faktura.xlsx", content, reading({}))[0]).lines[0].net == Decimal("81.00")


def test_other_files_and_our_own_csv_layout_pass_as_they_are() -> None:
    own = b"supplier,number,currency,item,quantity,unit_price\nAcme,1,EUR,LAMP,2,40.5\n"
    for name, content in (("a.xml", ubl()), ("own.csv", own), ("a.pdf", b"%PDF")):
        documents, _ = mapped(name, content)
        assert [document.content for document in documents.list_documents()] == [content]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (csv_of(GOOD.replace("40,00;400", "40.0;400")), "row 2: Cena/ks: '40.0' is no number with a decimal comma"),
        (csv_of(GOOD, GOOD.replace("3. 11. 2026", "11/30/2026")), "row 3: Vystaveno: '11/30/2026' is no day"),
        (csv_of(GOOD.replace("FV-7", "")), "row 2: Doklad č.: empty, and number is needed"),
        (b"Firma;Cena\nAcme;5\n", "'Dodavatel'"),
        (b"PK\x03\x04 broken", "The Excel file is damaged"),
        (b"\xd0\xcf\x11\xe0 old", "Save it as .xlsx"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_row_and_column(content: bytes, told: str) -> None:
    documents, _ = mapped("faktura.csv", content)
    (document,) = documents.list_documents()
    assert document.content == b""
    assert told in (document.refusal or "")


def test_a_refusal_of_the_invoice_names_the_row_of_the_file_that_people_have() -> None:
    other_currency = {**COLUMNS, "currency": "Poznámka"}
    rows = ["Název;;;;;;;;", "", ";".join(HEADING), "", GOOD.replace("díky", "koruny")]
    documents, _ = mapped("faktura.csv", "\n".join(rows).encode(), reading(other_currency, header_row=3))
    (document,) = documents.list_documents()
    with pytest.raises(ValueError, match='row 5: currency is "koruny"'):
        read_invoices(document.content, document.name)


def test_the_preview_shows_real_rows_beside_what_becomes_of_them() -> None:
    documents, _ = mapped("faktura.csv", csv_of(GOOD, GOOD.replace("10;", "ten;"), GOOD))
    first, second = documents.preview(2)
    assert (first.source["Kusů"], first.mapped["quantity"], first.problem) == ("10", "10", "")
    assert second.problem == "Kusů: 'ten' is no number with a decimal comma"


def test_a_wrong_mapping_still_shows_the_rows() -> None:
    documents, _ = mapped("faktura.csv", csv_of(GOOD), reading({**COLUMNS, "item": "Artikl"}))
    (row,) = documents.preview(5)
    assert (row.source["Zboží"], dict(row.mapped)) == ("LAMP", {})
    assert "there is no column 'Artikl'" in row.problem


def test_a_preview_without_a_table_is_empty_and_of_a_broken_one_says_why() -> None:
    assert mapped("a.xml", ubl())[0].preview(5) == ()
    with pytest.raises(Rejected, match=r"faktura\.xlsx: The Excel file is damaged"):
        mapped("faktura.xlsx", b"PK\x03\x04")[0].preview(5)


def test_a_mapped_invoice_is_matched_with_its_order() -> None:
    office = open_office()
    office.source.add("faktura.csv", csv_of(GOOD.replace("LAMP", "LAMP")))
    documents = MappedDocuments(office.source, reading({**COLUMNS, "order_line": "=1"}))
    office.source = documents  # type: ignore[assignment]
    (outcome,) = office.run()
    assert (outcome.outcome, outcome.detail["order"]) == ("matched", "PO-1")


def test_settings_become_a_reading_and_fields_of_another_contract_are_left_out() -> None:
    made = TableReading.from_settings(
        {"columns": {"sku": "Kód", "supplier": "Firma"}, "decimal_sign": "comma", "header_row": 4}, PRODUCT_TABLE
    )
    assert (dict(made.columns.mapping), made.columns.form, made.header_row) == ({"sku": "Kód"}, CellForm(COMMA), 4)
    mapping = next(setting for setting in FILE_SETTINGS if setting.name == "columns")
    assert set(mapping.choices) == {*INVOICE_TABLE.fields, *PRODUCT_TABLE.fields}


# Products


class Shelf:
    """A folder with one file that may be replaced."""

    def __init__(self, name: str, content: bytes) -> None:
        self.document = Document(name, sha256(content).hexdigest(), content)
        self.fetched = 0

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        self.fetched += 1
        return self.document if is_wanted(self.document.name) else None


def products_of(content: str, name: str = "prices.csv") -> TableCatalogue:
    return TableCatalogue(Shelf(name, content.encode()), TableReading(Columns(PRODUCT_TABLE)))


def test_one_wrong_row_refuses_the_price_list_and_every_wrong_row_is_named() -> None:
    catalogue = products_of("sku,price,currency,stock\nA,5,EUR,1\nB,five,EUR,1\nA,6,EUR,1\nC,1,EUR,\n")
    with pytest.raises(Rejected) as refusal:
        catalogue.list_products()
    assert refusal.value.reason.startswith("prices.csv: row 3: price: 'five' is no number")
    assert "row 4: the SKU 'A' stands there twice" in refusal.value.reason
    assert "row 5: stock: empty" in refusal.value.reason


def test_a_folder_without_a_price_list_says_what_to_do() -> None:
    empty = products_of("", "prices.pdf")
    assert "no CSV or Excel file with products yet" in empty.check()
    with pytest.raises(NotFound, match="Put one into the folder"):
        empty.list_products()


def test_a_price_list_is_fetched_once_a_minute() -> None:
    now = [datetime(2026, 11, 22, 8, 0, tzinfo=UTC)]
    shelf = Shelf("prices.csv", b"sku,price,currency,stock\nA,5,EUR,1\n")
    catalogue = TableCatalogue(shelf, TableReading(Columns(PRODUCT_TABLE)), lambda: now[0])
    catalogue.find_product("A")
    now[0] += FRESH_FOR - timedelta(seconds=1)
    catalogue.find_product("A")
    assert shelf.fetched == 1
    now[0] += timedelta(seconds=1)
    catalogue.list_products()
    assert shelf.fetched == 2

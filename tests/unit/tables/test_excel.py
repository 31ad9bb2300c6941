"""Tables in Excel workbooks: read as they are shown, and refused where they are damaged or made to harm."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from connectors.tables.excel_table import MAX_ELEMENTS, MAX_UNPACKED_BYTES, read_excel_table
from connectors.tables.table import TableError, TableRow
from tests.unit.tables.test_tables import reason_of

SHEET = "xl/worksheets/sheet1.xml"
DAMAGED = "The Excel file is damaged and cannot be opened. Save it again as .xlsx."


def workbook(*rows: Sequence[object], title: str = "Sheet") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    content = BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()


def test_an_excel_sheet_gives_decimals_days_and_texts() -> None:
    content = workbook(
        ["Kód", "Cena", "Den", "Platí", "Čas"],
        ["A", 0.1, date(2026, 11, 22), True, datetime(2026, 11, 22, 9, 30)],  # noqa: DTZ001 - as Excel has it
        [],
        [7, 10**15, None, False, "x"],
    )
    table = read_excel_table(content)
    assert table.rows == (
        TableRow(
            2,
            {
                "Kód": "A",
                "Cena": Decimal("0.1"),
                "Den": date(2026, 11, 22),
                "Platí": True,
                "Čas": "2026-11-22T09:30:00",
            },
        ),
        TableRow(4, {"Kód": Decimal(7), "Cena": Decimal(10**15), "Den": None, "Platí": False, "Čas": "x"}),
    )


def test_a_sheet_is_found_by_its_name_and_another_name_says_which_there_are() -> None:
    content = workbook(["a"], ["1"], title="Ceník")
    assert read_excel_table(content, "Ceník").columns == ("a",)
    with pytest.raises(TableError, match=r"no sheet 'Prices'\. It has: 'Ceník'"):
        read_excel_table(content, "Prices")


def repacked(content: bytes, name: str, part: bytes, kind: int = ZIP_DEFLATED) -> bytes:
    """The workbook with another part under this name."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(made, "w", ZIP_DEFLATED) as after:
        for each in before.infolist():
            if each.filename != name:
                after.writestr(each.filename, before.read(each))
        after.writestr(name, part, kind)
    return made.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(content)) as archive:
        return archive.read(name)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("3.3000000000000003", "3.3"),
        ("0.30000000000000004", "0.3"),
        ("1234567.8900000001", "1234567.89"),
        ("1E-07", "0.0000001"),
        ("1e20", "100000000000000000000"),
        ("123456789012345678", "123456789012345678"),
    ],
)
def test_a_number_has_the_fifteen_digits_that_excel_shows(kept: str, shown: str) -> None:
    content = workbook(["price"], [1.5])
    sheet = part_of(content, SHEET).replace(b"<v>1.5</v>", f"<v>{kept}</v>".encode())
    (row,) = read_excel_table(repacked(content, SHEET, sheet)).rows
    assert format(row.cells["price"], "f") == shown


def test_a_workbook_that_unpacks_without_end_is_refused() -> None:
    content = repacked(workbook(["a"]), SHEET, b"\0" * (MAX_UNPACKED_BYTES + 1))
    assert len(content) < 1_000_000
    with pytest.raises(TableError, match="unpacks to more than 100 MB"):
        read_excel_table(content)


@pytest.mark.parametrize("element", [b"<c/>", b"<si><t/></si>", b"<x />"])
def test_a_workbook_of_countless_elements_is_refused_before_it_is_opened(element: bytes) -> None:
    each = element.count(b"<") - element.count(b"</")
    sheet = b"<worksheet><sheetData><row>" + element * (MAX_ELEMENTS // each)
    assert "holds more than" in reason_of(lambda: read_excel_table(repacked(workbook(["a"]), SHEET, sheet)))


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("xl/sharedStrings2.xml", b""),
        ("xl/strings.bin", b""),
        (SHEET, b"<!--" + b" " * 5_000 + b"-->"),
        (SHEET, b"<!--" + b" " * (1 << 20) + b"-->"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_is_not_opened(name: str, before: bytes, encoding: str) -> None:
    text = before.decode() + '<!DocType a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(TableError, match="document type declaration"):
        read_excel_table(repacked(workbook(["a"], ["1"]), name, text.encode(encoding)))


def test_a_declaration_is_found_wherever_the_reading_pauses() -> None:
    for offset in range(-12, 4):
        text = b"<!--" + b" " * ((1 << 20) + offset - 7) + b"--><!DOCTYPE a><a/>"
        with pytest.raises(TableError, match="document type declaration"):
            read_excel_table(repacked(workbook(["a"]), SHEET, text))


def test_each_byte_of_a_packed_sheet_may_be_wrong() -> None:
    content = workbook(["sku", "price"], ["A", 5], ["B", "6"])
    with ZipFile(BytesIO(content)) as archive:
        sheet = archive.getinfo(SHEET)
    start = sheet.header_offset + 30 + len(SHEET)
    for place in range(start, start + sheet.compress_size):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        assert reason_of(lambda content=bytes(damaged): read_excel_table(content)).endswith(".")  # type: ignore[misc]


def test_a_part_that_is_packed_in_another_way_and_damaged_is_refused() -> None:
    content = repacked(workbook(["sku"], ["A"]), SHEET, b"<worksheet/>" * 50, ZIP_LZMA)
    place = content.rindex(b"]\0\0") + 12
    damaged = content[:place] + b"\xff" * 10 + content[place + 10 :]
    assert reason_of(lambda: read_excel_table(damaged)) == DAMAGED


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"<v>5</v>", b't="n"', b'r="A2"', b"<row r=", b"sheetData"]), st.text(max_size=30))
def test_any_words_in_a_sheet_are_a_refusal_or_a_table(word: bytes, other: str) -> None:
    content = workbook(["sku", "price"], ["A", 5])
    sheet = re.sub(re.escape(word), lambda _found: other.encode(errors="replace"), part_of(content, SHEET))
    damaged = repacked(content, SHEET, sheet, ZIP_STORED)
    assert reason_of(lambda: read_excel_table(damaged)).endswith(".")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 6000), st.integers(0, 400))
def test_any_damage_to_a_workbook_is_a_refusal_or_a_table(noise: bytes, place: int, length: int) -> None:
    content = workbook(["sku", "price"], ["A", 5], ["B", "6"])
    damaged = content[:place] + noise + content[place + length :]
    assert reason_of(lambda: read_excel_table(damaged)).endswith(".")

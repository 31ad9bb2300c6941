"""Tables in CSV and Excel: read whoever wrote them, refused by name of what is wrong."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from connectors.tables.csv_table import read_csv_table
from connectors.tables.excel_table import MAX_UNPACKED_BYTES, read_excel_table
from connectors.tables.table import MAX_ROWS, Table, TableError, TableRow, build_table


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


def reason_of(read: Callable[[], Table]) -> str:
    """The refusal, or how many rows were read; any other error is one."""
    try:
        return f"{len(read().rows)} rows."
    except TableError as error:
        return error.reason


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_a_csv_file_is_found(delimiter: str) -> None:
    table = read_csv_table(f"Kód{delimiter}Cena\nA{delimiter}5\n".encode())
    assert (table.columns, table.rows) == (("Kód", "Cena"), (TableRow(2, {"Kód": "A", "Cena": "5"}),))


@pytest.mark.parametrize(
    ("character_set", "encoding"),
    [
        ("unicode", "utf-8"),
        ("unicode", "utf-8-sig"),
        ("unicode", "utf-16"),
        ("windows-1250", "cp1250"),
        ("iso-8859-2", "iso-8859-2"),
    ],
)
def test_a_csv_file_is_read_in_the_character_set_that_was_declared(character_set: str, encoding: str) -> None:
    table = read_csv_table("Zboží;Cena\r\nŽidle;5\r\n".encode(encoding), character_set)
    assert table.rows[0].cells == {"Zboží": "Židle", "Cena": "5"}


def test_a_file_in_another_character_set_says_where_to_name_it() -> None:
    with pytest.raises(TableError, match="name that in the connection"):
        read_csv_table("Zboží;Cena\r\nŽidle;5\r\n".encode("cp1250"))
    with pytest.raises(TableError, match="Byte 1 of the file is not windows-1252"):
        read_csv_table(b"\x81;Cena\n", "windows-1252")


def test_titles_above_the_header_and_empty_rows_are_passed_over_and_rows_keep_their_numbers() -> None:
    content = 'Price list 2026\n\nsku;price\n\nA;5\n;\n"B\nlong";6\n'
    table = read_csv_table(content.encode(), header_row=3)
    assert table.rows == (TableRow(5, {"sku": "A", "price": "5"}), TableRow(8, {"sku": "B long", "price": "6"}))


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


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no row with the names"),
        ([["", " "]], "must have 1 to"),
        ([["a", "A"]], "stands in the file twice"),
        ([["a"], ["1", "2"]], "Row 2 has more cells"),
        ([["a"], ["x" * 2_001]], "Row 2: a is longer"),
        ([[f"c{number}" for number in range(201)]], "must have 1 to 200"),
        ([["a"], *([["1"]] * (MAX_ROWS + 1))], "more than 100,000 rows"),
    ],
)
def test_what_is_no_table_says_why(rows: list[list[str]], told: str) -> None:
    with pytest.raises(TableError, match=told):
        build_table(list(enumerate(rows, start=1)))


def test_a_csv_file_whose_quotes_never_close_names_its_line() -> None:
    with pytest.raises(TableError, match="Line 3"):
        read_csv_table(b'a;b\n1;2\n"3;4')


def test_a_workbook_that_unpacks_without_end_is_refused() -> None:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(MAX_UNPACKED_BYTES // 1_000_000 + 1):
            part.write(b"\0" * 1_000_000)
    assert len(content.getvalue()) < 1_000_000
    with pytest.raises(TableError, match="unpacks to more than 200 MB"):
        read_excel_table(content.getvalue())


def test_a_workbook_with_entities_is_not_opened() -> None:
    content = BytesIO(workbook(["a"], ["1"]))
    with ZipFile(content, "a") as archive:
        archive.writestr("xl/sharedStrings2.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(TableError, match="document type declaration"):
        read_excel_table(content.getvalue())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 6000), st.integers(0, 400))
def test_any_damage_to_a_workbook_is_a_refusal_or_a_table(noise: bytes, place: int, length: int) -> None:
    content = workbook(["sku", "price"], ["A", 5], ["B", "6"])
    damaged = content[:place] + noise + content[place + length :]
    assert reason_of(lambda: read_excel_table(damaged)).endswith(".")


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_csv_table_or_refused(content: bytes) -> None:
    assert reason_of(lambda: read_csv_table(content)).endswith(".")

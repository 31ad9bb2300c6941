"""Tables in CSV: read whoever wrote them, refused by name of what is wrong."""

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.tables.csv_table import read_csv_table
from connectors.tables.table import MAX_ROWS, Table, TableError, TableRow, build_table


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


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ('"Cena, Kč";Kusů', ("Cena, Kč", "Kusů")),
        ("Cena (Kč, bez DPH);Kusů", ("Cena (Kč, bez DPH)", "Kusů")),
        ("Cena (Kč, bez DPH, s dopravou);Kusů", ("Cena (Kč, bez DPH, s dopravou)", "Kusů")),
        ('Name,"Size; mm",Price', ("Name", "Size; mm", "Price")),
        ('"Cena\nKč";Kusů', ("Cena Kč", "Kusů")),
        ("Kusů", ("Kusů",)),
    ],
)
def test_a_delimiter_inside_a_heading_divides_nothing(header: str, columns: tuple[str, ...]) -> None:
    wanted = frozenset({"kusů", "price"})
    assert read_csv_table(f"{header}\n".encode(), wanted=wanted).columns == columns


def test_nobody_has_to_say_which_columns_there_are_for_a_comma_in_a_heading_to_be_one() -> None:
    assert read_csv_table("Cena (Kč, bez DPH);Kusů\n".encode()).columns == ("Cena (Kč, bez DPH)", "Kusů")


def test_a_row_of_countless_names_is_refused_at_once() -> None:
    header = ";".join(f"c{number}" for number in range(200_000))
    started = time.perf_counter()
    assert "must have 1 to 200" in reason_of(lambda: read_csv_table(header.encode()))
    assert time.perf_counter() - started < 5


def test_countless_short_rows_are_refused_before_they_are_kept() -> None:
    content = b"a\n" + b"1\n" * 2_000_000
    tracemalloc.start()
    try:
        assert "more than 100,000 rows" in reason_of(lambda: read_csv_table(content))
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_csv_file_whose_quotes_never_close_names_its_line() -> None:
    with pytest.raises(TableError, match="Line 3"):
        read_csv_table(b'a;b\n1;2\n"3;4')


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_csv_table_or_refused(content: bytes) -> None:
    assert reason_of(lambda: read_csv_table(content)).endswith(".")

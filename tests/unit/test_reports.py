"""One description of a report becomes a CSV file, JSON and a PDF, in every language."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pypdf import PdfReader

from bot.console.charts import Series, bars
from bot.console.row_charts import lying_bars
from bot.pages.rendering import create_pages
from bot.reports.cells import bare, told
from bot.reports.files import describe_report, report_csv
from bot.reports.pdf import MOST_ROWS, print_report
from bot.reports.report import Cell, Column, Drawing, Link, Money, Report, Table
from bot.texts import Texts
from connectors.settings import DATA_FOLDER

TEXTS = Texts(DATA_FOLDER)
PAGES = create_pages(DATA_FOLDER, TEXTS, UTC)
LANGUAGES = sorted(PAGES.languages)
ROWS: list[list[Cell]] = [
    [Link("Příliš žluťoučký kůň s.r.o.", "/x"), date(2026, 11, 10), 1234, Money(Decimal("-1234.50"), "EUR")],
    ["=cmd", None, 0, Money(Decimal("0.10"), "EUR")],
]
COLUMNS = [Column("name", "Name"), Column("day", "Day"), Column("count", "Count", True), Column("sum", "Sum", True)]
TABLE = Table("by-name", "By name", COLUMNS, ROWS, "Nothing")
FILLED = re.compile(rb"re f\b")


def report(*tables: Table) -> Report:
    series = [Series("held", "warm", [3, 1]), Series("waiting", "accent", [5, 0])]
    return Report(
        "invoices",
        "Invoices",
        datetime(2026, 11, 22, 8, tzinfo=UTC),
        ["A note."],
        [
            Drawing("rows", "Rows", "About", lying_bars(["Acme", "Bolt"], series, str), "Supplier"),
            Drawing("columns", "Columns", "About", bars(["0-7", "8-30"], series[0], str), "Age"),
        ],
        tables or [TABLE],
        [("Supplier", "Acme")],
    )


def print_in(language: str, made: Report) -> bytes:
    about, formats = PAGES.languages[language], PAGES.formats[language]
    return print_report(made, about, PAGES.catalogue.translator(language), formats)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_people_read_cells_as_their_language_writes_them_and_programs_plainly() -> None:
    english, persian = PAGES.formats["en"], PAGES.formats["fa"]
    assert [told(cell, english) for cell in ROWS[0][1:]] == ["10 Nov 2026", "1,234", "-€1,234.50"]
    assert told(1234, persian) == "۱٬۲۳۴"
    assert [bare(cell) for cell in ROWS[0]] == ["Příliš žluťoučký kůň s.r.o.", "2026-11-10", "1234", "-1234.50"]
    assert bare(None) == told(None, english) == ""


def test_one_table_as_csv_is_a_plain_table_with_numbers_that_can_be_added() -> None:
    content = "".join(report_csv(report(), [TABLE]))
    assert content.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    assert rows[0] == ["Name", "Day", "Count", "Sum"]
    assert rows[1][3] == "-1234.50"
    assert rows[2][0] == "'=cmd"


def test_all_tables_as_csv_stand_one_below_the_other_under_their_titles() -> None:
    second = replace(TABLE, key="other", title="Other", rows=[])
    rows = list(csv.reader(io.StringIO("".join(report_csv(report(TABLE, second))).removeprefix("\ufeff"))))
    assert rows[0] == ["By name"]
    assert rows[4:] == [[], ["Other"], ["Name", "Day", "Count", "Sum"]]


def test_programs_get_rows_by_the_keys_of_the_columns() -> None:
    described = describe_report(report())
    assert described["tables"]["by-name"][1] == {"name": "=cmd", "day": None, "count": "0", "sum": "0.10"}
    assert described["filters"] == {"Supplier": "Acme"}


def test_the_pdf_says_what_the_report_says() -> None:
    text = text_of(print_in("en", report()))
    for said in ("Invoices", "A note.", "Supplier: Acme", "Rows", "By name", "žluťoučký", "1,234", "page 1"):
        assert said in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_letters_and_figures(language: str) -> None:
    title = PAGES.catalogue.texts[language]["reports.invoices.title"]
    made = replace(report(replace(TABLE, title=title)), title=title)
    printed = text_of(print_in(language, made))
    # From right to left the extractor joins letters in its own way; what was printed is all there.
    assert set(title) - {"\u200c"} <= set(printed)
    assert set(told(1234, PAGES.formats[language])) - {"\u00a0"} <= set(printed)


def test_from_right_to_left_the_first_column_stands_on_the_right() -> None:
    def place_of(language: str, wanted: str) -> float:
        places: list[float] = []

        def look(text: str, _page: object, matrix: list[float], *_rest: object) -> None:
            if wanted in text:
                places.append(matrix[4])

        page = PdfReader(io.BytesIO(print_in(language, report()))).pages[0]
        page.extract_text(visitor_text=look)
        return places[-1]

    assert place_of("en", "Name") < place_of("en", "Sum")
    assert place_of("fa", "Name") > place_of("fa", "Sum")


def test_the_rows_of_a_table_are_not_painted_with_the_colour_of_a_chart() -> None:
    page = PdfReader(io.BytesIO(print_in("en", report()))).pages[0]
    contents = page.get_contents()
    assert contents is not None
    pieces, legend, columns, headings = 3, 2, 2, len(COLUMNS)
    assert len(FILLED.findall(contents.get_data())) == pieces + legend + columns + headings


def test_the_same_report_is_the_same_file() -> None:
    assert print_in("hu", report()) == print_in("hu", report())


def test_a_long_table_goes_on_on_the_next_page_and_says_what_it_leaves_out() -> None:
    long = replace(TABLE, rows=[[f"row {number}", None, number, None] for number in range(MOST_ROWS + 7)])
    pdf = print_in("en", report(long))
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 3
    text = text_of(pdf)
    assert f"row {MOST_ROWS - 1}" in text
    assert f"row {MOST_ROWS}\n" not in text
    assert "Rows not shown here: 7" in text


def test_an_empty_table_says_so() -> None:
    assert "Nothing" in text_of(print_in("en", report(replace(TABLE, rows=[]))))

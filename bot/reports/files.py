"""A report as CSV for spreadsheets and as JSON for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.csv_text import BYTE_ORDER_MARK, as_csv
from bot.reports.cells import bare
from bot.reports.report import Report, Table

ROWS_A_PIECE = 500


def report_csv(report: Report, tables: Sequence[Table] | None = None) -> Iterator[str]:
    """The tables one below the other, each under its title; one alone begins with the titles of its columns."""
    chosen = report.tables if tables is None else tables
    yield BYTE_ORDER_MARK
    for place, table in enumerate(chosen):
        if len(chosen) > 1:
            yield as_csv([*([[]] if place else []), [table.title]])
        yield as_csv([[column.title for column in table.columns]])
        for rows in _pieces(table.rows):
            yield as_csv([bare(cell) for cell in row] for row in rows)


def describe_report(report: Report) -> dict[str, Any]:
    """The tables with their rows as objects; figures are text, so that none loses a digit."""
    return {
        "report": report.key,
        "title": report.title,
        "made_at": report.made_at.isoformat(),
        "filters": dict(report.filters),
        "tables": {table.key: _rows_of(table) for table in report.tables},
    }


def _rows_of(table: Table) -> list[dict[str, str | None]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, (None if cell is None else bare(cell) for cell in row), strict=True)) for row in table.rows]


def _pieces(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + ROWS_A_PIECE] for start in range(0, len(rows), ROWS_A_PIECE))

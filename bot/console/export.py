"""A run's items as CSV, page by page, so that a run of any size leaves the server as a stream."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automations.engine.runs import list_items
from bot.console.words import Words
from connectors.database.models.work import ItemState, Run, RunItem
from connectors.database.session import Database

ROWS_A_READ = 500
COLUMNS = ("title", "key", "state", "outcome", "owner", "codes", "reasons")
# Spreadsheets run a cell that begins like this as a formula, and titles come from other people's files.
# Spreadsheets of many countries split a line at semicolons, whatever the file says.
_FORMULA_START = re.compile(r"(^|[;,\t\r\n])([ \t\r]*)(?=[=+\-@])")
# By this mark spreadsheets know the encoding.
BYTE_ORDER_MARK = "\ufeff"


def item_rows(
    database: Database, words: Words, run: Run, states: Sequence[ItemState], outcome: str | None
) -> Iterator[str]:
    """A header line and a line an item; each reason is told in words with its figures."""
    yield BYTE_ORDER_MARK + _as_csv([[words.text(f"console.csv.{column}") for column in COLUMNS]])
    after: int | None = 0
    while after is not None:
        with database.read() as session:
            page = list_items(session, run.id, states=states, outcome=outcome, after=after, limit=ROWS_A_READ)
        yield _as_csv(_row(words, run, item) for item in page.items)
        after = page.after


def _row(words: Words, run: Run, item: RunItem) -> Sequence[str]:
    return [
        item.title,
        item.key,
        words.text(f"console.item.{item.state}"),
        words.outcome(run.job, item.outcome),
        words.owner(item.owner) if item.owner else "",
        " ".join(reason["code"] for reason in item.reasons),
        " | ".join(_told(words, reason) for reason in item.reasons),
    ]


def _told(words: Words, reason: Mapping[str, Any]) -> str:
    figures = [
        f"{words.text(f'console.{name}')}: {reason[name]}"
        for name in ("found", "expected", "limit", "where")
        if reason.get(name)
    ]
    return " – ".join([words.reason(reason["code"]), *figures])


def _as_csv(rows: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[_harmless(cell) for cell in row] for row in rows])
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, also where it splits the line at semicolons or tabs."""
    return _FORMULA_START.sub(r"\1\2'", cell)

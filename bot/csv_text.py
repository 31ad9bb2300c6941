"""CSV that spreadsheets open as it is meant: in UTF-8, and with no cell that they would run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Spreadsheets run a cell that begins like this as a formula, and titles come from other people's files.
# Spreadsheets of many countries split a line at semicolons, whatever the file says.
_FORMULA_START = re.compile(r"(^|[;,\t\r\n])([ \t\r]*)(?=[=+\-@])")
# A number below zero begins like one, too, and is none.
_NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)
# By this mark spreadsheets know the encoding.
BYTE_ORDER_MARK = "\ufeff"


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[_harmless(cell) for cell in row] for row in rows])
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, also where it splits the line at semicolons or tabs."""
    return cell if _NUMBER.fullmatch(cell) else _FORMULA_START.sub(r"\1\2'", cell)

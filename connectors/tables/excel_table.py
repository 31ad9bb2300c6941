"""Tables in Excel workbooks (.xlsx, .xlsm): values only, never a formula, a macro or a link."""

import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from connectors.tables.table import MAX_COLUMNS, MAX_ROWS, Table, TableError, build_table

SIGNATURE = b"PK\x03\x04"
# A workbook of so many rows takes some 60 MB unpacked; a ZIP bomb takes more.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 2_000
_SNIFFED_BYTES = 4096
_BROKEN = (
    BadZipFile,
    InvalidFileException,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    SyntaxError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def read_excel_table(content: bytes, sheet: str = "", header_row: int = 1) -> Table:
    """The table on a sheet (the first one unless named); the names of the columns stand in row `header_row`.

    Numbers become Decimal as they are shown at full length, days become date.

    Raises:
        TableError: the file cannot be read as such a table.
    """
    try:
        _refuse_bombs(content)
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it drops; values are all that is read.
            warnings.simplefilter("ignore")
            return build_table(list(_read_rows(content, sheet, header_row)))
    except TableError:
        raise
    except _BROKEN as error:
        raise TableError("The Excel file is damaged and cannot be opened. Save it again as .xlsx.") from error


def _refuse_bombs(content: bytes) -> None:
    with ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise TableError(
                f"The Excel file unpacks to more than {MAX_UNPACKED_BYTES // 1024 // 1024} MB. "
                "Save only the sheet that is needed."
            )
        for part in parts:
            if not part.filename.lower().endswith((".xml", ".rels")):
                continue
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(_SNIFFED_BYTES).replace(b"\0", b"").upper():
                    raise TableError(
                        "The Excel file carries a document type declaration, which no workbook needs and which can "
                        "be used to attack the reader. It was not opened."
                    )


def _read_rows(content: bytes, sheet: str, header_row: int) -> Iterator[tuple[int, Sequence[Any]]]:
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        if sheet and sheet not in book.sheetnames:
            known = ", ".join(repr(name) for name in book.sheetnames[:10])
            raise TableError(f"The Excel file has no sheet {sheet!r}. It has: {known}.")
        page = book[sheet] if sheet else book.worksheets[0]
        # Without this, rows and columns that once were formatted are read as if there was something in them.
        page.reset_dimensions()
        rows = page.iter_rows(min_row=header_row, max_col=MAX_COLUMNS + 1, values_only=True)
        for number, cells in enumerate(rows, start=header_row):
            if number - header_row > MAX_ROWS:
                raise TableError(f"The file has more than {MAX_ROWS:,} rows. Split it.")
            filled = [_plain(cell) for cell in cells]
            while filled and filled[-1] in (None, ""):
                filled.pop()
            if filled:
                yield number, filled
    finally:
        book.close()


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, int | float):
        # What Excel computes has 15 digits; the shortest text of a float is what was typed in.
        return Decimal(repr(cell))
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell.isoformat()
    return cell if isinstance(cell, date) else str(cell)

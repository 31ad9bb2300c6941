"""Tables in Excel workbooks (.xlsx, .xlsm): values only, never a formula, a macro or a link."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from lzma import LZMAError
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from connectors.tables.table import MAX_COLUMNS, MAX_ROWS, Table, TableError, build_table, too_many_rows

SIGNATURE = b"PK\x03\x04"
# MAX_ROWS of a dozen columns take some 60 MB unpacked, with 2.5 million elements; a ZIP bomb takes more.
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
# openpyxl keeps a whole row, and all shared texts, before it hands anything over: up to 300 bytes for each element.
MAX_ELEMENTS = 4_000_000
MAX_PARTS = 2_000
_PIECE_BYTES = 1024 * 1024
_DECLARATION = b"<!DOCTYPE"
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
    ArithmeticError,
    struct.error,
    zlib.error,
    LZMAError,
)


def read_excel_table(content: bytes, sheet: str = "", header_row: int = 1) -> Table:
    """The table on a sheet (the first one unless named); the names of the columns stand in row `header_row`.

    Numbers become Decimal with the 15 digits that Excel shows, days become date.

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
        if sum(_count_elements(archive, part) for part in parts) > MAX_ELEMENTS:
            raise TableError(f"The Excel file holds more than {MAX_ELEMENTS:,} cells and texts. Split it.")


def _count_elements(archive: ZipFile, part: ZipInfo) -> int:
    """How many elements begin in a part. Entities cannot be declared where no part has a document type declaration,
    whatever the part is called and whichever parser reads it."""
    count, before = 0, b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE_BYTES):
            # Without NUL, UTF-16 reads as ASCII here.
            seen = before + piece.replace(b"\0", b"")
            if _DECLARATION in seen.upper():
                raise TableError(
                    "The Excel file carries a document type declaration, which no workbook needs and which can be "
                    "used to attack the reader. It was not opened."
                )
            before = seen[1 - len(_DECLARATION) :]
            count += seen.count(b"<") - seen.count(b"</") - before.count(b"<") + before.count(b"</")
    return count


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
                raise too_many_rows()
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
    if isinstance(cell, int):
        return Decimal(cell)
    if isinstance(cell, float):
        # A file keeps 17 digits of what Excel computed, of which the last two are noise: 1.1 * 3 is 3.3000000000000003.
        return Decimal(f"{cell:.15g}")
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell.isoformat()
    return cell if isinstance(cell, date) else str(cell)

"""Tables in CSV files: the character set is told, the delimiter is found in the row of names."""

import csv
import io
from collections.abc import Iterator, Sequence, Set
from itertools import islice

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.encoding import decode_document
from connectors.tables.table import MAX_ROWS, Table, TableError, build_table, read_names

# Where two of them divide the names into equally many, the first counts: headings hold commas, hardly ever the others.
DELIMITERS = ";\t|,"
UNICODE = "unicode"
CHARACTER_SETS = (UNICODE, "windows-1250", "windows-1251", "windows-1252", "windows-1256", "iso-8859-2")
NumberedRow = tuple[int, Sequence[str]]


def read_csv_table(
    content: bytes, character_set: str = UNICODE, header_row: int = 1, wanted: Set[str] = frozenset()
) -> Table:
    """`unicode` is UTF-8, or UTF-16 with its mark; the names of the columns stand in row `header_row`.

    `wanted` are names that are looked for, in small letters: the delimiter is the one that finds most of them.

    Raises:
        TableError: the file cannot be read as such a table.
    """
    text = _decode(content, character_set)
    delimiter = max(DELIMITERS, key=lambda each: _count_names(text, each, header_row, wanted))
    # One more than may be: whoever builds the table says that there are too many.
    return build_table(list(islice(_read_rows(text, delimiter, header_row), MAX_ROWS + 2)))


def _count_names(text: str, delimiter: str, header_row: int, wanted: Set[str]) -> tuple[int, int]:
    """How many names this delimiter finds in the header: of those that are wanted, and at all."""
    try:
        _line, header = next(_read_rows(text, delimiter, header_row), (0, ()))
    except TableError:
        return -1, 0
    return len({name.casefold() for name in read_names(header)} & wanted), len(header)


def _read_rows(text: str, delimiter: str, header_row: int) -> Iterator[NumberedRow]:
    """The rows with something in them, from the header on. Raises TableError."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if reader.line_num >= header_row and any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise TableError(f"Line {reader.line_num} of the CSV file cannot be read: {error}. Ask for it again.") from None


def _decode(content: bytes, character_set: str) -> str:
    try:
        if character_set == UNICODE:
            return decode_document(content)
        return content.decode(character_set)
    except UnreadableDocumentError as error:
        raise TableError(
            f"{error.reason} If it is written in another character set, name that in the connection."
        ) from None
    except UnicodeDecodeError as error:
        raise TableError(
            f"Byte {error.start + 1} of the file is not {character_set}. Name its character set in the connection."
        ) from None

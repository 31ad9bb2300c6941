"""Tables in CSV files: the character set is told, the delimiter is found in the row of names."""

import csv
import io

from connectors.contracts.documents import UnreadableDocumentError
from connectors.einvoice.encoding import decode_document
from connectors.tables.table import Table, TableError, build_table

DELIMITERS = ",;\t|"
UNICODE = "unicode"
CHARACTER_SETS = (UNICODE, "windows-1250", "windows-1251", "windows-1252", "windows-1256", "iso-8859-2")


def read_csv_table(content: bytes, character_set: str = UNICODE, header_row: int = 1) -> Table:
    """`unicode` is UTF-8, or UTF-16 with its mark; the names of the columns stand in row `header_row`.

    Raises:
        TableError: the file cannot be read as such a table.
    """
    text = _decode(content, character_set)
    lines = text.splitlines(keepends=True)
    header = next((line for line in lines[header_row - 1 :] if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    try:
        numbered = [(reader.line_num, cells) for cells in reader if reader.line_num >= header_row and any(cells)]
    except csv.Error as error:
        raise TableError(f"Line {reader.line_num} of the CSV file cannot be read: {error}. Ask for it again.") from None
    return build_table(numbered)


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

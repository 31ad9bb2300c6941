"""Supplier invoices in tables of any layout: CSV and Excel files of a source, handed on in our column layout."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.contracts.documents import Document, DocumentSource
from connectors.einvoice.csv_file import COLUMNS, DAYS, NUMBERS, REQUIRED, is_csv_layout
from connectors.errors import Rejected
from connectors.tables.columns import MappedRow, Target
from connectors.tables.reading import TableReading, is_table_file
from connectors.tables.table import TableError
from connectors.vendor import PreviewRow

INVOICE_TABLE = Target(tuple(sorted(COLUMNS)), frozenset(REQUIRED), NUMBERS, DAYS)


class MappedDocuments:
    """A source whose tables are read by a mapping. Other files, and CSV in our own layout, pass as they are.

    The checksum stays that of the file, and so does what is archived; row numbers stay those of the file, too.
    """

    def __init__(self, source: DocumentSource, reading: TableReading) -> None:
        self._source = source
        self._reading = reading

    def list_documents(self) -> Iterator[Document]:
        for document in self._source.list_documents():
            yield self._translate(document)

    def archive(self, document: Document) -> None:
        self._source.archive(document)

    def quarantine(self, document: Document, reason: str) -> None:
        self._source.quarantine(document, reason)

    def check(self) -> str:
        return self._source.check()

    def close(self) -> None:
        """Give back what the source holds open, if it holds anything."""
        getattr(self._source, "close", lambda: None)()

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        """The first rows of the first table that waits; none when no table does.

        Raises:
            Rejected: the file is no table.
        """
        tables = (each for each in self._source.list_documents() if is_table_file(each.name) and each.refusal is None)
        first = next(tables, None)
        if first is None:
            return ()
        try:
            return self._reading.preview(first.content, limit)
        except TableError as error:
            raise Rejected(f"{first.name}: {error.reason}") from error

    def _translate(self, document: Document) -> Document:
        if document.refusal is not None or not is_table_file(document.name) or is_csv_layout(document.content):
            return document
        try:
            return replace(document, content=_write_layout(self._reading.rows(document.content)))
        except TableError as error:
            return replace(document, content=b"", refusal=error.reason)


def _write_layout(rows: Sequence[MappedRow]) -> bytes:
    wrong = [f"row {each.row.number}: {each.problem}" for each in rows if each.problem]
    if wrong:
        more = f" … and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise TableError(
            f"The table cannot be read: {'; '.join(wrong[:10])}{more}. Correct the rows and send it again."
        )
    names = sorted(rows[0].values) if rows else list(REQUIRED)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    line = 1
    for each in rows:
        # Empty lines stand for what was left out, so that a refusal names the row of the file that people have.
        text.write("\n" * (each.row.number - line - 1))
        writer.writerow([each.values.get(name, "") for name in names])
        line = max(line + 1, each.row.number)
    return text.getvalue().encode()

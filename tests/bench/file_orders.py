"""Reading orders out of CSV files with a mapping, beside the `csv` module over the same files."""

import csv
import tempfile
from collections.abc import Iterator, Sequence, Sized
from itertools import islice
from pathlib import Path
from typing import Any

from connectors.vendors.files import serve_files
from connectors.vendors.folder_documents import FolderDocuments
from connectors.vendors.mapped_documents import MappedDocuments
from connectors.vendors.settling import Settling
from tests.bench.reading import ORDERS, compare, compare_memory, count_rows

FILE_ROWS = 100
HEADING = ("Dodavatel", "Doklad č.", "Vystaveno", "Zboží", "Kusů", "Cena/ks", "Celkem")
COLUMNS = {
    "supplier": "Dodavatel",
    "number": "Doklad č.",
    "issue_date": "Vystaveno",
    "currency": "=EUR",
    "item": "Zboží",
    "quantity": "Kusů",
    "unit": "=H87",
    "unit_price": "Cena/ks",
    "gross_total": "Celkem",
}
SETTINGS = {"columns": COLUMNS, "decimal_sign": "comma", "day_order": "day_first"}


def measure(orders: int = ORDERS) -> dict[str, Any]:
    """Files carry documents: a row is what a supplier bills of an order. A hundred of them are in a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, orders)
        speed = compare(orders, lambda: count_rows(read_files(folder)), lambda: read_bare(folder))
        return speed | compare_memory(lambda: read_files(folder), orders)


def write_files(folder: Path, orders: int) -> None:
    for start in range(0, orders, FILE_ROWS):
        rows = [f"Acme s.r.o.;FV-{n};3. 11. 2026;LAMP;10;40,00;400,00" for n in range(start, start + FILE_ROWS)]
        (folder / f"orders-{start:06}.csv").write_text("\n".join((";".join(HEADING), *rows)))


def read_files(folder: Path) -> Iterator[Sized]:
    """The rows file by file, as the connector hands them on."""
    settled = Settling(0.0, wait=lambda _seconds: None)
    connector = serve_files("documents", FolderDocuments(folder, settled), SETTINGS)
    assert isinstance(connector, MappedDocuments)
    for document in connector.list_documents():
        if document.refusal:
            raise SystemExit(document.refusal)
        yield rows_of(document.content.decode().splitlines())


def read_bare(folder: Path) -> int:
    found = 0
    for file in sorted(folder.iterdir()):
        with file.open(newline="") as opened:
            found += len(list(islice(csv.reader(opened, delimiter=";"), 1, None)))
    return found


def rows_of(lines: Sequence[str]) -> Sequence[str]:
    return lines[1:]

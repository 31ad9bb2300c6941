"""The catalogue as a CSV or Excel file that somebody puts into a folder: the newest one counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from connectors.contracts.catalogue import Product
from connectors.contracts.documents import Document
from connectors.database.base import utc_now
from connectors.errors import NotFound, Rejected
from connectors.records import FieldError, RecordReader
from connectors.tables.columns import Target
from connectors.tables.reading import TableReading, is_table_file
from connectors.tables.table import TableError
from connectors.vendor import PreviewRow

LANGUAGES = ("en", "cs", "hu", "is", "fa", "ru")
PRODUCT_TABLE = Target(
    (
        "sku",
        *(f"names_{language}" for language in LANGUAGES),
        *(f"descriptions_{language}" for language in LANGUAGES),
        "price",
        "currency",
        "stock",
        "category",
        "expected_on",
        "alternatives",
    ),
    frozenset({"sku", "price", "currency", "stock"}),
    frozenset({"price", "stock"}),
    frozenset({"expected_on"}),
)
# Customers ask for products all day; a file on a server is not fetched for each of them.
FRESH_FOR = timedelta(seconds=60)
ERRORS_TOLD = 10


class FilesByName(Protocol):
    """A folder of which the last file by name can be fetched alone."""

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        """None when there is no such file."""
        ...


@dataclass(frozen=True, slots=True)
class _Read:
    name: str
    products: Mapping[str, Product]
    at: datetime


class TableCatalogue:
    """Products of the last table by name, for example `prices-2026-11-22.xlsx`. One wrong row refuses the file.

    Raises (any method):
        Rejected: the file is no table, or does not fit the mapping; NotFound: there is none.
    """

    def __init__(self, files: FilesByName, reading: TableReading, now: Callable[[], datetime] = utc_now) -> None:
        self._files = files
        self._reading = reading
        self._now = now
        self._reader = RecordReader(Product)
        self._lock = Lock()
        self._last: _Read | None = None

    def list_products(self) -> Sequence[Product]:
        return tuple(product for _sku, product in sorted(self._products().products.items()))

    def find_product(self, sku: str) -> Product:
        read = self._products()
        try:
            return read.products[sku]
        except KeyError:
            raise NotFound(f"Nothing on sale in {read.name} has the SKU {sku!r}.") from None

    def check(self) -> str:
        self._last = None
        if self._files.latest(is_table_file) is None:
            return "The folder can be read, and holds no CSV or Excel file with products yet."
        read = self._products()
        return f"{read.name} holds {len(read.products)} products."

    def close(self) -> None:
        """Give back what the folder holds open, if it holds anything."""
        getattr(self._files, "close", lambda: None)()

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        document = self._fetch()
        try:
            return self._reading.preview(document.content, limit)
        except TableError as error:
            raise Rejected(f"{document.name}: {error.reason}") from error

    def _products(self) -> _Read:
        with self._lock:
            if self._last is None or self._now() - self._last.at >= FRESH_FOR:
                document = self._fetch()
                self._last = _Read(document.name, self._read(document), self._now())
            return self._last

    def _fetch(self) -> Document:
        document = self._files.latest(is_table_file)
        if document is None:
            raise NotFound("There is no CSV or Excel file with products. Put one into the folder.")
        if document.refusal is not None:
            raise Rejected(f"{document.name}: {document.refusal}")
        return document

    def _read(self, document: Document) -> Mapping[str, Product]:
        products: dict[str, Product] = {}
        wrong: list[str] = []
        try:
            rows = self._reading.rows(document.content)
        except TableError as error:
            raise Rejected(f"{document.name}: {error.reason}") from error
        for each in rows:
            try:
                product = self._reader.read(each.values) if not each.problem else None
            except FieldError as error:
                wrong.append(f"row {each.row.number}: {error}")
                continue
            if product is None:
                wrong.append(f"row {each.row.number}: {each.problem}")
            elif product.sku in products:
                wrong.append(f"row {each.row.number}: the SKU {product.sku!r} stands there twice")
            else:
                products[product.sku] = product
        if wrong:
            more = f" … and {len(wrong) - ERRORS_TOLD} more" if len(wrong) > ERRORS_TOLD else ""
            raise Rejected(f"{document.name}: {'; '.join(wrong[:ERRORS_TOLD])}{more}. Correct the file.")
        return products

"""Products read from a REST interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contracts.catalogue import Product
from connectors.errors import NotFound, Rejected
from connectors.records import RecordReader
from connectors.vendor import PreviewRow
from connectors.vendors.rest_source import RestList, RestSource


@dataclass(frozen=True, slots=True)
class _Sale:
    """Whether a product is still sold, where the system says so."""

    is_on_sale: bool = True


_PRODUCT, _SALE = RecordReader(Product), RecordReader(_Sale)


class RestCatalogue:
    """`one_path` is the address of one product with the place {sku}; without it all pages are looked through."""

    def __init__(self, source: RestSource, products: RestList, one_path: str = "") -> None:
        self._source = source
        self._products = products
        self._one_path = one_path

    def list_products(self) -> Sequence[Product]:
        found = (product for page in self._source.pages(self._products) for product in map(self._read, page))
        return tuple(sorted((each for each in found if each is not None), key=lambda product: product.sku))

    def find_product(self, sku: str) -> Product:
        for source in self._candidates(sku):
            product = self._read(source)
            if product is not None and product.sku == sku:
                return product
        raise NotFound(f"Nothing on sale has the SKU {sku!r}.")

    def check(self) -> str:
        page = [self._read(row) for row in self._source.first_page(self._products)]
        on_sale = next((product.sku for product in page if product is not None), None)
        if self._one_path and on_sale is not None:
            self._try_address(on_sale)
        return f"{self._source.host} answers; its first page holds {len(page)} products."

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        return self._source.preview(self._products, limit, self._read)

    def _try_address(self, sku: str) -> None:
        try:
            self.find_product(sku)
        except NotFound as error:
            raise Rejected(
                f"Product {sku} is in the list and not at the address of one product; correct that address."
            ) from error

    def _candidates(self, sku: str) -> Sequence[Any]:
        if not self._one_path:
            return [row for page in self._source.pages(self._products) for row in page]
        try:
            return self._source.records(self._one_path, self._products.mapping, {"sku": sku})
        except NotFound:
            return ()

    def _read(self, source: Any) -> Product | None:
        """None for what is not on sale."""
        mapping = self._products.mapping
        name = f"Product {mapping.value('sku', source)}"
        return mapping.read(_PRODUCT, source, name) if mapping.read(_SALE, source, name).is_on_sale else None

"""The catalogue: what the shop sells, for how much, and whether it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Product:
    """An article of the shop. `price` in `currency`, tax included; `stock` in pieces that can be sold now.

    `names` and `descriptions` are by language code; a language that is missing falls back to English, a
    product without any name to its SKU.
    `expected_on` is when goods on order will be here, None when nothing is on order. `alternatives` are SKUs.
    """

    sku: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    price: Decimal
    currency: str
    stock: Decimal
    category: str = ""
    expected_on: date | None = None
    alternatives: tuple[str, ...] = ()

    def name_in(self, language: str) -> str:
        return self.names.get(language) or self.names.get("en") or self.sku

    def description_in(self, language: str) -> str:
        return self.descriptions.get(language) or self.descriptions.get("en", "")


class Catalogue(Protocol):
    """Where products, prices and stock are kept.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def list_products(self) -> Sequence[Product]:
        """All products on sale, by SKU."""
        ...

    def find_product(self, sku: str) -> Product:
        """Raises NotFound when nothing on sale has this SKU."""
        ...

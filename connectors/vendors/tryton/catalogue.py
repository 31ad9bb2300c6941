"""The catalogue in Tryton: products that may be sold, with names by language, price with tax and stock."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from connectors.contracts.catalogue import Product
from connectors.database.base import utc_now
from connectors.database.chunks import in_chunks
from connectors.errors import NotFound
from connectors.money import ZERO
from connectors.vendors.tryton.failures import expecting_known_shapes
from connectors.vendors.tryton.places import Places
from connectors.vendors.tryton.sales import price_with_tax
from connectors.vendors.tryton.session import Domain, Record, TrytonSession, many
from connectors.vendors.tryton.standing import Standing, read_currency
from connectors.vendors.tryton.units import plain

ON_SALE: Domain = [["salable", "=", True], ["code", "!=", None]]
LANGUAGES = ("en", "cs", "hu", "is", "fa", "ru")
_FIELDS = (
    "code",
    "list_price_used",
    "categories.name",
    "account_category.customer_taxes.rate",
    "account_category.customer_taxes.type",
)
_WORDS = ("code", "name", "description")
Words = Mapping[str, Mapping[str, Record]]


class TrytonCatalogue:
    """Names come in English and in those of our languages that the server translates into and that say something else.

    What can be sold now is what lies there and is assigned to nobody. A product with a tax that is no part of its price
    (an amount a piece, say) is left out: what a customer pays for it cannot be said.
    """

    def __init__(self, session: TrytonSession, now: Callable[[], datetime] = utc_now) -> None:
        self._session = session
        self._now = now
        self._spoken = Standing(self._read_spoken, now)
        self._sites = Standing(lambda: list(Places(session).sites.values()), now)
        self._currency = Standing(lambda: read_currency(session), now)

    def list_products(self) -> Sequence[Product]:
        return sorted(self._find([]), key=lambda product: product.sku)

    def find_product(self, sku: str) -> Product:
        for product in self._find([["code", "=", sku]]):
            return product
        raise NotFound(f"Tryton sells no {sku!r}.")

    def check(self) -> str:
        count = self._session.read("model.product.product.search_count", ON_SALE)
        return f"Tryton holds {count} products on sale."

    def _find(self, domain: Domain) -> Iterator[Product]:
        asked: Domain = [*ON_SALE, *domain]
        records = list(self._session.all("product.product", asked, _FIELDS))
        if not records:
            return
        words = self._words(asked)
        stock = self._stock(asked)
        expected = self._expected([record["id"] for record in records])
        currency = self._currency.get()
        with expecting_known_shapes():
            for record in records:
                price = _price(record)
                if price is not None:
                    lies_there = stock.get(record["code"], ZERO)
                    yield _read(record, words, price, currency, lies_there, expected.get(record["id"]))

    def _words(self, domain: Domain) -> Words:
        """By language and SKU."""
        return {
            language: {
                record["code"]: record
                for record in self._session.all("product.product", domain, _WORDS, language=language)
            }
            for language in self._spoken.get()
        }

    def _read_spoken(self) -> Sequence[str]:
        known = self._session.search("ir.lang", [["translatable", "=", True]], ["code"])
        spoken = {"en"} | {record["code"] for record in known}
        return [language for language in LANGUAGES if language in spoken]

    def _stock(self, domain: Domain) -> Mapping[str, Decimal]:
        here = {
            "locations": self._sites.get(),
            "with_childs": True,
            "stock_date_end": self._now().date(),
            "stock_assign": True,
        }
        found = self._session.all("product.product", domain, ["code", "quantity"], **here)
        return {one["code"]: max(plain(Decimal(one["quantity"] or 0)), ZERO) for one in found}

    def _expected(self, products: Sequence[int]) -> Mapping[int, date]:
        """When the next goods of each product come from a supplier."""
        found: defaultdict[int, list[date]] = defaultdict(list)
        coming = [["state", "=", "draft"], ["from_location.type", "=", "supplier"], ["planned_date", "!=", None]]
        for chunk in in_chunks(products):
            domain = [*coming, ["product", "in", list(chunk)], ["company", "=", self._session.company()]]
            for move in self._session.all("stock.move", domain, ["product", "planned_date"]):
                found[move["product"]].append(move["planned_date"])
        return {product: min(days) for product, days in found.items()}


def _price(record: Record) -> Decimal | None:
    """As a customer pays it; None where that cannot be said."""
    category = record["account_category."]
    return price_with_tax(Decimal(record["list_price_used"] or 0), many(category, "customer_taxes") if category else ())


def _read(
    record: Record, words: Words, price: Decimal, currency: str, stock: Decimal, expected_on: date | None
) -> Product:
    sku = record["code"]
    categories = [each["name"] for each in many(record, "categories")]
    return Product(
        sku=sku,
        names=_said(words, sku, "name"),
        descriptions=_said(words, sku, "description"),
        price=price,
        currency=currency,
        stock=stock,
        category=categories[0] if categories else "",
        expected_on=expected_on,
    )


def _said(words: Words, sku: str, name: str) -> Mapping[str, str]:
    """What is not translated comes back in the server's own words, which are said once, as English."""
    english = words["en"].get(sku, {}).get(name)
    said = {"en": english, **{language: found.get(sku, {}).get(name) for language, found in words.items()}}
    return {language: text for language, text in said.items() if text and (language == "en" or text != english)}

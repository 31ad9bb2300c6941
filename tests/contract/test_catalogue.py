"""What every catalogue must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from connectors.contracts.catalogue import Catalogue, Product
from connectors.contracts.documents import Document
from connectors.database.models.sales import ProductRow
from connectors.database.session import Database
from connectors.errors import NotFound, Unavailable
from connectors.registry import vendors_of
from connectors.vendors.house_sales import HouseCatalogue
from connectors.vendors.memory_sales import MemoryCatalogue
from connectors.vendors.table_catalogue import TableCatalogue
from tests.contract.with_a_server import tested_with_a_server
from tests.fixtures.product_workbook import product_workbook
from tests.fixtures.rest_shop import product_row, rest_connector
from tests.fixtures.sql_books import sql_connector

VASE = Product(
    sku="VASE-TALL",
    names={"en": "Tall vase", "cs": "Vysoká váza", "fa": "گلدان بلند"},
    descriptions={"en": "Clear glass, 40 cm high.", "cs": "Čiré sklo, výška 40 cm."},
    price=Decimal("34.50"),
    currency="EUR",
    stock=Decimal(0),
    category="decoration",
    expected_on=date(2026, 12, 4),
    alternatives=("VASE-ROUND", "BOWL"),
)
BOWL = Product("BOWL", {"en": "Bowl"}, {}, Decimal("32.4"), "EUR", Decimal("2.5"))


def _fill_house(database: Database, products: Sequence[Product]) -> Catalogue:
    with database.write() as session:
        session.add_all(_row(product) for product in products)
    return HouseCatalogue(database)


def _row(product: Product, is_on_sale: bool = True) -> ProductRow:
    return ProductRow(
        sku=product.sku,
        names=dict(product.names),
        descriptions=dict(product.descriptions),
        category=product.category,
        price=product.price,
        currency=product.currency,
        stock=product.stock,
        expected_on=product.expected_on,
        alternatives=list(product.alternatives),
        is_on_sale=is_on_sale,
    )


def _fill_sql(database: Database, products: Sequence[Product]) -> Catalogue:
    _fill_house(database, products)
    connector: Catalogue = sql_connector("catalogue", database)
    return connector


def _fill_rest(products: Sequence[Product]) -> Catalogue:
    connector: Catalogue = rest_connector("catalogue", {"products": [product_row(product) for product in products]})
    return connector


class _OneFile:
    """A folder in which nothing but the price list lies."""

    def __init__(self, content: bytes) -> None:
        self._document = Document("products.xlsx", sha256(content).hexdigest(), content)

    def latest(self, is_wanted: Callable[[str], bool]) -> Document | None:
        return self._document if is_wanted(self._document.name) else None


def _fill_folder(_database: Database, products: Sequence[Product]) -> Catalogue:
    content, reading = product_workbook(products)
    return TableCatalogue(_OneFile(content), reading)


FILLED: dict[str, Callable[[Database, Sequence[Product]], Catalogue]] = {
    "house": _fill_house,
    "memory": lambda _database, products: MemoryCatalogue(products),
    "folder": _fill_folder,
    "rest": lambda _database, products: _fill_rest(products),
    "sql": _fill_sql,
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("catalogue")) - tested_with_a_server("catalogue") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def catalogue(request: pytest.FixtureRequest, database: Database) -> Catalogue:
    return FILLED[request.param](database, [VASE, BOWL])


def test_a_product_comes_back_with_all_that_is_known_of_it(catalogue: Catalogue) -> None:
    assert catalogue.find_product("VASE-TALL") == VASE
    assert catalogue.find_product("BOWL") == BOWL


def test_all_products_are_listed_by_sku(catalogue: Catalogue) -> None:
    assert list(catalogue.list_products()) == [BOWL, VASE]


def test_an_unknown_article_is_said_to_be_unknown(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="LAMP"):
        catalogue.find_product("LAMP")


def test_what_is_no_longer_sold_is_neither_found_nor_listed(database: Database) -> None:
    catalogue = _fill_house(database, [BOWL])
    with database.write() as session:
        session.add(_row(VASE, is_on_sale=False))
    assert list(catalogue.list_products()) == [BOWL]
    with pytest.raises(NotFound, match="VASE-TALL"):
        catalogue.find_product("VASE-TALL")


def test_a_name_that_was_not_translated_is_said_in_english_and_without_any_the_sku_stands_for_it() -> None:
    assert (VASE.name_in("cs"), VASE.name_in("hu")) == ("Vysoká váza", "Tall vase")
    assert (VASE.description_in("cs"), VASE.description_in("fa")) == (
        "Čiré sklo, výška 40 cm.",
        "Clear glass, 40 cm high.",
    )
    assert BOWL.description_in("cs") == ""
    assert replace(VASE, names={"cs": "Vysoká váza"}).name_in("hu") == "VASE-TALL"


def test_our_own_catalogue_is_unavailable_while_the_database_has_no_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(Unavailable, match="own database"):
        HouseCatalogue(database).list_products()
    database.close()

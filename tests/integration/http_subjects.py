"""The HTTP connectors that the fault suite is run over: each contract in SUBJECTS, what they write in WRITERS.

A name is the vendor's and the contract's, with blanks between, and what is special about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.contracts.catalogue import Product
from connectors.contracts.inventory import StockLevel
from connectors.contracts.orders import Order, OrderItem, OrderState
from connectors.database.session import Database
from connectors.http.authentication import ApiKey
from connectors.http.client import Authenticate, HttpClient
from connectors.vendor import Setup
from connectors.vendors import rest
from tests.fixtures.rest_shop import PAGING, SECRET, SETTINGS, SIGNING_IN, RestShop, order_row, product_row, stock_row
from tests.integration import http_tryton
from tests.integration.http_trial import LOOPBACK, Subject, Trial, Writer

ORDER = Order(
    "ORD-2026-0001", "emma@example.com", "Emma Novak", date(2026, 11, 2), OrderState.PAID,
    (OrderItem("LAMP", "Oak lamp", Decimal(1), Decimal("129.95")),), Decimal("129.95"), "EUR",
)  # fmt: skip
STOCK = StockLevel("LAMP", "MAIN", "H87", Decimal(7), Decimal(0), Decimal("46.00"), "EUR")
LAMP = Product("LAMP", {"en": "Oak lamp"}, {"en": "Of oak"}, Decimal("129.95"), "EUR", Decimal(7))
LISTS = {
    "orders": [order_row(replace(ORDER, number=f"ORD-2026-{number:04}")) for number in range(1, 8)],
    "products": [product_row(replace(LAMP, sku=f"LAMP-{number}")) for number in range(1, 8)],
    "stock": [stock_row(replace(STOCK, item=f"LAMP-{number}")) for number in range(1, 8)],
}
READINGS: Mapping[str, Callable[[Any], Any]] = {
    "orders": lambda orders: orders.undelivered_orders(),
    "catalogue": lambda catalogue: catalogue.list_products(),
    "inventory": lambda inventory: inventory.list_stock(),
}


def rest_reading(contract: str, paging: str, signing_in: str = "bearer") -> Subject:
    def reader(trial: Trial) -> Callable[[], Any]:
        def make_client(address: str, authenticate: Authenticate | None) -> HttpClient:
            return trial.client_of(address, authenticate, secrets=(SECRET,))

        settings = SETTINGS | PAGING[paging] | SIGNING_IN[signing_in] | {"page_size": 3, "base_url": trial.url}
        settings |= {"token_url": f"{trial.url}token"}
        setup = Setup("shop", Database("sqlite://"), settings, LOOPBACK, Path("var"))
        connector = rest.connect(contract, setup, make_client, trial.patience.now)
        return lambda: READINGS[contract](connector)

    return Subject(
        lambda _request: RestShop(paging=paging, signing_in=signing_in, most_rows=3, lists=LISTS), reader, SECRET
    )


SUBJECTS: Mapping[str, Subject] = {
    "rest orders by page": rest_reading("orders", "page"),
    "rest orders by offset": rest_reading("orders", "offset"),
    "rest orders by cursor": rest_reading("orders", "cursor"),
    "rest orders by link": rest_reading("orders", "link"),
    "rest orders by next address": rest_reading("orders", "next", "query_key"),
    "rest orders with tokens": rest_reading("orders", "page", "client_credentials"),
    "rest catalogue": rest_reading("catalogue", "offset"),
    "rest inventory": rest_reading("inventory", "offset"),
    **http_tryton.SUBJECTS,
}
WRITERS: Mapping[str, Writer] = http_tryton.WRITERS


def payments_client(trial: Trial) -> HttpClient:
    """A connector that writes; it is nothing but the client."""
    return trial.client(authenticate=ApiKey(SECRET))

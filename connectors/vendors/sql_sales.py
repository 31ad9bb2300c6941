"""Orders and products that an admin's queries find in somebody else's database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from connectors.contracts.catalogue import Product
from connectors.contracts.orders import Address, Order, OrderItem
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.order_number import normalise_order_number
from connectors.records import RecordReader
from connectors.vendors.sql_contract import SqlContract
from connectors.vendors.sql_queries import Query
from connectors.vendors.sql_source import in_pieces

_ORDER = RecordReader(Order, frozenset({"items"}))
_PRODUCT = RecordReader(Product)


class SqlOrders(SqlContract):
    """Orders; what changes them is Rejected. Numbers are asked for as our own are written: capitals, no spaces."""

    QUERIES = (
        Query("find_order", _ORDER, {"number": "0"}, given=("items",)),
        Query("orders_of", _ORDER, {"email": "nobody@example.invalid"}, given=("items",)),
        Query("undelivered_orders", _ORDER, given=("items",), is_listed=True),
        Query("order_items", RecordReader(OrderItem), {"numbers": ("0",)}, key=("number",)),
    )

    def find_order(self, number: str) -> Order:
        wanted = normalise_order_number(number)
        found = self._with_items(self.source.rows("find_order", number=wanted), "find_order")
        if not found:
            raise NotFound(f"There is no order {number!r}.")
        if len(found) > 1:
            raise Rejected(f"The query find_order gives {len(found)} rows for {number!r}; one order is one row.")
        return found[0]

    def orders_of(self, email: str) -> Sequence[Order]:
        found = self._with_items(self.source.rows("orders_of", email=normalise_email(email)), "orders_of")
        return tuple(sorted(found, key=lambda order: (order.ordered_on, order.number), reverse=True))

    def undelivered_orders(self) -> Sequence[Order]:
        found = self._with_items(self.source.rows("undelivered_orders"), "undelivered_orders")
        return tuple(sorted(found, key=lambda order: order.number))

    def cancel_order(self, number: str, idempotency_key: str) -> NoReturn:
        self.refuse_write("cancel the order")

    def change_address(self, number: str, address: Address, idempotency_key: str) -> NoReturn:
        self.refuse_write("change the address")

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> NoReturn:
        self.refuse_write("change the order")

    def _with_items(self, rows: Iterable[Mapping[str, Any]], query: str) -> Sequence[Order]:
        kept = list(rows)
        items = self._items_of([str(row.get("number") or "") for row in kept])
        return [self.source.read(query, row, items=items[str(row.get("number") or "")]) for row in kept]

    def _items_of(self, numbers: Sequence[str]) -> Mapping[str, tuple[OrderItem, ...]]:
        found: defaultdict[str, tuple[OrderItem, ...]] = defaultdict(tuple)
        for piece in in_pieces(numbers):
            for row in self.source.rows("order_items", numbers=piece):
                found[str(row["number"])] += (self.source.read("order_items", row),)
        return found


class SqlCatalogue(SqlContract):
    """Products; names and descriptions are columns like `names_cs`."""

    QUERIES = (
        Query("list_products", _PRODUCT, is_listed=True),
        Query("find_product", _PRODUCT, {"sku": "0"}),
    )

    def list_products(self) -> Sequence[Product]:
        return tuple(sorted(self.source.records("list_products"), key=lambda product: product.sku))

    def find_product(self, sku: str) -> Product:
        for product in self.source.records("find_product", sku=sku):
            found: Product = product
            return found
        raise NotFound(f"Nothing on sale has the SKU {sku!r}.")

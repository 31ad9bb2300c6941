"""Customer orders in memory, for tests and trials."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from threading import Lock

from connectors.contracts.orders import UNDELIVERED, Address, Order, OrderItem, OrderState
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.order_number import normalise_order_number
from connectors.vendors.order_changes import (
    new_total,
    require_complete,
    require_not_dispatched,
    require_not_packed,
    with_quantity,
)


class MemoryOrders:
    """Orders that live as long as this object."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._orders = {normalise_order_number(order.number): order for order in orders}
        self._done: dict[str, tuple[object, ...]] = {}
        self._lock = Lock()

    def add(self, order: Order) -> None:
        self._orders[normalise_order_number(order.number)] = order

    def find_order(self, number: str) -> Order:
        try:
            return self._orders[normalise_order_number(number)]
        except KeyError:
            raise NotFound(f"There is no order {number!r}.") from None

    def orders_of(self, email: str) -> Sequence[Order]:
        wanted = normalise_email(email)
        found = [order for order in self._orders.values() if normalise_email(order.email) == wanted]
        return tuple(sorted(found, key=lambda order: (order.ordered_on, order.number), reverse=True))

    def undelivered_orders(self) -> Sequence[Order]:
        found = [order for order in self._orders.values() if order.state in UNDELIVERED]
        return tuple(sorted(found, key=lambda order: order.number))

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        def cancel(order: Order) -> Order:
            require_not_packed(order.state)
            return replace(order, state=OrderState.CANCELLED, expected_on=None)

        return self._change(number, idempotency_key, ("cancel",), cancel)

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        def change(order: Order) -> Order:
            require_not_dispatched(order.state)
            require_complete(address)
            return replace(order, address=address)

        return self._change(number, idempotency_key, ("address", address), change)

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        def change(order: Order) -> Order:
            require_not_packed(order.state)
            items: tuple[OrderItem, ...] = with_quantity(order.items, sku, quantity)
            return replace(order, items=items, total=new_total(order, items))

        return self._change(number, idempotency_key, ("quantity", sku, quantity), change)

    def _change(self, number: str, key: str, wish: tuple[object, ...], change: Callable[[Order], Order]) -> Order:
        with self._lock:
            order = self.find_order(number)
            wanted = (normalise_order_number(number), *wish)
            if self._done.get(key, wanted) != wanted:
                raise Rejected(f"Another change was already made with the key {key!r}.")
            if key not in self._done:
                self.add(change(order))
                self._done[key] = wanted
            return self.find_order(number)

    def check(self) -> str:
        return f"The memory holds {len(self._orders)} customer orders."

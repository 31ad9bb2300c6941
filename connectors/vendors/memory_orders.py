"""Customer orders in memory, for tests and trials."""

from collections.abc import Iterable, Sequence

from connectors.contracts.orders import Order
from connectors.email_address import normalise_email
from connectors.errors import NotFound
from connectors.order_number import normalise_order_number


class MemoryOrders:
    """Orders that live as long as this object."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._orders = {normalise_order_number(order.number): order for order in orders}

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

    def check(self) -> str:
        return f"The memory holds {len(self._orders)} customer orders."

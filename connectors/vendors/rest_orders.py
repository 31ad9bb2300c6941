"""Customer orders read from a REST interface."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn

from connectors.contracts.orders import UNDELIVERED, Address, Order, OrderItem
from connectors.email_address import normalise_email
from connectors.errors import NotFound, Rejected
from connectors.http.increment import Change, Increment
from connectors.order_number import normalise_order_number
from connectors.records import RecordReader
from connectors.vendor import PreviewRow
from connectors.vendors.rest_source import RestList, RestSource

CHANGED_AT = "changed_at"
TRIED_CUSTOMERS = 3
_ORDER, _ITEM = RecordReader(Order, frozenset({"items"})), RecordReader(OrderItem)


@dataclass(frozen=True, slots=True)
class _Changed:
    """When a row changed last, where the system says so."""

    changed_at: datetime | None = None


_CHANGED = RecordReader(_Changed)


class RestOrders:
    """Reads; changing an order is Rejected.

    `one_path` is the address of one order with the place {number}, `customer_path` that of a customer's orders with
    {email}; without them all pages are looked through. With `changed_parameter`, orders that are under way are read
    once in full, and then only what changed.
    """

    def __init__(
        self,
        source: RestSource,
        orders: RestList,
        now: Callable[[], datetime],
        one_path: str = "",
        customer_path: str = "",
        changed_parameter: str = "",
    ) -> None:
        self._source = source
        self._orders = orders
        self._one_path, self._customer_path = one_path, customer_path
        self._changed_parameter = changed_parameter
        self._undelivered = Increment(self._changes, now)

    def find_order(self, number: str) -> Order:
        wanted = normalise_order_number(number)
        for order in self._candidates(wanted):
            if normalise_order_number(order.number) == wanted:
                return order
        raise NotFound(f"There is no order {number!r}.")

    def orders_of(self, email: str) -> Sequence[Order]:
        wanted = normalise_email(email)
        listed = replace(self._orders, path=self._customer_path or self._orders.path)
        found = [order for page in self._source.pages(listed, {"email": wanted}) for order in map(self._read, page)]
        theirs = (order for order in found if normalise_email(order.email) == wanted)
        return tuple(sorted(theirs, key=lambda order: (order.ordered_on, order.number), reverse=True))

    def undelivered_orders(self) -> Sequence[Order]:
        return tuple(sorted(self._undelivered.records(), key=lambda order: order.number))

    def all_orders(self) -> Iterator[Sequence[Order]]:
        """Every order, page by page as the system gives them; no more than a page is held."""
        for page in self._source.pages(self._orders):
            yield [self._read(row) for row in page]

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        self._refuse()

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        self._refuse()

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        self._refuse()

    def check(self) -> str:
        page = [self._read(row) for row in self._source.first_page(self._orders)]
        example = f", the first is {page[0].number}" if page else ""
        if page:
            self._try_addresses(page)
        return f"{self._source.host} answers; its first page holds {len(page)} orders{example}."

    def preview(self, limit: int) -> Sequence[PreviewRow]:
        return self._source.preview(self._orders, limit, self._read)

    def _try_addresses(self, page: Sequence[Order]) -> None:
        """Raises Rejected when an order of the list is not where single orders or those of its customer are."""
        number = page[0].number
        if self._one_path:
            try:
                self.find_order(number)
            except NotFound as error:
                raise Rejected(
                    f"Order {number} is in the list and not at the address of one order; correct that address."
                ) from error
        # Somebody who bought as a guest may have no list of their own.
        emails = dict.fromkeys(normalise_email(order.email) for order in page if order.email)
        tried = list(islice(emails, TRIED_CUSTOMERS))
        if self._customer_path and tried and not any(self.orders_of(email) for email in tried):
            raise Rejected("The address of a customer's orders gives none for customers who have some; correct it.")

    def _candidates(self, number: str) -> Iterator[Order]:
        if not self._one_path:
            for page in self._source.pages(self._orders):
                yield from map(self._read, page)
            return
        try:
            rows = self._source.records(self._one_path, self._orders.mapping, {"number": number})
        except NotFound:
            return
        yield from map(self._read, rows)

    def _changes(self, since: datetime | None) -> Iterator[Sequence[Change[Order]]]:
        params = {}
        if since is not None and self._changed_parameter:
            params[self._changed_parameter] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for page in self._source.pages(self._orders, params=params):
            yield [self._change(row) for row in page]

    def _change(self, source: Any) -> Change[Order]:
        order = self._read(source)
        kept = order if order.state in UNDELIVERED else None
        if not self._changed_parameter:
            return Change(order.number, kept, None)
        changed = self._orders.mapping.read(_CHANGED, source, f"Order {order.number}")
        return Change(order.number, kept, changed.changed_at)

    def _read(self, source: Any) -> Order:
        mapping = self._orders.mapping
        name = f"Order {mapping.value('number', source)}"
        return mapping.read(_ORDER, source, name, items=mapping.items(_ITEM, source, name))

    def _refuse(self) -> NoReturn:
        raise Rejected(f"This connection only reads: change the order in {self._source.host} itself.")

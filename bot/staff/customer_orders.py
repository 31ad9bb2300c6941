"""The orders of a customer as an agent sees them, and what they prove about the e-mail address."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.contracts.orders import Order, Orders
from connectors.email_address import normalise_email
from connectors.errors import NotFound
from connectors.order_number import normalise_order_number

SHOWN_ORDERS = 10


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """`is_proved`: the customer gave its number and its e-mail address together."""

    order: Order
    is_proved: bool


@dataclass(frozen=True, slots=True)
class CustomerOrders:
    orders: Sequence[CustomerOrder]
    is_email_proved: bool


def find_customer_orders(orders: Orders, email: str | None, proved_numbers: Sequence[str]) -> CustomerOrders:
    """Orders of the contact's address and those that the customer proved, newest first.

    An address counts as proved when one of the proved orders was placed with it: the customer only says it otherwise.

    Raises:
        ConnectorError: the sales system does not answer.
    """
    proved = {normalise_order_number(number) for number in proved_numbers}
    found = {order.number: order for order in (orders.orders_of(email) if email else ())}
    for number in sorted(proved - {normalise_order_number(number) for number in found}):
        order = _find(orders, number)
        if order is not None:
            found[order.number] = order
    newest = sorted(found.values(), key=lambda order: (order.ordered_on, order.number), reverse=True)
    shown = [CustomerOrder(order, normalise_order_number(order.number) in proved) for order in newest]
    is_email_proved = any(one.is_proved and _is_same(one.order.email, email) for one in shown)
    return CustomerOrders(shown[:SHOWN_ORDERS], is_email_proved)


def _find(orders: Orders, number: str) -> Order | None:
    try:
        return orders.find_order(number)
    except NotFound:
        return None


def _is_same(address: str, other: str | None) -> bool:
    return other is not None and normalise_email(address) == normalise_email(other)

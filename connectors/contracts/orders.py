"""Customer orders: what a customer bought, where it is, and what may still be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class OrderState(StrEnum):
    RECEIVED = "received"
    PAID = "paid"
    PICKING = "picking"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    BACK_ORDER = "back_order"


# Paid for and not here yet.
UNDELIVERED = frozenset({OrderState.PAID, OrderState.PICKING, OrderState.SHIPPED, OrderState.BACK_ORDER})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes; `country` is an ISO 3166 code of two letters."""

    street: str
    city: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class OrderItem:
    """`unit_price` in the order's currency, tax included; None when the system does not say."""

    sku: str
    name: str
    quantity: Decimal
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """How the parcel travels; `shipped_on` is None until it left."""

    carrier: str
    tracking_number: str
    shipped_on: date | None
    delivered_on: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """A customer's order. `total` in `currency`; `expected_on` is the promised delivery date, if any."""

    number: str
    email: str
    customer_name: str
    ordered_on: date
    state: OrderState
    items: tuple[OrderItem, ...]
    total: Decimal
    currency: str
    expected_on: date | None = None
    shipment: Shipment | None = None
    address: Address | None = None


class Orders(Protocol):
    """The sales side of a shop or ERP.

    Whatever changes an order takes an idempotency key and answers the order as it is then. The same change with the
    same key again changes nothing; another change with a used key is Rejected.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def find_order(self, number: str) -> Order:
        """The order with this normalised number (`ORD-2024-0117`).

        Raises:
            NotFound: there is no such order.
        """
        ...

    def orders_of(self, email: str) -> Sequence[Order]:
        """All orders of this e-mail address (compared without case), newest first."""
        ...

    def undelivered_orders(self) -> Sequence[Order]:
        """All orders that are paid and neither cancelled nor delivered, by number."""
        ...

    def cancel_order(self, number: str, idempotency_key: str) -> Order:
        """Cancel an order that is not being packed yet.

        Raises:
            NotFound: there is no such order.
            Rejected: its state does not allow it any more.
        """
        ...

    def change_address(self, number: str, address: Address, idempotency_key: str) -> Order:
        """Send an order that has not left yet to another address.

        Raises:
            NotFound: there is no such order.
            Rejected: its state does not allow it any more, or a part of the address is missing or too long.
        """
        ...

    def change_quantity(self, number: str, sku: str, quantity: Decimal, idempotency_key: str) -> Order:
        """Order more or fewer of one item that is not being packed yet; 0 removes it. The total follows.

        Raises:
            NotFound: there is no such order, or it has no such item.
            Rejected: its state does not allow it any more, nothing would be left of the order, the quantity is
                negative, or the system does not know the price or which of several lines is meant.
        """
        ...

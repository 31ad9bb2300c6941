"""Customer orders: what a customer bought and where it is."""

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


@dataclass(frozen=True, slots=True)
class OrderItem:
    sku: str
    name: str
    quantity: Decimal


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


class Orders(Protocol):
    """The sales side of a shop or ERP.

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

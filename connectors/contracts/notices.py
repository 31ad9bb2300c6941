"""Messages that the company starts: whom they concern, and the outbox that they go into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol


class NoticeKind(StrEnum):
    ORDER_LATE = "order_late"
    ORDER_DELAYED = "order_delayed"
    REFUND_PAID = "refund_paid"
    TICKET_ANSWERED = "ticket_answered"
    BACK_IN_STOCK = "back_in_stock"


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """What to tell whom, once: `response` is a key of the texts, `arguments` what is filled in (JSON).

    It goes to the named contact; or, about an order, to whoever proved in a conversation that the order is theirs.
    """

    idempotency_key: str
    kind: NoticeKind
    response: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    order_number: str | None = None


@dataclass(frozen=True, slots=True)
class ProductWatch:
    """Somebody who waits for a product."""

    id: int
    contact_id: str
    sku: str


class Notices(Protocol):
    """What our own front office knows of customers who may want to hear something.

    Raises:
        Unavailable: our own database does not answer.
    """

    def followed_orders(self) -> Sequence[str]:
        """The orders that customers proved in a conversation during the last weeks."""
        ...

    def known_expectation(self, order_number: str) -> date | None:
        """The delivery date that the customer was told last; None when there was none."""
        ...

    def product_watches(self) -> Sequence[ProductWatch]:
        """Those who wait for a product, the longest first."""
        ...

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        """Put a notice into the outbox; the same key again does nothing and answers False.

        `settled_watch` is a product watch that ends with it.
        """
        ...

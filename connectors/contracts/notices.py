"""Messages that the company starts: whom they concern, and the outbox that they go into."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol


class NoticeKind(StrEnum):
    ORDER_LATE = "order_late"
    ORDER_DELAYED = "order_delayed"
    REFUND_PAID = "refund_paid"
    TICKET_ANSWERED = "ticket_answered"
    BACK_IN_STOCK = "back_in_stock"
    INVOICE_OVERDUE = "invoice_overdue"
    MORNING_DIGEST = "morning_digest"
    NEW_EXCEPTIONS = "new_exceptions"


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """What to tell whom, once: `response` is a key of the texts, `arguments` what is filled in (JSON).

    With an `email` it is a mail to that address, in `language` (None: that of the company). Otherwise it is written
    into a conversation: the named contact's; or, about an order, that of whoever proved that the order is theirs.
    `causes` name what it tells of; no second notice is made of any of them.
    """

    idempotency_key: str
    kind: NoticeKind
    response: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    order_number: str | None = None
    email: str | None = None
    language: str | None = None
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """What conversations and tickets say of the owner of an e-mail address.

    `contact_id` is there only when the address was proved in a conversation. `is_with_person`: a colleague talks with
    them or is about to. `open_tickets` are the texts of tickets that we owe an answer.
    """

    email: str
    language: str | None = None
    contact_id: str | None = None
    wants_notices: bool = True
    is_with_person: bool = False
    open_tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnsettledMail:
    """A mail of ours of which somebody has to know, by the key of its notice or what else it is about.

    `state` is unconfirmed (maybe it was sent), given_up or bounced.
    """

    idempotency_key: str
    state: str
    reason: str


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

    def known_expectations(self, order_numbers: Iterable[str]) -> Mapping[str, date]:
        """The delivery dates that customers were told last; an order of which none was told is missing."""
        ...

    def known_customers(self, emails: Iterable[str]) -> Mapping[str, KnownCustomer]:
        """Those of these addresses (as given) that we have talked with."""
        ...

    def told(self, causes: Iterable[str]) -> Mapping[str, datetime]:
        """When notices of these causes were put into the outbox; one that was never told of is missing."""
        ...

    def unsettled_mails(self, since: datetime) -> Sequence[UnsettledMail]:
        """Mails of which it became known since then that they may not have arrived, oldest first."""
        ...

    def asked_products(self, since: datetime) -> Mapping[str, int]:
        """By SKU: in how many conversations it was asked for in vain since then."""
        ...

    def product_watches(self) -> Sequence[ProductWatch]:
        """Those who wait for a product, the longest first."""
        ...

    def post(self, request: NoticeRequest, settled_watch: int | None = None) -> bool:
        """Put a notice into the outbox; the same key, or a cause that was told, does nothing and answers False.

        `settled_watch` is a product watch that ends with it.

        Raises:
            Rejected: the contact to be told does not exist.
        """
        ...

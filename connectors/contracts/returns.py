"""Returns and refunds: goods that come back and money that goes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connectors.errors import Rejected


class ReturnState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    RECEIVED = "received"
    REFUNDED = "refunded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """What a customer wants to send back and why; `amount` (in `currency`) is what the items cost.

    `is_faulty` makes the return label free. `idempotency_key` makes asking twice harmless.
    """

    idempotency_key: str
    order_number: str
    skus: tuple[str, ...]
    reason: str
    is_faulty: bool
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ReturnCase:
    """A return under way. `number` looks like `RET-000012`; `refunded_on` is there exactly when it was paid."""

    number: str
    order_number: str
    skus: tuple[str, ...]
    reason: str
    is_faulty: bool
    amount: Decimal
    currency: str
    state: ReturnState
    requested_on: date
    refunded_on: date | None = None


def require_returnable(request: ReturnRequest, known: Iterable[ReturnCase]) -> None:
    """Raises Rejected when the request names no item, or one that is on its way back already."""
    if not request.skus:
        raise Rejected("The return names no item.")
    on_the_way = {sku for case in known if case.state != ReturnState.REFUSED for sku in case.skus}
    if twice := sorted(on_the_way.intersection(request.skus)):
        raise Rejected(f"A return is already registered for {', '.join(twice)}.")


class Returns(Protocol):
    """Where returns are kept.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def request_return(self, request: ReturnRequest) -> ReturnCase:
        """Register a return; the same idempotency key again answers the same case.

        Raises:
            NotFound: there is no such order.
            Rejected: as `require_returnable` finds.
        """
        ...

    def returns_of(self, order_number: str) -> Sequence[ReturnCase]:
        """The returns of one order, newest first."""
        ...

    def find_return(self, number: str) -> ReturnCase:
        """The return of this number.

        Raises:
            NotFound: there is no such return.
        """
        ...

    def refunded_since(self, day: date) -> Sequence[ReturnCase]:
        """The returns that were paid on this day or later, oldest first."""
        ...

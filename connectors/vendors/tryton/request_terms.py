"""What a purchase request says that Tryton has no field for: readable in the description of its requisition."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.contracts.purchasing import PurchaseRequest
from connectors.vendors.tryton.purchase_orders import MARK, SEPARATOR, key_of


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """The request was put with `key`; `price` is for `price_per` stock units."""

    key: str
    order_on: date
    price: Decimal
    price_per: Decimal
    explanation: str


def write_request_terms(request: PurchaseRequest) -> str:
    price = f"{request.price} per {request.price_per}"
    return SEPARATOR.join([f"{MARK}{request.idempotency_key}", str(request.order_on), price, request.explanation])


def read_request_terms(description: str | None) -> RequestTerms | None:
    """None where we did not write it, or somebody wrote over it: the request is that person's then."""
    key = key_of(description)
    if key is None or description is None:
        return None
    try:
        _key, order_on, price, explanation = description.split(SEPARATOR, 3)
        amount, _, per = price.partition(" per ")
        return RequestTerms(key, date.fromisoformat(order_on), Decimal(amount), Decimal(per), explanation)
    except (ValueError, ArithmeticError):
        return None

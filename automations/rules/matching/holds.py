"""Why a document does not go through by itself, and who can do something about it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class HoldReason(StrEnum):
    """The cause of a hold; the last six are found outside the matching and handed in by the job."""

    NO_ORDER = "NO_ORDER"
    ORDER_AMBIGUOUS = "ORDER_AMBIGUOUS"
    ORDER_NOT_APPROVED = "ORDER_NOT_APPROVED"
    SUPPLIER_DIFFERS = "SUPPLIER_DIFFERS"
    ORDER_CLOSED = "ORDER_CLOSED"
    CURRENCY_DIFFERS = "CURRENCY_DIFFERS"
    ITEM_NOT_ORDERED = "ITEM_NOT_ORDERED"
    UOM_UNKNOWN = "UOM_UNKNOWN"
    PRICE_OVER = "PRICE_OVER"
    PRICE_UNDER = "PRICE_UNDER"
    QTY_OVER_ORDERED = "QTY_OVER_ORDERED"
    QTY_OVER_RECEIVED = "QTY_OVER_RECEIVED"
    QTY_OVER_ACCEPTED = "QTY_OVER_ACCEPTED"
    QTY_UNDER_ORDERED = "QTY_UNDER_ORDERED"
    QTY_UNDER_RECEIVED = "QTY_UNDER_RECEIVED"
    QTY_UNDER_ACCEPTED = "QTY_UNDER_ACCEPTED"
    NOT_RECEIVED = "NOT_RECEIVED"
    AMOUNT_OVER_ORDERED = "AMOUNT_OVER_ORDERED"
    LINE_VALUE_OVER = "LINE_VALUE_OVER"
    HEADER_VALUE_OVER = "HEADER_VALUE_OVER"
    LINE_AMOUNT_WRONG = "LINE_AMOUNT_WRONG"
    TOTALS_DO_NOT_ADD_UP = "TOTALS_DO_NOT_ADD_UP"
    TAX_DIFFERS = "TAX_DIFFERS"
    TAX_RATE_DIFFERS = "TAX_RATE_DIFFERS"
    CHARGE_NOT_ORDERED = "CHARGE_NOT_ORDERED"
    CHARGE_OVER = "CHARGE_OVER"
    CREDIT_OVER_BILLED = "CREDIT_OVER_BILLED"
    ARITHMETIC = "ARITHMETIC"
    DUPLICATE = "DUPLICATE"
    SUPPLIER_BLOCKED = "SUPPLIER_BLOCKED"
    FIELD_MISSING = "FIELD_MISSING"
    ISSUED_IN_FUTURE = "ISSUED_IN_FUTURE"
    FIGURES_UNUSABLE = "FIGURES_UNUSABLE"


class HoldOwner(StrEnum):
    """The desk that a hold goes to."""

    PROCUREMENT = "procurement"
    RECEIVING = "receiving"
    ACCOUNTS_PAYABLE = "accounts_payable"


_OWNERS = {
    HoldReason.PRICE_OVER: HoldOwner.PROCUREMENT,
    HoldReason.PRICE_UNDER: HoldOwner.PROCUREMENT,
    HoldReason.QTY_OVER_ORDERED: HoldOwner.RECEIVING,
    HoldReason.QTY_OVER_RECEIVED: HoldOwner.RECEIVING,
    HoldReason.QTY_OVER_ACCEPTED: HoldOwner.RECEIVING,
    HoldReason.QTY_UNDER_ORDERED: HoldOwner.RECEIVING,
    HoldReason.QTY_UNDER_RECEIVED: HoldOwner.RECEIVING,
    HoldReason.QTY_UNDER_ACCEPTED: HoldOwner.RECEIVING,
    HoldReason.NOT_RECEIVED: HoldOwner.RECEIVING,
}


@dataclass(frozen=True, slots=True)
class Hold:
    """One cause: what was found, what was expected, and the largest deviation (or, for a charge, amount) allowed.

    `order_line` is None where the cause is not on a line of the order. Quantities are in the unit of the order line.
    """

    reason: HoldReason
    order_line: str | None = None
    found: Decimal | str | None = None
    expected: Decimal | str | None = None
    limit: Decimal | None = None

    @property
    def owner(self) -> HoldOwner:
        return _OWNERS.get(self.reason, HoldOwner.ACCOUNTS_PAYABLE)

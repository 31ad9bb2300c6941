"""Charges of a document, such as freight, against those planned with the order."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.lines import LineBilling, to_order_currency, value_of
from automations.rules.matching.policy import MatchingPolicy
from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import PurchaseOrder
from connectors.money import ZERO, round_money


def sum_charges(invoice: Invoice, rate: Decimal | None) -> dict[str, Decimal]:
    """The charges of a document by kind, in the order's currency where there is a rate."""
    charges: dict[str, Decimal] = {}
    for charge in invoice.charges:
        amount = charge.amount if rate is None else to_order_currency(charge.amount, rate)
        charges[charge.kind] = charges.get(charge.kind, ZERO) + amount
    return charges


def charge_limits(
    invoice: Invoice, order: PurchaseOrder, billings: Iterable[LineBilling], policy: MatchingPolicy
) -> dict[str, Decimal | None]:
    """The largest amount allowed for each kind of charge on the document, None = any.

    A planned charge may be billed in proportion to the order value billed by this document, plus the tolerance.
    Charges that a credit note gives back have no limit.
    """
    kinds = {charge.kind: None for charge in invoice.charges}
    if not kinds or invoice.type is DocumentType.CREDIT_NOTE:
        return dict(kinds)
    planned: dict[str, Decimal] = {}
    for charge in order.charges:
        planned[charge.kind] = planned.get(charge.kind, ZERO) + charge.amount
    share = _share_of_order(order, billings) if planned else ZERO
    return {
        kind: _planned_limit(planned[kind] * share, policy) if kind in planned else policy.unplanned_charge
        for kind in kinds
    }


def _planned_limit(planned: Decimal, policy: MatchingPolicy) -> Decimal | None:
    deviation = policy.planned_charge.limit_for(planned)
    return None if deviation is None else round_money(planned + deviation)


def _share_of_order(order: PurchaseOrder, billings: Iterable[LineBilling]) -> Decimal:
    ordered = sum((value_of(line, line.quantity) if line.amount is None else line.amount for line in order.lines), ZERO)
    if not ordered:
        return Decimal(1)
    billed = sum(
        (
            value_of(billing.line, billing.quantity) if billing.line.amount is None else billing.amount or ZERO
            for billing in billings
        ),
        ZERO,
    )
    return billed / ordered


def check_charges(
    charges: Mapping[str, Decimal],
    limits: Mapping[str, Decimal | None],
    order: PurchaseOrder,
    *,
    is_comparable: bool,
) -> Iterator[Hold]:
    """Charges above their limit; in a currency that cannot be compared only those that nobody planned or allows."""
    planned = {charge.kind for charge in order.charges}
    for kind, amount in charges.items():
        limit = limits[kind]
        if limit is None or amount <= limit:
            continue
        if kind not in planned and (is_comparable or not limit):
            yield Hold(HoldReason.CHARGE_NOT_ORDERED, None, amount, kind, limit)
        elif kind in planned and is_comparable:
            yield Hold(HoldReason.CHARGE_OVER, None, amount, kind, limit)

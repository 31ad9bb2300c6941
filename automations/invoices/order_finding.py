"""Which order a document is about: the order that it names, else one that its text, its lines or its total lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from automations.invoices.ledger import Ledger
from automations.rules.matching.line_sets import WantedLine
from automations.rules.matching.order_search import OrderFound, OrderSearch, Resolution, find_order
from automations.rules.matching.order_text import find_orders_in_text
from automations.rules.matching.pairing import pair_by_amount
from automations.rules.matching.units import UnitConversions
from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import PurchaseOrder
from connectors.money import ZERO

# Beside a search without an answer, for which nobody can say how many there are.
MORE_THAN_ONE = 2


class FoundBy(StrEnum):
    REFERENCE = "reference"
    TEXT = "text"
    LINES = "lines"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """The document, with order lines where its total named them, its order, and how that was found.

    `solutions` counts the orders or sets of lines that fit, where they are several and so none is taken.
    """

    invoice: Invoice
    order: PurchaseOrder | None = None
    found_by: FoundBy | None = None
    solutions: int = 0


def find_order_of(invoice: Invoice, ledger: Ledger) -> OrderAnswer:
    """Go down the ladder until something is found; a credit note stops after its text, for it bills nothing open."""
    if (order := ledger.find_order(invoice)) is not None:
        return OrderAnswer(invoice, order, FoundBy.REFERENCE)
    open_orders = ledger.open_orders(invoice.supplier)
    texts = [invoice.order_reference or "", *invoice.texts, *(line.description for line in invoice.lines)]
    # An order that is named is meant, whatever its currency; that it differs is a hold of its own.
    named = find_orders_in_text(texts, open_orders)
    if len(named) == 1:
        return OrderAnswer(invoice, named[0], FoundBy.TEXT)
    if named:
        return OrderAnswer(invoice, solutions=len(named))
    candidates = [order for order in open_orders if order.currency == invoice.currency]
    if invoice.type is DocumentType.CREDIT_NOTE or not candidates:
        return OrderAnswer(invoice)
    return _search(invoice, candidates, ledger.conversions.all)


def _search(invoice: Invoice, candidates: Sequence[PurchaseOrder], conversions: UnitConversions) -> OrderAnswer:
    orders = {order.number: order for order in candidates}
    lines = _wanted_lines(invoice)
    found_by = FoundBy.LINES
    found = find_order(OrderSearch(invoice.supplier, lines=lines, conversions=conversions), candidates)
    if found.resolution is Resolution.NONE:
        found_by = FoundBy.TOTAL
        found = find_order(OrderSearch(invoice.supplier, total=_total(invoice)), candidates)
    if found.resolution is Resolution.AMBIGUOUS:
        return OrderAnswer(invoice, solutions=max(found.solutions, MORE_THAN_ONE))
    if found.order is None:
        return OrderAnswer(invoice)
    order = orders[found.order]
    return OrderAnswer(_name_lines(invoice, order, found, found_by), order, found_by)


def _name_lines(invoice: Invoice, order: PurchaseOrder, found: OrderFound, found_by: FoundBy) -> Invoice:
    return pair_by_amount(invoice, order, found.lines) if found_by is FoundBy.TOTAL else invoice


def _wanted_lines(invoice: Invoice) -> list[WantedLine]:
    """All lines, or none where one of them names no item: a part of them would fit too much."""
    lines = [
        WantedLine(line.item, line.quantity, line.unit_price, line.uom, line.price_per)
        for line in invoice.lines
        if line.item is not None and line.quantity > 0
    ]
    return lines if len(lines) == len(invoice.lines) else []


def _total(invoice: Invoice) -> Decimal | None:
    """The lines without charges and tax, as open amounts of orders are; nothing is too little to look for."""
    total = sum((line.net for line in invoice.lines), ZERO)
    return total if total > 0 else None

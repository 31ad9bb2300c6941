"""Pairing the lines of an invoice with order lines by their amounts, where the total alone has found the order."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from automations.rules.matching.order_search import open_amount
from connectors.contracts.documents import Invoice
from connectors.contracts.purchasing import PurchaseOrder
from connectors.money import round_money


def pair_by_amount(invoice: Invoice, order: PurchaseOrder, meant: Collection[str]) -> Invoice:
    """The invoice with the order line on each line whose amount is the open amount of exactly one line that is meant.

    Lines that name an order line, or an item of the order, keep what they say; equal amounts are not told apart.
    """
    items = {line.item for line in order.lines}
    amounts = {line.line: round_money(open_amount(line)) for line in order.lines if line.line in meant}
    offered = Counter(amounts.values())
    billed = Counter(line.net for line in invoice.lines)
    by_amount = {amount: name for name, amount in amounts.items() if offered[amount] == 1}
    return replace(
        invoice,
        lines=tuple(
            replace(line, order_line=by_amount[line.net])
            if line.order_line is None and line.item not in items and line.net in by_amount and billed[line.net] == 1
            else line
            for line in invoice.lines
        ),
    )

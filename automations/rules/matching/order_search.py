"""Finding the order that an invoice belongs to: by its reference, by its lines, or by its total alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from automations.rules.matching.line_sets import LineSets, WantedLine, find_line_sets
from automations.rules.matching.subsets import TooManySumsError, find_subsets
from automations.rules.matching.units import NO_CONVERSIONS, UnitConversions
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.money import ZERO


class Resolution(StrEnum):
    FOUND = "found"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """What the invoice says of its order; what it does not say is None or empty.

    The total is compared with open amounts of the order, so it is one without tax.
    """

    supplier: str
    reference: str | None = None
    lines: Sequence[WantedLine] = ()
    total: Decimal | None = None
    total_tolerance: Decimal = ZERO
    currency: str | None = None
    conversions: UnitConversions = NO_CONVERSIONS


@dataclass(frozen=True, slots=True)
class OrderFound:
    """`lines` are those of the order that are meant; `solutions` in how many ways the invoice fits."""

    resolution: Resolution
    order: str | None = None
    lines: tuple[str, ...] = ()
    solutions: int = 0


NOT_FOUND = OrderFound(Resolution.NONE)


def find_order(search: OrderSearch, orders: Iterable[PurchaseOrder]) -> OrderFound:
    """Open orders of the supplier by reference, else by lines, else by total; several answers are never one."""
    candidates = [order for order in orders if _is_candidate(order, search)]
    if search.reference is not None:
        named = [order for order in candidates if order.number == search.reference]
        if named:
            return _within(search, named[0])
    return _by_lines(search, candidates) or _by_total(search, candidates) or NOT_FOUND


def open_lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return [line for line in order.lines if open_amount(line) or open_quantity(line) > 0]


def open_quantity(line: PurchaseOrderLine) -> Decimal:
    return line.quantity - line.billed


def open_amount(line: PurchaseOrderLine) -> Decimal:
    """What the open part of the line costs; never below nothing."""
    if line.amount is not None:
        return max(line.amount - line.billed_amount, ZERO)
    if line.price_per <= 0:
        # A price for no quantity: nobody finds an order by it, and its own documents are held.
        return ZERO
    return max(open_quantity(line), ZERO) * line.unit_price / line.price_per


def _is_candidate(order: PurchaseOrder, search: OrderSearch) -> bool:
    is_open = order.supplier == search.supplier and order.state is PurchaseOrderState.OPEN
    return is_open and search.currency in (None, order.currency)


def _within(search: OrderSearch, order: PurchaseOrder) -> OrderFound:
    """The order is known; which of its lines are meant may not be."""
    everything = open_lines(order)
    amount = sum(map(open_amount, everything), ZERO)
    is_everything = search.total is not None and abs(search.total - amount) <= search.total_tolerance
    if is_everything or (search.total is None and not search.lines):
        return _found(order, everything)
    fitting = _by_lines(search, [order]) or _by_total(search, [order])
    return fitting or OrderFound(Resolution.FOUND, order.number, (), 0)


def _by_lines(search: OrderSearch, orders: Sequence[PurchaseOrder]) -> OrderFound | None:
    if not search.lines:
        return None
    found = [(order, _line_sets(search, order)) for order in orders]
    solutions = sum(len(sets.sets) for _, sets in found)
    if solutions == 0:
        return None if all(sets.is_complete for _, sets in found) else OrderFound(Resolution.AMBIGUOUS)
    if solutions > 1 or not all(sets.is_complete for _, sets in found):
        return OrderFound(Resolution.AMBIGUOUS, solutions=solutions)
    order, only = next((order, places) for order, sets in found for places in sets.sets)
    return _found(order, [line for place, line in enumerate(open_lines(order)) if place in only])


def _line_sets(search: OrderSearch, order: PurchaseOrder) -> LineSets:
    offered = [(line, open_quantity(line)) for line in open_lines(order)]
    return find_line_sets(search.lines, offered, search.conversions)


def _by_total(search: OrderSearch, orders: Sequence[PurchaseOrder]) -> OrderFound | None:
    if search.total is None:
        return None
    least, most = search.total - search.total_tolerance, search.total + search.total_tolerance
    try:
        fitting = [find_subsets([open_amount(line) for line in open_lines(order)], least, most) for order in orders]
    except TooManySumsError:
        return OrderFound(Resolution.AMBIGUOUS)
    solutions = sum(subsets.count for subsets in fitting)
    if solutions != 1:
        return OrderFound(Resolution.AMBIGUOUS, solutions=solutions) if solutions else None
    order, only = next((order, subsets.only) for order, subsets in zip(orders, fitting, strict=True) if subsets.count)
    return _found(order, [line for place, line in enumerate(open_lines(order)) if place in only])


def _found(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> OrderFound:
    return OrderFound(Resolution.FOUND, order.number, tuple(line.line for line in lines), 1)

"""Finding the order that an invoice belongs to: by its reference, by its lines, or by its total alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from automations.rules.matching.subsets import TooManySumsError, find_subsets
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.money import ZERO

# Beyond this many ways to assign lines it no longer matters how many there are.
MOST_ASSIGNMENTS = 1000


class Resolution(StrEnum):
    FOUND = "found"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line of the invoice; the price is for one unit of the order line."""

    item: str
    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """What the invoice says of its order; what it does not say is None or empty."""

    supplier: str
    reference: str | None = None
    lines: Sequence[WantedLine] = ()
    total: Decimal | None = None
    total_tolerance: Decimal = ZERO


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
    candidates = [order for order in orders if _is_candidate(order, search.supplier)]
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
    return max(open_quantity(line), ZERO) * line.unit_price / line.price_per


def _is_candidate(order: PurchaseOrder, supplier: str) -> bool:
    return order.supplier == supplier and order.state is PurchaseOrderState.OPEN


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
    fitting = [
        (order, lines)
        for order in orders
        for lines in islice(_assignments(search.lines, open_lines(order)), MOST_ASSIGNMENTS)
    ]
    distinct = {(order.number, tuple(sorted(line.line for line in lines))): (order, lines) for order, lines in fitting}
    if len(distinct) == 1:
        order, lines = next(iter(distinct.values()))
        return _found(order, [line for line in order.lines if line in lines])
    return OrderFound(Resolution.AMBIGUOUS, solutions=len(distinct)) if distinct else None


def _assignments(
    wanted: Sequence[WantedLine], offered: Sequence[PurchaseOrderLine]
) -> Iterator[tuple[PurchaseOrderLine, ...]]:
    """Every way to give each invoice line an order line of its own."""
    if not wanted:
        yield ()
        return
    first, *others = wanted
    for place, line in enumerate(offered):
        if not _fits(first, line):
            continue
        for rest in _assignments(others, [*offered[:place], *offered[place + 1 :]]):
            yield (line, *rest)


def _fits(wanted: WantedLine, line: PurchaseOrderLine) -> bool:
    has_price = wanted.unit_price * line.price_per == line.unit_price
    return wanted.item == line.item and has_price and wanted.quantity <= open_quantity(line)


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

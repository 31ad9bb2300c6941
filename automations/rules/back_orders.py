"""When waiting customers get goods that are on their way: first come, first served."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from automations.rules.matching.units import UnitConversions
from connectors.contracts.orders import Order
from connectors.contracts.purchasing import PurchaseOrder, PurchaseRequest
from connectors.money import ZERO

# The unit in which customers order (UN/ECE recommendation 20).
PIECE = "H87"


@dataclass(frozen=True, slots=True)
class Supply:
    """When missing goods come in; not `is_ordered` as long as the order for some of them is only proposed."""

    expected_on: date
    is_ordered: bool = True


@dataclass(frozen=True, slots=True)
class Arrival:
    """Pieces of an item on their way; without a day where the supplier promised none."""

    item: str
    quantity: Decimal
    expected_on: date | None
    is_ordered: bool = True


def list_arrivals(
    awaited: Iterable[PurchaseOrder], proposed: Iterable[PurchaseRequest], units: UnitConversions, today: date
) -> Sequence[Arrival]:
    """What open purchase orders still owe, and what is proposed to be ordered today.

    A unit that nobody can convert counts as one piece, which is never more than what comes; a quantity that is no
    number brings nothing.
    """
    owed = [
        Arrival(line.item, _pieces(units, line.item, line.uom, line.quantity - line.received), order.expected_on)
        for order in awaited
        for line in order.lines
        if line.is_awaited
    ]
    planned = [
        Arrival(one.item, _pieces(units, one.item, one.uom, one.quantity), one.expected_if_ordered(today), False)
        for one in proposed
    ]
    return [arrival for arrival in (*owed, *planned) if arrival.quantity > 0]


def share_supply(
    waiting: Iterable[Order], stock: Mapping[str, Decimal], arrivals: Iterable[Arrival]
) -> Mapping[str, Supply]:
    """By number of an order: when the last of its goods comes in, if those who ordered earlier get theirs first.

    Stock on hand goes out first, then what is ordered, by its day, then what is proposed. An order is missing in the
    answer where goods come for it on no known day, or not enough of them, and where all of it is in stock.
    """
    queues: defaultdict[str, deque[Arrival]] = defaultdict(deque)
    for arrival in sorted(arrivals, key=lambda one: (not one.is_ordered, one.expected_on or date.max)):
        queues[arrival.item].append(arrival)
    left = dict(stock)
    found: dict[str, Supply] = {}
    for order in sorted(waiting, key=lambda order: (order.ordered_on, order.number)):
        used: list[Arrival | None] = []
        for item in order.items:
            on_hand = min(max(left.get(item.sku, ZERO), ZERO), item.quantity)
            left[item.sku] = left.get(item.sku, ZERO) - on_hand
            used += _take(queues[item.sku], item.quantity - on_hand)
        supply = _last_of(used)
        if supply is not None:
            found[order.number] = supply
    return found


def _take(queue: deque[Arrival], quantity: Decimal) -> Iterator[Arrival | None]:
    """The arrivals that bring so many; None where that is not enough."""
    while quantity > 0:
        if not queue:
            yield None
            return
        arrival = queue.popleft()
        yield arrival
        if arrival.quantity > quantity:
            queue.appendleft(replace(arrival, quantity=arrival.quantity - quantity))
        quantity -= arrival.quantity


def _last_of(used: Iterable[Arrival | None]) -> Supply | None:
    days: list[date] = []
    is_ordered = True
    for arrival in used:
        if arrival is None or arrival.expected_on is None:
            return None
        days.append(arrival.expected_on)
        is_ordered = is_ordered and arrival.is_ordered
    return Supply(max(days), is_ordered) if days else None


def _pieces(units: UnitConversions, item: str, uom: str, quantity: Decimal) -> Decimal:
    if not quantity.is_finite():
        return ZERO
    ratio = units.ratio(item, uom, PIECE)
    return quantity if ratio is None else ratio.convert_quantity(quantity)

"""Which lines of an order the lines of an invoice can mean: every different set of them, found in bounded time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.matching.units import SAME_UNIT, UnitConversions
from connectors.contracts.purchasing import PurchaseOrderLine

# Beyond this many different sets it no longer matters how many there are.
MOST_SETS = 1000
# Lines that are tried in all; enough for hundreds of lines of which each fits one, and done in well under a second.
MOST_TRIES = 100_000


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line of the invoice. The price is for `price_per` units of `uom`; None = the unit of the order line."""

    item: str
    quantity: Decimal
    unit_price: Decimal
    uom: str | None = None
    price_per: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class LineSets:
    """The sets found; not `is_complete` where there are more, or where there may be."""

    sets: frozenset[frozenset[int]]
    is_complete: bool = True


NO_SETS = LineSets(frozenset())


def find_line_sets(
    wanted: Sequence[WantedLine], offered: Sequence[tuple[PurchaseOrderLine, Decimal]], conversions: UnitConversions
) -> LineSets:
    """The sets of places in `offered` (lines with their open quantities) that give each wanted line one of its own."""
    fitting = {
        line: [
            place
            for place, (other, open_quantity) in enumerate(offered)
            if _fits(line, other, open_quantity, conversions)
        ]
        for line in set(wanted)
    }
    # The line with the fewest places first; equal lines stand together.
    ordered = sorted(wanted, key=lambda line: (len(fitting[line]), line.item, line.quantity, line.unit_price))
    if not ordered or not _can_all_fit([fitting[line] for line in ordered]):
        return NO_SETS
    found: set[frozenset[int]] = set()
    for tries, places in enumerate(_choices(ordered, fitting), start=1):
        if places is not None:
            found.add(places)
        if tries >= MOST_TRIES or len(found) >= MOST_SETS:
            return LineSets(frozenset(found), is_complete=False)
    return LineSets(frozenset(found))


def _fits(wanted: WantedLine, line: PurchaseOrderLine, open_quantity: Decimal, conversions: UnitConversions) -> bool:
    """Equal item and price and enough left; prices are multiplied out, so that no third of a cent is lost."""
    if wanted.item != line.item:
        return False
    ratio = SAME_UNIT if wanted.uom is None else conversions.ratio(line.item, wanted.uom, line.uom)
    if ratio is None or ratio.convert_quantity(wanted.quantity) > open_quantity:
        return False
    billed_price = wanted.unit_price * ratio.denominator * line.price_per
    return billed_price == line.unit_price * ratio.numerator * wanted.price_per


def _can_all_fit(fitting: Sequence[Sequence[int]]) -> bool:
    """Whether every line can have a place of its own (Kuhn, The Hungarian method, 1955)."""
    holder: dict[int, int] = {}
    return all(_seat(line, fitting, holder, set()) for line in range(len(fitting)))


def _seat(line: int, fitting: Sequence[Sequence[int]], holder: dict[int, int], asked: set[int]) -> bool:
    """Give the line a place, letting others move; a list of steps and not recursion, for orders of many lines."""
    came_from: dict[int, int] = {}
    waiting = [line]
    for current in waiting:  # grows while it is read: breadth first
        for place in fitting[current]:
            if place in asked:
                continue
            asked.add(place)
            came_from[place] = current
            if place not in holder:
                _move(place, came_from, holder)
                return True
            waiting.append(holder[place])
    return False


def _move(place: int, came_from: dict[int, int], holder: dict[int, int]) -> None:
    """Along the way back, each line takes the new place and leaves its old one to the line that asked for it."""
    held = {line: at for at, line in holder.items()}
    current: int | None = place
    while current is not None:
        line = came_from[current]
        holder[current] = line
        current = held.get(line)


def _choices(ordered: Sequence[WantedLine], fitting: dict[WantedLine, list[int]]) -> Iterator[frozenset[int] | None]:
    """Every choice of a place for each line, and None for each try in between; equal lines take rising places."""
    chosen: list[int] = []
    options = [iter(fitting[ordered[0]])]
    while options:
        place = next(options[-1], None)
        if place is None:
            options.pop()
            if chosen:
                chosen.pop()
            continue
        if place in chosen:
            continue
        position = len(chosen)
        if position + 1 == len(ordered):
            yield frozenset((*chosen, place))
            continue
        yield None
        chosen.append(place)
        following = ordered[position + 1]
        lowest = place if following == ordered[position] else -1
        options.append(iter([other for other in fitting[following] if other > lowest]))

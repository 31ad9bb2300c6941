"""The made-up purchase orders: what one review ordered of one supplier for one site, with what came of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine, PurchaseOrderState
from connectors.demo.year.goods import Goods, Supplier
from connectors.demo.year.warehouse import Delivery, Replenishment

FIRST_NUMBER = 10_001
OWNER = "petra.dvorakova@lumen-oak.example"
PIECE = "H87"  # UN/ECE recommendation 20
TAX_PERCENT = {"CZ": Decimal(21)}  # of a supplier at home; one abroad bills without (reverse charge)
NO_TAX = Decimal(0)


@dataclass(frozen=True, slots=True)
class MadeOrder:
    """A purchase order with the deliveries of its lines, in the order of the lines."""

    order: PurchaseOrder
    supplier: Supplier
    deliveries: tuple[tuple[Delivery, ...], ...]

    @property
    def last_delivery(self) -> date | None:
        """None until everything is there."""
        days = [delivery.on for deliveries in self.deliveries for delivery in deliveries]
        is_complete = all(line.received == line.quantity for line in self.order.lines)
        return max(days) if is_complete else None


def make_purchase_orders(ordered: Iterable[tuple[Goods, str, Replenishment]]) -> Iterator[MadeOrder]:
    """In the order of their days; the billed quantities are still nothing."""
    together: defaultdict[tuple[date, str, str], list[tuple[Goods, Replenishment]]] = defaultdict(list)
    for goods, site, line in ordered:
        together[line.ordered_on, goods.supplier.name, site].append((goods, line))
    for number, key in enumerate(sorted(together), FIRST_NUMBER):
        yield _order(number, key[2], together[key])


def _order(number: int, site: str, lines: Sequence[tuple[Goods, Replenishment]]) -> MadeOrder:
    supplier, (first, *_others) = lines[0][0].supplier, [line for _goods, line in lines]
    order_lines = tuple(_line(position, goods, line) for position, (goods, line) in enumerate(lines, 1))
    order = PurchaseOrder(
        number=f"PO-{first.ordered_on.year}-{number}",
        supplier=supplier.name,
        currency=supplier.currency,
        ordered_on=first.ordered_on,
        state=PurchaseOrderState.OPEN,
        lines=order_lines,
        owner=OWNER,
        expected_on=max(line.expected_on for _goods, line in lines),
        site=site,
    )
    return MadeOrder(order, supplier, tuple(tuple(line.deliveries) for _goods, line in lines))


def _line(position: int, goods: Goods, line: Replenishment) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line=str(position),
        item=goods.sku,
        quantity=Decimal(line.quantity),
        uom=PIECE,
        unit_price=goods.cost,
        tax_percent=TAX_PERCENT.get(goods.supplier.country, NO_TAX),
        description=goods.names["en"],
        received=Decimal(sum(delivery.quantity for delivery in line.deliveries)),
        accepted=Decimal(sum(delivery.accepted for delivery in line.deliveries)),
    )

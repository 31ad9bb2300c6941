"""Which order line a billed line belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.matching.units import Ratio, UnitConversions
from connectors.contracts.documents import DocumentType, Invoice, InvoiceLine
from connectors.contracts.purchasing import PurchaseOrder, PurchaseOrderLine
from connectors.money import ZERO


@dataclass(frozen=True, slots=True)
class Assignment:
    """One billed line with its order line (None = not ordered) and the ratio of their units (None = unknown).

    A service line is billed by amount and needs no ratio.
    """

    billed: InvoiceLine
    ordered: PurchaseOrderLine | None = None
    ratio: Ratio | None = None


def assign_lines(invoice: Invoice, order: PurchaseOrder | None, conversions: UnitConversions) -> list[Assignment]:
    """Every billed line with its order line.

    The order line named on the document counts, and a name that is not on the order is not ordered: no other line is
    guessed. A line that names none goes by its item. Where the item stands on several order lines the first of them
    in this ranking is taken: its unit can be converted; something is left on it (to bill or, for a credit note, to
    credit); its price is the billed price; enough is left on it for the whole billed line; it stands first on the
    order. What earlier lines of the same document have taken is no longer left. A billed line is never split.
    """
    if order is None:
        return [Assignment(line) for line in invoice.lines]
    lines = {line.line: line for line in order.lines}
    taken: dict[str, Decimal] = {}
    assignments = []
    for billed in invoice.lines:
        if billed.order_line is not None:
            assignment = _assign(billed, lines.get(billed.order_line), conversions)
        else:
            candidates = [_assign(billed, line, conversions) for line in order.lines if _is_item(line, billed)]
            if len(candidates) > 1:
                is_credit = invoice.type is DocumentType.CREDIT_NOTE
                candidates.sort(key=lambda candidate: _rank(candidate, taken, is_credit=is_credit))
            assignment = candidates[0] if candidates else Assignment(billed)
        _take(assignment, taken)
        assignments.append(assignment)
    return assignments


def _is_item(line: PurchaseOrderLine, billed: InvoiceLine) -> bool:
    return billed.item is not None and line.item == billed.item


def _assign(billed: InvoiceLine, ordered: PurchaseOrderLine | None, conversions: UnitConversions) -> Assignment:
    if ordered is None or ordered.amount is not None:
        return Assignment(billed, ordered)
    return Assignment(billed, ordered, conversions.ratio(ordered.item, billed.uom, ordered.uom))


def _take(assignment: Assignment, taken: dict[str, Decimal]) -> None:
    if assignment.ordered is not None:
        line = assignment.ordered.line
        taken[line] = taken.get(line, ZERO) + _billed_quantity(assignment)


def _rank(candidate: Assignment, taken: Mapping[str, Decimal], *, is_credit: bool) -> tuple[bool, ...]:
    line = candidate.ordered
    if line is None or (candidate.ratio is None and line.amount is None):
        return (True,)
    total = line.quantity if line.amount is None else line.amount
    done = line.billed if line.amount is None else line.billed_amount
    left = (done if is_credit else total - done) - taken.get(line.line, ZERO)
    return (False, left <= 0, not _has_same_price(candidate, line), left < _billed_quantity(candidate))


def _billed_quantity(candidate: Assignment) -> Decimal:
    """In the unit of the order line; for a service line the billed amount."""
    if candidate.ordered is not None and candidate.ordered.amount is not None:
        return candidate.billed.net
    return candidate.ratio.convert_quantity(candidate.billed.quantity) if candidate.ratio else ZERO


def _has_same_price(candidate: Assignment, line: PurchaseOrderLine) -> bool:
    if candidate.ratio is None:
        return candidate.billed.net == line.amount
    billed = candidate.billed
    billed_price = billed.unit_price * candidate.ratio.denominator * line.price_per
    return billed_price == line.unit_price * candidate.ratio.numerator * billed.price_per

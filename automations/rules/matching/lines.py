"""The checks of one order line: price, quantities so far, service amount, line value, tax rate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.matching.assignment import Assignment
from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.policy import HUNDRED, MatchingPolicy, MatchLevel, Tolerance
from automations.rules.matching.units import SAME_UNIT, Ratio
from connectors.contracts.documents import InvoiceLine
from connectors.contracts.purchasing import PurchaseOrderLine
from connectors.money import ZERO, round_money

# Far below any quantity that is bought; far above what is lost when 7 pieces become 7/12 of a case.
NOISE = Decimal("1E-12")

_OVER = {
    MatchLevel.TWO_WAY: HoldReason.QTY_OVER_ORDERED,
    MatchLevel.THREE_WAY: HoldReason.QTY_OVER_RECEIVED,
    MatchLevel.FOUR_WAY: HoldReason.QTY_OVER_ACCEPTED,
}
_UNDER = {
    MatchLevel.TWO_WAY: HoldReason.QTY_UNDER_ORDERED,
    MatchLevel.THREE_WAY: HoldReason.QTY_UNDER_RECEIVED,
    MatchLevel.FOUR_WAY: HoldReason.QTY_UNDER_ACCEPTED,
}


@dataclass(slots=True)
class LineBilling:
    """All that one document bills on one order line; several billed lines add up.

    `quantity` is in the unit of the order line, `amount` in the order's currency (None = cannot be converted), both
    with the sign of the document's lines: a credit note subtracts them. `price_deviation` is the largest one, in
    percent of the order price. `over_by` is the largest excess of a quantity that did not pass.
    """

    line: PurchaseOrderLine
    quantity: Decimal = ZERO
    amount: Decimal | None = ZERO
    price_deviation: Decimal | None = None
    over_by: Decimal | None = None
    value_variance: Decimal | None = None
    has_unknown_unit: bool = False
    has_price_only_part: bool = False


def group_lines(assignments: Iterable[Assignment], rate: Decimal | None) -> dict[str, LineBilling]:
    """What is billed per order line; `rate` is invoice currency per order currency, None = unknown."""
    billings: dict[str, LineBilling] = {}
    for assignment in assignments:
        line = assignment.ordered
        if line is None:
            continue
        billing = billings.get(line.line)
        if billing is None:
            billing = billings[line.line] = LineBilling(line)
        _add(billing, assignment, rate)
    return billings


def _add(billing: LineBilling, assignment: Assignment, rate: Decimal | None) -> None:
    billed, ratio = assignment.billed, assignment.ratio
    if billing.amount is not None:
        billing.amount = None if rate is None else billing.amount + to_order_currency(billed.net, rate)
    if billing.line.amount is not None:
        return
    if not billed.quantity:
        billing.has_price_only_part = True
    elif ratio is None:
        billing.has_unknown_unit = True
    else:
        billing.quantity += billed.quantity if ratio is SAME_UNIT else ratio.convert_quantity(billed.quantity)


def to_order_currency(amount: Decimal, rate: Decimal) -> Decimal:
    return amount if rate == 1 else round_money(amount / rate)


def check_price(
    billing: LineBilling, billed: InvoiceLine, ratio: Ratio, rate: Decimal, policy: MatchingPolicy
) -> Iterator[Hold]:
    """Compare the billed price with the order price on the order's price base.

    Everything is multiplied by `scale` instead of divided: prices are never rounded, so a price at its limit passes.
    """
    line = billing.line
    scale = billed.price_per * ratio.numerator * rate
    billed_price = billed.unit_price * ratio.denominator * line.price_per
    deviation = billed_price - line.unit_price * scale
    if line.unit_price and scale:
        percent = deviation * HUNDRED / (abs(line.unit_price) * scale)
        if billing.price_deviation is None or abs(percent) > abs(billing.price_deviation):
            billing.price_deviation = percent
    tolerance = policy.price if deviation > 0 else policy.lowest_price
    limit = None if tolerance is None else tolerance.limit_for(line.unit_price)
    if limit is None or abs(deviation) <= limit * scale:
        return
    found = billed_price / scale if scale else billed.unit_price
    reason = HoldReason.PRICE_OVER if deviation > 0 else HoldReason.PRICE_UNDER
    yield Hold(reason, line.line, found, line.unit_price, limit)


def check_billing(billing: LineBilling, policy: MatchingPolicy, sign: int) -> Iterator[Hold]:
    """The holds of what is billed so far on one order line; `sign` is -1 for a credit note."""
    if billing.line.amount is not None:
        yield from _check_service(billing, billing.line.amount, policy, sign)
        return
    change = sign * billing.quantity
    if change > 0:
        yield from _check_over(billing, change, policy)
        lowest = policy.lowest_quantity
        if lowest is not None and not billing.has_unknown_unit:
            yield from _check_under(billing, change, policy.level, lowest)
    elif change < 0 and billing.line.billed + change < -NOISE:
        yield Hold(HoldReason.CREDIT_OVER_BILLED, billing.line.line, -change, billing.line.billed, ZERO)
    if sign < 0 and billing.has_price_only_part:
        yield from _check_credited_amount(billing, sign)
    if sign > 0 and not billing.has_unknown_unit:
        yield from _check_line_value(billing, policy)


def _check_over(billing: LineBilling, change: Decimal, policy: MatchingPolicy) -> Iterator[Hold]:
    """Nothing received is one cause, whatever the level: nothing can be accepted either, so it only waits."""
    line, billed_after = billing.line, billing.line.billed + change
    for level, figure in _figures(line, policy.level):
        limit = policy.quantity.limit_for(figure)
        excess = billed_after - figure
        if limit is None or excess - limit <= NOISE:
            continue
        billing.over_by = excess if billing.over_by is None else max(excess, billing.over_by)
        if level is MatchLevel.TWO_WAY or line.received:
            yield Hold(_OVER[level], line.line, billed_after, figure, limit)
        elif level is MatchLevel.THREE_WAY:
            yield Hold(HoldReason.NOT_RECEIVED, line.line, billed_after, figure, limit)


def _check_under(billing: LineBilling, change: Decimal, level: MatchLevel, lowest: Tolerance) -> Iterator[Hold]:
    line, billed_after = billing.line, billing.line.billed + change
    level, figure = _figures(line, level)[-1]
    limit = lowest.limit_for(figure)
    if limit is not None and figure - billed_after - limit > NOISE:
        yield Hold(_UNDER[level], line.line, billed_after, figure, limit)


def _figures(line: PurchaseOrderLine, level: MatchLevel) -> tuple[tuple[MatchLevel, Decimal], ...]:
    ordered = (MatchLevel.TWO_WAY, line.quantity)
    if level is MatchLevel.TWO_WAY:
        return (ordered,)
    received = (MatchLevel.THREE_WAY, line.received)
    if level is MatchLevel.THREE_WAY:
        return ordered, received
    return ordered, received, (MatchLevel.FOUR_WAY, line.accepted)


def _check_line_value(billing: LineBilling, policy: MatchingPolicy) -> Iterator[Hold]:
    line = billing.line
    if billing.amount is None:
        return
    basis = line.quantity if policy.level is MatchLevel.TWO_WAY else line.received
    expected = value_of(line, basis - line.billed)
    billing.value_variance = billing.amount - expected
    limit = None if policy.line_value is None else policy.line_value.limit_for(expected)
    if limit is not None and billing.value_variance > limit:
        yield Hold(HoldReason.LINE_VALUE_OVER, line.line, billing.amount, expected, limit)


def check_header_value(billings: Iterable[LineBilling], policy: MatchingPolicy, sign: int) -> Iterator[Hold]:
    """All lines of an invoice together against their quantities at the order price; services count as billed."""
    if policy.header_value is None or sign < 0:
        return
    billed = expected = ZERO
    for billing in billings:
        if billing.amount is None or billing.has_unknown_unit:
            return  # that line is held already, and what it is worth nobody can say
        billed += billing.amount
        expected += billing.amount if billing.line.amount is not None else value_of(billing.line, billing.quantity)
    limit = policy.header_value.limit_for(expected)
    if limit is not None and billed - expected > limit:
        yield Hold(HoldReason.HEADER_VALUE_OVER, None, billed, expected, limit)


def value_of(line: PurchaseOrderLine, quantity: Decimal) -> Decimal:
    """The quantity at the order price, rounded to cents as the amounts are that it is compared with."""
    value = quantity * line.unit_price
    return round_money(value if line.price_per == 1 else value / line.price_per)


def _check_service(billing: LineBilling, ordered: Decimal, policy: MatchingPolicy, sign: int) -> Iterator[Hold]:
    if billing.amount is None:
        return
    change = sign * billing.amount
    if change < 0:
        yield from _check_credited_amount(billing, sign)
        return
    billed_after = billing.line.billed_amount + change
    limit = policy.amount.limit_for(ordered)
    if change and limit is not None and billed_after - ordered > limit:
        yield Hold(HoldReason.AMOUNT_OVER_ORDERED, billing.line.line, billed_after, ordered, limit)


def _check_credited_amount(billing: LineBilling, sign: int) -> Iterator[Hold]:
    line = billing.line
    if billing.amount is not None and line.billed_amount + sign * billing.amount < 0:
        yield Hold(HoldReason.CREDIT_OVER_BILLED, line.line, abs(billing.amount), line.billed_amount, ZERO)

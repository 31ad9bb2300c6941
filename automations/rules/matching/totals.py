"""The sums of the document itself: line amounts, net, tax and total."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from automations.rules.matching.assignment import Assignment
from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.policy import HUNDRED, MatchingPolicy, Tolerance
from connectors.contracts.documents import DocumentType, Invoice, InvoiceLine
from connectors.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class ExpectedTotals:
    """Sums of what the lines and charges of a document say, in its currency."""

    net: Decimal
    tax: Decimal


def line_amount(quantity: Decimal, unit_price: Decimal, price_per: Decimal, decimals: int = 2) -> Decimal | None:
    """Quantity times price, rounded to the currency; None where the price is for no quantity at all."""
    if price_per == 1:
        return round_money(quantity * unit_price, decimals)
    return round_money(quantity * unit_price / price_per, decimals) if price_per > 0 else None


def expect_totals(invoice: Invoice, assignments: Sequence[Assignment], decimals: int) -> ExpectedTotals:
    """Net and tax by EN 16931: per rate the rate times the sum of its nets, rounded, then added (BR-CO-17).

    A line without a rate has that of its order line; without both it is not taxed.
    """
    nets: dict[Decimal, Decimal] = {}
    net = ZERO
    for assignment in assignments:
        line = assignment.billed
        net += line.net
        rate = line.tax_percent
        if rate is None and assignment.ordered is not None:
            rate = assignment.ordered.tax_percent
        if rate:
            nets[rate] = nets.get(rate, ZERO) + line.net
    for charge in invoice.charges:
        net += charge.amount
        if charge.tax_percent:
            nets[charge.tax_percent] = nets.get(charge.tax_percent, ZERO) + charge.amount
    tax = sum((round_money(taxed * rate / HUNDRED, decimals) for rate, taxed in nets.items()), ZERO)
    return ExpectedTotals(net, tax)


def check_line_amounts(invoice: Invoice, assignments: Sequence[Assignment], decimals: int) -> Iterator[Hold]:
    for assignment in assignments:
        line = assignment.billed
        if _is_price_only_credit(invoice, line):
            continue
        expected = line_amount(line.quantity, line.unit_price, line.price_per, decimals)
        if expected != line.net:
            order_line = assignment.ordered.line if assignment.ordered else None
            yield Hold(HoldReason.LINE_AMOUNT_WRONG, order_line, line.net, expected, ZERO)


def _is_price_only_credit(invoice: Invoice, line: InvoiceLine) -> bool:
    return invoice.type is DocumentType.CREDIT_NOTE and line.quantity == 0


def check_totals(invoice: Invoice, expected: ExpectedTotals, policy: MatchingPolicy) -> Iterator[Hold]:
    """The printed net against the lines, and the printed total against net plus tax; what is not printed is right."""
    net = expected.net if invoice.net_total is None else invoice.net_total
    tax = expected.tax if invoice.tax_total is None else invoice.tax_total
    sums = [(net, expected.net)]
    if invoice.gross_total is not None:
        sums.append((invoice.gross_total, net + tax))
    for found, right in sums:
        if (limit := _broken_limit(found, right, policy.total, policy.total_under)) is not None:
            yield Hold(HoldReason.TOTALS_DO_NOT_ADD_UP, None, found, right, limit)
    if (limit := _broken_limit(tax, expected.tax, policy.tax, policy.tax_under)) is not None:
        yield Hold(HoldReason.TAX_DIFFERS, None, tax, expected.tax, limit)


def _broken_limit(found: Decimal, expected: Decimal, over: Tolerance, under: Tolerance | None) -> Decimal | None:
    """The limit that the deviation breaks; below what is expected that of its own, if there is one."""
    tolerance = under if under is not None and found < expected else over
    limit = tolerance.limit_for(expected)
    return limit if limit is not None and abs(found - expected) > limit else None


def tax_deviation_percent(invoice: Invoice, expected: ExpectedTotals) -> Decimal | None:
    """How far the printed tax is from the expected one, without sign, in percent with 2 decimals."""
    if invoice.tax_total is None or not expected.tax:
        return None
    return round_money(abs(invoice.tax_total - expected.tax) * HUNDRED / abs(expected.tax))

"""Deciding whether a supplier's document matches its order: every cause is named, not only the first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from automations.rules.matching.assignment import Assignment, assign_lines
from automations.rules.matching.charges import charge_limits, check_charges, sum_charges
from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.lines import LineBilling, check_billing, check_header_value, check_price, group_lines
from automations.rules.matching.policy import CurrencyMode, MatchingPolicy
from automations.rules.matching.totals import (
    ExpectedTotals,
    check_line_amounts,
    check_totals,
    expect_totals,
    tax_deviation_percent,
)
from automations.rules.matching.units import NO_CONVERSIONS, UnitConversions
from connectors.contracts.documents import DocumentType, Invoice
from connectors.contracts.purchasing import BilledLine, PurchaseOrder, PurchaseOrderState
from connectors.money import round_money

SAME_CURRENCY = Decimal(1)
NO_RATES: Mapping[date, Decimal] = MappingProxyType({})


class MatchStatus(StrEnum):
    """`WAITING` goes on by itself when its cause disappears; `EXCEPTION` needs a person."""

    MATCHED = "matched"
    WAITING = "waiting"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What became of a document.

    `billed_lines` has one entry per order line, positive for a credit note too (its type says that it subtracts),
    amounts in the order's currency; what could not be converted (currency or unit) is not in it. The numbers up to
    `price_deviation_percent` are those of the order line if the document touches exactly one; `billed_after` and
    `billed_amount_after` count this document, `over_by` leaves the tolerance out.
    """

    status: MatchStatus
    holds: tuple[Hold, ...]
    billed_lines: tuple[BilledLine, ...] = ()
    billed_after: Decimal | None = None
    billed_amount_after: Decimal | None = None
    over_by: Decimal | None = None
    value_variance: Decimal | None = None
    price_deviation_percent: Decimal | None = None
    expected_tax: Decimal | None = None
    tax_deviation_percent: Decimal | None = None
    charge_limit: Decimal | None = None

    @property
    def reasons(self) -> tuple[HoldReason, ...]:
        """Each reason once, sorted."""
        return tuple(sorted({hold.reason for hold in self.holds}))


def match_invoice(
    invoice: Invoice,
    order: PurchaseOrder | None,
    policy: MatchingPolicy,
    *,
    conversions: UnitConversions = NO_CONVERSIONS,
    exchange_rates: Mapping[date, Decimal] = NO_RATES,
    today: date | None = None,
    extra_holds: Iterable[Hold] = (),
    decimals: int = 2,
    solutions: int = 0,
) -> MatchResult:
    """Match a document with its order and everything received and billed on that order before.

    Args:
        order: the order the document refers to; None = there is none.
        exchange_rates: invoice currency per one unit of the order's currency, by date. Only the rate of the invoice
            date itself counts.
        today: needed only where `policy.receipt_days` limits how long a missing receipt waits.
        extra_holds: what was found outside, for example wrong arithmetic of the file or a blocked supplier.
        decimals: of the document's currency.
        solutions: in how many ways the document fits open orders, where there is no `order` because it fits several.

    `policy` is the company's: limits of narrower scopes are found here (`MatchingPolicy.narrowed`), those of the
    supplier for the header, those of supplier, item and group of goods for each line of the order.
    """
    company, policy = policy, policy.narrowed(order.supplier if order is not None else invoice.supplier)
    assignments = assign_lines(invoice, order, conversions)
    totals = expect_totals(invoice, assignments, decimals)
    holds = [
        *extra_holds,
        *check_line_amounts(invoice, assignments, decimals),
        *check_totals(invoice, totals, policy),
    ]
    if order is None:
        holds.append(_no_order(invoice, solutions))
        return _result(MatchStatus.EXCEPTION, holds, invoice, (), totals, {})
    rate = _find_rate(invoice, order, policy, exchange_rates)
    billings = group_lines(assignments, rate)
    limits = charge_limits(invoice, order, billings.values(), policy)
    holds += _check_header(invoice, order, rate)
    policies = {
        name: company.narrowed(order.supplier, billing.line.item, billing.line.item_group)
        for name, billing in billings.items()
    }
    holds += _check_lines(assignments, billings, rate, policies)
    for name, billing in billings.items():
        holds += check_billing(billing, policies[name], _sign(invoice))
    holds += check_header_value(billings.values(), policy, _sign(invoice))
    holds += check_charges(sum_charges(invoice, rate), limits, order, is_comparable=rate is not None)
    status = status_of(holds, invoice, policy, today)
    return _result(status, holds, invoice, tuple(billings.values()), totals, limits)


def _no_order(invoice: Invoice, solutions: int) -> Hold:
    if solutions > 1:
        return Hold(HoldReason.ORDER_AMBIGUOUS, found=Decimal(solutions), expected=Decimal(1))
    return Hold(HoldReason.NO_ORDER, found=invoice.order_reference)


def _sign(invoice: Invoice) -> int:
    return -1 if invoice.type is DocumentType.CREDIT_NOTE else 1


def _find_rate(
    invoice: Invoice, order: PurchaseOrder, policy: MatchingPolicy, exchange_rates: Mapping[date, Decimal]
) -> Decimal | None:
    if invoice.currency == order.currency:
        return SAME_CURRENCY
    if policy.currency_mode is CurrencyMode.REFUSE or invoice.issue_date is None:
        return None
    rate = exchange_rates.get(invoice.issue_date)
    return rate if rate is not None and rate > 0 else None


def _check_header(invoice: Invoice, order: PurchaseOrder, rate: Decimal | None) -> Iterator[Hold]:
    if invoice.supplier != order.supplier:
        yield Hold(HoldReason.SUPPLIER_DIFFERS, None, invoice.supplier, order.supplier)
    if order.state is PurchaseOrderState.DRAFT:
        yield Hold(HoldReason.ORDER_NOT_APPROVED, None, order.number)
    elif order.state is not PurchaseOrderState.OPEN:
        yield Hold(HoldReason.ORDER_CLOSED, None, order.state.value, PurchaseOrderState.OPEN.value)
    if rate is None:
        yield Hold(HoldReason.CURRENCY_DIFFERS, None, invoice.currency, order.currency)


def _check_lines(
    assignments: Sequence[Assignment],
    billings: Mapping[str, LineBilling],
    rate: Decimal | None,
    policies: Mapping[str, MatchingPolicy],
) -> Iterator[Hold]:
    """What is checked on each billed line alone; prices are compared only in one currency and one unit."""
    for assignment in assignments:
        billed, line = assignment.billed, assignment.ordered
        if line is None:
            yield Hold(HoldReason.ITEM_NOT_ORDERED, None, billed.order_line or billed.item or billed.description)
            continue
        if line.tax_percent is not None and billed.tax_percent not in (None, line.tax_percent):
            yield Hold(HoldReason.TAX_RATE_DIFFERS, line.line, billed.tax_percent, line.tax_percent)
        if line.amount is not None or not billed.quantity:
            continue
        if assignment.ratio is None:
            yield Hold(HoldReason.UOM_UNKNOWN, line.line, billed.uom, line.uom)
        elif rate is not None:
            yield from check_price(billings[line.line], billed, assignment.ratio, rate, policies[line.line])


def status_of(holds: Sequence[Hold], invoice: Invoice, policy: MatchingPolicy, today: date | None) -> MatchStatus:
    if not holds:
        return MatchStatus.MATCHED
    if any(hold.reason is not HoldReason.NOT_RECEIVED for hold in holds):
        return MatchStatus.EXCEPTION
    if policy.receipt_days is None or invoice.issue_date is None or today is None:
        return MatchStatus.WAITING
    is_overdue = (today - invoice.issue_date).days > policy.receipt_days
    return MatchStatus.EXCEPTION if is_overdue else MatchStatus.WAITING


def _result(
    status: MatchStatus,
    holds: Sequence[Hold],
    invoice: Invoice,
    billings: Sequence[LineBilling],
    totals: ExpectedTotals,
    limits: Mapping[str, Decimal | None],
) -> MatchResult:
    only = billings[0] if len(billings) == 1 else None
    deviation = only.price_deviation if only else None
    return MatchResult(
        status=status,
        holds=tuple(holds),
        billed_lines=tuple(
            BilledLine(billing.line.line, billing.quantity, billing.amount)
            for billing in billings
            if billing.amount is not None and not billing.has_unknown_unit
        ),
        billed_after=_billed_after(only, _sign(invoice)),
        billed_amount_after=_billed_amount_after(only, _sign(invoice)),
        over_by=only.over_by if only else None,
        value_variance=only.value_variance if only else None,
        price_deviation_percent=None if deviation is None else round_money(deviation),
        expected_tax=totals.tax,
        tax_deviation_percent=tax_deviation_percent(invoice, totals),
        charge_limit=next(iter(limits.values()), None),
    )


def _billed_after(billing: LineBilling | None, sign: int) -> Decimal | None:
    if billing is None or billing.has_unknown_unit or billing.line.amount is not None:
        return None
    return billing.line.billed + sign * billing.quantity


def _billed_amount_after(billing: LineBilling | None, sign: int) -> Decimal | None:
    if billing is None or billing.amount is None:
        return None
    return billing.line.billed_amount + sign * billing.amount

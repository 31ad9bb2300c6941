"""The verdict on one document: its order found, everything compared, what was let pass left out, changes told."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from automations.engine.job import ItemOutcome, Reason
from automations.invoices.facts import DecidedAs
from automations.invoices.findings import (
    Finding,
    find_arithmetic,
    find_block,
    find_duplicates,
    find_future_date,
    find_missing_fields,
    reasons_of,
)
from automations.invoices.inbox import IncomingFile
from automations.invoices.ledger import Ledger
from automations.invoices.order_finding import OrderAnswer, find_order_of
from automations.invoices.outcomes import HELD, MATCHED, WAITING
from automations.invoices.passing import let_pass
from automations.invoices.record import describe_billed, describe_conversion, describe_invoice
from automations.invoices.releases import describe_releases
from automations.invoices.suppliers import supplier_key
from automations.rules.duplicates import DuplicatePolicy, describe_incoming
from automations.rules.exchange_rates import ExchangeRate
from automations.rules.matching.assignment import assign_lines
from automations.rules.matching.match import MatchResult, MatchStatus, match_invoice, status_of
from automations.rules.matching.policy import MatchingPolicy
from connectors.contracts.documents import Invoice
from connectors.contracts.overrides import ApprovedOverride
from connectors.contracts.purchasing import PurchaseOrder
from connectors.database.models.work import ItemState
from connectors.einvoice.arithmetic import WHOLE_UNIT_CURRENCIES, check_arithmetic

MAX_TITLE_LENGTH = 300
_STATES = {
    MatchStatus.MATCHED: (ItemState.DONE, MATCHED),
    MatchStatus.WAITING: (ItemState.WAITING, WAITING),
    MatchStatus.EXCEPTION: (ItemState.EXCEPTION, HELD),
}
POST = "post"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run compares with. `policy` is the company's and finds narrower ones by itself; `settings` is a mark of
    all parameters, to tell a changed limit from a changed order. `rates` are for information only."""

    policy: MatchingPolicy
    duplicates: DuplicatePolicy
    today: date
    settings: str
    rates: Sequence[ExchangeRate] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A document that could be read, with what people let pass and what the run before said about it."""

    file: IncomingFile
    invoice: Invoice
    overrides: Sequence[ApprovedOverride] = ()
    earlier: ItemOutcome | None = None


def judge(case: Case, ledger: Ledger, limits: Limits) -> ItemOutcome:
    """Compare a document with its order and with what the run knows; nothing is changed, not even the ledger."""
    answer = find_order_of(case.invoice, ledger)
    invoice = _adopt_supplier_name(answer.invoice, answer.order)
    look_alikes = ledger.find_look_alikes(invoice, limits.duplicates)
    findings = [
        *find_missing_fields(invoice),
        *find_future_date(invoice, limits.today),
        *find_block(ledger.block_of(invoice.supplier)),
        *find_arithmetic(check_arithmetic(invoice)),
        *find_duplicates(invoice, look_alikes, limits.duplicates),
    ]
    decided = DecidedAs(
        _decimals(invoice),
        [finding.reason.code for finding in findings],
        [look_alike.other for look_alike in look_alikes],
        answer.solutions,
    )
    result = match_invoice(
        invoice,
        answer.order,
        limits.policy,
        conversions=ledger.conversions.all,
        today=limits.today,
        extra_holds=[finding.hold for finding in findings],
        decimals=decided.decimals,
        solutions=answer.solutions,
    )
    answer = replace(answer, invoice=invoice)
    return _report(case, answer, result, findings, decided, ledger, limits)


def title_of(invoice: Invoice) -> str:
    return f"{invoice.supplier} {invoice.number}"[:MAX_TITLE_LENGTH]


def _report(
    case: Case,
    answer: OrderAnswer,
    result: MatchResult,
    findings: Sequence[Finding],
    decided: DecidedAs,
    ledger: Ledger,
    limits: Limits,
) -> ItemOutcome:
    invoice = answer.invoice
    passing = let_pass(result.holds, reasons_of(result.holds, findings), case.overrides)
    status = result.status
    if passing.passed:
        policy = limits.policy.narrowed(invoice.supplier)
        status = status_of(passing.holds, invoice, policy, limits.today)
    state, word = _STATES[status]
    assignments = assign_lines(invoice, answer.order, ledger.conversions.all)
    detail = describe_invoice(case.file, invoice, answer.order, assignments, decided)
    detail["settings"] = limits.settings
    if answer.found_by is not None:
        detail["found_by"] = answer.found_by.value
    if answer.order is not None and (converted := describe_conversion(invoice, answer.order, limits.rates)):
        detail["converted"] = converted
    if passing.passed:
        detail["overridden"] = [asdict(override) for override in passing.passed]
    if released := describe_releases(case.earlier, passing.reasons, detail):
        detail["released"] = released
    if word == MATCHED:
        detail["billed"] = describe_billed(result.billed_lines)
    return _outcome(case.file, invoice, state, word, passing.reasons, detail)


def _outcome(
    file: IncomingFile,
    invoice: Invoice,
    state: ItemState,
    word: str,
    reasons: tuple[Reason, ...],
    detail: Mapping[str, Any],
) -> ItemOutcome:
    return ItemOutcome(
        file.key,
        title_of(invoice),
        state,
        word,
        reasons=reasons,
        detail=detail,
        owner=reasons[0].owner if reasons else None,
        effect={"action": POST} if word == MATCHED else None,
        effect_key=file.idempotency_key,
        amount=describe_incoming(invoice).total,
        currency=invoice.currency,
    )


def _adopt_supplier_name(invoice: Invoice, order: PurchaseOrder | None) -> Invoice:
    """The purchasing system's spelling of the supplier where only capitals or white space differ."""
    if order is None or invoice.supplier == order.supplier:
        return invoice
    is_same = supplier_key(invoice.supplier) == supplier_key(order.supplier)
    return replace(invoice, supplier=order.supplier) if is_same else invoice


def _decimals(invoice: Invoice) -> int:
    """0 where the currency has no small coin and the supplier bills so; many forint invoices still carry two."""
    if invoice.currency not in WHOLE_UNIT_CURRENCIES:
        return 2
    amounts = [line.net for line in invoice.lines] + [invoice.tax_total or Decimal(0)]
    return 0 if all(amount == amount.to_integral_value() for amount in amounts) else 2

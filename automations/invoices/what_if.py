"""What other limits would make of recorded invoices: which holds would come or go, and what is at stake."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from automations.invoices.facts import DecisionFacts
from automations.invoices.findings import reasons_of
from automations.invoices.parameters import read_duplicate_policy, read_policy
from automations.invoices.passing import let_pass
from automations.rules.duplicates import DuplicateIndex, DuplicateReason, describe_incoming
from automations.rules.matching.holds import Hold, HoldReason
from automations.rules.matching.match import MatchResult, MatchStatus, match_invoice, status_of
from connectors.contracts.documents import DocumentType
from connectors.contracts.overrides import ApprovedOverride
from connectors.contracts.purchasing import BilledLine, PostedDocument, PurchaseOrder
from connectors.money import ZERO

NEAR = DuplicateReason.NEAR_AMOUNT_AND_DATE.value
# What real runs have decided all later ones see; what a dry run has decided, only that run.
REAL_RUNS = ""
# Stands for all that was found outside the matching; the codes of it are known.
FOUND_OUTSIDE = Hold(HoldReason.ARITHMETIC)

BilledSoFar = dict[str, tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class RecordedInvoice:
    """A document as an earlier run decided it. `dry_run` is the id of that run if it was one, else empty.

    `billed` is what the run counted as billed by it; nothing, unless it was matched. `overrides` are the holds that
    people had let pass.
    """

    item_id: int
    run_id: str
    dry_run: str
    title: str
    decided_on: date
    was_matched: bool
    billed: tuple[BilledLine, ...]
    facts: DecisionFacts
    overrides: tuple[ApprovedOverride, ...] = ()

    @property
    def amount(self) -> Decimal:
        return describe_incoming(self.facts.invoice).total


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one set of limits makes of a document; `codes` are its reasons, each once."""

    status: MatchStatus
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A document of which the tried limits make something else: reasons that came, that went, and that stay."""

    invoice: RecordedInvoice
    before: MatchStatus
    after: MatchStatus
    came: tuple[str, ...]
    went: tuple[str, ...]
    stays: tuple[str, ...]


@dataclass(slots=True)
class Stake:
    """How many documents and the sum of their totals, by currency; a credit note counts with its total, too."""

    counts: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, Decimal] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def add(self, invoice: RecordedInvoice) -> None:
        currency = invoice.facts.invoice.currency
        self.counts[currency] = self.counts.get(currency, 0) + 1
        self.amounts[currency] = self.amounts.get(currency, ZERO) + invoice.amount


@dataclass(frozen=True, slots=True)
class Shift:
    """What is at stake with the present limits, and what would be with those that are tried."""

    before: Stake = field(default_factory=Stake)
    after: Stake = field(default_factory=Stake)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer. `statuses` counts every document, `reasons` and `suppliers` those that do not pass by themselves;
    a document with two reasons counts for both. `left_out` are documents without enough on record."""

    changes: Sequence[Change]
    tried: int
    left_out: int
    statuses: Mapping[MatchStatus, Shift]
    reasons: Mapping[str, Shift]
    suppliers: Mapping[str, Shift]


def try_limits(
    invoices: Iterable[RecordedInvoice | None], present: Mapping[str, Any], tried: Mapping[str, Any]
) -> WhatIf:
    """Decide documents, in the order in which they were decided, with the present limits and with others.

    Args:
        invoices: None stands for a document that cannot be decided again.
        present, tried: checked parameters of invoice matching.
    """
    as_is, as_tried = _Replay(present), _Replay(tried)
    changes: list[Change] = []
    count = left_out = 0
    statuses = {status: Shift() for status in MatchStatus}
    reasons: defaultdict[str, Shift] = defaultdict(Shift)
    suppliers: defaultdict[str, Shift] = defaultdict(Shift)
    for invoice in invoices:
        if invoice is None:
            left_out += 1
            continue
        count += 1
        before, after = as_is.decide(invoice), as_tried.decide(invoice)
        for verdict, side in ((before, "before"), (after, "after")):
            shifts = [statuses[verdict.status], *(reasons[code] for code in verdict.codes)]
            if verdict.status is not MatchStatus.MATCHED:
                shifts.append(suppliers[invoice.facts.invoice.supplier])
            for shift in shifts:
                stake: Stake = getattr(shift, side)
                stake.add(invoice)
        if before != after:
            changes.append(_compare(invoice, before, after))
    return WhatIf(changes, count, left_out, statuses, reasons, suppliers)


def _compare(invoice: RecordedInvoice, before: Verdict, after: Verdict) -> Change:
    return Change(
        invoice,
        before.status,
        after.status,
        came=tuple(code for code in after.codes if code not in before.codes),
        went=tuple(code for code in before.codes if code not in after.codes),
        stays=tuple(code for code in before.codes if code in after.codes),
    )


class _Replay:
    """All documents once more with one set of limits.

    A document that is matched now and was not then is billed for those after it, and the other way round, so that of
    two invoices for one delivery not both pass.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._policy = read_policy(parameters)
        self._duplicates = read_duplicate_policy(parameters)
        self._moved: defaultdict[tuple[str, str], BilledSoFar] = defaultdict(dict)
        self._earlier: defaultdict[tuple[str, str], DuplicateIndex] = defaultdict(DuplicateIndex)

    def decide(self, recorded: RecordedInvoice) -> Verdict:
        facts = recorded.facts
        outside = self._outside(recorded)
        result = match_invoice(
            facts.invoice,
            self._order_of(recorded),
            self._policy,
            conversions=facts.conversions,
            today=recorded.decided_on,
            extra_holds=[FOUND_OUTSIDE] if outside else (),
            decimals=facts.decided.decimals,
            solutions=facts.decided.solutions,
        )
        status, holds = self._let_pass(recorded, result)
        self._remember(recorded, result, is_matched=status is MatchStatus.MATCHED)
        own = (hold.reason.value for hold in holds if hold is not FOUND_OUTSIDE)
        return Verdict(status, tuple(dict.fromkeys((*outside, *own))))

    def _let_pass(self, recorded: RecordedInvoice, result: MatchResult) -> tuple[MatchStatus, Sequence[Hold]]:
        """The verdict without the holds that people had let pass with these very figures."""
        if not recorded.overrides:
            return result.status, result.holds
        passing = let_pass(result.holds, reasons_of(result.holds, ()), recorded.overrides)
        invoice = recorded.facts.invoice
        policy = self._policy.narrowed(invoice.supplier)
        return status_of(passing.holds, invoice, policy, recorded.decided_on), passing.holds

    def _outside(self, recorded: RecordedInvoice) -> Sequence[str]:
        """What was found outside the matching; whether another document is near depends on the limits tried."""
        document = describe_incoming(recorded.facts.invoice)
        known = DuplicateIndex(recorded.facts.decided.look_alikes)
        indexes = [known, *(self._earlier[scope, document.supplier] for scope in _scopes(recorded))]
        is_near = any(
            DuplicateReason.NEAR_AMOUNT_AND_DATE in found.reasons
            for index in indexes
            for found in index.find(document, self._duplicates)
        )
        codes = [code for code in recorded.facts.decided.outside if code != NEAR]
        passed = {override.code for override in recorded.overrides}
        return [code for code in (*codes, *([NEAR] if is_near else ())) if code not in passed]

    def _order_of(self, recorded: RecordedInvoice) -> PurchaseOrder | None:
        order = recorded.facts.order
        if order is None:
            return None
        for scope in _scopes(recorded):
            moved = self._moved.get((scope, order.number))
            if moved:
                order = _bill(order, moved)
        return order

    def _remember(self, recorded: RecordedInvoice, result: MatchResult, *, is_matched: bool) -> None:
        invoice, order = recorded.facts.invoice, recorded.facts.order
        incoming = describe_incoming(invoice)
        document = PostedDocument(
            f"item {recorded.item_id}",
            incoming.supplier,
            incoming.type,
            incoming.number,
            incoming.issue_date,
            incoming.currency,
            incoming.total,
        )
        self._earlier[recorded.dry_run, incoming.supplier].add(document)
        if order is None or is_matched == recorded.was_matched:
            return
        moved = self._moved[recorded.dry_run, order.number]
        sign = (1 if is_matched else -1) * (-1 if invoice.type is DocumentType.CREDIT_NOTE else 1)
        for line in result.billed_lines if is_matched else recorded.billed:
            quantity, amount = moved.get(line.order_line, (ZERO, ZERO))
            moved[line.order_line] = quantity + sign * line.quantity, amount + sign * line.amount


def _scopes(recorded: RecordedInvoice) -> Iterable[str]:
    return dict.fromkeys((REAL_RUNS, recorded.dry_run))


def _bill(order: PurchaseOrder, moved: BilledSoFar) -> PurchaseOrder:
    lines = tuple(
        replace(line, billed=line.billed + moved[line.line][0], billed_amount=line.billed_amount + moved[line.line][1])
        if line.line in moved
        else line
        for line in order.lines
    )
    return replace(order, lines=lines)

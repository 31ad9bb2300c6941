"""The job "invoice matching": supplier invoices against purchase orders, receipts and what was billed before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from automations.engine.approval_policy import ApprovalPolicy
from automations.engine.job import (
    ItemOutcome,
    JobContext,
    JobDefinition,
    JobWork,
    Reason,
)
from automations.engine.outbox import EFFECT_REFUSED, TECHNICAL
from automations.invoices.findings import Finding, find_arithmetic, find_duplicates, reasons_of
from automations.invoices.inbox import IncomingFile, fair_order, idempotency_key, read_inbox
from automations.invoices.ledger import Ledger
from automations.invoices.parameters import (
    APPROVE_FROM,
    PARAMETERS,
    TWO_PEOPLE_FROM,
    read_duplicate_policy,
    read_policy,
)
from automations.invoices.record import (
    describe_billed,
    describe_file,
    describe_invoice,
    read_billed,
    read_document,
    read_document_to_post,
)
from automations.invoices.suppliers import supplier_key
from automations.rules.duplicates import describe_incoming
from automations.rules.matching.assignment import assign_lines
from automations.rules.matching.holds import HoldOwner
from automations.rules.matching.match import MatchResult, MatchStatus, match_invoice
from automations.rules.matching.units import NO_CONVERSIONS
from connectors.contracts.documents import Document, Invoice
from connectors.contracts.purchasing import PurchaseOrder
from connectors.database.models.work import ItemState
from connectors.einvoice.arithmetic import WHOLE_UNIT_CURRENCIES, check_arithmetic
from connectors.errors import NotFound, Rejected
from connectors.registry import DOCUMENTS, PURCHASING

MATCHED, HELD, WAITING, REFUSED, ALREADY_POSTED, GONE = (
    "matched",
    "held",
    "waiting",
    "refused",
    "already-posted",
    "gone",
)
_STATES = {
    MatchStatus.MATCHED: (ItemState.DONE, MATCHED),
    MatchStatus.WAITING: (ItemState.WAITING, WAITING),
    MatchStatus.EXCEPTION: (ItemState.EXCEPTION, HELD),
}
POST, ARCHIVE, QUARANTINE = "post", "archive", "quarantine"
MAX_TITLE_LENGTH = 300


class InvoiceMatching:
    """Decides each document of a connection once a run.

    Order: by issue date, then credit notes after invoices, then file name, so that of two invoices for one delivery
    the earlier one gets what was received. A matched document is posted and archived, an unreadable one is
    quarantined; a held or waiting one stays where it is and the next run decides it again, so that a hold goes
    when its cause goes.
    """

    def __init__(self, context: JobContext) -> None:
        parameters = context.parameters
        self._source = context.connectors.documents(parameters["connection"] or "")
        self._purchasing = context.connectors.purchasing()
        self._ledger = Ledger(self._purchasing)
        self._policy = read_policy(parameters)
        self._duplicate_policy = read_duplicate_policy(parameters)
        self._today = context.now().date()
        self._inbox: dict[str, IncomingFile] | None = None

    def plan(self) -> Sequence[str]:
        return [file.key for file in sorted(self._files().values(), key=fair_order)]

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Count again what this run had matched, unless the purchasing system shows it already."""
        known = [outcome.detail for outcome in outcomes if "number" in outcome.detail]
        self._ledger.look_up_orders(detail["order"] for detail in known if detail["order"])
        self._ledger.look_up_suppliers(detail["supplier"] for detail in known)
        for detail in known:
            self._enter(detail)

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        files = self._files()
        found = [files[key] for key in keys if key in files]
        self._ledger.look_up([file.invoice for file in found if file.invoice is not None])
        return [self._decide(key) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        carried_out = {outcome.key: self._carry_out(outcome) for outcome in outcomes}
        return {key: answer for key, answer in carried_out.items() if answer is not None}

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        """Done is a document that is posted, if it was to be, and whose file was put away."""
        to_post = [outcome for outcome in outcomes if _is_to_post(outcome)]
        suppliers = {outcome.detail["supplier"] for outcome in to_post}
        posted = {each.idempotency_key: each.id for each in self._purchasing.posted_documents(suppliers)}
        waiting = {(document.name, document.checksum) for document in self._source.list_documents()}
        found: dict[str, str | None] = {}
        for outcome in outcomes:
            is_put_away = (outcome.detail["file"], outcome.detail["checksum"]) not in waiting
            reference = posted.get(outcome.effect_key) if _is_to_post(outcome) else outcome.detail["file"]
            found[outcome.key] = reference if is_put_away else None
        return found

    def _files(self) -> dict[str, IncomingFile]:
        if self._inbox is None:
            self._inbox = {file.key: file for file in read_inbox(self._source)}
        return self._inbox

    def _decide(self, key: str) -> ItemOutcome:
        file = self._files().get(key)
        if file is None:
            return ItemOutcome(key, key.rpartition("#")[0], ItemState.SKIPPED, GONE)
        if file.invoice is None:
            return _refuse(file)
        if self._ledger.is_posted(file.idempotency_key):
            return ItemOutcome(
                key,
                _title(file.invoice),
                ItemState.SKIPPED,
                ALREADY_POSTED,
                detail=describe_file(file),
                effect={"action": ARCHIVE},
                effect_key=file.idempotency_key,
            )
        return self._match(file, file.invoice)

    def _match(self, file: IncomingFile, invoice: Invoice) -> ItemOutcome:
        order = self._ledger.find_order(invoice)
        invoice = _adopt_supplier_name(invoice, order)
        look_alikes = self._ledger.find_look_alikes(invoice, self._duplicate_policy)
        findings = [
            *find_arithmetic(check_arithmetic(invoice)),
            *find_duplicates(invoice, look_alikes, self._duplicate_policy),
        ]
        result = match_invoice(
            invoice,
            order,
            self._policy,
            today=self._today,
            extra_holds=[finding.hold for finding in findings],
            decimals=_decimals(invoice),
        )
        outcome = _report(file, invoice, order, result, findings)
        self._enter(outcome.detail)
        return outcome

    def _enter(self, detail: Mapping[str, Any]) -> None:
        """Let later documents of this run see this one: as billed if it was matched, as a possible double anyway."""
        key = idempotency_key(detail["checksum"])
        if self._ledger.is_posted(key):
            return
        document = read_document(detail)
        self._ledger.remember(document)
        if billed := read_billed(detail):
            self._ledger.bill(key, detail["order"], document.type, billed)

    def _carry_out(self, outcome: ItemOutcome) -> Reason | str | None:
        """Post the document if it is to be posted and put its file away; its id, or why that was refused."""
        if outcome.effect is None:
            return None
        # Accounts payable can set a posting right; a file that cannot be moved is for the administrator.
        owner = HoldOwner.ACCOUNTS_PAYABLE.value
        reference: str = outcome.detail["file"]
        try:
            if _is_to_post(outcome):
                reference = self._post(outcome)
            owner = TECHNICAL
            self._put_away(outcome, outcome.effect)
        except (NotFound, Rejected) as error:
            return Reason(EFFECT_REFUSED, owner, found=error.reason)
        return reference

    def _post(self, outcome: ItemOutcome) -> str:
        key = idempotency_key(outcome.detail["checksum"])
        return self._purchasing.post_document(read_document_to_post(outcome.detail, key))

    def _put_away(self, outcome: ItemOutcome, effect: Mapping[str, Any]) -> None:
        document = Document(outcome.detail["file"], outcome.detail["checksum"], b"")
        if effect["action"] == QUARANTINE:
            self._source.quarantine(document, effect["reason"])
        else:
            self._source.archive(document)


def _is_to_post(outcome: ItemOutcome) -> bool:
    return outcome.effect is not None and outcome.effect["action"] == POST


def _refuse(file: IncomingFile) -> ItemOutcome:
    code, sentence = file.refusal or ("", "")
    owner = HoldOwner.ACCOUNTS_PAYABLE.value
    return ItemOutcome(
        file.key,
        file.document.name[:MAX_TITLE_LENGTH],
        ItemState.EXCEPTION,
        REFUSED,
        reasons=(Reason(code, owner, found=sentence),),
        detail=describe_file(file),
        owner=owner,
        effect={"action": QUARANTINE, "reason": f"{code}: {sentence}"},
        effect_key=file.idempotency_key,
    )


def _report(
    file: IncomingFile,
    invoice: Invoice,
    order: PurchaseOrder | None,
    result: MatchResult,
    findings: Sequence[Finding],
) -> ItemOutcome:
    state, word = _STATES[result.status]
    reasons = reasons_of(result.holds, findings)
    detail = describe_invoice(file, invoice, order, assign_lines(invoice, order, NO_CONVERSIONS))
    if word == MATCHED:
        detail["billed"] = describe_billed(result.billed_lines)
    return ItemOutcome(
        file.key,
        _title(invoice),
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


def _title(invoice: Invoice) -> str:
    return f"{invoice.supplier} {invoice.number}"[:MAX_TITLE_LENGTH]


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


def _start(context: JobContext) -> JobWork:
    return InvoiceMatching(context)


JOB = JobDefinition(
    name="invoice-matching",
    title="Invoice matching",
    description=(
        "Reads supplier invoices and credit notes from a connection, compares them with purchase orders, receipts and "
        "what was billed before, posts those that match and names the reason and the owner of every hold."
    ),
    item_name="invoice",
    default_cron="30 6 * * mon-fri",
    parameters=PARAMETERS,
    start=_start,
    approval=ApprovalPolicy(
        group="finance",
        outcomes=frozenset({MATCHED}),
        limits_from_parameter=APPROVE_FROM,
        two_people_parameter=TWO_PEOPLE_FROM,
        deadline_hours=48,
        escalation_group="management",
        rejected_owner=HoldOwner.ACCOUNTS_PAYABLE.value,
    ),
    uses=(DOCUMENTS, PURCHASING),
)

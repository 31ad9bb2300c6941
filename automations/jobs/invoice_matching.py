"""The job "invoice matching": supplier invoices against purchase orders, receipts and what was billed before."""

from collections.abc import Iterable, Mapping, Sequence
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
from automations.invoices.findings import show
from automations.invoices.inbox import Inbox, IncomingFile
from automations.invoices.judging import MAX_TITLE_LENGTH, POST, Case, Limits, judge, title_of
from automations.invoices.ledger import Ledger
from automations.invoices.outcomes import ALREADY_POSTED, GONE, HELD, MATCHED, REFUSED
from automations.invoices.parameters import (
    APPROVE_FROM,
    EXCHANGE_RATES,
    PARAMETERS,
    TWO_PEOPLE_FROM,
    mark_of_settings,
    read_duplicate_policy,
    read_policy,
)
from automations.invoices.record import (
    describe_file,
    document_key,
    read_billed,
    read_document,
    read_document_to_post,
)
from automations.rules.exchange_rates import read_rates
from automations.rules.matching.holds import Hold, HoldOwner, HoldReason
from connectors.contracts.documents import Document, Invoice
from connectors.contracts.names import DOCUMENTS, PURCHASING
from connectors.contracts.overrides import ApprovedOverride
from connectors.database.models.work import ItemState
from connectors.errors import NotFound, Rejected

ARCHIVE, QUARANTINE = "archive", "quarantine"


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
        self._overrides = context.connectors.overrides()
        self._earlier = context.earlier
        self._log = context.log
        self._limits = Limits(
            read_policy(parameters),
            read_duplicate_policy(parameters),
            context.today,
            mark_of_settings(parameters),
            read_rates(parameters[EXCHANGE_RATES] or ""),
        )
        self._inbox: Inbox | None = None
        self._posted: set[str] = set()

    def plan(self) -> Sequence[str]:
        return self._read_inbox().keys

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Count again what this run had matched, unless the purchasing system shows it already."""
        known = [outcome.detail for outcome in outcomes if "number" in outcome.detail]
        self._ledger.look_up_orders(detail["order"] for detail in known if detail["order"])
        self._ledger.look_up_suppliers(detail["supplier"] for detail in known)
        for detail in known:
            self._enter(detail)

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        found = self._read_inbox().find(keys)
        self._ledger.look_up([file.invoice for file in found.values() if file.invoice is not None])
        overrides = self._overrides.approved(file.idempotency_key for file in found.values())
        earlier = self._earlier(keys)
        return [
            self._decide(found[key], overrides.get(found[key].idempotency_key, ()), earlier.get(key))
            if key in found
            else ItemOutcome(key, key.rpartition("#")[0], ItemState.SKIPPED, GONE)
            for key in keys
        ]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        carried_out = {outcome.key: self._carry_out(outcome) for outcome in outcomes}
        return {key: answer for key, answer in carried_out.items() if answer is not None}

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        """Done is a document that is posted, if it was to be, and whose file was put away.

        A file of several invoices may have to stay: of those only the posting counts, and the next run files it.
        """
        to_post = [outcome for outcome in outcomes if _is_to_post(outcome)]
        suppliers = {outcome.detail["supplier"] for outcome in to_post}
        posted = {each.idempotency_key: each.id for each in self._purchasing.posted_documents(suppliers)}
        waiting = {(document.name, document.checksum) for document in self._source.list_documents()}
        found: dict[str, str | None] = {}
        for outcome in outcomes:
            is_put_away = (outcome.detail["file"], outcome.detail["checksum"]) not in waiting
            reference = posted.get(outcome.effect_key) if _is_to_post(outcome) else outcome.detail["file"]
            found[outcome.key] = reference if is_put_away or "place" in outcome.detail else None
        return found

    def _read_inbox(self) -> Inbox:
        if self._inbox is None:
            self._inbox = Inbox(self._source)
        return self._inbox

    def _decide(
        self, file: IncomingFile, overrides: Sequence[ApprovedOverride], earlier: ItemOutcome | None
    ) -> ItemOutcome:
        if file.invoice is None:
            return _refuse(file)
        if self._ledger.is_posted(file.idempotency_key):
            return ItemOutcome(
                file.key,
                title_of(file.invoice),
                ItemState.SKIPPED,
                ALREADY_POSTED,
                detail=describe_file(file),
                effect={"action": ARCHIVE},
                effect_key=file.idempotency_key,
            )
        case = Case(file, file.invoice, overrides, earlier)
        try:
            outcome = judge(case, self._ledger, self._limits)
        except ArithmeticError:
            return _hold_unusable(file, file.invoice)
        self._enter(outcome.detail)
        self._tell_releases(outcome)
        return outcome

    def _tell_releases(self, outcome: ItemOutcome) -> None:
        for release in outcome.detail.get("released", ()):
            self._log("hold_released", outcome.key, code=release["code"], change=release["change"])

    def _enter(self, detail: Mapping[str, Any]) -> None:
        """Let later documents of this run see this one: as billed if it was matched, as a possible double anyway."""
        key = document_key(detail)
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
        key = document_key(outcome.detail)
        self._check_overrides(outcome, key)
        reference = self._purchasing.post_document(read_document_to_post(outcome.detail, key))
        self._posted.add(key)
        return reference

    def _check_overrides(self, outcome: ItemOutcome, key: str) -> None:
        """What was let pass may have been taken back while the document waited for consent."""
        passed = outcome.detail.get("overridden", ())
        if not passed:
            return
        counting = {
            (one.code, one.place, one.found, one.expected) for one in self._overrides.approved([key]).get(key, ())
        }
        if any((one["code"], one["place"], one["found"], one["expected"]) not in counting for one in passed):
            raise Rejected("What let this document pass was taken back; the next run decides it again.")

    def _put_away(self, outcome: ItemOutcome, effect: Mapping[str, Any]) -> None:
        document = Document(outcome.detail["file"], outcome.detail["checksum"], b"")
        if effect["action"] == QUARANTINE:
            self._source.quarantine(document, effect["reason"])
        elif self._is_all_posted(outcome.detail):
            self._source.archive(document)

    def _is_all_posted(self, detail: Mapping[str, Any]) -> bool:
        """Whether nothing of the file is still open: a file of several invoices stays until the last is posted."""
        if "place" not in detail:
            return True
        contents = self._read_inbox().contents_of(detail["checksum"])
        keys = contents.idempotency_keys
        if not keys <= self._posted:
            posted = self._purchasing.posted_documents(contents.suppliers | {detail.get("supplier", "")})
            self._posted.update(each.idempotency_key for each in posted if each.idempotency_key is not None)
        return keys <= self._posted


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


def _hold_unusable(file: IncomingFile, invoice: Invoice) -> ItemOutcome:
    """Figures of the document or its order that nobody can reckon with, such as a price for no quantity."""
    hold = Hold(HoldReason.FIGURES_UNUSABLE)
    reason = Reason(hold.reason.value, hold.owner.value, where=show(invoice.order_reference))
    return ItemOutcome(
        file.key,
        title_of(invoice),
        ItemState.EXCEPTION,
        HELD,
        reasons=(reason,),
        detail=describe_file(file),
        owner=reason.owner,
        effect_key=file.idempotency_key,
    )


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

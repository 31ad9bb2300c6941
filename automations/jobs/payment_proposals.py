"""The job "payment proposals": what falls due soon, one proposal per supplier and currency."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from automations.engine.job import (
    ItemOutcome,
    JobContext,
    JobDefinition,
    JobWork,
    Parameter,
    ParameterType,
    Reason,
)
from automations.engine.outbox import apply_each
from automations.rules.matching.holds import HoldOwner
from automations.rules.payment_proposals import PaymentPolicy, SupplierPayment, propose_payments
from connectors.contracts.names import PAYABLES
from connectors.contracts.payables import PaymentProposal, ProposedPayment, UnpaidDocument
from connectors.database.models.work import ItemState

PROPOSED, GONE = "proposed", "gone"
DAYS_AHEAD, DEFAULT_DAYS, TAKE_DISCOUNTS = "days_ahead", "default_days", "take_discounts"
MAX_TITLE_LENGTH = 300
MAX_SHOWN_DOCUMENTS = 200


class PaymentProposals:
    """One item per supplier and currency; its key names the documents, so that other documents are another item."""

    def __init__(self, context: JobContext) -> None:
        parameters = context.parameters
        self._payables = context.connectors.payables()
        self._today = context.today
        self._policy = PaymentPolicy(
            parameters[DAYS_AHEAD] or 0, parameters[DEFAULT_DAYS], takes_discounts=bool(parameters[TAKE_DISCOUNTS])
        )
        self._found: dict[str, SupplierPayment] | None = None
        self._documents: dict[str, UnpaidDocument] = {}

    def plan(self) -> Sequence[str]:
        return list(self._payments())

    def recall(self, outcomes: Iterable[ItemOutcome]) -> None:
        """Suppliers do not depend on one another."""

    def decide(self, keys: Sequence[str]) -> Sequence[ItemOutcome]:
        return [self._decide(key) for key in keys]

    def apply(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, Reason | str]:
        return apply_each(outcomes, self._propose, HoldOwner.ACCOUNTS_PAYABLE)

    def read_back(self, outcomes: Sequence[ItemOutcome]) -> Mapping[str, str | None]:
        made = self._payables.proposals(outcome.effect_key or "" for outcome in outcomes)
        return {outcome.key: made.get(outcome.effect_key or "") for outcome in outcomes}

    def _propose(self, outcome: ItemOutcome) -> str:
        return self._payables.propose_payment(_read_proposal(outcome))

    def _payments(self) -> dict[str, SupplierPayment]:
        if self._found is None:
            documents = self._payables.unpaid_documents()
            self._documents = {document.id: document for document in documents}
            payments = propose_payments(documents, self._policy, self._today)
            self._found = {_key_of(payment): payment for payment in payments}
        return self._found

    def _decide(self, key: str) -> ItemOutcome:
        payment = self._payments().get(key)
        if payment is None:
            return ItemOutcome(key, key, ItemState.SKIPPED, GONE)
        return ItemOutcome(
            key,
            f"{payment.supplier} {payment.currency}"[:MAX_TITLE_LENGTH],
            ItemState.DONE,
            PROPOSED,
            detail=self._describe(payment),
            effect={"action": "propose", "payments": [_write(each) for each in payment.payments]},
            effect_key=f"payment:{key}",
            amount=payment.amount,
            currency=payment.currency,
        )

    def _describe(self, payment: SupplierPayment) -> dict[str, Any]:
        return {
            "supplier": payment.supplier,
            "currency": payment.currency,
            "pay_on": payment.pay_on.isoformat(),
            "documents_left_out": max(0, len(payment.payments) - MAX_SHOWN_DOCUMENTS),
            "documents": [self._describe_document(each) for each in payment.payments[:MAX_SHOWN_DOCUMENTS]],
        }

    def _describe_document(self, payment: ProposedPayment) -> dict[str, str | None]:
        document = self._documents[payment.document_id]
        due_on, until = document.terms.due_on, document.terms.discount_until
        return {
            "number": document.number,
            "type": document.type.value,
            "due_on": due_on.isoformat() if due_on is not None else None,
            "discount_until": until.isoformat() if until is not None and payment.discount else None,
            "total": format(document.total, "f"),
            "discount": format(payment.discount, "f"),
            "amount": format(payment.amount, "f"),
        }


def _key_of(payment: SupplierPayment) -> str:
    documents = ",".join(sorted(each.document_id for each in payment.payments))
    mark = sha256(f"{payment.supplier}\0{payment.currency}\0{documents}".encode()).hexdigest()[:16]
    return f"{payment.supplier[:140]} {payment.currency} {mark}"


def _write(payment: ProposedPayment) -> list[str]:
    return [payment.document_id, format(payment.amount, "f"), format(payment.discount, "f")]


def _read_proposal(outcome: ItemOutcome) -> PaymentProposal:
    payments = outcome.effect["payments"] if outcome.effect else ()
    return PaymentProposal(
        outcome.effect_key or "",
        outcome.detail["supplier"],
        outcome.detail["currency"],
        date.fromisoformat(outcome.detail["pay_on"]),
        tuple(ProposedPayment(key, Decimal(amount), Decimal(discount)) for key, amount, discount in payments),
    )


def _start(context: JobContext) -> JobWork:
    return PaymentProposals(context)


JOB = JobDefinition(
    name="payment-proposals",
    title="Payment proposals",
    description=(
        "Takes posted supplier invoices that fall due soon, sets credit notes off against them, and proposes one "
        "payment per supplier and currency. Nothing is paid: the proposal waits in the purchasing system."
    ),
    item_name="payment",
    default_cron="0 7 * * mon-fri",
    parameters=(
        Parameter(
            DAYS_AHEAD,
            ParameterType.INTEGER,
            7,
            "Days ahead",
            "Proposed is what falls due, or loses its discount, within so many days from today.",
            unit="days",
            minimum=0,
            maximum=365,
        ),
        Parameter(
            DEFAULT_DAYS,
            ParameterType.INTEGER,
            30,
            "Days without a due date",
            "An invoice that states no due date is due so many days after its issue date. Not set: it is left out.",
            unit="days",
            minimum=0,
            maximum=365,
        ),
        Parameter(
            TAKE_DISCOUNTS,
            ParameterType.BOOLEAN,
            default=True,
            label="Take discounts",
            help="Pay by the day of a stated discount and take it off.",
        ),
    ),
    start=_start,
    uses=(PAYABLES,),
)

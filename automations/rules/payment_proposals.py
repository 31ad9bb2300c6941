"""What to pay to whom and when: due invoices less credit notes, with the discount where it can still be had."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from automations.rules.payments import OpenInvoice, allocate_payment
from connectors.contracts.documents import DocumentType
from connectors.contracts.payables import ProposedPayment, UnpaidDocument
from connectors.money import ZERO, round_money

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """`days_ahead` from today on are paid in one go; a document without a due date is due `default_days` after its
    issue date, None = never by itself."""

    days_ahead: int
    default_days: int | None = None
    takes_discounts: bool = True


@dataclass(frozen=True, slots=True)
class SupplierPayment:
    """One payment; each document with what is paid of it, in the order in which they fall due."""

    supplier: str
    currency: str
    pay_on: date
    payments: tuple[ProposedPayment, ...]

    @property
    def amount(self) -> Decimal:
        return sum((payment.amount for payment in self.payments), ZERO)


@dataclass(frozen=True, slots=True)
class _Due:
    document: UnpaidDocument
    pay_on: date
    discount_percent: Decimal


def propose_payments(documents: Iterable[UnpaidDocument], policy: PaymentPolicy, today: date) -> list[SupplierPayment]:
    """One payment per supplier and currency. Nothing overdue is dated back: it is paid today."""
    groups: defaultdict[tuple[str, str], list[UnpaidDocument]] = defaultdict(list)
    for document in documents:
        groups[document.supplier, document.currency].append(document)
    proposed = (_propose(supplier, currency, group, policy, today) for (supplier, currency), group in groups.items())
    return [payment for payment in proposed if payment is not None]


def _propose(
    supplier: str, currency: str, documents: Sequence[UnpaidDocument], policy: PaymentPolicy, today: date
) -> SupplierPayment | None:
    due = [
        found
        for document in documents
        if document.type is DocumentType.INVOICE and document.total > 0
        if (found := _due(document, policy, today)) is not None
    ]
    if not due:
        return None
    due.sort(key=lambda each: (each.pay_on, each.document.id))
    credits = _credits_within(documents, sum((each.document.total for each in due), ZERO))
    credited = allocate_payment(
        sum((credit.total for credit in credits), ZERO), [OpenInvoice(each.document.total) for each in due]
    )
    invoices = (_pay(each, share) for each, share in zip(due, credited.allocated, strict=True))
    back = (ProposedPayment(credit.id, -credit.total) for credit in credits)
    return SupplierPayment(supplier, currency, due[0].pay_on, (*invoices, *back))


def _due(document: UnpaidDocument, policy: PaymentPolicy, today: date) -> _Due | None:
    """When the document has to be paid, if that is soon: by the day of its discount where there still is one."""
    terms, until = document.terms, today + timedelta(days=policy.days_ahead)
    percent = terms.discount_percent
    last = terms.discount_until
    if policy.takes_discounts and percent and last is not None and today <= last <= until:
        return _Due(document, last, percent)
    due_on = terms.due_on
    days, issued_on = policy.default_days, document.issue_date
    if due_on is None and issued_on is not None and days is not None and (until - issued_on).days >= days:
        due_on = issued_on + timedelta(days=days)
    return _Due(document, max(due_on, today), ZERO) if due_on is not None and due_on <= until else None


def _credits_within(documents: Sequence[UnpaidDocument], owed: Decimal) -> list[UnpaidDocument]:
    """Whole credit notes, the oldest first, as far as they do not exceed what is owed."""
    credits: list[UnpaidDocument] = []
    left = owed
    for document in documents:
        if document.type is DocumentType.CREDIT_NOTE and 0 < document.total <= left:
            credits.append(document)
            left -= document.total
    return credits


def _pay(due: _Due, credited: Decimal) -> ProposedPayment:
    """The discount is one on what is really paid, so not on what a credit note pays."""
    discount = round_money((due.document.total - credited) * due.discount_percent / HUNDRED)
    return ProposedPayment(due.document.id, due.document.total - discount, discount)

"""What the company owes its suppliers, and proposals to pay it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from connectors.contracts.documents import NO_TERMS, DocumentType, PaymentTerms


@dataclass(frozen=True, slots=True)
class UnpaidDocument:
    """A posted supplier document that no proposal pays yet; the total of a credit note is positive, too."""

    id: str
    supplier: str
    type: DocumentType
    number: str
    issue_date: date | None
    currency: str
    total: Decimal
    terms: PaymentTerms = NO_TERMS


@dataclass(frozen=True, slots=True)
class ProposedPayment:
    """What a proposal pays of one document: `amount` after `discount`, negative for a credit note."""

    document_id: str
    amount: Decimal
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PaymentProposal:
    """One payment to one supplier; `idempotency_key` makes proposing it twice harmless."""

    idempotency_key: str
    supplier: str
    currency: str
    pay_on: date
    payments: tuple[ProposedPayment, ...]

    @property
    def amount(self) -> Decimal:
        return sum((payment.amount for payment in self.payments), Decimal(0))


class Payables(Protocol):
    """The side of an ERP from which suppliers are paid; it pays nothing by itself when something is proposed.

    Raises:
        Unavailable, RateLimited, AuthFailed: any method, when the system says so.
    """

    def unpaid_documents(self) -> Sequence[UnpaidDocument]:
        """All posted documents that are neither cancelled nor fully credited nor part of a proposal, oldest first."""
        ...

    def propose_payment(self, proposal: PaymentProposal) -> str:
        """Propose a payment and return its id; the same idempotency key again returns the same id.

        Raises:
            NotFound: a document does not exist.
            Rejected: a document is part of another proposal.
        """
        ...

    def proposals(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        """The ids of the proposals with these keys; keys without one are missing in the answer."""
        ...

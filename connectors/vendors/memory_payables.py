"""Unpaid documents and payment proposals in memory, for tests and trials."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.contracts.payables import PaymentProposal, UnpaidDocument
from connectors.errors import NotFound, Rejected


class MemoryPayables:
    """Documents and proposals that live as long as this object."""

    def __init__(self, documents: Iterable[UnpaidDocument] = ()) -> None:
        self._documents = {document.id: document for document in documents}
        self._proposed: set[str] = set()
        self.made: dict[str, PaymentProposal] = {}

    def unpaid_documents(self) -> Sequence[UnpaidDocument]:
        return [document for key, document in self._documents.items() if key not in self._proposed]

    def propose_payment(self, proposal: PaymentProposal) -> str:
        if proposal.idempotency_key not in self.made:
            for payment in proposal.payments:
                if payment.document_id not in self._documents:
                    raise NotFound(f"There is no document {payment.document_id!r}.")
                if payment.document_id in self._proposed:
                    raise Rejected(f"Document {payment.document_id!r} is part of another payment proposal.")
            self._proposed.update(payment.document_id for payment in proposal.payments)
            self.made[proposal.idempotency_key] = proposal
        return str(list(self.made).index(proposal.idempotency_key) + 1)

    def proposals(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        places = {key: str(place) for place, key in enumerate(self.made, start=1)}
        return {key: places[key] for key in idempotency_keys if key in places}

    def check(self) -> str:
        return f"The memory holds {len(self._documents)} supplier documents and {len(self.made)} payment proposals."

"""Unpaid supplier documents and payment proposals in our own database."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from connectors.contracts.documents import DocumentType, PaymentTerms
from connectors.contracts.payables import PaymentProposal, UnpaidDocument
from connectors.database.failures import explain_failures
from connectors.database.models.purchasing import PaymentProposalLine, PaymentProposalRow, SupplierDocument
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected

KEYS_PER_QUERY = 1_000


class HousePayables:
    """Payables in our own tables: a document is proposed once, which the database makes sure of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unpaid_documents(self) -> Sequence[UnpaidDocument]:
        row = SupplierDocument
        is_proposed = select(PaymentProposalLine.id).where(PaymentProposalLine.document_id == row.id).exists()
        query = select(row).where(row.is_cancelled.is_(False), row.is_fully_credited.is_(False), ~is_proposed)
        with explain_failures(), self._database.read() as session:
            return [_read(each) for each in session.scalars(query.order_by(row.issue_date, row.id))]

    def propose_payment(self, proposal: PaymentProposal) -> str:
        with explain_failures():
            try:
                with self._database.write() as session:
                    return _find(session, proposal) or _add(session, proposal)
            except IntegrityError:
                # Another process was quicker: with the same proposal, or with one of these documents.
                with self._database.read() as session:
                    made = _find(session, proposal)
                if made is None:
                    raise Rejected("A document of this payment is part of another payment proposal.") from None
                return made

    def proposals(self, idempotency_keys: Iterable[str]) -> Mapping[str, str]:
        keys, row = sorted(set(idempotency_keys)), PaymentProposalRow
        found: dict[str, str] = {}
        with explain_failures(), self._database.read() as session:
            for start in range(0, len(keys), KEYS_PER_QUERY):
                query = select(row.idempotency_key, row.id).where(
                    row.idempotency_key.in_(keys[start : start + KEYS_PER_QUERY])
                )
                found.update((key, str(number)) for key, number in session.execute(query))
        return found

    def check(self) -> str:
        with explain_failures(), self._database.read() as session:
            documents = session.scalar(select(func.count()).select_from(SupplierDocument))
            proposals = session.scalar(select(func.count()).select_from(PaymentProposalRow))
        return f"Our own database holds {documents} supplier documents and {proposals} payment proposals."


def _find(session: Session, proposal: PaymentProposal) -> str | None:
    query = select(PaymentProposalRow.id).where(PaymentProposalRow.idempotency_key == proposal.idempotency_key)
    number = session.scalar(query)
    return None if number is None else str(number)


def _add(session: Session, proposal: PaymentProposal) -> str:
    ids = [payment.document_id for payment in proposal.payments]
    wanted = [int(each) for each in ids if each.isascii() and each.isdigit()]
    known = {
        str(number) for number in session.scalars(select(SupplierDocument.id).where(SupplierDocument.id.in_(wanted)))
    }
    missing = [each for each in ids if each not in known]
    if missing:
        raise NotFound(f"There is no document {missing[0]!r}.")
    row = PaymentProposalRow(
        idempotency_key=proposal.idempotency_key,
        supplier=proposal.supplier,
        currency=proposal.currency,
        amount=proposal.amount,
        pay_on=proposal.pay_on,
    )
    session.add(row)
    session.flush()
    session.add_all(
        PaymentProposalLine(
            proposal_id=row.id, document_id=int(each.document_id), amount=each.amount, discount=each.discount
        )
        for each in proposal.payments
    )
    session.flush()
    return str(row.id)


def _read(row: SupplierDocument) -> UnpaidDocument:
    return UnpaidDocument(
        id=str(row.id),
        supplier=row.supplier,
        type=DocumentType(row.type),
        number=row.number,
        issue_date=row.issue_date,
        currency=row.currency,
        total=row.total,
        terms=PaymentTerms(row.due_on, row.discount_until, row.discount_percent),
    )

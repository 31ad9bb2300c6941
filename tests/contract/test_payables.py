"""What every system that suppliers are paid from must do, run over every vendor of the registry."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from automations.engine.job import JobContext
from automations.engine.parameters import check_parameters
from automations.jobs.payment_proposals import JOB
from connectors.contracts.documents import DocumentType, PaymentTerms
from connectors.contracts.payables import Payables, PaymentProposal, ProposedPayment, UnpaidDocument
from connectors.database.models.purchasing import SupplierDocument
from connectors.database.session import Database
from connectors.errors import NotFound, Rejected
from connectors.registry import Connectors, vendors_of
from connectors.vendors.house_payables import HousePayables
from connectors.vendors.memory_payables import MemoryPayables
from tests.contract.with_a_server import tested_with_a_server

TERMS = PaymentTerms(date(2026, 12, 10), date(2026, 11, 24), Decimal(2))
FIRST = UnpaidDocument("1", "Acme", DocumentType.INVOICE, "A-1", date(2026, 11, 10), "EUR", Decimal("100.00"), TERMS)
SECOND = replace(FIRST, id="2", number="A-2", issue_date=date(2026, 11, 12), terms=PaymentTerms())
CREDIT = replace(SECOND, id="3", type=DocumentType.CREDIT_NOTE, number="C-1", total=Decimal("20.00"))
PROPOSAL = PaymentProposal(
    "payment:1",
    "Acme",
    "EUR",
    date(2026, 11, 24),
    (ProposedPayment("1", Decimal("98.40"), Decimal("1.60")), ProposedPayment("3", Decimal("-20.00"))),
)


def _fill_house(database: Database, documents: Sequence[UnpaidDocument]) -> Payables:
    with database.write() as session:
        for each in documents:
            session.add(
                SupplierDocument(
                    id=int(each.id),
                    idempotency_key=each.id,
                    supplier=each.supplier,
                    type=each.type.value,
                    number=each.number,
                    issue_date=each.issue_date,
                    currency=each.currency,
                    total=each.total,
                    due_on=each.terms.due_on,
                    discount_until=each.terms.discount_until,
                    discount_percent=each.terms.discount_percent,
                )
            )
    return HousePayables(database)


FILLED: dict[str, Callable[[Database, Sequence[UnpaidDocument]], Payables]] = {
    "house": _fill_house,
    "memory": lambda _database, documents: MemoryPayables(documents),
}


def test_every_vendor_of_the_registry_is_tested_here() -> None:
    assert set(vendors_of("payables")) - tested_with_a_server("payables") == set(FILLED)


@pytest.fixture(params=sorted(FILLED))
def payables(request: pytest.FixtureRequest, database: Database) -> Payables:
    return FILLED[request.param](database, (FIRST, SECOND, CREDIT))


def test_unpaid_documents_come_with_their_terms_oldest_first(payables: Payables) -> None:
    assert list(payables.unpaid_documents()) == [FIRST, SECOND, CREDIT]


def test_what_is_proposed_is_no_longer_unpaid_and_is_proposed_once(payables: Payables) -> None:
    number = payables.propose_payment(PROPOSAL)
    assert payables.propose_payment(PROPOSAL) == number
    assert list(payables.unpaid_documents()) == [SECOND]
    assert payables.proposals(["payment:1", "payment:2"]) == {"payment:1": number}


def test_a_document_is_part_of_one_proposal_only(payables: Payables) -> None:
    payables.propose_payment(PROPOSAL)
    other = replace(PROPOSAL, idempotency_key="payment:2", payments=(ProposedPayment("3", Decimal("-20.00")),))
    with pytest.raises(Rejected, match="another payment proposal"):
        payables.propose_payment(other)
    assert payables.proposals(["payment:2"]) == {}


@pytest.mark.parametrize("number", ["99", "x", ""])
def test_an_unknown_document_leaves_nothing_behind(payables: Payables, number: str) -> None:
    with pytest.raises(NotFound, match="no document"):
        payables.propose_payment(replace(PROPOSAL, payments=(*PROPOSAL.payments, ProposedPayment(number, Decimal(1)))))
    assert list(payables.unpaid_documents()) == [FIRST, SECOND, CREDIT]


def test_the_job_proposes_what_is_due_once_and_reads_it_back(payables: Payables) -> None:
    """100 - 20 credit = 80 with 2 % discount by the 24th; the second has no due date and is due on 12 December."""
    connectors = Connectors.in_memory(payables=payables)
    now = datetime(2026, 11, 22, 7, tzinfo=UTC)

    work = JOB.start(JobContext("run", False, check_parameters(JOB, {}), connectors, lambda: now))
    (outcome,) = work.decide(work.plan())
    assert (outcome.title, outcome.amount, outcome.detail["pay_on"]) == ("Acme EUR", Decimal("78.40"), "2026-11-24")
    assert [Decimal(one["amount"]) for one in outcome.detail["documents"]] == [Decimal("98.40"), Decimal(-20)]
    assert work.read_back([outcome]) == {outcome.key: None}  # type: ignore[attr-defined]
    answers = work.apply([outcome])
    assert work.apply([outcome]) == answers == work.read_back([outcome])  # type: ignore[attr-defined]
    again = JOB.start(JobContext("run", False, check_parameters(JOB, {}), connectors, lambda: now))
    assert list(again.plan()) == []

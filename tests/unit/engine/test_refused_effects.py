"""Effects that another system refuses: one bad invoice keeps no other one back, and somebody owns it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event

import pytest

from automations.engine.discovery import JobCatalogue
from automations.engine.outbox import EFFECT_REFUSED
from automations.engine.retry import RetryPolicy
from automations.engine.run_loop import EngineStopping, RunLoop, StepResult, Steps
from automations.engine.run_record import create_run
from automations.engine.runs import list_items, list_open_exceptions
from automations.jobs.invoice_matching import JOB
from connectors.contracts.documents import Document
from connectors.contracts.purchasing import DocumentToPost
from connectors.database.models.work import ItemState, Run, RunItem, RunState
from connectors.database.session import Database
from connectors.errors import Rejected, Unavailable
from connectors.registry import Connectors
from connectors.vendors.memory_purchasing import MemoryPurchasing
from tests.unit.invoice_office import Office, open_office, ubl

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
NUMBERS = [f"A-{number}" for number in range(1, 7)]
CLOSED = "The period of A-2 is closed."


@dataclass
class Ledger:
    """The purchasing system as the run sees it: it refuses some numbers, and once in a while it is away."""

    purchasing: MemoryPurchasing
    refused: set[str] = field(default_factory=set)
    down: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.purchasing, name)

    def post_document(self, document: DocumentToPost) -> str:
        self.asked.append(document.number)
        if document.number in self.down:
            self.down.remove(document.number)
            raise Unavailable("The ledger does not answer.")
        if document.number in self.refused:
            raise Rejected(CLOSED)
        return self.purchasing.post_document(document)


@dataclass
class Company:
    """Six invoices of 10 to 15 lamps on six days, and a loop that matches them in batches of three."""

    database: Database
    office: Office = field(default_factory=open_office)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.office.purchasing, {"A-2"})
        for day, number in enumerate(NUMBERS, start=10):
            self.office.source.add(f"{number}.xml", ubl(number, str(day), day=f"2026-11-{day}"))
        self.office.purchasing.receive("PO-1", "1", Decimal(40))

    def record(self) -> str:
        with self.database.write() as session:
            return create_run(session, JOB.name, {}, "anna@example.com", now=NOW).id

    def execute(self, run_id: str, step: Steps) -> Run:
        connectors = Connectors.in_memory(
            purchasing=self.ledger,  # type: ignore[arg-type]
            documents={"supplier-invoices": self.office.source},
        )
        catalogue = JobCatalogue({JOB.name: replace(JOB, batch_size=3)})
        policy = RetryPolicy(max_attempts=2, first_wait_seconds=0)
        RunLoop(self.database, connectors, catalogue, policy, lambda: NOW, Event()).execute(run_id, step)
        with self.database.read() as session:
            return session.get_one(Run, run_id)

    def run(self) -> Run:
        return self.execute(self.record(), at_once)

    def items(self, run: Run) -> dict[str, RunItem]:
        with self.database.read() as session:
            return {item.key.partition(".xml")[0]: item for item in list_items(session, run.id).items}

    def archived(self) -> set[str]:
        return {document.name.removesuffix(".xml") for document in self.office.source.archived}

    def open_of(self, owner: str) -> list[str]:
        with self.database.read() as session:
            found = list_open_exceptions(session, owner=owner).exceptions
        return [exception.item.key.partition(".xml")[0] for exception in found]


def at_once(name: str, work: Callable[[], StepResult]) -> StepResult:  # noqa: ARG001 - the name is what Steps calls it
    return work()


@pytest.fixture
def company(database: Database) -> Company:
    return Company(database)


def test_one_refused_invoice_keeps_no_other_one_back(company: Company) -> None:
    run = company.run()
    assert (run.state, run.failure) == (RunState.SUCCEEDED_WITH_EXCEPTIONS, None)
    assert run.summary["states"] == {"done": 5, "failed": 1}
    assert company.archived() == set(NUMBERS) - {"A-2"}
    assert {name for name, item in company.items(run).items() if item.state == ItemState.FAILED} == {"A-2"}


def test_a_refused_invoice_is_found_at_its_owner_with_what_the_other_system_said(company: Company) -> None:
    item = company.items(company.run())["A-2"]
    assert company.open_of("accounts_payable") == ["A-2"]
    (reason,) = item.reasons
    assert (reason["code"], reason["owner"], reason["found"]) == (EFFECT_REFUSED, "accounts_payable", CLOSED)


def test_a_file_that_cannot_be_put_away_is_for_the_administrator(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_document: Document) -> None:
        raise Rejected("The archive is a symbolic link.")

    company.ledger.refused.clear()
    monkeypatch.setattr(company.office.source, "archive", refuse)
    assert company.run().summary["states"] == {"failed": 6}
    monkeypatch.undo()
    assert len(company.open_of("technical")) == 6
    assert company.run().summary["outcomes"] == {"already-posted": 6}
    assert (company.open_of("technical"), company.archived()) == ([], set(NUMBERS))


def test_the_next_run_decides_only_what_is_left(company: Company) -> None:
    company.run()
    company.ledger.refused.clear()
    company.ledger.asked.clear()
    second = company.run()
    assert second.state == RunState.SUCCEEDED
    assert list(company.items(second)) == company.ledger.asked == ["A-2"]
    assert company.archived() == set(NUMBERS)
    assert company.open_of("accounts_payable") == []


def test_a_refusal_that_was_recorded_is_not_asked_for_again_after_a_kill(company: Company) -> None:
    def killed_after_the_first_batch(name: str, work: Callable[[], StepResult]) -> StepResult:
        result = work()
        if name == "apply-0":
            raise EngineStopping
        return result

    run_id = company.record()
    with pytest.raises(EngineStopping):
        company.execute(run_id, killed_after_the_first_batch)
    run = company.execute(run_id, at_once)
    assert run.state == RunState.SUCCEEDED_WITH_EXCEPTIONS
    assert company.ledger.asked.count("A-2") == 1
    assert len(company.items(run)["A-2"].reasons) == 1


def test_a_system_that_is_away_for_a_moment_is_asked_again_beside_a_refusal(company: Company) -> None:
    company.ledger.down = ["A-3"]
    run = company.run()
    assert run.summary["states"] == {"done": 5, "failed": 1}
    assert company.office.purchasing.find_orders(["PO-1"])["PO-1"].lines[0].billed == 10 + 12 + 13 + 14 + 15


def test_a_system_that_stays_away_fails_the_run_and_gives_its_items_an_owner(company: Company) -> None:
    company.ledger.down = ["A-3", "A-3"]
    run = company.run()
    assert (run.state, run.failure) == (RunState.FAILED, "The ledger does not answer. (tried 2 times)")
    # A-1 was found in the ledger before the second try; of the others nobody knows.
    assert company.open_of("technical") == ["A-3", "A-2"]
    assert company.items(run)["A-1"].state == ItemState.DONE
